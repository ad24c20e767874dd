"""Units: the business processes and groups of equipment that every register refers to (guide 2004, §4.1.4)."""

from django.db import models

from ims.records import Record, extends_record
from ims.registers import InManual, Move, Register, register


class Unit(Record):
    """One shared basis for the assessments of all initiatives, so that each looks at the same parts of the utility."""

    class Status(models.TextChoices):
        IN_USE = "in-use", "In use"
        RETIRED = "retired", "Retired"

    class Kind(models.TextChoices):
        PROCESS = "process", "Business process"
        EQUIPMENT = "equipment", "Group of equipment"

    REGISTER, PREFIX = "units", "UNIT"
    OPEN = frozenset({Status.IN_USE})
    TRANSITIONS = {Status.IN_USE: frozenset({Status.RETIRED}), Status.RETIRED: frozenset({Status.IN_USE})}
    HISTORY = ("title", "owner", "kind", "includes")

    record = extends_record()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PROCESS)
    includes = models.TextField("what it includes", blank=True, max_length=2000)


register(
    Register(
        model=Unit,
        name="Units",
        one="unit",
        about="Business processes and groups of equipment. All initiatives assess and act on the same ones.",
        element="assessing-areas",
        component="plan",
        shared=("title", "owner"),
        fields=("kind", "includes"),
        columns=("kind",),
        in_manual=InManual(("kind",)),
        moves=(
            Move("retire", "Retire", frozenset({Unit.Status.IN_USE}), Unit.Status.RETIRED, needs_why=True),
            Move("restore", "Put back in use", frozenset({Unit.Status.RETIRED}), Unit.Status.IN_USE),
        ),
        aside=frozenset({Unit.Status.RETIRED}),
        living=lambda unit: "" if unit.is_open else "It is retired.",
    )
)

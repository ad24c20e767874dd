"""What an emergency plan counts on: equipment that is inspected, and people to call (guide 2004, §4.2.4).

A situation names them by links between records.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from ims.editions import later
from ims.records import Record, extends_record
from ims.recurring import Recurring
from ims.registers import InManual, Move, Register, register


class LookedAt(models.Model):
    """Stands before Record among the bases of a model whose records are looked at every so many months.

    ``due`` is the day of the next time. Its status stays while it is in use.
    """

    IN_USE, RETIRED = "in-use", "retired"
    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        IN_USE: frozenset({IN_USE, RETIRED}),
        RETIRED: frozenset({IN_USE}),
    }

    every = models.PositiveSmallIntegerField("look at it every … months", default=12, validators=[MinValueValidator(1)])
    last_on = models.DateField("last looked at on", null=True, blank=True)
    last_found = models.CharField("what was found", max_length=500, blank=True)

    class Meta:
        abstract = True

    def move_faults(self: Any, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if (self.status, to) != (self.IN_USE, self.IN_USE):
            return
        on = given.get("last_on")
        if not (on and given.get("last_found")):
            yield None, "Enter the day, and what was found."
        elif on > timezone.localdate():
            yield "last_on", "This date is in the future."
        elif self.last_on and on < self.last_on:
            yield "last_on", f"It was looked at again after that, on {self.last_on:%B %-d, %Y}."

    @transaction.atomic
    def move(self: Any, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Looking at it sets the day of the next time. The history keeps what was found."""
        if changes.get("last_on"):
            changes |= {"due": later(changes["last_on"], self.every), "reminded_on": timezone.localdate()}
            self.history.create(by=by, after={"seen": f"{changes['last_on']:%B %-d, %Y}: {changes['last_found']}"})
        super().move(to, by=by, why=why, **changes)  # type: ignore[misc]


def rhythm(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(every__gte=1), name=name)


def found(name: str) -> models.CheckConstraint:
    """Returns the constraint that a day has what was found on it."""
    is_whole = Q(last_on=None, last_found="") | Q(last_on__isnull=False) & ~Q(last_found="")
    return models.CheckConstraint(condition=is_whole, name=name)


class EmergencyEquipment(LookedAt, Record):  # noqa: DJ008 (Record has it)
    class Status(models.TextChoices):
        IN_USE = "in-use", "Ready"
        RETIRED = "retired", "Retired"

    REGISTER, PREFIX = "emergency-equipment", "EQP"
    OPEN = frozenset({Status.IN_USE})
    TRANSITIONS = LookedAt.MOVES
    OWN = ("where", "what_for", "every")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    where = models.CharField("where it is", max_length=200, blank=True)
    what_for = models.TextField("what it is for", max_length=1000, blank=True)

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [rhythm("emergency_equipment_rhythm"), found("emergency_equipment_found")]


class EmergencyContact(LookedAt, Record):  # noqa: DJ008 (Record has it)
    """Somebody to call. The title is the role or the organization; a person's name has a field of its own."""

    class Status(models.TextChoices):
        IN_USE = "in-use", "To be called"
        RETIRED = "retired", "No longer to be called"

    REGISTER, PREFIX = "emergency-contacts", "EMC"
    OPEN = frozenset({Status.IN_USE})
    TRANSITIONS = LookedAt.MOVES
    OWN = ("organization", "name", "role", "phone", "phone_at_night", "email", "every")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    organization = models.CharField(max_length=200, blank=True)
    name = models.CharField("name of the person", max_length=120, blank=True)
    role = models.CharField("what they do in an emergency", max_length=200, blank=True)
    phone = models.CharField("telephone", max_length=40, blank=True)
    phone_at_night = models.CharField("telephone at night and on weekends", max_length=40, blank=True)
    email = models.EmailField(blank=True)

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [rhythm("emergency_contact_rhythm"), found("emergency_contact_found")]


def living(record: Record) -> str:
    looked_at: Any = record
    if looked_at.status != LookedAt.IN_USE:
        return "It is retired."
    if looked_at.is_late:
        return f"It was to be looked at on {looked_at.due:%B %-d, %Y}."
    return "" if looked_at.last_on else "Nobody has looked at it yet."


IN_USE, RETIRED = frozenset({LookedAt.IN_USE}), frozenset({LookedAt.RETIRED})
ASKS = ("last_on", "last_found")
register(
    Register(
        model=EmergencyEquipment,
        name="Emergency equipment",
        one="piece of equipment",
        about="What the emergency plan counts on: where it is, what it is for, and when it was last inspected.",
        element="emergency-preparedness-response",
        component="do",
        fields=EmergencyEquipment.OWN,
        columns=("where", "last_on"),
        in_manual=InManual(("where", "last_on")),
        leads_to=("corrective", "actions"),
        moves=(
            Move("inspect", "It was inspected", IN_USE, LookedAt.IN_USE, asks=ASKS, did="inspected"),
            Move("retire", "Retire it", IN_USE, LookedAt.RETIRED, needs_why=True),
            Move("restore", "Use it again", RETIRED, LookedAt.IN_USE),
        ),
        aside=frozenset({LookedAt.RETIRED}),
        reads=("last_on",),
        living=living,
        recurs=lambda each: [Recurring("Inspection", each.due, months=each.every)],
    ),
    Register(
        model=EmergencyContact,
        name="Emergency contacts",
        one="emergency contact",
        about="Whom to call in an emergency, by day and by night, and when the numbers were last tried.",
        element="emergency-preparedness-response",
        component="do",
        fields=EmergencyContact.OWN,
        columns=("organization", "phone", "last_on"),
        leads_to=("actions",),
        moves=(
            Move("try", "The numbers were tried", IN_USE, LookedAt.IN_USE, asks=ASKS, did="checked"),
            Move("retire", "No longer to be called", IN_USE, LookedAt.RETIRED, needs_why=True),
            Move("restore", "To be called again", RETIRED, LookedAt.IN_USE),
        ),
        aside=frozenset({LookedAt.RETIRED}),
        reads=("last_on",),
        living=living,
        recurs=lambda each: [Recurring("Check of the numbers", each.due, months=each.every)],
    ),
)

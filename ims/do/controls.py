"""Operational controls (guide 2004, §4.2.5): procedures and settings that keep equipment and processes on target.

Two controls of one kind on one unit that serve different initiatives may ask for different things. They are flagged
until one replaces the other or somebody says why both are kept.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from ims.apart import KeptApart
from ims.editions import later
from ims.links import LED_TO, RecordLink, link
from ims.records import Record, extends_record
from ims.recurring import review
from ims.registers import InManual, Merging, Move, Register, register
from ims.triggers import needs
from workflow.models import WrongState

TOGETHER = ("areas", "initiatives", "units")  # what a control takes over from the one that it replaces

NO_LONGER = "The two no longer meet on a unit."


class Control(Record):
    """One procedure or setting. ``due`` is the day of its next review."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_FORCE = "in-force", "In force"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Kind(models.TextChoices):
        """Where controls of several initiatives are likely to overlap (guide 2004, §4.2.5)."""

        MAINTENANCE = "maintenance", "Maintenance"
        TESTING = "testing", "Inspection and testing"
        OPERATION = "operation", "Operation"
        SAFETY = "safety", "Safety"
        INSTALLATION = "installation", "Installation of new equipment"
        REPAIR = "repair", "Rehabilitation and repair"

    REGISTER, PREFIX = "controls", "OPC"
    OPEN = frozenset({Status.DRAFT, Status.IN_FORCE})
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.IN_FORCE, Status.WITHDRAWN}),
        Status.IN_FORCE: frozenset({Status.IN_FORCE, Status.WITHDRAWN}),
        Status.WITHDRAWN: frozenset({Status.DRAFT}),
    }
    OWN = ("kind", "what", "how_often", "lowest", "highest", "unit", "every")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.MAINTENANCE)
    what = models.TextField("what is done, or what is set", max_length=10_000, blank=True)
    how_often = models.CharField("how often", max_length=120, blank=True, help_text="Such as each shift, or yearly.")
    lowest = models.DecimalField("lowest value", max_digits=14, decimal_places=4, null=True, blank=True)
    highest = models.DecimalField("highest value", max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField("unit of the values", max_length=40, blank=True, help_text="Such as mg/L or psi.")
    every = models.PositiveSmallIntegerField(
        "review every … months", null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(every=None) | Q(every__gte=1), name="control_rhythm"),
            models.CheckConstraint(
                condition=Q(lowest=None) | Q(highest=None) | Q(lowest__lte=F("highest")), name="control_values_in_order"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="control_in_force_keeps_saying_what",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("what"),
                condition=pgtrigger.Q(new__what=""),
                func="""
                    IF (SELECT r.status FROM ims_record r WHERE r.id = NEW.record_id) = 'in-force' THEN
                        RAISE EXCEPTION 'a control in force says what is done'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'control_in_force_keeps_saying_what';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def limits(self) -> str:
        """The values in words, empty if there are none."""
        low, high = (f"{value.normalize():f}" if value is not None else "" for value in (self.lowest, self.highest))
        words = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""
        return f"{words} {self.unit}".strip() if words else ""

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        lowest, highest = given.get("lowest"), given.get("highest")
        if lowest is not None and highest is not None and lowest > highest:
            yield "highest", "It must not be below the lowest value."
        if self.status == self.Status.IN_FORCE and not given.get("what", "x").strip():
            yield "what", "A control in force says what is done."

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to == self.Status.IN_FORCE and not self.what.strip():
            yield None, "Enter first what is done, or what is set."

    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Putting it in force, and each review, sets the day of the next review."""
        if to == self.Status.IN_FORCE and self.every:
            changes["due"] = later(timezone.localdate(), self.every)
        super().move(to, by=by, why=why, **changes)

    def meets(self, other: "Control") -> bool:
        """Whether both may ask for different things of one unit."""
        return (
            self.pk != other.pk
            and self.utility_id == other.utility_id
            and self.is_open
            and other.is_open
            and self.kind == other.kind
            and set(self.initiatives) != set(other.initiatives)
            and not set(self.units).isdisjoint(other.units)
        )

    def keep_apart(self, other: "Control", *, by: User, why: str) -> KeptApart:
        """Keeps why both stay. The history of both tells it. Raises NotAllowed; WrongState if nothing is to settle."""
        self.require_editor()
        if not self.meets(other):
            raise WrongState(NO_LONGER)
        return KeptApart.keep(self, other, by=by, why=why)

    @transaction.atomic
    def replace(self, other: "Control", *, by: User, why: str) -> None:
        """Withdraws the other control and serves from now on what that one served. Both keep their history.

        Raises NotAllowed; WrongState if the two do not meet, or if this one is a draft and the other is in force.
        """
        self.require_editor()
        locked = Record.objects.select_for_update().filter(pk__in=(self.pk, other.pk)).order_by("pk")
        keys = [record.pk for record in locked]
        both: dict[int, Any] = {each.pk: each for each in Control.objects.visible_to(by).filter(pk__in=keys)}
        mine, theirs = both[self.pk], both[other.pk]
        if not mine.meets(theirs):
            raise WrongState(NO_LONGER)
        if theirs.status == self.Status.IN_FORCE != mine.status:
            raise WrongState(f"Put {mine.number} in force first, so that {theirs.number} is not missed.")
        union = {name: list(dict.fromkeys([*getattr(mine, name), *getattr(theirs, name)])) for name in TOGETHER}
        mine.save_over(mine.version, by=by, **union)
        theirs.move(self.Status.WITHDRAWN, by=by, why=f"Replaced by {mine.number}: {why}")
        known = set(RecordLink.objects.filter(later=mine.pk).values_list("earlier", flat=True))
        for kept in RecordLink.objects.filter(later=theirs.pk, kind=RecordLink.Kind.LED_TO).select_related("earlier"):
            if kept.earlier_id not in known | {mine.pk}:
                link(kept.earlier, mine, LED_TO, by=by)
        link(theirs, mine, LED_TO, by=by)


needs(
    "control_says_what",
    Control.REGISTER,
    Control.Status.IN_FORCE,
    "EXISTS (SELECT 1 FROM ims_control c WHERE c.record_id = NEW.id AND c.what <> '')",
)


def living(record: Record) -> str:
    control: Any = record
    if control.status != Control.Status.IN_FORCE:
        return "It is not in force."
    return f"Its review was due on {control.due:%B %-d, %Y}." if control.is_late else ""


S = Control.Status
register(
    Register(
        model=Control,
        name="Operational controls",
        one="control",
        about="Procedures and settings for equipment and processes: what is done, how often, within which limits.",
        element="operational-control",
        component="do",
        fields=Control.OWN,
        columns=("kind", "how_often"),
        filtered=("kind",),
        in_manual=InManual(("kind", "how_often", "limits")),
        leads_to=("corrective", "changes", "actions"),
        moves=(
            Move("begin", "Put it in force", frozenset({S.DRAFT}), S.IN_FORCE),
            Move("review", "Reviewed: it still fits", frozenset({S.IN_FORCE}), S.IN_FORCE),
            Move("withdraw", "Withdraw", frozenset({S.DRAFT, S.IN_FORCE}), S.WITHDRAWN, needs_why=True),
            Move("redraft", "Make it a draft again", frozenset({S.WITHDRAWN}), S.DRAFT),
        ),
        aside=frozenset({S.WITHDRAWN}),
        reads=("kind",),
        merges=Merging("withdraw", within="kind", by_unit=True, page="ims:settle_controls"),
        living=living,
        recurs=review,
    )
)

"""Emergency preparedness and response (guide 2004, §4.2.4): the situations to be ready for, and the drills."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.editions import later
from ims.examples import from_file
from ims.records import Record, extends_record
from ims.recurring import Recurring, review
from ims.registers import InManual, Merging, Move, Register, register
from ims.triggers import needs
from workflow.models import WrongState


class Emergency(Record):
    """A situation that the emergency plan covers. ``due`` is the day of its next review."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_FORCE = "in-force", "In force"
        DROPPED = "dropped", "No longer covered"

    class Likelihood(models.TextChoices):
        UNLIKELY = "unlikely", "Unlikely"
        POSSIBLE = "possible", "Possible"
        LIKELY = "likely", "Likely"

    REGISTER, PREFIX = "emergencies", "EMG"
    OPEN = frozenset({Status.DRAFT, Status.IN_FORCE})
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.IN_FORCE, Status.DROPPED}),
        Status.IN_FORCE: frozenset({Status.IN_FORCE, Status.DROPPED}),
        Status.DROPPED: frozenset({Status.DRAFT}),
    }
    OWN = ("likelihood", "could_happen", "response", "notices", "specific", "every", "drill_every")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    likelihood = models.CharField(max_length=12, choices=Likelihood.choices, default=Likelihood.POSSIBLE)
    could_happen = models.TextField("what could happen", max_length=4000, blank=True)
    response = models.TextField("what is to be done, step by step", max_length=8000, blank=True)
    notices = models.TextField("who is told, and how soon", max_length=2000, blank=True)
    specific = models.TextField(
        "what one initiative asks for beyond this",
        max_length=2000,
        blank=True,
        help_text="Such as CMOM for an overflow, or the Partnership for Safe Water for the drinking water.",
    )
    every = models.PositiveSmallIntegerField("review every … months", default=12, validators=[MinValueValidator(1)])
    drill_every = models.PositiveSmallIntegerField(
        "drill every … months", null=True, blank=True, default=12, validators=[MinValueValidator(1)]
    )
    drilled_on = models.DateField("last drill on", null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(every__gte=1), name="emergency_review_rhythm"),
            models.CheckConstraint(
                condition=Q(drill_every=None) | Q(drill_every__gte=1), name="emergency_drill_rhythm"
            ),
        ]

    @property
    def drill_due(self) -> date | None:
        """The day by which it is to be practiced again; without a drill so far, counted from its first day."""
        if not self.drill_every:
            return None
        return later(self.drilled_on or timezone.localdate(self.created_at), self.drill_every)

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if self.status == self.Status.IN_FORCE and "response" in given and not given["response"].strip():
            yield "response", "It is in force, so it must say what is to be done."

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to == self.Status.IN_FORCE and not self.response.strip():
            yield None, "Enter first what is to be done."

    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Putting it in force, and each review, sets the day of the next review."""
        if to == self.Status.IN_FORCE:
            today = timezone.localdate()
            changes |= {"due": later(today, self.every), "reminded_on": today}
        super().move(to, by=by, why=why, **changes)

    def practice(self, *, by: User, **values: Any) -> "Drill":
        """Keeps a drill of this situation. Raises as Drill.hold does."""
        return Drill.hold(self, by=by, **values)


needs(
    "emergency_says_what_to_do",
    Emergency.REGISTER,
    Emergency.Status.IN_FORCE,
    "EXISTS (SELECT 1 FROM ims_emergency e WHERE e.record_id = NEW.id AND e.response <> '')",
)


class DrillQuerySet(OfUtilityQuerySet["Drill"]):
    pass


class Drill(OfUtility, models.Model):
    """A drill on one day: of one situation, or of the emergency plan if ``emergency`` is None."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="drills", editable=False)
    emergency = models.ForeignKey(Emergency, null=True, on_delete=models.CASCADE, related_name="drills", editable=False)
    on = models.DateField("practiced on")
    practiced = models.TextField("what was practiced", max_length=4000)
    took_part = models.CharField("who took part", max_length=500)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    entered_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DrillQuerySet.as_manager()
    emergency_id: int | None

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(practiced="") & ~Q(took_part=""), name="drill_says_what_and_who"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="drill_within_a_utility",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__emergency__isnull=False),
                func="""
                    IF (SELECT r.utility_id FROM ims_record r WHERE r.id = NEW.emergency_id) <> NEW.utility_id THEN
                        RAISE EXCEPTION 'a drill is of a situation of its utility'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'drill_within_a_utility';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.on:%B %-d, %Y}: {self.practiced}"

    @classmethod
    @transaction.atomic
    def hold(cls, of: Emergency | Utility, *, by: User, lessons: Iterable[str] = (), **values: Any) -> "Drill":
        """Keeps a drill of a situation or of a utility's whole plan, each lesson by itself.

        ``by`` must be able to edit. Raises NotAllowed; WrongState if the situation is no longer covered.
        """
        emergency, utility = (of, of.utility) if isinstance(of, Emergency) else (None, of)
        if emergency:
            emergency.require_editor()
            rows = Record.objects.select_for_update(of=("self",)).filter(pk=emergency.pk, is_open=True)
            if not rows.exists():
                raise WrongState("The plan no longer covers it.")
        made = cls.objects.create(utility=utility, emergency=emergency, entered_by=by, **values)
        Lesson.objects.bulk_create(Lesson(drill=made, text=text) for text in lessons)
        if emergency:
            found: Any = Emergency.objects.filter(pk=emergency.pk)
            found.update(drilled_on=emergency.drills.latest("on").on)
            emergency.history.create(by=by, after={"drill": str(made)})
        return made


class LessonQuerySet(OfUtilityQuerySet["Lesson"]):
    utility = "drill__utility"

    def to_follow_up(self, utility: Utility) -> "LessonQuerySet":
        """Returns those of which no record was made."""
        return self.filter(drill__utility=utility, made=None).select_related("drill__emergency")


class Lesson(OfUtility, models.Model):
    """What a drill taught. ``made`` is the record that follows from it."""

    drill = models.ForeignKey(Drill, on_delete=models.CASCADE, related_name="lessons")
    text = models.CharField(max_length=200)
    made = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = LessonQuerySet.as_manager()
    made_id: int | None

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="lesson_says_what")]

    def __str__(self) -> str:
        return self.text

    @property
    def source(self) -> Emergency | None:
        """The record that a record which is made of it follows from."""
        return self.drill.emergency

    def keep_made(self, record: Record) -> None:
        Lesson.objects.filter(pk=self.pk).update(made=record)

    def suggested(self, register: str) -> dict[str, Any]:
        """Returns what a record from it begins with."""
        drill = self.drill
        found = f"In the drill of {drill.on:%B %-d, %Y}: {drill.practiced}"
        begun = {"title": self.text, "source": "drill", "found_on": drill.on, "found": found}
        of = drill.emergency
        return begun | ({"areas": of.areas, "initiatives": of.initiatives, "units": of.units} if of else {})


def living(record: Record) -> str:
    emergency: Any = record
    if emergency.status != Emergency.Status.IN_FORCE:
        return "It is not in force."
    if emergency.is_late:
        return f"Its review was due on {emergency.due:%B %-d, %Y}."
    if (due := emergency.drill_due) and due < timezone.localdate():
        return f"A drill was due on {due:%B %-d, %Y}."
    return ""


def recurs(emergency: Emergency) -> list[Recurring]:
    drill = Recurring("Drill", emergency.drill_due, months=emergency.drill_every or 0)
    is_drilled = emergency.status == Emergency.Status.IN_FORCE and emergency.drill_every
    return [*review(emergency), *([drill] if is_drilled else [])]


S = Emergency.Status
register(
    Register(
        model=Emergency,
        name="Emergencies",
        one="emergency",
        about="The situations to be ready for: what could happen, what is to be done, and when it was last practiced.",
        element="emergency-preparedness-response",
        component="do",
        fields=Emergency.OWN,
        columns=("likelihood", "drilled_on"),
        filtered=("likelihood",),
        in_manual=InManual(("likelihood", "drilled_on")),
        leads_to=("corrective", "actions", "changes"),
        begins=lambda record: {"source": "drill"},
        examples=lambda: from_file("emergencies"),
        moves=(
            Move("enforce", "Put it in force", frozenset({S.DRAFT}), S.IN_FORCE),
            Move("review", "Reviewed: it still fits", frozenset({S.IN_FORCE}), S.IN_FORCE),
            Move("drop", "No longer covered", frozenset({S.DRAFT, S.IN_FORCE}), S.DROPPED, needs_why=True),
            Move("redraft", "Make it a draft again", frozenset({S.DROPPED}), S.DRAFT),
        ),
        aside=frozenset({S.DROPPED}),
        reads=("drill_every", "drilled_on"),
        merges=Merging("drop"),
        living=living,
        recurs=recurs,
    )
)

"""Management review (guide 2004, §4.3.4): what top management looks at, who takes part, and what it decides."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.check.agenda import TOPICS, Scope, Topic, agenda
from ims.editions import later
from ims.people import Person
from ims.records import Record, extends_record
from ims.recurring import Recurring
from ims.registers import Move, Register, register
from ims.triggers import keeps, needs
from workflow.models import WrongState

YEAR = timedelta(days=365)  # what the first review looks back on, if it does not say


class Review(Record):
    """One meeting. ``due`` is its day. Its areas and initiatives are its scope; without areas it covers all."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        HELD = "held", "Held, minutes to approve"
        CLOSED = "closed", "Minutes approved"
        CANCELED = "canceled", "Canceled"

    REGISTER, PREFIX = "reviews", "MR"
    OPEN = frozenset({Status.PLANNED, Status.HELD})
    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.HELD, Status.CANCELED}),
        Status.HELD: frozenset({Status.CLOSED}),
        Status.CLOSED: frozenset(),
        Status.CANCELED: frozenset({Status.PLANNED}),
    }
    OWN = ("since", "every", "minutes")
    HISTORY = (*Record.SHARED, *OWN)
    SCOPE = frozenset({"areas", "initiatives", "since", "due"})

    record = extends_record()
    since = models.DateField(
        "looks back to", null=True, blank=True, help_text="Empty: to the review before this one, or one year."
    )
    every = models.PositiveSmallIntegerField(
        "the next one after … months", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    minutes = models.TextField("minutes", max_length=15_000, blank=True)
    approved_by = models.CharField("approved by", max_length=200, blank=True)
    present = models.ManyToManyField(Person, related_name="reviews", blank=True, editable=False)
    seen = models.JSONField(null=True, blank=True, editable=False, help_text="the agenda as it was in the meeting")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(every=None) | Q(every__gte=1), name="review_rhythm"),
        ]
        triggers = [
            keeps("review_keeps_its_minutes", ("minutes",), ("planned", "held")),
            pgtrigger.Trigger(
                name="review_keeps_what_was_seen",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("seen", "since"),
                condition=pgtrigger.Q(old__seen__isnull=False)
                & (
                    pgtrigger.Q(old__seen__df=pgtrigger.F("new__seen"))
                    | pgtrigger.Q(old__since__df=pgtrigger.F("new__since"))
                ),
                func="""
                    RAISE EXCEPTION 'what a meeting looked at stays as it was'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'review_keeps_what_was_seen';
                """,
            ),
        ]

    @property
    def frozen(self) -> frozenset[str]:
        return frozenset() if self.status == self.Status.PLANNED else self.SCOPE

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if given.get("since") and given.get("due") and given["since"] >= given["due"]:
            yield "since", "This day must be before the meeting."

    @cached_property
    def start(self) -> date:
        """The day to which it looks back."""
        if self.since:
            return self.since
        day = self.due or timezone.localdate()
        earlier = Review.objects.filter(utility=self.utility_id, status=self.Status.CLOSED, due__lt=day)
        return earlier.order_by("-due").values_list("due", flat=True).first() or day - YEAR

    def topics(self) -> list[Topic]:
        """Returns the agenda: as it was in the meeting once that was held, else as of now."""
        if self.seen is not None:
            return [Topic.from_json(each) for each in self.seen]
        earlier = ReviewDecision.objects.filter(review__utility=self.utility_id, review__pk__lt=self.pk)
        decisions = list(earlier.select_related("review", "made").order_by("review", "pk"))
        return agenda(Scope(self.utility, self.areas, self.start), decisions)

    def take_part(self, people: Iterable[Person], *, by: User) -> None:
        """Keeps who was there. Raises NotAllowed, WrongState if the minutes are approved."""
        self.require_editor()
        with transaction.atomic():
            if not Record.objects.select_for_update(of=("self",)).filter(pk=self.pk, is_open=True).exists():
                raise WrongState("Its minutes are approved.")
            before = sorted(str(each) for each in self.present.all())
            self.present.set(people)
            after = sorted(str(each) for each in self.present.all())
            if before != after:
                self.history.create(by=by, after={"took_part": after})  # the one before tells who was there

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to == self.Status.HELD:
            if self.due and self.due > timezone.localdate():
                yield None, f"It is on {self.due:%B %-d, %Y}. Change its day if it was held earlier."
            if not self.present.exists():
                yield None, "Enter first who took part."
        if to == self.Status.CLOSED:
            if not self.minutes.strip():
                yield None, "Enter the minutes first."
            if not given.get("approved_by"):
                yield None, "Enter who approved the minutes."

    @transaction.atomic
    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Keeps the agenda as it is when the meeting was held. Raises as Record.move does."""
        if to == self.Status.HELD:
            changes |= {"seen": [asdict(topic) for topic in self.topics()], "since": self.start}
            changes |= {} if self.due else {"due": timezone.localdate()}
        super().move(to, by=by, why=why, **changes)

    @transaction.atomic
    def decide(self, *, by: User, decision: "ReviewDecision | None" = None, **values: Any) -> "ReviewDecision":
        """Adds a decision or changes one. Raises NotAllowed; WrongState if its minutes are not being written."""
        self._require_minutes()
        self.require_editor()
        found = decision or ReviewDecision(review=self, entered_by=by)
        for name, value in values.items():
            setattr(found, name, value)
        found.save()
        self.history.create(by=by, after={"decision": str(found)})
        return found

    @transaction.atomic
    def withdraw(self, decision: "ReviewDecision", *, by: User) -> None:
        """Removes a decision that led to nothing yet. Raises NotAllowed, WrongState."""
        self._require_minutes()
        self.require_editor()
        if decision.made_id:
            raise WrongState("It already led to a record.")
        self.history.create(by=by, before={"decision": str(decision)})
        decision.delete()

    def _require_minutes(self) -> None:
        rows = Record.objects.select_for_update(of=("self",)).filter(pk=self.pk, status=self.Status.HELD)
        if not rows.exists():
            raise WrongState("Decisions are entered after the meeting and before its minutes are approved.")


needs(
    "review_was_attended",
    Review.REGISTER,
    Review.Status.HELD,
    "EXISTS (SELECT 1 FROM ims_review_present p WHERE p.review_id = NEW.id)",
)
needs(
    "review_has_minutes",
    Review.REGISTER,
    Review.Status.CLOSED,
    "EXISTS (SELECT 1 FROM ims_review r WHERE r.record_id = NEW.id AND r.minutes <> '' AND r.approved_by <> '')",
)


class ReviewDecisionQuerySet(OfUtilityQuerySet["ReviewDecision"]):
    utility = "review__utility"

    def to_follow_up(self, utility: Utility) -> "ReviewDecisionQuerySet":
        """Returns those that no record carries out."""
        return self.filter(review__utility=utility, made=None).select_related("review", "owner")


class ReviewDecision(OfUtility, models.Model):
    """What a review decided. ``made`` is the record that carries it out."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions", editable=False)
    topic = models.CharField("about", max_length=12, choices=[(each.slug, each.name) for each in TOPICS.values()])
    text = models.CharField("what was decided", max_length=200)
    owner = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="decisions",
        verbose_name="who sees to it",
    )
    due = models.DateField("by", null=True, blank=True)
    made = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = ReviewDecisionQuerySet.as_manager()
    made_id: int | None

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="decision_says_what"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="decision_while_minutes_are_written",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("review_id", "topic", "text", "due"),
                func="""
                    IF (SELECT r.status FROM ims_record r WHERE r.id = NEW.review_id) <> 'held' THEN
                        RAISE EXCEPTION 'a decision is entered while the minutes are written'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_while_minutes_are_written';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def source(self) -> Review:
        """The record that a record which carries it out follows from."""
        return self.review

    def suggested(self, register: str) -> dict[str, Any]:
        """Returns what a record that carries it out begins with."""
        return {"title": self.text, "owner": self.owner, "due": self.due, "areas": self.review.areas}

    def keep_made(self, record: Record) -> None:
        ReviewDecision.objects.filter(pk=self.pk).update(made=record)

    @property
    def topic_name(self) -> str:
        return TOPICS[self.topic].name


def living(record: Record) -> str:
    review: Any = record
    if review.status != Review.Status.CLOSED:
        return "Its minutes are not approved."
    if review.due and timezone.localdate() > (next_on := later(review.due, review.every or 12)):
        return f"The next one was due on {next_on:%B %-d, %Y}."
    return ""


def recurs(review: Review) -> list[Recurring]:
    """The meeting. The last one of a scope is followed by the next."""
    is_done = review.status != Review.Status.PLANNED
    scope = " ".join(sorted([*review.areas, *review.initiatives]))
    return [Recurring("Meeting", review.due, months=review.every or 0, is_done=is_done, series=f"of {scope}")]


S = Review.Status
register(
    Register(
        model=Review,
        name="Management reviews",
        one="management review",
        about="What top management looked at, who took part, and what was decided.",
        element="management-review",
        component="check",
        fields=Review.OWN,
        columns=(),
        leads_to=("actions", "changes", "corrective", "objectives", "reviews"),
        moves=(
            Move("hold", "It was held", frozenset({S.PLANNED}), S.HELD),
            Move("approve", "Approve the minutes", frozenset({S.HELD}), S.CLOSED, asks=("approved_by",)),
            Move("cancel", "Cancel", frozenset({S.PLANNED}), S.CANCELED, needs_why=True),
            Move("plan", "Plan it again", frozenset({S.CANCELED}), S.PLANNED),
        ),
        aside=frozenset({S.CANCELED}),
        reads=("every",),
        living=living,
        recurs=recurs,
    )
)

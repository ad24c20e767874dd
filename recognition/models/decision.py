"""Decisions: an official makes one, its letter waits in the outbox, all are released together."""

from typing import Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from recognition.models.application import Application
from recognition.models.cycle import Cycle
from recognition.models.recognition import Recognition
from recognition.models.review import ComplianceCheck
from workflow.models import Versioned, WrongState


class ReasonNeeded(Exception):
    """A decision that departs from the recommendation needs a reason. Nothing was decided."""


BARRED = "A violation is recorded, so it can't be recognized (Clean Water Act, section 501(e)(1))."


class DecisionQuerySet(models.QuerySet["Decision"]):
    def pending(self) -> Self:
        return self.filter(released_at=None)

    def to_release(self) -> Self:
        """Returns those that go out with the next release: not held, and no award that a violation bars."""
        return self.pending().filter(held=False).exclude(Exists(_bars()), recognize=True)

    def with_bars(self) -> Self:
        """Adds ``barred``: whether a violation was recorded since it was decided to recognize."""
        return self.annotate(barred=Q(Exists(_bars()), recognize=True))

    def manageable_by(self, user: User) -> Self:
        """Returns decisions on applications that ``user`` may see and has no part in."""
        return self.filter(application__in=Application.objects.visible_to(user).without_part_of(user).values("pk"))

    @transaction.atomic
    def release(self, cycle: Cycle, *, by: User) -> int:
        """Releases all pending decisions of the cycle that are not held: statuses, timeline, letters. Returns how many.

        Raises WrongState outside of the cycle's review, or if the cycle does not say who signs.
        Locks the applications first, as ``make`` and ``take_back`` do, and then reads the decisions again, which may
        have changed while it waited for the lock.
        """
        governing(cycle)
        rows = self.to_release().filter(application__cycle=cycle)
        locked = Application.objects.filter(pk__in=rows.values("application")).order_by("pk").select_for_update()
        keys = list(locked.values_list("pk", flat=True))
        rows = self.to_release().filter(application__in=keys).select_for_update(of=("self",))
        decisions = list(rows.select_related("application__utility", "application__cycle"))
        for decision in decisions:
            decision._release(by=by)
        return len(decisions)


class Decision(Versioned):
    """A decision. ``subject`` and ``body`` are its letter, which people may edit or hold until the release."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="decision")
    recognize = models.BooleanField()
    recommended = models.BooleanField(editable=False, help_text="what the panel recommended")
    reason = models.TextField(blank=True, max_length=5000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    subject = models.CharField(max_length=200)
    body = models.TextField(max_length=20000)
    held = models.BooleanField(default=False)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["application__utility__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recognize=F("recommended")) | ~Q(reason=""), name="decision_departs_with_a_reason"
            ),
            models.CheckConstraint(condition=Q(released_at=None) | Q(held=False), name="decision_held_is_not_released"),
        ]

    def __str__(self) -> str:
        return "Recognized" if self.recognize else "Not recognized"

    @classmethod
    @transaction.atomic
    def make(cls, application: Application, *, by: User, recognize: bool, reason: str = "") -> "Decision":
        """Creates a pending decision. Raises ReasonNeeded, or WrongState if the application does not await one."""
        rows = Application.objects.select_for_update(of=("self",)).select_related("recommendation", "cycle")
        locked = rows.filter(pk=application.pk, status__in=Application.PENDING, recommendation__isnull=False).first()
        if locked is None:
            raise WrongState("The application is not awaiting a decision.")
        in_review(locked.cycle)
        if recognize and locked.compliance_checks.that_bar().exists():
            raise WrongState(BARRED)
        recommended = locked.recommendation.recommends
        if recognize != recommended and not reason.strip():
            raise ReasonNeeded
        subject, body = _letter(application, recognize, reason)
        try:
            with transaction.atomic():
                decision = cls.objects.create(
                    application=application,
                    recognize=recognize,
                    recommended=recommended,
                    reason=reason.strip(),
                    by=by,
                    subject=subject,
                    body=body,
                )
        except IntegrityError as error:
            raise WrongState("It is already decided.") from error
        # Does not say what was decided: some readers of the timeline learn that only at the release.
        application.note(by=by, why="Decided, not released yet")
        return decision

    @classmethod
    @transaction.atomic
    def release_one(cls, decision: "Decision", *, by: User) -> bool:
        """Releases a decision. Returns False if it was held, barred, undone or released meanwhile."""
        Application.objects.select_for_update().get(pk=decision.application_id)
        rows = cls.objects.to_release().filter(pk=decision.pk).select_for_update(of=("self",))
        stored = rows.select_related("application__utility", "application__cycle").first()
        if stored:
            stored._release(by=by)
        return stored is not None

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """Raises WrongState once it is released."""
        Application.objects.select_for_update().get(pk=self.application_id)
        if not Decision.objects.pending().filter(pk=self.pk).delete()[0]:
            raise WrongState("The decision was already released or undone.")
        self.application.note(by=by, why="The decision was undone before its release")

    def hold(self, held: bool) -> None:
        """Begins or ends a hold on the release. The letter can be edited meanwhile. Raises WrongState once released."""
        if not Decision.objects.pending().filter(pk=self.pk).update(held=held):
            raise WrongState("The decision was already released or undone.")
        self.held = held

    def edit_letter(self, version: int, *, by: User, **changes: Any) -> None:
        """Saves ``subject`` and ``body``. Raises Stale, or WrongState once it is released."""
        self.save_over(version, by=by, only_if=Q(released_at=None), **changes)

    def _release(self, *, by: User) -> None:
        to = Application.Status.RECOGNIZED if self.recognize else Application.Status.NOT_RECOGNIZED
        self.application._move(to, by=by)
        self.released_at = timezone.now()
        self.save(update_fields=["released_at"])
        if self.recognize:
            Recognition.issue(self.application)
        self.application.write_to_applicants(f"decided:{self.pk}", self.subject, self.body)


def _bars() -> models.QuerySet[ComplianceCheck]:
    return ComplianceCheck.objects.that_bar().filter(application=OuterRef("application"))


def in_review(cycle: Cycle) -> Cycle:
    """Returns the cycle as stored. Raises WrongState unless it is in review: it may still take applications."""
    found = Cycle.objects.get(pk=cycle.pk)
    if found.status == Cycle.Status.PLANNED:
        raise WrongState("The cycle still takes applications. Close it and begin its review first.")
    if found.status != Cycle.Status.REVIEW:
        raise WrongState(f"The cycle is {found.stage.lower()}.")
    return found


def governing(cycle: Cycle) -> Cycle:
    """Returns the cycle as stored. Raises WrongState outside of its review, or if it does not say who signs."""
    found = in_review(cycle)
    if not found.is_signed:
        raise WrongState("The cycle does not say who signs, by name and title. An administrator enters it.")
    return found


def _letter(application: Application, recognize: bool, reason: str) -> tuple[str, str]:
    """Returns the initial subject and body: the administrators' template, filled in."""
    subject, body = application.rendered_to_applicants(
        "recognized" if recognize else "not-recognized", reason=reason.strip()
    )
    return subject[:200], body


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def shown(self, application: Application) -> "Feedback | None":
        """Returns the feedback if both it and the decision are released."""
        return self.filter(
            application=application, released_at__isnull=False, application__decision__released_at__isnull=False
        ).first()


class Feedback(Versioned):
    """A summary of the panel's reviews for the applicant, written and released by program staff."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="feedback")
    text = models.TextField(max_length=10000, blank=True)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(condition=Q(released_at=None) | ~Q(text=""), name="feedback_released_has_words")
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @classmethod
    def of(cls, application: Application) -> "Feedback":
        """Returns the application's row, which is created empty."""
        return cls.objects.get_or_create(application=application)[0]

    def write(self, version: int, text: str, *, by: User) -> None:
        """Raises Stale, or WrongState once it is released or the cycle is archived."""
        self._require_open_cycle()
        self.save_over(version, by=by, only_if=Q(released_at=None), text=text)

    @transaction.atomic
    def release(self, version: int, *, by: User) -> None:
        """Releases the version that was read, to be shown once the decision is released. Raises Stale, WrongState."""
        self._require_open_cycle()
        if not self.text.strip():
            raise WrongState("Write the feedback first.")
        self.save_over(version, by=by, only_if=Q(released_at=None), released_at=timezone.now(), released_by=by)
        self.application.note(by=by, why="The feedback was released")

    def _require_open_cycle(self) -> None:
        if Cycle.objects.filter(applications=self.application_id, status=Cycle.Status.ARCHIVED).exists():
            raise WrongState("The cycle is archived.")

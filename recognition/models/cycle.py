"""A cycle: one round of the recognition program."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts import zones
from accounts.models import User
from recognition.criteria.models import Edition
from recognition.models import triggers
from recognition.models.paper_letter import PaperLetter
from workflow.models import Event, StateMachine, WrongState

# What a cycle starts with: each thing that the form's statement says (ICR 1287.10, App. C, V), in plain words. An
# agency replaces it by the legal text of its own form.
CERTIFICATION = (
    "I certify that this application and everything attached to it was prepared under my direction or supervision. We "
    "followed a system that is designed to assure that qualified people gather and evaluate the information. I asked "
    "the people who gathered it and those who are responsible for it. To the best of my knowledge and belief, it is "
    "true, accurate and complete.\n\n"
    "I further certify that the organization meets the federal, state, tribal and local water quality requirements "
    "that apply to it, has met them for the past 12 months, and has a satisfactory environmental record.\n\n"
    "I know that there are significant penalties for knowingly giving false information, among them fines and prison."
)
# Under what the program recognizes, as letters, certificates and pages name it.
LAW = "section 501(e) of the Clean Water Act (33 U.S.C. 1361(e)) and 40 CFR part 105"


class StillWaiting(WrongState):
    """Applications wait for an outcome; ``applications`` are those. Nothing was changed."""

    SHOWN = 10

    def __init__(self, applications: Sequence[Any]):
        self.applications = applications
        named = "; ".join(f"{each.utility} ({each.stage_shown.lower()})" for each in applications[: self.SHOWN])
        n, more = len(applications), len(applications) - self.SHOWN
        and_more = f"; and {more} more" if more > 0 else ""
        super().__init__(f"{n} application{' waits' if n == 1 else 's wait'}: {named}{and_more}.")


class LettersWait(WrongState):
    """Letters on paper wait to be mailed. Nothing was changed."""

    def __init__(self, n: int):
        super().__init__(f"{n} letter{' waits' if n == 1 else 's wait'} to be printed and mailed.")


class CycleQuerySet(models.QuerySet["Cycle"]):
    def open(self, now: datetime | None = None) -> Self:
        now = now or timezone.now()
        return self.filter(status=Cycle.Status.PLANNED, opens__lte=now, closes__gt=now)

    def begun(self) -> Self:
        """Returns all that have opened, even if closed or archived."""
        return self.exclude(status=Cycle.Status.PLANNED, opens__gt=timezone.now())

    def taking_paper(self) -> Self:
        """Returns cycles that are open, or closed but not in review: mail that came in time can still be entered."""
        return self.filter(status=Cycle.Status.PLANNED, opens__lte=timezone.now())


class Cycle(StateMachine):
    """A round of the program. People set ``status``; whether it is open is computed: ``opens ≤ now < closes``."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        REVIEW = "review", "In review"
        DECIDED = "decided", "Decided"
        ARCHIVED = "archived", "Archived"

    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.REVIEW}),
        Status.REVIEW: frozenset({Status.DECIDED}),
        Status.DECIDED: frozenset({Status.ARCHIVED}),
    }

    title = models.CharField(max_length=120, unique=True)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="cycles")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED, editable=False)
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="copies", editable=False
    )
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    time_zone = models.CharField(
        max_length=40, default="America/New_York", help_text="The time zone its dates are shown in."
    )
    panel_from = models.DateField("panel begins", null=True, blank=True)
    panel_until = models.DateField("panel ends", null=True, blank=True)
    letters_from = models.DateField("letters sent from", null=True, blank=True)
    letters_until = models.DateField("letters sent by", null=True, blank=True)
    panel_size = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    asks_region = models.BooleanField(
        "requires the EPA Region's recommendation before the panel", default=False, help_text="40 CFR 105.9"
    )
    blind = models.BooleanField(
        "hides from the panel who applies",
        default=False,
        help_text="Panel members see “Application 17” instead of the utility, its people, address, numbers and photos. "
        "It can’t be changed once a panel member is assigned.",
    )
    days_to_resubmit = models.PositiveSmallIntegerField("days to resubmit a returned application", default=14)
    certification = models.TextField(
        "certification wording",
        default=CERTIFICATION,
        help_text="What the facility's representative certifies. Paste the legal text of your form if it has one: "
        "it is shown as you enter it, with its paragraphs.",
    )
    signatory_name = models.CharField("signer", max_length=120, blank=True)
    signatory_title = models.CharField("signer's title", max_length=160, blank=True)
    letterhead = models.TextField(
        "sender",
        max_length=400,
        blank=True,
        help_text="The agency and its address, one line each. Used as the letterhead.",
    )
    omb_control_number = models.CharField("OMB control number", max_length=20, blank=True)
    omb_expires = models.DateField("approval expires", null=True, blank=True)
    burden_hours = models.DecimalField(
        "average burden, hours per application", max_digits=6, decimal_places=1, null=True, blank=True
    )
    comments_address = models.TextField("address for comments on the burden", blank=True)

    objects = CycleQuerySet.as_manager()

    class Meta:
        ordering = ["-opens"]
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="cycle_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(panel_until__gte=F("panel_from")), name="cycle_panel_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(letters_until__gte=F("letters_from")), name="cycle_letters_end_after_they_begin"
            ),
            models.CheckConstraint(condition=Q(panel_size__gte=1), name="cycle_has_a_panel"),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "review", "decided", "archived"]), name="cycle_status_known"
            ),
        ]
        triggers = [triggers.ARCHIVED_CYCLE_IS_KEPT, triggers.CYCLE_STAYS_BLIND]

    def __str__(self) -> str:
        return self.title

    @property
    def program(self) -> str:
        """The name of the recognition program, which stands with its criteria."""
        return self.edition.program

    @property
    def approval_is_over(self) -> bool:
        """Whether the form shows an OMB control number whose approval has expired (ICR 1287.10, §6(g))."""
        until = self.omb_expires
        return bool(self.omb_control_number and until and until < timezone.localdate(timezone=ZoneInfo(self.time_zone)))

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.PLANNED and self.opens <= timezone.now() < self.closes

    @property
    def is_archived(self) -> bool:
        return self.status == self.Status.ARCHIVED

    @property
    def is_signed(self) -> bool:
        """Whether it says who signs, by name and title."""
        return bool(self.signatory_name.strip() and self.signatory_title.strip())

    @property
    def has_opened(self) -> bool:
        """Whether it has opened, so that people rely on what it asks for."""
        return self.status != self.Status.PLANNED or self.opens <= timezone.now()

    def in_its_zone(self, moment: datetime) -> str:
        """Returns ``moment`` formatted in the cycle's time zone."""
        return zones.in_zone(moment, ZoneInfo(self.time_zone))

    def for_reader(self, moment: datetime) -> str:
        """Returns ``moment`` in the cycle's time zone and, where its clock differs, in the reader's."""
        return zones.shown(moment, ZoneInfo(self.time_zone))

    @property
    def stage(self) -> str:
        """The stage that people see: planned, open, closed, in review, decided, archived."""
        if self.status != self.Status.PLANNED:
            return self.get_status_display()
        if self.is_open:
            return "Open"
        return "Planned" if timezone.now() < self.opens else "Closed"

    @property
    def opens_shown(self) -> str:
        """The opening time, in the cycle's zone and the reader's."""
        return self.for_reader(self.opens)

    @property
    def closes_shown(self) -> str:
        """The closing time, in the cycle's zone and the reader's."""
        return self.for_reader(self.closes)

    @classmethod
    def current_edition(cls) -> Edition | None:
        """Returns the edition of the open, next or last cycle, in this order; without cycles, the newest edition."""
        now = timezone.now()
        cycles = cls.objects.filter(edition=models.OuterRef("pk"))
        ordered = Edition.objects.annotate(
            is_open=models.Exists(cycles.open(now)),
            next=models.Subquery(cycles.filter(opens__gt=now).order_by("opens").values("opens")[:1]),
            last=models.Subquery(cycles.order_by("-opens").values("opens")[:1]),
        )
        soonest, latest = F("next").asc(nulls_last=True), F("last").desc(nulls_last=True)
        return ordered.order_by("-is_open", soonest, latest, "-pk").first()

    def begin_review(self, *, by: User) -> None:
        """Raises WrongState before the cycle has closed."""
        self._move(self.Status.REVIEW, by=by, only_if=Q(closes__lte=timezone.now()))

    def mark_decided(self, *, by: User) -> None:
        """Raises StillWaiting while an application is under review, or WrongState outside of the review."""
        waiting = self.applications.under_review()
        try:
            self._move(self.Status.DECIDED, by=by, only_if=~Q(models.Exists(waiting)))
        except WrongState as error:
            if self.status == self.Status.REVIEW and (found := list(waiting.select_related("utility"))):
                raise StillWaiting(found) from error
            raise

    def archive(self, *, by: User) -> None:
        """Closes the cycle to change: its applications, letters, feedback, notices and its own settings stay.

        Raises LettersWait while a letter waits to be mailed, or WrongState before it is decided.
        """
        letters = PaperLetter.objects.to_mail().filter(application__cycle=self.pk)
        try:
            self._move(self.Status.ARCHIVED, by=by, only_if=~Q(models.Exists(letters)))
        except WrongState as error:
            if self.status == self.Status.DECIDED and (n := letters.count()):
                raise LettersWait(n) from error
            raise


class CycleEvent(Event):
    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="events")

    @property
    def stage(self) -> str:
        return Cycle.Status(self.to_status).label

"""A cycle: one round of the recognition program."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts import zones
from accounts.models import User
from recognition.criteria.models import Edition
from workflow.models import Event, StateMachine

CERTIFICATION = (
    "I certify that this application was prepared under my direction by qualified people who gathered and checked its "
    "information, and that to the best of my knowledge and belief it is true, accurate and complete. I further certify "
    "that the organization meets the federal, state, tribal and local water quality requirements that apply to it, "
    "has met them for the past 12 months, and has a satisfactory environmental record."
)


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
    days_to_resubmit = models.PositiveSmallIntegerField("days to resubmit a returned application", default=14)
    certification = models.TextField("certification wording", default=CERTIFICATION)
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
            models.CheckConstraint(condition=Q(panel_size__gte=1), name="cycle_has_a_panel"),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "review", "decided", "archived"]), name="cycle_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def program(self) -> str:
        """The name of the recognition program, which stands with its criteria."""
        return self.edition.program

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.PLANNED and self.opens <= timezone.now() < self.closes

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
        """Raises WrongState while an application is under review."""
        self._move(self.Status.DECIDED, by=by, only_if=~Q(models.Exists(self.applications.under_review())))

    def archive(self, *, by: User) -> None:
        self._move(self.Status.ARCHIVED, by=by)


class CycleEvent(Event):
    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="events")

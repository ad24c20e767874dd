"""The panel: seats, ratings, remarks to each other, and the recommendation."""

from contextlib import suppress
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Utility
from recognition.application.content import claimed
from recognition.application.shown import criterion_names
from recognition.models import triggers
from recognition.models.application import Application, ApplicationEvent, Submission
from recognition.models.proposal import PanelProposal
from recognition.models.review import Unfinished
from recognition.models.reviewer import CannotSit, PanelMember
from workflow.models import Comment, Versioned, WrongState

# What the names of an edition's criteria are read from, in one query each.
CRITERIA = ("cycle__edition__attributes", "cycle__edition__categories__options")


class SeatQuerySet(models.QuerySet["Seat"]):
    def active(self) -> Self:
        return self.filter(recused_at=None)

    def with_progress(self) -> Self:
        """Adds ``n_rated`` and ``n_criteria``, which only staff may see, never members of the panel."""
        rated = Count("ratings", filter=~Q(ratings__value=""))
        return self.annotate(n_criteria=Count("ratings"), n_rated=rated).select_related("member__panel_member")

    def reviews(self) -> Self:
        """Returns submitted reviews with ratings, without members who stepped down."""
        found = self.active().filter(submitted_at__isnull=False).select_related("member")
        return found.order_by("submitted_at", "pk").prefetch_related(
            Prefetch("ratings", queryset=Rating.objects.order_by("pk"))
        )

    @transaction.atomic
    def declare(self) -> int:
        """Declares no conflict for each that is at the panel and undeclared: its member may read and has a rating to
        give for each claimed criterion. Returns how many.
        """
        ids = self.order_by().values("application")
        locked = Application.objects.select_for_update(of=("self",)).filter(pk__in=ids, status=Application.Status.PANEL)
        applications = locked.order_by("pk").select_related("cycle__edition").prefetch_related(*CRITERIA).in_bulk()
        undeclared = self.active().filter(application__in=applications, declared_at=None)
        seats = list(undeclared.select_related("member"))
        last = Submission.objects.filter(application__in=applications).order_by("application_id", "-number")
        content = dict(last.distinct("application_id").values_list("application", "content"))
        Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(declared_at=timezone.now())
        ratings, notes = [], []
        for seat in seats:
            application, rated = applications[seat.application_id], set(claimed(content[seat.application_id]))
            names = criterion_names(application.cycle.edition.criteria)
            ratings += [Rating(seat=seat, criterion=name) for name in names if name in rated]
            notes.append(application.noted(by=seat.member, why="Declared no conflict of interest"))
        Rating.objects.bulk_create(ratings, batch_size=2000)
        ApplicationEvent.objects.bulk_create(notes)
        return len(seats)

    def to_declare(self, user: User) -> Self:
        """Returns the seats on whose panels ``user`` has not declared yet, of utilities that are not their own."""
        own = Utility.objects.visible_to(user)
        return self.to_do().filter(member=user, declared_at=None).exclude(application__utility__in=own)

    def to_do(self) -> Self:
        return self.active().filter(submitted_at=None, application__status=Application.Status.PANEL)

    def to_recommend(self) -> Self:
        """Returns the seats of leads whose panel is full and has every review in: the recommendation waits for them."""
        panel = Seat.objects.active().filter(application=OuterRef("application"))
        n = panel.order_by().values("application").annotate(n=Count("pk")).values("n")
        leads = (
            self.active().filter(lead=True, application__status=Application.Status.PANEL).annotate(n_seats=Subquery(n))
        )
        return leads.filter(~Exists(panel.filter(submitted_at=None)), n_seats__gte=F("application__cycle__panel_size"))


class Seat(Versioned):
    """A seat on one application's panel. Its version guards only the summary; a lock guards the other fields."""

    class Conflict(models.TextChoices):
        EMPLOYMENT = "employment", "I work or worked there"
        CONTRACT = "contract", "I have or had a contract with it"
        FINANCIAL = "financial", "I have a financial interest"
        PERSONAL = "personal", "Family or close acquaintance"
        REGULATORY = "regulatory", "I permit, inspect or enforce there"
        OTHER = "other", "Other"
        REMOVED = "removed", "Removed by program staff"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="seats")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="seats")
    lead = models.BooleanField(default=False)
    due = models.DateField()
    assigned_at = models.DateTimeField(default=timezone.now, editable=False)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    declared_at = models.DateTimeField("declared no conflict", null=True, editable=False)
    recused_at = models.DateTimeField(null=True, editable=False)
    conflict = models.CharField(max_length=12, choices=Conflict.choices, blank=True)
    conflict_reason = models.TextField(blank=True, max_length=2000)
    proposal = models.ForeignKey(PanelProposal, null=True, on_delete=models.SET_NULL, related_name="seats")
    summary = models.TextField("overall impression", blank=True, max_length=5000)
    submitted_at = models.DateTimeField(null=True, editable=False)

    objects = SeatQuerySet.as_manager()
    n_seats: int  # added by to_recommend
    share_met: int | None  # both added by reviewing.panel_views.reviews
    leaning: str
    n_criteria: int  # both added by with_progress
    n_rated: int

    class Meta:
        ordering = ["assigned_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "member"], condition=Q(recused_at=None), name="seat_once_per_member"
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(lead=True, recused_at=None), name="seat_one_lead"
            ),
            models.CheckConstraint(
                condition=Q(recused_at=None, conflict="")
                | (Q(recused_at__isnull=False) & ~Q(conflict="") & ~Q(conflict_reason="")),
                name="seat_recused_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | Q(declared_at__isnull=False, recused_at=None),
                name="seat_declared_before_review",
            ),
        ]
        triggers = [triggers.SEAT_WITHOUT_CONFLICT]

    def __str__(self) -> str:
        return f"{self.member} on {self.application}"

    def get_absolute_url(self) -> str:
        """Returns the member's own page: the declaration of conflicts, then the review."""
        return reverse("recognition:review", args=[self.application_id])

    @property
    def is_late(self) -> bool:
        return self.submitted_at is None and self.recused_at is None and self.due < timezone.localdate()

    def tell(self, wording: str, *, again: str = "", **words: object) -> None:
        """Emails the member, once a seat and ``again``, which tells later messages of the same wording apart."""
        link = settings.SITE_URL.rstrip("/") + self.get_absolute_url()
        self.application.tell(self.member, wording, f"{self.pk}{again}", link=link, **words)

    @classmethod
    @transaction.atomic
    def assign(cls, application: Application, member: Any, *, by: User, due: date, lead: bool = False) -> "Seat":
        """Seats ``member``. Raises CannotSit, or WrongState outside panel review or if ``member`` has a seat."""
        _lock_at_panel(application)
        if not PanelMember.who_may_sit().filter(pk=member.pk).exists():
            raise CannotSit(f"{member} is not available for panels.")
        if conflict := PanelMember.conflict_of(member, application.utility):
            raise CannotSit(f"{conflict} Choose someone else.")
        if cls.objects.filter(application=application, member=member, recused_at__isnull=False).exists():
            raise CannotSit(f"{member} has already left this panel. Choose someone else.")
        seat, created = cls.objects.active().get_or_create(
            application=application, member=member, defaults={"assigned_by": by, "due": due}
        )
        if not created:
            raise WrongState(f"{member} is already on this panel.")
        application.note(by=by, why=f"{member} was assigned to the panel")
        seat.tell("panel-assigned", due=f"{due:%B %-d, %Y}")
        if lead:
            seat.take_lead(by=by)
        return seat

    def _locked(self) -> "Seat":
        """Locks the application in panel review and returns this seat as stored. Raises WrongState.

        Every change to a seat takes this lock, so changes to one panel run one after another.
        """
        _lock_at_panel(self.application)
        seat = Seat.objects.active().filter(pk=self.pk).first()
        if seat is None:
            raise WrongState("This member has left the panel.")
        return seat

    @transaction.atomic
    def take_lead(self, *, by: User) -> None:
        """Replaces the panel's lead by this member. Raises WrongState."""
        self._locked()
        Seat.objects.filter(application=self.application_id, lead=True).update(lead=False)
        Seat.objects.filter(pk=self.pk).update(lead=True)
        self.lead = True
        self.application.note(by=by, why=f"{self.member} became the panel lead")
        self.tell("panel-lead")
        _tell_if_ready(self.application)

    @transaction.atomic
    def declare(self) -> None:
        """Declares no conflict, lets the member read, and adds a rating per claimed criterion. Raises WrongState."""
        if self._locked().declared_at:
            raise WrongState("This was already declared.")
        Seat.objects.filter(pk=self.pk).declare()
        self.refresh_from_db(fields=["declared_at"])

    @transaction.atomic
    def recuse(self, *, conflict: str, reason: str) -> None:
        """Gives up the seat for a conflict; hides the member's review. Raises WrongState after the recommendation."""
        self._give_up(conflict, reason)
        self.application.note(by=self.member, why="Stepped down from the panel for a conflict of interest")

    @classmethod
    @transaction.atomic
    def leave_blind_panels(cls, member: Any) -> int:
        """Gives up the seats whose applicant the member's profile has a conflict with, for they can't see it there.

        Returns how many. A submitted review stays, and so does a seat whose panel has just finished.
        """
        rows = cls.objects.to_do().filter(member=member, application__cycle__blind=True)
        barred = [
            seat
            for seat in rows.select_related("application__utility", "application__cycle", "member")
            if PanelMember.conflict_of(member, seat.application.utility)
        ]
        n = 0
        for seat in barred:
            with suppress(WrongState):
                seat.recuse(conflict=cls.Conflict.OTHER, reason="Declared in the reviewer's profile.")
                n += 1
        return n

    @transaction.atomic
    def take_off(self, *, by: User, reason: str) -> None:
        """Takes a member who can't review off the panel, so that staff can assign another. Raises WrongState.

        A submitted review stays, because staff must not choose among findings.
        """
        if self._locked().submitted_at:
            raise WrongState("This review is submitted, so the member can't be removed.")
        self._give_up(self.Conflict.REMOVED, reason)
        self.application.note(by=by, why=f"{self.member} was removed from the panel")

    def _give_up(self, conflict: str, reason: str) -> None:
        self._locked()
        self.recused_at, self.lead, self.submitted_at = timezone.now(), False, None
        self.conflict, self.conflict_reason = conflict, reason
        self.save(update_fields=["recused_at", "lead", "submitted_at", "conflict", "conflict_reason"])
        _tell_if_ready(self.application)

    @transaction.atomic
    def sum_up(self, version: int, summary: str, *, by: User) -> None:
        """Saves the overall impression. Raises Stale, or WrongState once the panel has recommended."""
        if not self._locked().declared_at:
            raise WrongState("First declare that you have no conflict of interest.")
        self.save_over(version, by=by, summary=summary)

    @transaction.atomic
    def submit(self) -> None:
        """Submits a complete review; the member then sees what others submitted. Raises Unfinished, WrongState."""
        seat = self._locked()
        if seat.submitted_at or not seat.declared_at:
            raise WrongState(
                "Your review was already submitted."
                if seat.submitted_at
                else "First declare that you have no conflict of interest."
            )
        if self.ratings.filter(value="").exists():
            raise Unfinished("Rate every criterion first.")
        self.submitted_at = timezone.now()
        Seat.objects.filter(pk=self.pk).update(submitted_at=self.submitted_at)
        self.ratings.update(first_value=F("value"))
        self.application.note(by=self.member, why="Submitted a review")
        _tell_if_ready(self.application)


def _tell_if_ready(application: Application) -> None:
    """Emails the lead once the panel is full and has every review in."""
    for seat in Seat.objects.filter(application=application).to_recommend().select_related("member"):
        seat.application = application
        seat.tell("panel-ready", again=f":{seat.n_seats}")


def _lock_at_panel(application: Application) -> None:
    """Locks the application until the transaction ends. Raises WrongState if it is not in panel review."""
    locked = Application.objects.select_for_update(of=("self",)).filter(
        pk=application.pk, status=Application.Status.PANEL
    )
    if not locked.values("pk").first():
        raise WrongState("The panel is not reviewing this application.")


class RatingQuerySet(models.QuerySet["Rating"]):
    def given(self) -> "models.QuerySet[Any, Any]":
        """Returns {seat, criterion, value} of the submitted reviews of an application, to which it is bound."""
        of_reviews = self.filter(
            seat__application=OuterRef("pk"), seat__recused_at=None, seat__submitted_at__isnull=False
        )
        facts = JSONObject(seat="seat", criterion="criterion", value="value")
        return of_reviews.order_by("seat__submitted_at", "seat", "pk").values_list(facts)


class Rating(Versioned):
    """One member's rating of one claimed criterion (``attributes.<slug>`` or ``categories.<slug>``)."""

    class Value(models.TextChoices):
        MET = "met", "Met"
        PARTLY = "partly", "Partly met"
        NOT_MET = "not_met", "Not met"

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="ratings")
    criterion = models.CharField(max_length=80)
    value = models.CharField(max_length=8, choices=Value.choices, blank=True)
    first_value = models.CharField(
        "as first submitted", max_length=8, choices=Value.choices, blank=True, editable=False
    )
    comment = models.TextField(blank=True, max_length=5000)

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["seat", "criterion"], name="rating_once_per_criterion"),
            models.CheckConstraint(condition=Q(value__in=["", "met", "partly", "not_met"]), name="rating_value_known"),
        ]
        indexes = [
            # For a reviewer's last activity: most ratings of a review that is not submitted were never given.
            models.Index(fields=["seat", "changed_at"], condition=Q(changed_at__isnull=False), name="rating_given"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.get_value_display() or 'not rated'}"

    @property
    def anchor(self) -> str:
        """The criterion's id on a page, as in recognition.application.shown."""
        return self.criterion.replace(".", "-")

    @property
    def is_revised(self) -> bool:
        """Whether the value differs from the one first submitted."""
        return self.first_value not in ("", self.value)

    @transaction.atomic
    def rate(self, version: int, *, value: str, comment: str, by: User) -> None:
        """Saves the rating. Raises Stale, or WrongState once recommended or if ``value`` is empty after submission."""
        if self.seat._locked().submitted_at and not value:
            raise WrongState("A submitted review keeps a rating for every criterion.")
        self.save_over(version, by=by, value=value, comment=comment)


class Remark(Comment):
    """A remark of one panel member to the others about an application, after the member's own review."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="remarks")

    @classmethod
    @transaction.atomic
    def say(cls, seat: Seat, text: str) -> "Remark":
        """Raises WrongState before the member's own review, and once the panel has recommended."""
        if not seat._locked().submitted_at:
            raise WrongState("Submit your own review first.")
        return cls.objects.create(application=seat.application, by=seat.member, text=text)


class Recommendation(models.Model):
    """The panel's recommendation, recorded by its lead."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="recommendation")
    recommends = models.BooleanField("the panel recommends recognition")
    reasons = models.TextField(max_length=10000)
    dissent = models.TextField("who disagreed and why", blank=True, max_length=5000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return "Recommended" if self.recommends else "Not recommended"

    @classmethod
    @transaction.atomic
    def record(cls, seat: Seat, *, recommends: bool, reasons: str, dissent: str = "") -> "Recommendation":
        """Requires all reviews of a full panel. Raises Unfinished, WrongState.

        The reasons are stored only here, because compliance staff read the timeline too.
        """
        application = seat.application
        _lock_at_panel(application)
        seats = list(Seat.objects.active().filter(application=application))
        if not any(each.pk == seat.pk and each.lead for each in seats):
            raise WrongState("Only the panel's lead records its recommendation.")
        reviewed = sum(1 for each in seats if each.submitted_at)
        if len(seats) < application.cycle.panel_size or reviewed < len(seats):
            needed = max(application.cycle.panel_size, len(seats))
            raise Unfinished(
                f"{reviewed} of {needed} reviews are submitted. The recommendation can be recorded once all are."
            )
        to = Application.Status.RECOMMENDED if recommends else Application.Status.NOT_RECOMMENDED
        application._move(to, by=seat.member)
        return cls.objects.create(
            application=application, recommends=recommends, reasons=reasons, dissent=dissent, by=seat.member
        )

"""A proposal of panels: one for every application of a cycle that lacks members, until it is assigned as a whole."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import Membership, User
from recognition.models.application import Application
from recognition.models.cycle import Cycle
from recognition.models.work import Work, WorkQuerySet
from workflow.models import Event, Versioned, WrongState


class PanelProposal(Work):
    """Panels that a worker plans (recognition/reviewing/panel_planning.py), staff adjust, and one step assigns."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        READY = "ready", "Proposed"
        FAILED = "failed", "Failed"
        DISCARDED = "discarded", "Discarded"
        ASSIGNED = "assigned", "Assigned"
        UNDONE = "undone", "Undone"

    TASK = "recognition.tasks.propose_panels"
    ERROR_WORKER_LOST = "The proposal was interrupted and nothing was kept. Propose again."
    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING, Status.FAILED}),
        Status.RUNNING: frozenset({Status.READY, Status.FAILED}),
        Status.READY: frozenset({Status.ASSIGNED, Status.DISCARDED}),
        Status.ASSIGNED: frozenset({Status.UNDONE}),
    }

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="panel_proposals")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)

    objects = WorkQuerySet.as_manager()
    seats: Any  # declared with Seat

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"],
                condition=Q(status__in=["requested", "running", "ready"]),
                name="panel_proposal_one_at_a_time",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="panel_proposal_progress_percent"),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "running", "ready", "failed", "discarded", "assigned", "undone"]),
                name="panel_proposal_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Panels of {self.cycle}, {self.requested_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("recognition:panels", args=[self.cycle_id])

    @property
    def seen(self) -> str:
        """A text that changes whenever the waiting page has something new to show."""
        return f"{self.pk}-{self.status}-{self.progress}-{self.doing}"

    @classmethod
    def request(cls, cycle: Cycle, *, by: User) -> "PanelProposal":
        """Returns the cycle's open proposal, or a new one, which is sent to the queue on commit. Raises WrongState."""
        if cycle.is_archived:
            raise WrongState("The cycle is archived.")
        opened = [cls.Status.REQUESTED, cls.Status.RUNNING, cls.Status.READY]
        proposal, is_new = cls.objects.get_or_create(cycle=cycle, status__in=opened, defaults={"by": by})
        if is_new:
            transaction.on_commit(proposal.publish)
        return proposal

    @transaction.atomic
    def finish(self, panels: list["PlannedPanel"], members: dict[int, list["PlannedSeat"]]) -> None:
        """Keeps the plan. ``members``: by application. Raises WrongState, and keeps nothing, once it was given up."""
        kept = PlannedPanel.objects.bulk_create(panels, batch_size=1000)
        for panel in kept:
            for seat in members[panel.application_id]:
                seat.panel = panel
        PlannedSeat.objects.bulk_create([seat for each in members.values() for seat in each], batch_size=2000)
        self._move(self.Status.READY, progress=100, doing="")

    def discard(self, *, by: User) -> None:
        """Raises WrongState unless it is proposed and not assigned."""
        self._move(self.Status.DISCARDED, by=by)


class PanelProposalEvent(Event):
    proposal = models.ForeignKey(PanelProposal, on_delete=models.CASCADE, related_name="events")


class PlannedPanelQuerySet(models.QuerySet["PlannedPanel"]):
    def for_staff(self, user: User) -> "PlannedPanelQuerySet":
        """Returns those whose panel ``user``, who is program staff, may assign: not of their utility, nor their own.

        What is left out is read first. It is little, and the database can't mistake it for much.
        """
        utilities = list(Membership.objects.filter(user=user).values_list("utility", flat=True))
        sits = Application.objects.filter(seats__member=user, seats__recused_at=None).order_by()
        return self.exclude(application__utility__in=utilities).exclude(
            application__in=list(sits.values_list("pk", flat=True))
        )


class PlannedPanel(Versioned):
    """The members that a proposal adds to one application's panel. ``why``: why seats stay empty, as planned."""

    proposal = models.ForeignKey(PanelProposal, on_delete=models.CASCADE, related_name="panels")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="planned_panels")
    need = models.PositiveSmallIntegerField("empty seats")
    needs_lead = models.BooleanField(default=True)
    why = models.TextField(blank=True)
    left_out = models.TextField("why it was not assigned", blank=True)

    objects = PlannedPanelQuerySet.as_manager()

    class Meta:
        ordering = ["application__utility__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "application"], name="planned_panel_once"),
            models.CheckConstraint(condition=Q(need__gte=1), name="planned_panel_has_empty_seats"),
        ]

    def __str__(self) -> str:
        return str(self.application)

    def get_absolute_url(self) -> str:
        return reverse("recognition:planned_panel", args=[self.pk])

    @transaction.atomic
    def adjust(self, version: int, *, members: list[int], lead: int | None, by: User) -> None:
        """Replaces the members by these people's ids. Raises Stale, or WrongState unless the proposal is open.

        The lock makes assigning wait, so that what is assigned is what was saved.
        """
        ready = PanelProposal.objects.filter(pk=OuterRef("proposal"), status=PanelProposal.Status.READY)
        PanelProposal.objects.select_for_update().get(pk=self.proposal_id)
        if not PlannedPanel.objects.filter(Exists(ready), pk=self.pk).exists():
            raise WrongState("This proposal is no longer open.")
        self.save_over(version, by=by)
        self.seats.all().delete()
        PlannedSeat.objects.bulk_create(
            PlannedSeat(panel=self, member_id=person, lead=person == lead) for person in members
        )


class PlannedSeat(models.Model):
    """A person whom a proposal seats."""

    panel = models.ForeignKey(PlannedPanel, on_delete=models.CASCADE, related_name="seats")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lead = models.BooleanField(default=False)

    class Meta:
        ordering = ["-lead", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "member"], name="planned_seat_once_per_member"),
            models.UniqueConstraint(fields=["panel"], condition=Q(lead=True), name="planned_seat_one_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.member} on {self.panel}"

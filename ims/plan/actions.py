"""Management programs (guide 2004, §4.1.7): who does what by when to reach an objective."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from ims.plan.objectives import Objective
from ims.records import Record, extends_record
from ims.registers import InManual, Move, Register, register
from ims.team.readiness.models import ReadinessPoint
from ims.verified import ASKS, Verified, by_someone, closes_verified
from pdca.models import Element, Opportunity


class Action(Verified, Record):
    """One line of a management program. It closes only with what was verified and by whom."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        UNDER_WAY = "under-way", "Under way"
        DONE = "done", "Done, to be checked"
        CLOSED = "closed", "Closed"
        CANCELED = "canceled", "Canceled"

    REGISTER, PREFIX = "actions", "PRG"
    OPEN = frozenset({Status.PLANNED, Status.UNDER_WAY, Status.DONE})
    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.UNDER_WAY, Status.CANCELED}),
        Status.UNDER_WAY: frozenset({Status.DONE, Status.PLANNED, Status.CANCELED}),
        Status.DONE: frozenset({Status.CLOSED, Status.UNDER_WAY}),
        Status.CLOSED: frozenset({Status.UNDER_WAY}),
        Status.CANCELED: frozenset({Status.PLANNED}),
    }
    HISTORY = (*Record.SHARED, "objective", "lines", "starts", "cost", "hours")

    record = extends_record()
    objective = models.ForeignKey(
        Objective, null=True, blank=True, on_delete=models.PROTECT, related_name="actions", verbose_name="serves"
    )
    opportunity = models.ForeignKey(
        Opportunity,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        to_field="slug",
        related_name="actions",
        editable=False,
        verbose_name="takes up",
    )
    element = models.ForeignKey(
        Element,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        to_field="slug",
        related_name="+",
        editable=False,
        verbose_name="closes gaps at",
    )
    readiness = models.ForeignKey(
        ReadinessPoint,
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="actions",
        editable=False,
        verbose_name="from readiness",
    )
    lines = models.TextField("what is to be done, step by step", blank=True, max_length=5000)
    starts = models.DateField("starts on", null=True, blank=True)
    cost = models.DecimalField("cost in dollars", max_digits=12, decimal_places=2, null=True, blank=True)
    hours = models.DecimalField("hours of work", max_digits=8, decimal_places=1, null=True, blank=True)

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name in ("cost", "hours"):
            if (number := given.get(name)) is not None and number < 0:
                yield name, "Enter 0 or more."
        starts, due = given.get("starts"), given.get("due")
        if starts and due and starts > due:
            yield "starts", "It starts after it is due."

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [
            by_someone("action_verified_by_someone"),
            models.CheckConstraint(
                condition=(Q(cost=None) | Q(cost__gte=0)) & (Q(hours=None) | Q(hours__gte=0)),
                name="action_cost_and_hours_not_negative",
            ),
        ]


closes_verified("action_closes_verified", Action)
register(
    Register(
        model=Action,
        name="Management programs",
        one="action",
        about="Who does what by when. An action closes only after someone has checked that it worked.",
        element="management-programs",
        component="plan",
        fields=("objective", "lines", "starts", "cost", "hours"),
        origins=("opportunity", "element", "readiness"),
        columns=("objective",),
        leads_to=("training", "documents", "controls"),
        in_manual=InManual(("objective", "starts", "status")),
        moves=(
            Move("start", "Start", frozenset({Action.Status.PLANNED}), Action.Status.UNDER_WAY),
            Move("finish", "Mark as done", frozenset({Action.Status.UNDER_WAY}), Action.Status.DONE),
            Move(
                "close",
                "Close after the check",
                frozenset({Action.Status.DONE}),
                Action.Status.CLOSED,
                asks=ASKS,
            ),
            Move(
                "redo",
                "It did not work: back to work",
                frozenset({Action.Status.DONE}),
                Action.Status.UNDER_WAY,
                needs_why=True,
            ),
            Move("reopen", "Reopen", frozenset({Action.Status.CLOSED}), Action.Status.UNDER_WAY, needs_why=True),
            Move(
                "cancel",
                "Cancel",
                frozenset({Action.Status.PLANNED, Action.Status.UNDER_WAY}),
                Action.Status.CANCELED,
                needs_why=True,
            ),
            Move("plan", "Plan again", frozenset({Action.Status.CANCELED}), Action.Status.PLANNED),
        ),
        aside=frozenset({Action.Status.CANCELED}),
        living=lambda action: "" if action.status != Action.Status.CANCELED else "It was canceled.",
    )
)

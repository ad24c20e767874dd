"""Objectives and targets (guide 2004, §4.1.6): what is to be reached, by when, and how it is measured."""

from typing import Any

from django.db import models
from django.db.models import Case, CharField, Count, Q, Value, When
from django.db.models.functions import Cast, Concat

from accounts.models import User
from ims.examples import from_file
from ims.plan.assessing import Assessment
from ims.records import Record, extends_record
from ims.registers import InManual, Merging, Move, Register, register


class Objective(Record):
    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        AGREED = "agreed", "Agreed"
        REACHED = "reached", "Reached"
        DROPPED = "dropped", "Dropped"

    class Driver(models.TextChoices):
        LEGAL = "legal", "Legal requirement"
        POLICY = "policy", "Policy or commitment"
        PARTIES = "parties", "Interested parties"
        RISK = "risk", "Risk or significant aspect"
        FINANCE = "finance", "Cost or revenue"

    REGISTER, PREFIX = "objectives", "OBJ"
    OPEN = frozenset({Status.PROPOSED, Status.AGREED})
    TRANSITIONS = {
        Status.PROPOSED: frozenset({Status.AGREED, Status.DROPPED}),
        Status.AGREED: frozenset({Status.REACHED, Status.DROPPED, Status.PROPOSED}),
        Status.REACHED: frozenset({Status.AGREED}),
        Status.DROPPED: frozenset({Status.PROPOSED}),
    }
    HISTORY = (*Record.SHARED, "measure", "unit", "baseline", "target", "driver", "why")

    record = extends_record()
    finding = models.ForeignKey(
        Assessment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="objectives",
        editable=False,
        verbose_name="answers the finding",
    )
    measure = models.CharField("what is measured", max_length=200, blank=True)
    unit = models.CharField("unit of measure", max_length=40, blank=True)
    baseline = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    target = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    driver = models.CharField("what drives it", max_length=12, choices=Driver.choices, blank=True)
    why = models.TextField("why it matters", blank=True, max_length=2000)


def living(objective: Record) -> str:
    if objective.status not in (Objective.Status.AGREED, Objective.Status.REACHED):
        return "It is not agreed."
    return ""


def carry(other: Any, stays: Any, by: User) -> None:
    """The actions and measures of an objective that is merged serve the one that stays; their histories tell it."""
    for row in (*other.actions.all(), *other.measures.all()):
        row.save_over(row.version, by=by, objective=stays)


def with_progress(rows: Any) -> Any:
    """Adds in words how many of its actions are closed, empty without an action."""
    known = ~Q(actions__status="canceled")
    all_of = Count("actions", filter=known)
    closed = Count("actions", filter=Q(actions__status="closed"))
    words = Concat(Cast(closed, CharField()), Value(" of "), Cast(all_of, CharField()), Value(" actions closed"))
    none = When(n_actions=0, then=Value(""))
    return rows.annotate(n_actions=all_of, progress=Case(none, default=words, output_field=CharField()))


register(
    Register(
        model=Objective,
        name="Objectives and targets",
        one="objective",
        about="What you want to reach, by when, and how you will know.",
        element="objectives-and-targets",
        component="plan",
        examples=lambda: from_file("objectives"),
        fields=("measure", "unit", "baseline", "target", "driver", "why"),
        origins=("finding",),
        columns=("target",),
        leads_to=("actions", "measures", "training", "controls"),
        begins=lambda objective: {"objective": objective.pk},
        in_manual=InManual(
            ("measure", "unit", "baseline", "target", "driver", "status", "progress"), rows=with_progress
        ),
        moves=(
            Move("agree", "Agree", frozenset({Objective.Status.PROPOSED}), Objective.Status.AGREED),
            Move("reach", "Mark as reached", frozenset({Objective.Status.AGREED}), Objective.Status.REACHED),
            Move("drop", "Drop", Objective.OPEN, Objective.Status.DROPPED, needs_why=True),
            Move(
                "reopen",
                "Reopen",
                frozenset({Objective.Status.REACHED}),
                Objective.Status.AGREED,
                needs_why=True,
            ),
            Move("propose", "Propose again", frozenset({Objective.Status.DROPPED}), Objective.Status.PROPOSED),
        ),
        aside=frozenset({Objective.Status.DROPPED}),
        merges=Merging("drop", carried=("actions", "measures"), carry=carry),
        living=living,
    )
)

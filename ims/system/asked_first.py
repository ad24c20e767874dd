"""What an auditor asks first: the last audits, the last management review, what is still open or late.

Guide 2004, §4.3.3 to §4.4.1. Records of closed registers are left out, because everyone in the utility may read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Utility
from ims.act.corrective import CorrectiveAction
from ims.check.audits import WORSE, Audit
from ims.check.reviews import Review
from ims.plan.requirements import Requirement
from ims.records import concerning

AUDITS = 3  # shown


@dataclass(frozen=True)
class Fact:
    """One record or list with what is to be said of it; ``flag`` says in a few words what is wrong."""

    name: str
    says: str
    url: str
    flag: str = ""


@dataclass(frozen=True)
class Question:
    name: str
    facts: list[Fact] = field(default_factory=list)
    none: str = ""  # what to say without facts

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Question":
        return cls(**{**kept, "facts": [Fact(**each) for each in kept["facts"]]})


def asked_first(utility: Utility, initiative: str, scope: Sequence[str]) -> list[Question]:
    """Returns the questions for the initiative with this slug. Makes four queries at any number of records."""
    mine = Q(utility=utility, restricted=False) & concerning(scope)
    named = mine & Q(initiatives__contains=[initiative])
    return [
        Question("Internal audits", _audits(named), "No audit that names the initiative is done yet."),
        Question(
            "Management review",
            _review(mine & (Q(initiatives__contains=[initiative]) | Q(initiatives=[]))),
            "No management review was held yet.",
        ),
        Question("Corrective and preventive action", [_corrective(utility, named)]),
        Question("Evaluation of compliance", [_compliance(utility, named)]),
    ]


def _audits(named: Q) -> list[Fact]:
    worse = Q(lines__finding__in=WORSE)
    still_open = worse & (Q(lines__made=None) | Q(lines__made__is_open=True) | Q(lines__made__status="canceled"))
    rows: Any = Audit.objects.filter(named, done_on__isnull=False).exclude(status=Audit.Status.CANCELED)
    rows = rows.annotate(n=Count("lines", filter=worse), n_open=Count("lines", filter=still_open))
    return [
        Fact(
            str(each),
            f"Done on {date_format(each.done_on, 'F j, Y')}: {_of(each.n, 'nonconformity', 'nonconformities')}, "
            f"{each.n - each.n_open} closed",
            each.get_absolute_url(),
            f"{each.n_open} open" if each.n_open else "",
        )
        for each in rows.order_by("-done_on", "-pk")[:AUDITS]
    ]


def _review(covering: Q) -> list[Fact]:
    rows = Review.objects.filter(covering, status__in=[Review.Status.HELD, Review.Status.CLOSED])
    last: Any = rows.order_by("-due", "-pk").first()
    if last is None:
        return []
    day = f"Held on {date_format(last.due, 'F j, Y')}. " if last.due else ""
    return [Fact(str(last), f"{day}{last.status_label}.", last.get_absolute_url())]


def _corrective(utility: Utility, named: Q) -> Fact:
    rows = CorrectiveAction.objects.filter(named, is_open=True)
    counts = rows.aggregate(n=Count("pk"), n_late=Count("pk", filter=Q(due__lt=timezone.localdate())))
    words = f"{_of(counts['n'], 'action that names', 'actions that name')} the initiative still open"
    late = f"{counts['n_late']} late" if counts["n_late"] else ""
    return Fact("Open corrective actions", words, reverse("ims:list", args=[utility.pk, "corrective"]), late)


def _compliance(utility: Utility, named: Q) -> Fact:
    rows = Requirement.objects.filter(named, status=Requirement.Status.IN_FORCE)
    counts = rows.aggregate(n=Count("pk"), n_late=Count("pk", filter=Q(due__lt=timezone.localdate())))
    words = f"{_of(counts['n'], 'requirement that names', 'requirements that name')} the initiative in force"
    late = f"{counts['n_late']} overdue" if counts["n_late"] else ""
    return Fact("Evaluations", words, reverse("ims:list", args=[utility.pk, "requirements"]), late)


def _of(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"

"""What waits for a person on the home page, the nearest step first."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import CAN_EDIT, Claim, Role
from assessments.models import GapAnalysis
from reports.models import Report


@dataclass(frozen=True)
class Waiting:
    what: str
    why: str
    do: str
    url: str


def waiting_for(user: Any) -> list[Waiting]:
    """Four queries, however much there is."""
    return [*_claims(user), *_analyses(user), *_reports(user), *_first_analysis(user)]


def _claims(user: Any) -> list[Waiting]:
    claims = Claim.objects.filter(
        decided_at=None, utility__memberships__user=user, utility__memberships__role=Role.MANAGER
    ).select_related("user", "utility")
    return [
        Waiting(
            f"{claim.user} asks to join {claim.utility}",
            "You decide as its manager.",
            "Decide",
            reverse("accounts:utility", args=[claim.utility_id]),
        )
        for claim in claims
    ]


def _analyses(user: Any) -> list[Waiting]:
    drafts = GapAnalysis.objects.visible_to(user).to_fill_in()
    return [_analysis(draft) for draft in drafts.with_progress().order_by("-as_of", "-pk")[:10]]


def _analysis(draft: GapAnalysis) -> Waiting:
    left = 18 - draft.n_answered
    if left:
        why = f"{draft.utility}: {left} of 18 elements {'waits' if left == 1 else 'wait'} for an answer."
    elif draft.can_manage:
        why = f"{draft.utility}: every element is answered. Look it over and mark it complete."
    else:
        why = f"{draft.utility}: every element is answered. A manager can mark it complete."
    return Waiting(draft.name, why, "Go on", draft.get_absolute_url())


def _reports(user: Any) -> list[Waiting]:
    failed = Report.objects.visible_to(user).filter(status=Report.Status.FAILED)[:5]
    return [
        Waiting(report.title, "This report could not be made.", "Look", reverse("reports:report", args=[report.pk]))
        for report in failed
    ]


def _first_analysis(user: Any) -> list[Waiting]:
    memberships = user.memberships.filter(role__in=CAN_EDIT, utility__gap_analyses=None).select_related("utility")
    return [
        Waiting(
            f"A first gap analysis for {membership.utility}",
            "About ten minutes for a first pass.",
            "Start",
            reverse("assessments:start", args=[membership.utility_id]),
        )
        for membership in memberships
    ]

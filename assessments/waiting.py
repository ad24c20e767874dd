"""Home page items: gap analyses that are under way, and a first one for a utility that has none."""

from django.urls import reverse

from accounts.models import CAN_EDIT, User
from assessments.models import GapAnalysis
from workflow.waiting import Waiting, source


@source(order=30)
def analyses(user: User) -> list[Waiting]:
    drafts = GapAnalysis.objects.visible_to(user).to_fill_in()
    return [_analysis(draft) for draft in drafts.with_progress().order_by("-as_of", "-pk")[:10]]


def _analysis(draft: GapAnalysis) -> Waiting:
    left = draft.n_findings - draft.n_answered
    if left:
        need = "needs" if left == 1 else "need"
        why = f"{draft.utility}: {left} of {draft.n_findings} elements still {need} an answer."
    elif draft.can_manage:
        why = f"{draft.utility}: every element is answered. Review it and mark it complete."
    else:
        why = f"{draft.utility}: every element is answered. A manager can mark it complete."
    return Waiting(draft.name, why, "Continue", draft.get_absolute_url())


@source(order=50)
def first_analysis(user: User) -> list[Waiting]:
    memberships = user.memberships.filter(role__in=CAN_EDIT, utility__gap_analyses=None).select_related("utility")
    return [
        Waiting(
            f"First gap analysis for {membership.utility}",
            "A first pass takes about ten minutes.",
            "Start",
            reverse("assessments:start", args=[membership.utility_id]),
        )
        for membership in memberships
    ]

"""Home page items: gap analyses that are under way, a first one for a utility that has none, what follows from one."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import CAN_EDIT, User, Utility
from assessments.models import Answer, GapAnalysis, RoadMap
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


@source(order=40)
def what_follows(user: User) -> list[Waiting]:
    """For a utility with a complete analysis: the opportunities, if none is answered; then the road map."""
    utilities = Utility.objects.editable_by(user).filter(gap_analyses__status=GapAnalysis.Status.COMPLETE)
    answers = Answer.objects.filter(utility=OuterRef("pk")).exclude(choice="")
    rows = utilities.distinct().annotate(
        is_answered=Exists(answers), has_road_map=Exists(RoadMap.objects.filter(utility=OuterRef("pk")))
    )
    return [_next_step(utility) for utility in rows.exclude(is_answered=True, has_road_map=True)[:10]]


def _next_step(utility: Any) -> Waiting:
    if not utility.is_answered:
        return Waiting(
            f"Integration at {utility}",
            "Your gap analysis shows which integration opportunities are open to you. Say which you take up.",
            "Answer",
            reverse("assessments:integration", args=[utility.pk]),
        )
    return Waiting(
        f"Road map for {utility}",
        "See what to do first, next and later, and keep it as your own.",
        "Draw it",
        reverse("assessments:road_map_latest", args=[utility.pk]),
    )

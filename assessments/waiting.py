"""Home page items: gap analyses that are under way, a first one for a utility that has none, what follows from one."""

from typing import Any

from django.urls import reverse

from accounts.models import CAN_EDIT, User
from assessments.latest import complete_by_utility, latest
from assessments.models import GapAnalysis
from workflow.waiting import Waiting, source

MAX_SHOWN = 10
MAX_FIRST = 3


@source(order=30)
def analyses(user: User) -> list[Waiting]:
    if not user.edits:
        return []
    drafts = [row for row in latest(user) if row.can_edit]
    names = "gap analysis in progress", "gap analyses in progress"
    rest = _more(len(drafts[MAX_SHOWN:]), *names, "Not marked complete yet.", "assessments:list")
    return [_analysis(draft) for draft in drafts[:MAX_SHOWN]] + rest


def _more(n: int, one: str, many: str, why: str, address: str) -> list[Waiting]:
    """Returns one item for the rest of a long list."""
    return [Waiting(f"{n} more {one if n == 1 else many}", why, "View", reverse(address), n=n)] if n else []


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
    if not user.edits:
        return []
    begun = {analysis.utility_id for analysis in latest(user)}
    rows = [row for row in user.memberships.all() if row.role in CAN_EDIT and row.utility_id not in begun]
    why = "A first pass takes about ten minutes."
    found = [
        Waiting(
            f"First gap analysis for {row.utility}", why, "Start", reverse("assessments:start", args=[row.utility_id])
        )
        for row in rows[:MAX_FIRST]
    ]
    names = "utility without a gap analysis", "utilities without a gap analysis"
    return found + _more(len(rows[MAX_FIRST:]), *names, why, "accounts:list")


@source(order=40)
def what_follows(user: User) -> list[Waiting]:
    """For a utility with a complete analysis: the opportunities, if none is answered; then the road map."""
    if not user.edits:
        return []
    newest: list[Any] = [rows[0] for rows in complete_by_utility(user)]
    rows = [row for row in newest if row.my_role in CAN_EDIT and not (row.is_answered and row.has_road_map)]
    names = "utility with a complete gap analysis", "utilities with a complete gap analysis"
    why = "Say which integration opportunities you take up, then see the road map."
    return [_next_step(row) for row in rows[:MAX_SHOWN]] + _more(len(rows[MAX_SHOWN:]), *names, why, "accounts:list")


def _next_step(newest: Any) -> Waiting:
    if not newest.is_answered:
        return Waiting(
            f"Integration at {newest.utility}",
            "Your gap analysis shows which integration opportunities are open to you. Say which you take up.",
            "Answer",
            reverse("assessments:integration", args=[newest.utility_id]),
        )
    return Waiting(
        f"Road map for {newest.utility}",
        "See what to do first, next and later, and keep it as your own.",
        "Draw it",
        reverse("assessments:road_map_latest", args=[newest.utility_id]),
    )

"""What the gap analyses add to pages of the apps below."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from accounts.models import CAN_EDIT, User, Utility
from assessments.latest import complete_by_utility, latest_of
from assessments.models import GapAnalysis
from pdca.models import Opportunity
from reports.trend import trend
from workflow.slots import fills

SHOWN = 5


@fills("utility.actions")
def of_utility(utility: Utility) -> SafeString:
    return render_to_string("assessments/_links.html", {"utility": utility})


@fills("utility.work", order=10)
def analyses_of(utility: Utility, user: User) -> SafeString:
    """Shows the coverage and lists the latest analyses of a utility that the user belongs to."""
    found = latest_of(utility, user)
    complete = [analysis for analysis in found if analysis.status == GapAnalysis.Status.COMPLETE]
    context = {
        "line": _line(complete) if complete else None,
        "analyses": found[:SHOWN],
        "utility": utility,
        "can_start": (found[0].my_role if found else utility.membership_of(user).role) in CAN_EDIT,
    }
    return render_to_string("assessments/_of_utility.html", context)


@fills("home.side")
def coverage_of_person(user: User) -> SafeString:
    """Shows how many cells the user's utilities cover, and covered before."""
    found = complete_by_utility(user)
    context = {"lines": [_line(rows) for rows in found[:SHOWN]], "n_more": len(found[SHOWN:])}
    return render_to_string("assessments/_coverage.html", context) if found else SafeString()


def _line(newest_first: list[GapAnalysis]) -> dict[str, Any]:
    """Returns the figures of one utility's complete analyses, and the line they draw."""
    now, *earlier = newest_first
    points = [(each.as_of, each.covered / each.cells) for each in reversed(newest_first)]
    first = newest_first[-1]
    title = (
        f"Coverage moved from {first.covered} of {first.cells} cells in {date_format(first.as_of, 'F Y')} to "
        f"{now.covered} of {now.cells} in {date_format(now.as_of, 'F Y')}."
    )
    drawn = trend(points, title) if earlier else ""
    return {"now": now, "before": earlier[0] if earlier else None, "rows": newest_first, "drawn": drawn}


@fills("report.links")
def of_reports() -> SafeString:
    return render_to_string("assessments/_links.html", {"reports": True})


@fills("start.links")
def of_start() -> SafeString:
    return render_to_string("assessments/_links.html", {"start": True})


@fills("opportunity.links")
def of_opportunity(opportunity: Opportunity) -> SafeString:
    return render_to_string("assessments/_links.html", {"opportunity": opportunity})

"""What the gap analyses add to pages of the apps below."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import User, Utility
from assessments.models import GapAnalysis
from pdca.models import Opportunity
from workflow.slots import fills

SHOWN = 5


@fills("utility.actions")
def of_utility(utility: Utility) -> SafeString:
    return render_to_string("assessments/_links.html", {"utility": utility})


@fills("utility.work")
def analyses_of(utility: Utility, user: User) -> SafeString:
    """Lists the latest analyses of a utility that the user belongs to."""
    rows = GapAnalysis.objects.visible_to(user).filter(utility=utility).with_progress().defer("frozen")
    context = {
        "analyses": rows.order_by("-as_of", "-pk")[:SHOWN],
        "utility": utility,
        "can_start": utility.membership_of(user).can_edit,
    }
    return render_to_string("assessments/_of_utility.html", context)


@fills("report.links")
def of_reports() -> SafeString:
    return render_to_string("assessments/_links.html", {"reports": True})


@fills("start.links")
def of_start() -> SafeString:
    return render_to_string("assessments/_links.html", {"start": True})


@fills("opportunity.links")
def of_opportunity(opportunity: Opportunity) -> SafeString:
    return render_to_string("assessments/_links.html", {"opportunity": opportunity})

"""What the gap analyses add to pages of the apps below."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import Utility
from workflow.slots import fills


@fills("utility.actions")
def of_utility(utility: Utility) -> SafeString:
    return render_to_string("assessments/_links.html", {"utility": utility})


@fills("report.links")
def of_reports() -> SafeString:
    return render_to_string("assessments/_links.html", {"reports": True})


@fills("start.links")
def of_start() -> SafeString:
    return render_to_string("assessments/_links.html", {"start": True})

"""What stands in the cells of a list of applications: a box to select one, and the link to the next step.

A list has dozens of these cells, and a part of a template takes several times as long as a function.
"""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from recognition.models import Application
from workflow.addresses import address
from workflow.cells import link

Status = Application.Status

# Status → the page of the next step, its name, and the rest of the link's words for screen readers.
START = ("checklist", "Start review", ": {}")
STEPS: dict[str, tuple[str, str, str]] = {
    Status.SUBMITTED: START,
    Status.RESUBMITTED: START,
    Status.COMPLETENESS: ("checklist", "Continue", ": {}"),
    Status.RETURNED: ("incomplete", "Close", " as incomplete: {}"),
    Status.COMPLIANCE: ("compliance", "Check", " the record of {}"),
    Status.REGION: ("region", "Record", " the Region’s recommendation: {}"),
    Status.PANEL: ("panel", "Panel", " of {}"),
}


def checkbox(application: Any, url: str) -> SafeString:
    """Returns a box that selects the application for the form ``several``, and the link to ``url``."""
    return format_html(
        '<span class="row-check"><input class="usa-checkbox__input" type="checkbox" name="applications" value="{0}"'
        ' id="check-{0}" form="several"><label class="usa-checkbox__label" for="check-{0}">'
        '<span class="usa-sr-only">Select {1}</span></label><a href="{2}">{1}</a></span>',
        application.pk,
        application.utility,
        url,
    )


def next_step(application: Any, way: str) -> SafeString:
    """Returns the link to what staff do next. ``way`` is the query string that leads through the list."""
    if application.status == Status.RETURNED and (waits := _waits_for(application)):
        return format_html('<span class="quiet">{}</span>', waits)
    if application.status not in STEPS:
        return link(f"{application.get_absolute_url()}{way}", "Open", f": {application.utility}")
    page, words, rest = STEPS[application.status]
    url = address(f"recognition:{page}", application.pk)
    return link(f"{url}{way}", words, rest.format(application.utility))


def _waits_for(returned: Any) -> str:
    """Returns who has a returned application; empty once its time is over."""
    if returned.awaits_mailing:
        return "Letter to be mailed"
    return "With the applicant" if returned.is_editable else ""

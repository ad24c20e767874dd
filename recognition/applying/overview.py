"""What the overview of utilities says of their applications: where the latest stands, and by when it is to be sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from recognition.models import Application
from workflow.overview import Cell, Line, column

SOON = timedelta(days=14)


@column("Application", order=40)
def applications(user: User) -> Mapping[int, Cell]:
    """The application of each utility whose stage changed last."""
    own: Any = Application.objects.visible_to(user).of_utilities_of(user).select_related("cycle", "recognition")
    return {
        each.utility_id: _of(each) for each in own.order_by("utility_id", "-status_since", "-pk").distinct("utility_id")
    }


def _of(application: Any) -> Cell:
    url, cycle = application.get_absolute_url(), application.cycle
    if not application.is_editable or application.on_paper or application.awaits_mailing:
        recognition = getattr(application, "recognition", None)
        until = f", until {date_format(recognition.until, 'M j, Y')}" if recognition else ""
        return Cell([Line(application.stage_shown, url, note=f"{cycle}{until}")])
    zone = ZoneInfo(cycle.time_zone)
    by = application.deadline.astimezone(zone).date()
    is_soon = by <= timezone.localdate(timezone=zone) + SOON
    due = Line(f"Submit by {date_format(by, 'M j, Y')}", tone="warn" if is_soon else "")
    return Cell([Line(application.stage_shown, url, note=str(cycle)), due], n_soon=int(is_soon))

"""Reports that could not be made."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from reports.models import Report
from workflow import composed
from workflow.waiting import Waiting, source


@source(order=40)
def failed(user: User) -> list[Waiting]:
    kinds = composed.rows(_kinds, user)
    if not kinds:  # as nearly always, so that nobody asks of what they may read all that may be shared
        return []
    return [
        Waiting(report.title, "This report couldn’t be created.", "View", reverse("reports:report", args=[report.pk]))
        for report in composed.rows(_failed(frozenset(kinds)), user)
    ]


@cache
def _failed(kinds: frozenset[str]) -> Callable[[User], QuerySet[Report]]:
    """Returns the function for the reports of these kinds that could not be made, at most five."""
    return lambda user: Report.objects.visible_to(user, kinds).filter(status=Report.Status.FAILED)[:5]


def _kinds(user: User) -> QuerySet[Any]:
    mine = Report.objects.filter(requested_by=user, parent=None, status=Report.Status.FAILED)
    return mine.order_by().values_list("kind", flat=True).distinct()

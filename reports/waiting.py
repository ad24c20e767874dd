"""Reports that could not be made."""

from typing import Any

from django.urls import reverse

from reports.models import Report
from workflow.waiting import Waiting, source


@source(order=40)
def failed(user: Any) -> list[Waiting]:
    failed = Report.objects.visible_to(user).filter(status=Report.Status.FAILED)[:5]
    return [
        Waiting(report.title, "This report could not be made.", "Look", reverse("reports:report", args=[report.pk]))
        for report in failed
    ]

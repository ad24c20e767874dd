"""What people are reminded of before a date is over, and what ends when it is.

Days are calendar days where the cycle is. A reminder is named by its date and by how many days before it is due, so
that it is told once, however often this runs; where nothing ran on its day, it goes out on the next.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from recognition.models import Application, Assignment, Cycle, Recognition
from recognition.models.message import tell, tell_applicants
from recognition.models.review import find_incomplete
from workflow.models import WrongState

logger = logging.getLogger(__name__)

RETURNED_DAYS = (7, 2)
DRAFT_DAYS = (14, 3)
REVIEW_DAYS = (3,)
RECOGNITION_DAYS = (183,)  # half a year: time to apply again


def remind() -> None:
    """Everyone who has to be told of something today."""
    applications = Application.objects.select_related("cycle", "utility")
    _each(applications.filter(status=Application.Status.RETURNED), _remind_of_return)
    _each(applications.filter(status=Application.Status.DRAFT, on_paper=False), _remind_of_draft)
    reviews = Assignment.objects.to_do().filter(member__is_active=True)
    _each(reviews.select_related("member", "application__cycle", "application__utility"), _remind_of_review)
    _each(Recognition.objects.valid().with_utility(), _remind_of_end)


def close_late() -> None:
    """Returned applications that did not come back by their date end as incomplete."""
    _each(Application.objects.late().select_related("cycle", "utility"), _close)


def _remind_of_return(application: Application) -> None:
    due, since = application.deadline, application.status_since
    if occasion := _occasion(RETURNED_DAYS, application.cycle, due, since):
        tell_applicants(application, "application-reminder", occasion, due=application.in_its_zone(due))


def _remind_of_draft(application: Application) -> None:
    if not application.is_editable:
        return
    closes = application.deadline
    if occasion := _occasion(DRAFT_DAYS, application.cycle, closes, application.created_at):
        tell_applicants(application, "draft-reminder", occasion, closes=application.in_its_zone(closes))


def _remind_of_review(seat: Assignment) -> None:
    if occasion := _occasion(REVIEW_DAYS, seat.application.cycle, seat.due, seat.assigned_at):
        link = settings.SITE_URL.rstrip("/") + seat.get_absolute_url()
        words = {"due": f"{seat.due:%B %-d, %Y}", "link": link}
        tell(seat.member, seat.application, "panel-reminder", f"{seat.pk}:{occasion}", **words)


def _remind_of_end(recognition: Recognition) -> None:
    application = recognition.application
    occasion = _occasion(RECOGNITION_DAYS, application.cycle, recognition.until, application.status_since)
    later = Recognition.objects.valid().filter(application__utility=application.utility, until__gt=recognition.until)
    if occasion and not later.exists():  # else it is recognized anew already
        tell_applicants(application, "recognition-expires", occasion, until=f"{recognition.until:%B %-d, %Y}")


def _close(application: Application) -> None:
    if application.resubmit_by is None:
        return
    try:
        due = application.in_its_zone(application.resubmit_by)
        find_incomplete(application, by=None, why=f"It was not submitted again by {due}.")
    except WrongState as elsewhere:
        logger.info("application %s moved meanwhile: %s", application.pk, elsewhere)


def _occasion(days_before: Sequence[int], cycle: Cycle, due: date | datetime, since: datetime) -> str | None:
    """Which of the reminders ``days_before`` a date is the one to be told today, if any.

    One whose day had come already when the matter began (``since``) is left out: the person has just been told.
    """
    zone = ZoneInfo(cycle.time_zone)
    last_day = due.astimezone(zone).date() if isinstance(due, datetime) else due
    left = (last_day - timezone.localdate(timezone=zone)).days
    at_first = (last_day - since.astimezone(zone).date()).days
    reached = [days for days in days_before if left <= days < at_first]
    return f"{min(reached)} days before {last_day}" if reached and left >= 0 else None


def _each(rows: models.QuerySet[Any] | Iterable[Any], do: Callable[[Any], None]) -> None:
    """``do`` each row in a transaction of its own: one that breaks is logged and does not keep the others."""
    for row in rows:
        try:
            with transaction.atomic():
                do(row)
        except Exception:
            logger.exception("%s %s: %s failed", row._meta.verbose_name, row.pk, do.__name__)

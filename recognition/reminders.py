"""Reminders before dates of the program, and the closing of returned applications after theirs."""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from letters.reminders import daily, for_each, occasion
from recognition.models import Application, Recognition, Seat
from recognition.models.review import find_incomplete
from workflow.models import WrongState

logger = logging.getLogger(__name__)

RETURNED_DAYS = (7, 2)
RETURNED_DAYS_BY_MAIL = (7,)
DRAFT_DAYS = (14, 3)
REVIEW_DAYS = (3,)
RECOGNITION_DAYS = (183,)  # half a year, enough time to apply again


@daily
def remind() -> None:
    """Sends the reminders that are due today."""
    applications = Application.objects.select_related("cycle", "utility")
    for_each(applications.filter(status=Application.Status.RETURNED), _remind_of_return)
    for_each(applications.filter(status=Application.Status.DRAFT, on_paper=False), _remind_of_draft)
    reviews = Seat.objects.to_do().filter(member__is_active=True)
    for_each(reviews.select_related("member", "application__cycle", "application__utility"), _remind_of_review)
    for_each(Recognition.objects.valid().with_utility(), _remind_of_end)


def close_late() -> None:
    """Closes returned applications as incomplete if they were not resubmitted by their date."""
    for_each(Application.objects.late().select_related("cycle", "utility"), _close)


def _remind_of_return(application: Application) -> None:
    if application.awaits_mailing:
        return  # its time has not begun
    due, since = application.deadline, application.status_since
    days = RETURNED_DAYS if application.applicants() else RETURNED_DAYS_BY_MAIL
    if occasion := _occasion(days, application, due, since):
        application.tell_applicants("application-reminder", occasion, due=application.for_applicants(due))


def _remind_of_draft(application: Application) -> None:
    if not application.is_editable:
        return
    closes = application.deadline
    if occasion := _occasion(DRAFT_DAYS, application, closes, application.created_at):
        application.tell_applicants("draft-reminder", occasion, closes=application.for_applicants(closes))


def _remind_of_review(seat: Seat) -> None:
    if occasion := _occasion(REVIEW_DAYS, seat.application, seat.due, seat.assigned_at):
        seat.tell("panel-reminder", again=f":{occasion}", due=f"{seat.due:%B %-d, %Y}")


def _remind_of_end(recognition: Recognition) -> None:
    application = recognition.application
    occasion = _occasion(RECOGNITION_DAYS, application, recognition.until, application.status_since)
    later = Recognition.objects.valid().filter(application__utility=application.utility, until__gt=recognition.until)
    if occasion and not later.exists():  # a later one means that the utility is recognized again already
        application.tell_applicants("recognition-expires", occasion, until=f"{recognition.until:%B %-d, %Y}")


def _close(application: Application) -> None:
    if application.resubmit_by is None:
        return
    try:
        due = application.in_its_zone(application.resubmit_by)
        find_incomplete(application, by=None, why=f"It was not resubmitted by {due}.")
    except WrongState as elsewhere:
        logger.info("application %s has moved to another stage: %s", application.pk, elsewhere)


def _occasion(days: Sequence[int], application: Application, due: date | datetime, since: datetime) -> str | None:
    return occasion(days, due, since=since, time_zone=application.cycle.time_zone)

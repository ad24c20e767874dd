"""Reminders before dates of the program, and the closing of returned applications after theirs."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import StaffGroup, User
from letters.reminders import daily, for_each, occasion
from recognition.models import Application, Cycle, Recognition, Seat
from recognition.models.review import find_incomplete
from recognition.reviewing.reviewer_letters import remind_of_reviews, tell_of_late
from recognition.reviewing.reviewer_lists import progress
from workflow.models import WrongState

logger = logging.getLogger(__name__)

RETURNED_DAYS = (7, 2)
RETURNED_DAYS_BY_MAIL = (7,)
DRAFT_DAYS = (14, 3)
REVIEW_DAYS = (3,)
LATE_DAYS = (1, 7)  # after a review was due
RECOGNITION_DAYS = (183,)  # half a year, enough time to apply again


@daily
def remind() -> None:
    """Sends the reminders that are due today."""
    applications = Application.objects.select_related("cycle", "utility")
    for_each(applications.filter(status=Application.Status.RETURNED), _remind_of_return)
    for_each(applications.filter(status=Application.Status.DRAFT, on_paper=False), _remind_of_draft)
    reviews = Seat.objects.to_do().filter(member__is_active=True)
    of: dict[tuple[int, int], list[Seat]] = defaultdict(list)
    for seat in reviews.select_related("member", "application__cycle__edition", "application__utility").order_by("pk"):
        of[seat.member_id, seat.application.cycle_id].append(seat)

    def of_member(first: Seat) -> None:
        _remind_of_reviews(of[first.member_id, first.application.cycle_id])

    for_each([seats[0] for seats in of.values()], of_member)
    _tell_of_late([seat for seats in of.values() for seat in seats if seat.is_late])
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


def _remind_of_reviews(seats: list[Seat]) -> None:
    """Reminds a member of all reviews to submit in a cycle, in one email before a date and one after it."""
    if len(seats) == 1 and (occasion := _of_review(seats[0])) and not seats[0].is_late:
        [seat] = seats
        seat.tell("panel-reminder", again=f":{occasion}", due=f"{seat.due:%B %-d, %Y}")
        return
    late = [seat for seat in seats if seat.is_late]
    for occasion in sorted({each for seat in seats if (each := _of_review(seat))}):
        remind_of_reviews(
            seats[0].application.cycle,
            seats[0].member,
            occasion,
            n_open=len(seats),
            n_late=len(late),
            due=min(seat.due for seat in seats),
        )


def _of_review(seat: Seat) -> str | None:
    """Returns the occasion of today: days before the date or, of a late review, after it."""
    cycle = seat.application.cycle
    days = (timezone.localdate(timezone=ZoneInfo(cycle.time_zone)) - seat.due).days
    if reached := [each for each in LATE_DAYS if days >= each]:
        return f"{max(reached)} days after {seat.due}"
    return _occasion(REVIEW_DAYS, seat.application, seat.due, seat.assigned_at)


def _tell_of_late(late: list[Seat]) -> None:
    """Tells leads and program staff what is late: a list for each cycle, on the days on which members are reminded."""
    by_cycle: dict[int, list[Seat]] = defaultdict(list)
    for seat in late:
        by_cycle[seat.application.cycle_id].append(seat)
    for seats in by_cycle.values():
        _tell_of_cycle(seats[0].application.cycle, seats)


def _tell_of_cycle(cycle: Cycle, late: list[Seat]) -> None:
    occasions = [each for seat in late if (each := _of_review(seat))]
    if not occasions:
        return
    newest = max(occasions, key=lambda each: each[-10:])  # by the date that it ends with
    panels = {seat.application_id for seat in late}
    leads = Seat.objects.active().filter(lead=True, member__is_active=True, application__in=panels)
    led: dict[int, list[Seat]] = defaultdict(list)
    for seat in leads.select_related("member", "application__utility", "application__cycle__edition"):
        led[seat.member_id].append(seat)

    def lead(first: Seat) -> None:
        _tell_lead(led[first.member_id], late, newest)

    def staff(person: User) -> None:
        _tell_staff(person, cycle, newest)

    for_each([seats[0] for seats in led.values()], lead)
    for_each(User.objects.filter(groups__name=StaffGroup.PROGRAM, is_active=True).order_by("pk"), staff)


def _tell_lead(led: list[Seat], late: list[Seat], occasion: str) -> None:
    """Says how many reviews are late on each panel, without names: whose they are is for who submitted their own."""
    n = Counter(seat.application_id for seat in late if seat.member_id != led[0].member_id)
    lines = [
        f"{seat.application.shown_to_panel}: {n[seat.application_id]} late" for seat in led if n[seat.application_id]
    ]
    if lines:
        total = sum(n[seat.application_id] for seat in led)
        tell_of_late("panel-late", led[0].application.cycle, led[0].member, occasion, n=total, lines=lines)


def _tell_staff(person: User, cycle: Cycle, occasion: str) -> None:
    """Lists the late reviewers, as far as this person may know of their panels."""
    rows = list(progress(cycle, person).filter(n_late__gt=0))
    lines = [f"{each}: {each.n_late} late, the first since {each.next_due:%B %-d, %Y}" for each in rows]
    if lines:
        tell_of_late("reviews-late", cycle, person, occasion, n=sum(each.n_late for each in rows), lines=lines)


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

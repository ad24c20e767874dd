"""Reminders before a date, each once; and what ends when a date is over. Days are those of the cycle's time zone."""

import logging
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from post_office.models import Email

from config.celery import app
from letters.models import Message
from letters.tasks import remind
from recognition import reminders
from recognition.models import Application, Cycle, Seat
from recognition.models.review import return_for_completion
from recognition.tasks import close_late
from tests.applications import answer_points, review
from tests.factories import MembershipFactory

Status = Application.Status
pytestmark = pytest.mark.django_db
GUAM = ZoneInfo("Pacific/Guam")


def emailed(template: str) -> list[str]:
    return [each.email.to[0] for each in Message.objects.filter(key__startswith=template).order_by("pk")]


def days_before(due: date, days: int, hour: int = 12, zone: ZoneInfo = GUAM) -> time_machine.travel:
    moment = datetime(due.year, due.month, due.day, hour, tzinfo=zone) - timedelta(days=days)
    return time_machine.travel(moment, tick=False)


@pytest.fixture
def returned(at, staff) -> Application:
    """Due at the end of a day in Guam, where that day begins 14 hours before it does in New York; 20 days from now."""
    Cycle.objects.update(time_zone="Pacific/Guam")
    application = at(Status.COMPLETENESS)
    application.cycle.refresh_from_db()
    application.submission.checklist.update(met=True)
    application.submission.checklist.filter(name="prompts").update(met=False, reason="One is missing.")
    due = timezone.localdate(timezone=GUAM) + timedelta(days=20)
    return_for_completion(application, by=staff, due=due, letter="")
    return application


def due_of(application: Application) -> date:
    return application.deadline.astimezone(GUAM).date()


def test_a_returned_application_is_brought_to_mind_twice(returned):
    due = due_of(returned)
    for days, expected in [(8, 0), (7, 1), (7, 1), (6, 1), (3, 1), (2, 2), (1, 2), (0, 2)]:
        with days_before(due, days):
            remind()
        assert len(emailed("application-reminder")) == expected, f"{days} days before"
    email = Message.objects.filter(key__startswith="application-reminder").first().email
    assert "11:59 PM ChST" in email.message
    assert "Reminder: your application is due" in email.subject


def test_the_day_begins_where_the_cycle_is(returned):
    due = due_of(returned)
    with days_before(due, 8, hour=23):
        remind()
    assert emailed("application-reminder") == []
    with days_before(due, 7, hour=1):  # still the day before in New York
        remind()
    assert len(emailed("application-reminder")) == 1


def test_a_day_without_a_worker_is_made_up_for(returned):
    with days_before(due_of(returned), 5):
        remind()
    assert len(emailed("application-reminder")) == 1


def test_who_has_just_been_told_is_not_reminded_at_once(returned):
    """Returned with four days to go: the first reminder's day was over before, the second's is yet to come."""
    due = due_of(returned)
    since = datetime(due.year, due.month, due.day, 9, tzinfo=GUAM) - timedelta(days=4)
    Application.objects.update(status_since=since)
    for days, expected in [(4, 0), (3, 0), (2, 1)]:
        with days_before(due, days, hour=20):
            remind()
        assert len(emailed("application-reminder")) == expected


def test_a_later_date_is_a_new_occasion(returned):
    due = due_of(returned)
    with days_before(due, 2):
        remind()
    assert len(emailed("application-reminder")) == 1
    Application.objects.update(resubmit_by=returned.end_of(due + timedelta(days=30)))
    with days_before(due + timedelta(days=30), 2):
        remind()
    assert len(emailed("application-reminder")) == 2


def test_a_draft_is_brought_to_mind_before_its_cycle_closes(draft, utility, contributor):
    MembershipFactory(utility=utility, user__email="second@example.org")
    closes = draft.cycle.closes.astimezone(ZoneInfo(draft.cycle.time_zone)).date()
    zone = ZoneInfo(draft.cycle.time_zone)
    managers = ["manager@example.org", "second@example.org"]
    for days, expected in [(15, []), (14, managers), (4, managers), (3, managers * 2)]:
        with days_before(closes, days, hour=1, zone=zone):
            remind()
        assert sorted(emailed("draft-reminder")) == sorted(expected), f"{days} days before"


def test_a_draft_with_a_later_deadline_goes_by_it(draft, staff):
    draft.extend(draft.cycle.closes + timedelta(days=20), by=staff, why="A flood.")
    zone = ZoneInfo(draft.cycle.time_zone)
    with days_before(draft.cycle.closes.astimezone(zone).date(), 3, hour=1, zone=zone):
        remind()
    assert emailed("draft-reminder") == []
    with days_before(draft.deadline.astimezone(zone).date(), 3, hour=1, zone=zone):
        remind()
    assert len(emailed("draft-reminder")) == 1


@pytest.mark.parametrize("why", ["on paper", "over", "submitted"])
def test_no_reminder_where_nothing_can_be_done(draft, manager, why):
    if why == "on paper":
        Application.objects.update(on_paper=True)
    if why == "over":
        Cycle.objects.update(closes=timezone.now())
    if why == "submitted":
        draft.submit(by=manager)
    with time_machine.travel(draft.cycle.closes - timedelta(days=2), tick=False):
        remind()
    assert emailed("draft-reminder") == []


def test_a_member_is_reminded_of_a_review_that_is_due(at, staff, panelists):
    application = at(Status.PANEL)
    due = timezone.localdate() + timedelta(days=10)
    seats = [Seat.assign(application, member, by=staff, due=due) for member in panelists[:3]]
    review(seats[0])
    seats[1].recuse(conflict="other", reason="We share a boat.")
    zone = ZoneInfo(application.cycle.time_zone)
    for days, expected in [(4, []), (3, ["panelist3@example.org"]), (2, ["panelist3@example.org"])]:
        with days_before(due, days, zone=zone):
            remind()
        assert emailed("panel-reminder") == expected
    email = Email.objects.get(to=["panelist3@example.org"], subject__startswith="Reminder")
    assert f"due by {due:%B %-d, %Y}" in email.subject
    assert seats[2].get_absolute_url() in email.message
    assert "Pia Nestor" in email.message


def test_what_did_not_come_back_is_closed_once_its_last_second_is_over(returned):
    with time_machine.travel(returned.deadline - timedelta(seconds=1), tick=False):
        close_late()
    returned.refresh_from_db()
    assert returned.status == Status.RETURNED
    with time_machine.travel(returned.deadline + timedelta(seconds=1), tick=False):
        close_late()
        close_late()
    returned.refresh_from_db()
    assert returned.status == Status.INCOMPLETE
    event = returned.events.last()
    assert event.by is None
    assert "11:59 PM ChST" in event.why
    assert emailed("application-incomplete") == ["manager@example.org"]


def test_one_that_came_back_meanwhile_stays(returned, manager, monkeypatch):
    """It was read as late, and submitted before its turn came."""
    stale = Application.objects.select_related("cycle").get(pk=returned.pk)
    answer_points(returned, manager)
    Application.objects.visible_to(manager).get(pk=returned.pk).submit(by=manager)
    with time_machine.travel(returned.deadline + timedelta(seconds=1), tick=False):
        reminders._close(stale)
    returned.refresh_from_db()
    assert returned.status == Status.RESUBMITTED
    assert emailed("application-incomplete") == []


def test_one_that_breaks_does_not_keep_the_others(returned, cycle, caplog, monkeypatch):
    other = MembershipFactory(user__email="other@example.org").utility
    Application.objects.create(utility=other, cycle=cycle, status="returned", resubmit_by=returned.deadline)
    right = Application.tell_applicants

    def breaks(application, *args, **kwargs):
        if application.pk == returned.pk:
            raise ValueError("a template that can't be read")
        right(application, *args, **kwargs)

    monkeypatch.setattr(Application, "tell_applicants", breaks)
    Application.objects.update(status_since=timezone.now() - timedelta(days=1))
    with days_before(due_of(returned), 2), caplog.at_level(logging.ERROR):
        remind()
    assert emailed("application-reminder") == ["other@example.org"]
    assert f"application {returned.pk}" in caplog.text
    assert "a template that can't be read" in caplog.text


def test_both_are_in_the_schedule():
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {remind.name, close_late.name} <= scheduled

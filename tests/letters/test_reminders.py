"""On which day which reminder is sent, and that one that fails does not keep the others."""

import logging
from datetime import UTC, date, datetime

import pytest

from accounts.models import User
from letters import reminders
from letters.reminders import for_each, occasion
from tests.factories import UserFactory

DUE = date(2026, 10, 20)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "notified"),
    [
        ("2026-10-12", None),
        ("2026-10-13", "7 days before 2026-10-20"),
        ("2026-10-14", "7 days before 2026-10-20"),  # nothing ran on its day
        ("2026-10-17", "7 days before 2026-10-20"),
        ("2026-10-18", "2 days before 2026-10-20"),
        ("2026-10-19", "2 days before 2026-10-20"),
        ("2026-10-20", "2 days before 2026-10-20"),
        ("2026-10-21", None),  # the date is over
    ],
)
def test_the_reminder_of_each_day(today, notified, time_machine):
    time_machine.move_to(f"{today}T16:00Z", tick=False)
    assert occasion((7, 2), DUE, since=LONG_AGO, time_zone="America/New_York") == notified
    assert occasion((2, 7), DUE, since=LONG_AGO, time_zone="America/New_York") == notified, "in whatever order"


@pytest.mark.parametrize(
    ("since", "notified"),
    [
        ("2026-10-12", "7 days before 2026-10-20"),
        ("2026-10-13", None),  # who was told of it on the very day
        ("2026-10-14", None),
    ],
)
def test_who_was_told_of_the_date_later_is_not_reminded_at_once(since, notified, time_machine):
    time_machine.move_to("2026-10-15T16:00Z", tick=False)
    since = datetime.fromisoformat(f"{since}T16:00Z")
    assert occasion((7, 2), DUE, since=since, time_zone="America/New_York") == notified


@pytest.mark.parametrize(
    ("now", "zone", "notified"),
    [
        ("2026-10-13T03:59Z", "America/New_York", None),  # 11:59 PM of the 12th
        ("2026-10-13T04:00Z", "America/New_York", "7 days before 2026-10-20"),
        ("2026-10-12T13:59Z", "Pacific/Guam", None),
        ("2026-10-12T14:00Z", "Pacific/Guam", "7 days before 2026-10-20"),
    ],
)
def test_days_are_those_of_the_time_zone(now, zone, notified, time_machine):
    time_machine.move_to(now, tick=False)
    assert occasion((7,), DUE, since=LONG_AGO, time_zone=zone) == notified


@pytest.mark.parametrize(
    ("zone", "notified"), [("UTC", "2 days before 2026-10-20"), ("Pacific/Guam", "2 days before 2026-10-21")]
)
def test_a_moment_is_due_on_its_day_in_the_time_zone(zone, notified, time_machine):
    time_machine.move_to("2026-10-19T06:00Z", tick=False)
    assert occasion((2,), datetime(2026, 10, 20, 20, tzinfo=UTC), since=LONG_AGO, time_zone=zone) == notified


@pytest.mark.parametrize(("zone", "notified"), [("UTC", None), ("Pacific/Honolulu", "7 days before 2026-10-20")])
def test_it_began_on_its_day_in_the_time_zone(zone, notified, time_machine):
    """At 5 in the morning of the 13th by UTC, which is still the 12th in Honolulu."""
    time_machine.move_to("2026-10-14T16:00Z", tick=False)
    since = datetime(2026, 10, 13, 5, tzinfo=UTC)
    assert occasion((7,), DUE, since=since, time_zone=zone) == notified


def test_whatever_is_registered_runs_every_day(monkeypatch):
    ran: list[str] = []
    monkeypatch.setattr(reminders, "_daily", [])

    @reminders.daily
    def first() -> None:
        ran.append("first")

    reminders.daily(lambda: ran.append("second"))
    assert ran == []
    reminders.remind()
    assert ran == ["first", "second"]
    first()
    assert ran == ["first", "second", "first"], "it stays a function to be called"


@pytest.mark.django_db
def test_one_row_that_fails_changes_nothing_and_does_not_keep_the_others(caplog):
    users = [UserFactory(name=name) for name in ("Ada", "Ben", "Cleo")]

    def rename(user: User) -> None:
        User.objects.filter(pk=user.pk).update(name=f"{user.name} told")
        if user.name == "Ben":
            raise ValueError("no such template")

    with caplog.at_level(logging.ERROR):
        for_each(User.objects.order_by("pk"), rename)
    assert list(User.objects.order_by("pk").values_list("name", flat=True)) == ["Ada told", "Ben", "Cleo told"]
    [record] = caplog.records
    assert record.getMessage() == f"user {users[1].pk}: rename failed"
    assert "no such template" in caplog.text

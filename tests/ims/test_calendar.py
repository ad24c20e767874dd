"""The calendar feed: who reads it, what is in it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from ims.models import Action, Person, Preferences, Record
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(client, manager):
    address = Preferences.new_calendar(manager)

    def read() -> dict[str, object]:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert "no-store" in answer["Cache-Control"]
        return {str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}

    read.address = address
    return read


def test_the_feed_has_my_open_records(action, unit, utility, manager, contributor, feed):
    me = Person.objects.of(utility).get(user=manager)
    due = timezone.localdate() + timedelta(days=3)
    for title, owner, more in [
        ("Mine; with, odd \\ letters\nand 水", me, {"due": due}),
        ("Without a date", me, {}),
        ("Theirs", Person.objects.get(user=contributor), {"due": due}),
        ("Closed", me, {"due": due}),
    ]:
        Action.open_in(utility, by=manager, title=title, owner=owner, **more)
    Record.objects.filter(title="Closed").update(is_open=False)
    found = feed()
    assert len(found) == 1
    (event,) = found.values()
    mine = Action.objects.get(title__startswith="Mine")
    assert event["summary"] == f"Due: {mine}"
    assert event["dtstart"].dt == due
    assert str(event["uid"]).startswith(f"record-{mine.pk}@")
    assert str(event["url"]).endswith(mine.get_absolute_url())
    assert event["sequence"] == 1


def test_the_utility_is_named_to_who_has_several(action, utility, manager, feed):
    me, due = Person.objects.of(utility).get(user=manager), timezone.localdate() + timedelta(days=3)
    mine = Action.open_in(utility, by=manager, title="Mine", owner=me, due=due)
    MembershipFactory(user=manager)
    assert list(feed()) == [f"Due: {mine}, Riverbend Water and Sewer"]


def test_a_new_address_ends_the_old_one_and_only_hashes_are_kept(manager, feed, client, as_):
    secret = feed.address.split("/")[-2]
    assert secret not in str(list(Preferences.objects.values()))
    page = as_(manager).post(reverse("ims:new_calendar"))
    assert client.get(feed.address).status_code == 404
    new = next(word for word in page.text.split() if "headworks.ics" in word)
    path = new[new.index("/system/") :].partition("<")[0]
    assert client.get(path).status_code == 200
    assert "shown only once" not in as_(manager).get(reverse("ims:preferences")).text
    as_(manager).post(reverse("ims:end_calendar"))
    assert client.get(path).status_code == 404
    assert client.get(reverse("ims:calendar", args=["wrong"])).status_code == 404


def test_who_left_or_is_closed_gets_nothing(action, utility, manager, contributor, client):
    address = Preferences.new_calendar(contributor)
    theirs = Person.objects.of(utility).get(user=contributor)
    Record.objects.filter(pk=action.pk).update(owner=theirs)
    assert b"VEVENT" in client.get(address).content
    contributor.memberships.all().delete()
    assert b"VEVENT" not in client.get(address).content
    contributor.is_active = False
    contributor.save()
    assert client.get(address).status_code == 404

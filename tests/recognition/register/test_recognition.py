"""A recognition: its number, its three years, what the utility lets the register show, and its revocation."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, StaffGroup
from letters.models import Message
from recognition import reminders
from recognition.models import Application, Recognition
from recognition.models.recognition import SIGNS, as_number, last_day, new_number
from tests.assessments.test_races import at_once
from tests.factories import MembershipFactory, UserFactory
from workflow.models import Stale, WrongState

Status = Application.Status
NEW_YORK = ZoneInfo("America/New_York")


def url(name: str, application: Application) -> str:
    return reverse(f"recognition:{name}", args=[application.pk])


@pytest.fixture
def recognized(at) -> Application:
    return at(Status.RECOGNIZED)


@pytest.fixture
def recognition(recognized) -> Recognition:
    return Recognition.objects.with_utility().get()


def noon(day: date) -> time_machine.travel:
    return time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK), tick=False)


# The number.


def test_a_number_is_four_groups_that_nobody_mistakes():
    numbers = {new_number() for _ in range(500)}
    assert len(numbers) == 500
    for number in numbers:
        groups = number.split("-")
        assert [len(group) for group in groups] == [4, 4, 4, 4]
        assert set("".join(groups)) <= set(SIGNS)
        assert as_number(number) == number


@pytest.mark.parametrize(
    "typed",
    [
        "7k3m-9qxp-2rtv-0111",
        "7K3M9QXP2RTV0111",
        " 7K3M 9QXP 2RTV OIL1 ",
        "7K3M\u20119QXP\u20132RTV\u2014oil1",
        "7K3M.9QXP/2RTV:0-1-1-1\x00\n",
        "7K3M-9QXP-2RTV-0111-and-more",
    ],
)
def test_a_number_is_understood_as_people_type_it(typed):
    assert as_number(typed) == "7K3M-9QXP-2RTV-0111"


@pytest.mark.parametrize(("typed", "read"), [("", ""), ("?!", ""), ("\x00", ""), ("hello", "HE11-0"), ("U" * 16, "")])
def test_what_is_no_number_is_read_without_an_error(typed, read):
    assert as_number(typed) == read


# Its years.


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 11, 22), date(2029, 11, 21)),
        (date(2027, 1, 1), date(2029, 12, 31)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2025, 3, 1), date(2028, 2, 29)),
        (date(2026, 3, 1), date(2029, 2, 28)),
    ],
)
def test_it_lasts_three_years(since, until):
    assert last_day(since) == until


@pytest.mark.django_db
def test_the_release_gives_it_from_that_day_where_the_cycle_is(recognition):
    since = timezone.localdate(timezone=ZoneInfo(recognition.application.cycle.time_zone))
    assert (recognition.since, recognition.until) == (since, last_day(since))
    assert (recognition.state, recognition.published, recognition.summary) == ("valid", [], "")


@pytest.mark.django_db
def test_it_expires_by_itself_after_its_last_day(recognition):
    with noon(recognition.until):
        assert recognition.state == "valid"
        assert Recognition.objects.valid().exists()
    with noon(recognition.until + timedelta(days=1)):
        assert recognition.state == "expired"
        assert not Recognition.objects.valid().exists()


# What the database keeps.


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"until": date(2020, 1, 1)}, "recognition_lasts"),
        ({"revoked_why": "No date"}, "recognition_revoked_with_a_reason"),
        ({"revoked_at": datetime(2027, 1, 1, tzinfo=NEW_YORK)}, "recognition_revoked_with_a_reason"),
    ],
)
def test_the_database_refuses(recognition, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Recognition.objects.update(**changes)


@pytest.mark.django_db
def test_one_recognition_for_an_application_and_a_number_of_its_own(recognition, cycle):
    with pytest.raises(IntegrityError, match="application_id"), transaction.atomic():
        Recognition.issue(recognition.application)
    other = Application.objects.create(utility=MembershipFactory().utility, cycle=cycle, status="recognized")
    second = Recognition.issue(other)
    with pytest.raises(IntegrityError, match="number"), transaction.atomic():
        Recognition.objects.filter(pk=second.pk).update(number=recognition.number)


# What the register shows.

SHOWN = ["attributes.product-quality", "categories.climate-change"]


@pytest.mark.django_db
def test_a_manager_says_what_the_register_shows(recognized, recognition, manager, as_):
    browser = as_(manager)
    assert url("publish", recognized) in browser.get(url("application", recognized)).text
    page = browser.get(url("publish", recognized)).text
    assert page.index("Product") < page.index("Climate"), "in the criteria's order"
    assert "Only your utility’s name" in page
    data = {"version": 1, "published": SHOWN[::-1], "summary": " We keep the river clean. "}
    answer = browser.post(url("publish", recognized), data)
    assert (answer.status_code, answer["Location"]) == (302, url("publish", recognized))
    recognition.refresh_from_db()
    assert (recognition.published, recognition.summary) == (SHOWN, "We keep the river clean.")
    assert (recognition.version, recognition.changed_by) == (2, manager)
    page = browser.get(url("publish", recognized)).text
    assert "product-quality-assessed-0" in page
    assert "financial-viability-assessed-0" not in page


@pytest.mark.django_db
def test_a_preview_keeps_nothing(recognized, manager, as_):
    data = {"version": 1, "published": SHOWN, "summary": "Not yet.", "preview": "1"}
    answer = as_(manager).post(url("publish", recognized), data)
    assert answer.status_code == 200
    assert "(not saved)" in answer.text
    assert "product-quality-assessed-0" in answer.text
    stored = Recognition.objects.get()
    assert (stored.published, stored.summary, stored.version) == ([], "", 1)


@pytest.mark.django_db
def test_only_what_was_claimed_can_be_shown(recognized, manager, as_):
    for published in (["attributes.community-sustainability"], ["contact"], ["nonsense"]):
        answer = as_(manager).post(url("publish", recognized), {"version": 1, "published": published, "summary": ""})
        assert answer.status_code == 422
    too_long = {"version": 1, "summary": "x" * 1501}
    assert as_(manager).post(url("publish", recognized), too_long).status_code == 422
    assert Recognition.objects.get().version == 1


@pytest.mark.django_db
def test_two_managers_do_not_overwrite_each_other(recognized, utility, manager, as_):
    second = MembershipFactory(utility=utility, user__name="Mira Holt").user
    as_(second).post(url("publish", recognized), {"version": 1, "published": SHOWN[:1], "summary": "Theirs."})
    mine = {"version": 1, "published": SHOWN, "summary": "Mine."}
    answer = as_(manager).post(url("publish", recognized), mine)
    assert answer.status_code == 409
    for words in ("Mira Holt", "Theirs.", "Mine."):
        assert words in answer.text
    assert Recognition.objects.get().summary == "Theirs."
    assert 'name="version" value="2"' in answer.text, "keeping mine saves over theirs"
    assert as_(manager).post(url("publish", recognized), mine | {"version": 2}).status_code == 302
    assert Recognition.objects.get().summary == "Mine."
    with pytest.raises(Stale):
        Recognition.objects.get().publish(1, by=manager, published=[], summary="")


# Revocation.


@pytest.mark.django_db
def test_revoked_once_with_a_reason_that_the_applicant_is_told(recognized, recognition, official, manager, as_):
    browser = as_(official)
    assert url("revoke", recognized) in browser.get(url("application", recognized)).text
    assert browser.post(url("revoke", recognized), {"why": "  "}).status_code == 422
    assert Recognition.objects.get().state == "valid"
    why = "The permit was {{ broken }} for years."
    form = {"why": why}
    assert why in browser.post(url("revoke", recognized), form).context["letter"].body
    assert Recognition.objects.get().state == "valid", "a preview revokes nothing"
    form["confirmed"] = "1"
    assert browser.post(url("revoke", recognized), form)["Location"] == url("application", recognized)
    recognition.refresh_from_db()
    assert (recognition.state, recognition.revoked_by, recognition.revoked_why) == ("revoked", official, why)
    [message] = Message.objects.filter(key__startswith="recognition-revoked")
    assert message.email.to == ["manager@example.org"]
    assert why in message.email.message
    browser.post(url("revoke", recognized), {"why": "Again.", "confirmed": "1"})
    recognition.refresh_from_db()
    assert recognition.revoked_why == why
    assert Message.objects.filter(key__startswith="recognition-revoked").count() == 1
    assert recognized.events.filter(why__contains="revoked").count() == 1
    page = as_(manager).get(url("application", recognized)).text
    assert why in page
    assert url("publish", recognized) not in page


@pytest.mark.django_db
def test_what_is_revoked_or_over_changes_no_more(recognized, recognition, staff, manager, as_):
    data = {"version": 1, "published": SHOWN, "summary": "DeadlinePassed."}
    with noon(recognition.until + timedelta(days=1)):
        with pytest.raises(WrongState):
            recognition.revoke(by=staff, why="DeadlinePassed.")
        as_(manager).post(url("publish", recognized), data)
    recognition.revoke(by=staff, why="Enough.")
    as_(manager).post(url("publish", recognized), data)
    with pytest.raises(WrongState):
        recognition.publish(1, by=manager, published=SHOWN, summary="DeadlinePassed.")
    assert Recognition.objects.get().summary == ""


@pytest.mark.django_db(transaction=True)
def test_two_at_once_revoke_once(recognition, staff):
    again = Recognition.objects.with_utility().get()
    outcomes = at_once(lambda: recognition.revoke(by=staff, why="One."), lambda: again.revoke(by=staff, why="Two."))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WrongState"]
    assert Message.objects.filter(key__startswith="recognition-revoked").count() == 1


# Who gets in.


@pytest.mark.django_db
def test_roles(recognized, manager, contributor, viewer, stranger, staff, official, as_):
    expected = {
        "publish": {manager: 200, contributor: 403, viewer: 403, stranger: 404, staff: 403, official: 403},
        "revoke": {manager: 403, contributor: 403, viewer: 403, stranger: 404, staff: 403, official: 200},
    }
    for name, people in expected.items():
        for person, status in people.items():
            assert as_(person).get(url(name, recognized)).status_code == status, (name, person)
            if status != 200:
                data = {"version": 1, "summary": "x", "why": "x", "confirmed": "1"}
                assert as_(person).post(url(name, recognized), data).status_code == status, (name, person)
    Membership.objects.create(user=official, utility=recognized.utility, role=Role.VIEWER)
    assert as_(official).post(url("revoke", recognized), {"why": "x", "confirmed": "1"}).status_code == 403
    assert Recognition.objects.get().state == "valid"
    assert Recognition.objects.get().version == 1


@pytest.mark.django_db
def test_before_the_recognition_there_is_nothing_to_show_or_revoke(at, manager, official, client, as_):
    application = at(Status.RECOMMENDED)
    assert as_(manager).get(url("publish", application)).status_code == 302
    assert as_(official).post(url("revoke", application), {"why": "x", "confirmed": "1"}).status_code == 302
    assert client.get(url("publish", application)).status_code == 302


# Half a year ahead.


def emailed() -> list[str]:
    return [each.email.to[0] for each in Message.objects.filter(key__startswith="recognition-expires").order_by("pk")]


@pytest.mark.django_db
def test_managers_are_told_once_half_a_year_ahead(recognition, contributor):
    for days, expected in [(190, 0), (184, 0), (183, 1), (182, 1), (20, 1), (0, 1)]:
        with noon(recognition.until - timedelta(days=days)):
            reminders.remind()
        assert emailed() == ["manager@example.org"] * expected, f"{days} days before"
    email = Message.objects.get(key__startswith="recognition-expires").email
    assert f"{recognition.until:%B %-d, %Y}" in email.subject
    assert "apply again" in email.message


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["revoked", "over", "recognized anew"])
def test_nobody_is_told_where_nothing_is_to_be_done(recognition, staff, why):
    day = recognition.until - timedelta(days=100)
    if why == "revoked":
        recognition.revoke(by=staff, why="Enough.")
    if why == "over":
        day = recognition.until + timedelta(days=1)
    if why == "recognized anew":
        cycle = recognition.application.cycle
        cycle.pk, cycle.title = None, "The next"
        cycle.save()
        utility = recognition.application.utility
        Recognition.issue(Application.objects.create(utility=utility, cycle=cycle, status="recognized"))
        Recognition.objects.exclude(pk=recognition.pk).update(until=recognition.until + timedelta(days=900))
    with noon(day):
        reminders.remind()
    assert emailed() == []


# The administration pages.


@pytest.mark.django_db
def test_administrators_look_and_change_nothing(recognition, as_):
    administrator = UserFactory(is_staff=True, is_superuser=True)
    administrator.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    browser = as_(administrator)
    page = reverse("admin:recognition_recognition_change", args=[recognition.pk])
    assert recognition.number in browser.get(page).text
    assert browser.post(page, {"number": "x"}).status_code == 403
    with CaptureQueriesContext(connection) as asked:
        assert recognition.number in browser.get(reverse("admin:recognition_recognition_changelist")).text
    assert len(asked) < 15
    Membership.objects.create(user=administrator, utility=recognition.application.utility, role=Role.VIEWER)
    assert recognition.number not in browser.get(reverse("admin:recognition_recognition_changelist")).text

"""Emails about records: who gets one, when, and only once."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Membership, Role
from accounts.zones import site_today
from ims import emails, reminders, tasks
from ims.models import Action, Person, Preferences, Record
from ims.people import mentioned
from ims.preferences import stop_address
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.django_db
MONDAY = date(2030, 6, 3)


@pytest.fixture
def on(monkeypatch):
    """``on(day)`` makes it that day for reminders."""

    def at(day: date) -> None:
        monkeypatch.setattr(reminders.timezone, "localdate", lambda *_, **__: day)

    at(MONDAY)
    return at


@pytest.fixture
def owned(action, contributor) -> Action:
    """The contributor's, due on a Friday, June 28; nobody was told yet."""
    connie = Person.objects.of(action.utility).get(user=contributor)
    Record.objects.filter(pk=action.pk).update(owner=connie, due=date(2030, 6, 28), reminded_on=date(2030, 5, 1))
    action.refresh_from_db()
    return action


def person(action, user) -> Person:
    return Person.objects.of(action.utility).get(user=user)


def later() -> None:
    """Lets the minutes pass in which a wrong owner can be corrected, and runs the task."""
    Record.objects.exclude(assigned_at=None).update(assigned_at=timezone.now() - timedelta(minutes=6))
    tasks.tell_owners()


def to() -> list[str]:
    return [email.to[0] for email in Email.objects.order_by("pk")]


# --- a new owner


def test_a_new_owner_is_told_once_after_five_minutes(action, manager, contributor):
    action.change(1, by=manager, owner=person(action, contributor))
    tasks.tell_owners()
    assert not Email.objects.exists()
    later()
    later()
    email = Email.objects.get()
    assert email.to == [contributor.email]
    assert email.subject == f"Headworks: {action.number} at {action.utility} is now yours"
    for words in ("Hello Connie", "Mara Gerr made you the owner", "Clean the sewers", "Due June 30, 2030", "/system/"):
        assert words in email.message


def test_the_owner_of_a_new_record_is_told(utility, catalog, manager, contributor):
    Person.objects.of(utility)
    Action.open_in(utility, by=manager, title="New", owner=Person.objects.get(user=contributor))
    later()
    assert to() == [contributor.email]
    assert "Mara Gerr made you the owner" in Email.objects.get().message


def test_who_is_not_told(action, utility, manager, contributor, viewer):
    """Oneself, a person without an account, who was chosen by mistake, who left, and whose account is closed."""
    action.change(1, by=manager, owner=person(action, manager))
    later()
    action.change(2, by=manager, owner=Person.objects.create(utility=utility, name="Pat", email="pat@example.org"))
    later()
    action.change(3, by=manager, owner=person(action, contributor))
    action.change(4, by=manager, owner=person(action, manager))
    later()
    action.change(5, by=manager, owner=person(action, contributor))
    contributor.memberships.all().delete()
    later()
    viewer.is_active = False
    viewer.save()
    action.change(6, by=manager, owner=person(action, viewer))
    later()
    assert to() == []


def test_undoing_the_choice_of_an_owner_tells_the_earlier_one_nothing_wrong(action, manager, contributor):
    action.change(1, by=manager, owner=person(action, contributor))
    action.take_back(2, by=manager)
    later()
    assert to() == []
    assert Action.objects.get().owner is None


# --- mentions


@pytest.mark.parametrize("text", ["@Connie please look", "Ask @connie boyd, please", "(@Connie)", "ask\n@CONNIE BOYD."])
def test_a_comment_emails_whom_it_mentions(action, address, as_, manager, contributor, text):
    contributor.name = "Connie Boyd"
    contributor.save()
    page = as_(manager).post(address("comment", action), {"text": text}, follow=True)
    assert to() == [contributor.email]
    assert "Emailed to Connie Boyd." in page.text
    email = Email.objects.get()
    assert email.subject == f"Headworks: Mara Gerr mentioned you on {action.number} at {action.utility}"
    assert text in email.message


def test_a_mention_emails_neither_the_writer_nor_one_who_may_not_read(action, address, as_, manager, contributor):
    browser = as_(manager)
    Person.objects.of(action.utility)
    contributor.memberships.all().delete()
    browser.post(address("comment", action), {"text": "@Mara @Connie"})
    assert to() == []
    assert action.comments.get().mentioned.count() == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Sam Reyes look", ["Sam Reyes"]),
        ("@Sam look", ["Sam Reyes"]),
        ("@sam REYES", ["Sam Reyes"]),
        ("@Sam's pump", ["Sam Reyes"]),
        ("@Samuel", []),
        ("@Dana", []),
        ("@Dana Whit", ["Dana Whit"]),
        ("@Dana Whitfield", ["Dana Whitfield"]),
        ("@Dana Whitfield and @Sam, @Sam", ["Dana Whitfield", "Sam Reyes"]),
        ("write to sam@example.org", []),
        ("@sam@example.org", ["Sam Reyes"]),
        ("@", []),
        ("@ Sam", []),
        ("@李雷", ["李雷"]),
    ],
)
def test_whom_a_text_mentions(utility, text, found):
    people = [
        Person(pk=place, name=name)
        for place, name in enumerate(["Sam Reyes", "Dana Whit", "Dana Whitfield", "李雷", "  "])
    ]
    assert [str(each) for each in mentioned(text, people)] == found


# --- what is due


@pytest.mark.parametrize(
    ("day", "is_sent"),
    [
        (date(2030, 6, 20), False),
        (date(2030, 6, 21), True),
        (date(2030, 6, 24), True),  # nothing ran on the 21st
    ],
)
def test_the_first_reminder(owned, contributor, on, day, is_sent):
    on(day)
    reminders.remind()
    assert to() == [contributor.email] * is_sent


def test_a_record_is_reminded_of_three_times(owned, contributor, on):
    for day in range(1, 31):
        on(date(2030, 6, day))
        reminders.remind()
        reminders.remind()
    assert to() == [contributor.email] * 3
    first, _, last = Email.objects.order_by("pk")
    assert first.subject == "Headworks: 1 record is due at Riverbend Water and Sewer"
    assert f"- {owned.number} Clean the sewers of Mill Street, is due June 28, 2030" in first.message
    assert "was due June 28, 2030" in last.message


def test_one_email_has_all_records_of_an_owner(owned, utility, manager, contributor, on):
    other = Action.open_in(utility, by=contributor, title="Second", owner=owned.owner, due=date(2030, 6, 10))
    Record.objects.filter(pk=other.pk).update(reminded_on=date(2030, 5, 1))
    on(date(2030, 6, 27))
    reminders.remind()
    email = Email.objects.get()
    assert "2 records are due" in email.subject
    assert "Second" in email.message


def test_a_new_date_begins_anew_and_a_closed_record_is_left_alone(owned, manager, contributor, on):
    on(date(2030, 6, 27))
    reminders.remind()
    action = Action.objects.visible_to(manager).get()
    action.change(1, by=manager, due=date(2031, 6, 28))
    assert Record.objects.get(pk=action.pk).reminded_on == timezone.localdate()
    on(date(2031, 6, 21))
    reminders.remind()
    assert Email.objects.count() == 2
    action.move("canceled", by=manager, why="No money")
    on(date(2031, 6, 29))
    reminders.remind()
    assert Email.objects.count() == 2


def test_who_left_is_not_reminded(owned, contributor, on):
    contributor.memberships.all().delete()
    on(date(2030, 6, 27))
    reminders.remind()
    assert to() == []


# --- the week


def test_the_weekly_email(owned, utility, manager, contributor, viewer, on):
    Record.objects.filter(pk=owned.pk).update(due=MONDAY - timedelta(days=1), reminded_on=MONDAY)
    Action.open_in(utility, by=contributor, title="Soon", owner=owned.owner, due=MONDAY + timedelta(days=14))
    Action.open_in(utility, by=contributor, title="Much later", owner=owned.owner, due=MONDAY + timedelta(days=15))
    Action.open_in(utility, by=contributor, title="Nobody's", due=MONDAY + timedelta(days=60))
    for day in (0, 1, 2, 6):
        on(MONDAY + timedelta(days=day))
        reminders.tell_week()
    assert sorted(to()) == sorted([contributor.email, manager.email])
    mine = Email.objects.get(to=contributor.email).message
    assert "Late:\n\n- PRG" in mine
    assert "Soon, is due June 17, 2030" in mine
    assert "Much later" not in mine
    assert "At your utilities" not in mine
    assert "Riverbend Water and Sewer" not in mine, "the reader has no other"
    assert "- Riverbend Water and Sewer: 1 late, 1 without an owner" in Email.objects.get(to=manager.email).message


@pytest.fixture
def two(owned, utility, manager):
    """A consultant who advises two utilities, each with a late record of the same number that is theirs."""
    consultant, other = UserFactory(email="ada@example.org"), UtilityFactory(name="Alder Creek")
    MembershipFactory(utility=other)
    for each in (utility, other):
        MembershipFactory(utility=each, user=consultant, role=Role.ADVISOR, until=date(2031, 1, 1))
    theirs = Action.open_in(other, by=manager, title="Replace the analyzer")
    for record, each in ((owned, utility), (theirs, other)):
        mine = Person.objects.of(each).get(user=consultant)
        Record.objects.filter(pk=record.pk).update(
            number="PRG-2030-001", owner=mine, due=MONDAY - timedelta(days=1), reminded_on=MONDAY, assigned_at=None
        )
    return consultant


def test_the_weekly_email_of_an_advisor_names_the_utilities(two, owned, on):
    reminders.tell_week()
    message = Email.objects.get(to=two.email).message
    assert f"- PRG-2030-001 {owned.title}, Riverbend Water and Sewer, was due June 2, 2030" in message
    assert "- PRG-2030-001 Replace the analyzer, Alder Creek, was due June 2, 2030" in message
    assert "At your utilities:\n\n- Alder Creek: 1 late\n- Riverbend Water and Sewer: 1 late" in message


def test_a_utility_that_an_advisor_has_left_is_not_in_the_weekly_email(two, on):
    Membership.objects.filter(user=two, utility__name="Alder Creek").update(until=site_today() - timedelta(days=1))
    reminders.tell_week()
    message = Email.objects.get(to=two.email).message
    assert "Alder Creek" not in message
    assert "analyzer" not in message


def test_the_weekly_email_asks_as_often_for_many_utilities(two, on, django_assert_num_queries):
    for _ in range(5):
        many = MembershipFactory(user=two, role=Role.ADVISOR, until=date(2031, 1, 1)).utility
        Action.open_in(many, by=two, title="Late", due=MONDAY - timedelta(days=3))
    with django_assert_num_queries(1):
        lines = list(emails._late_in_utilities(two, MONDAY))
    assert len(lines) == 7


def test_the_weekly_email_comes_by_wednesday_or_not_at_all(owned, on):
    Record.objects.filter(pk=owned.pk).update(due=MONDAY)
    on(MONDAY + timedelta(days=3))
    reminders.tell_week()
    assert to() == []
    on(MONDAY + timedelta(days=9))
    reminders.tell_week()
    assert len(to()) == 2


def test_a_person_stops_the_weekly_email_without_signing_in(owned, contributor, client, on, as_):
    Record.objects.filter(pk=owned.pk).update(due=MONDAY + timedelta(days=3), reminded_on=MONDAY)
    reminders.tell_week()
    message = Email.objects.get().message
    link = stop_address(contributor)
    assert "/system/weekly-email/" in message
    assert "Stop the weekly email" in client.get(link).text, "a program that opens links stops nothing"
    assert Preferences.objects.of(contributor).weekly_email
    assert "gets no weekly email" in client.post(link).text
    on(MONDAY + timedelta(days=7))
    reminders.tell_week()
    assert to().count(contributor.email) == 1
    assert client.get(reverse("ims:stop_weekly", args=["forged"])).status_code == 404
    browser = as_(contributor)
    browser.post(reverse("ims:preferences"), {"weekly_email": "on"})
    assert Preferences.objects.of(contributor).weekly_email


def test_the_weekly_email_goes_to_nobody_without_a_utility(owned, contributor, on):
    contributor.memberships.all().delete()
    assert contributor not in emails.readers_of_the_week()

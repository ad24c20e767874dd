"""Reviewers say what they know and whom they can't review; staff see how far they are, and remind them."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Identifier, Membership, StaffGroup
from letters.models import Message
from recognition import reminders
from recognition.models import Application, CannotSit, Cycle, PanelMember, Rating, Seat
from recognition.reviewing import agreement
from recognition.reviewing.reviewer_lists import progress, shares_met
from tests.applications import person_in, review
from tests.factories import UserFactory, UtilityFactory
from tests.recognition.reviewing.test_panels_for_all import applications

pytestmark = pytest.mark.django_db
Status = Application.Status
SOON = date.today() + timedelta(days=10)


def address(name: str, *args) -> str:
    return reverse(f"recognition:{name}", args=args)


# --- One's own page.


def test_a_reviewer_says_what_they_know_and_whom_they_can_t_review(panelists, at, staff, as_, utility):
    browser, page = as_(panelists[0]), address("own_reviewer")
    clearwater = UtilityFactory(name="Clearwater")
    Identifier.objects.create(utility=clearwater, kind=Identifier.Kind.PWSID, value="OR4100777")
    twin = [UtilityFactory(name="Twin Falls") for _ in range(2)]
    said = {
        "version": 1,
        "organization": "Office of Water",
        "state": "MD",
        "available": "on",
        "most_panels": "40",
        "systems": ["wastewater"],
        "topics": ["attributes.product-quality"],
        "conflict_states": ["TX", "OK"],
        "conflicts": "riverbend water and sewer\n\n OR4100777 ",
    }
    answer = browser.post(page, said | {"conflicts": "Nowhere\nTwin Falls"})
    assert answer.status_code == 422
    assert "“Nowhere” is unknown." in answer.text
    assert "“Twin Falls” fits several utilities. Enter a number." in answer.text
    for wrong in (
        {"topics": ["attributes.magic"]},
        {"systems": ["x"]},
        {"most_panels": "0"},
        {"most_panels": "9" * 30},
    ):
        assert browser.post(page, said | wrong).status_code == 422
    assert browser.post(page, {}).status_code == 422
    assert browser.post(page, said).status_code == 302
    kept = PanelMember.objects.get(user=panelists[0])
    assert (kept.organization, kept.state, kept.most_panels) == ("Office of Water", "MD", 40)
    assert (kept.systems, kept.topics) == (["wastewater"], ["attributes.product-quality"])
    assert kept.conflict_states == ["TX", "OK"]
    assert set(kept.interests.all()) == {utility, clearwater}
    assert kept.affiliation == "hq", "which is not theirs to change"
    assert kept.confirmed_at is not None
    assert not set(kept.interests.all()) & set(twin)
    assert "OR4100777" in browser.get(page).text
    assert browser.post(page, said | {"conflicts": ""}).status_code == 409, "it was changed since"
    assert kept.interests.count() == 2
    with pytest.raises(CannotSit, match="declared an interest"):
        Seat.assign(at(Status.PANEL), panelists[0], by=staff, due=SOON)


def test_a_state_with_a_conflict_bars_from_its_panels(panelists, at, staff, utility):
    PanelMember.objects.filter(user=panelists[0]).update(conflict_states=[utility.state])
    with pytest.raises(CannotSit, match="declared a conflict with Oregon"):
        Seat.assign(at(Status.PANEL), panelists[0], by=staff, due=SOON)


def test_only_reviewers_have_such_a_page(panelists, staff, stranger, as_, client):
    page = address("own_reviewer")
    PanelMember.objects.filter(user=panelists[0]).delete()
    assert as_(panelists[0]).get(page).status_code == 200, "from the group, without a record yet"
    assert not PanelMember.objects.filter(user=panelists[0]).exists()
    as_(panelists[0]).post(page, {"version": 1, "available": "on"})
    assert PanelMember.objects.get(user=panelists[0]).affiliation == "expert"
    for person in (staff, stranger):
        assert as_(person).get(page).status_code == 404
    assert client.get(page)["Location"].startswith("/account/login/")


# --- How far they are.


@pytest.fixture
def begun(seats, panelists):
    """One submitted, half of it met; one late and undeclared; one stepped down."""
    review(seats[0])
    first = list(seats[0].ratings.order_by("pk").values_list("pk", flat=True)[:3])
    Rating.objects.filter(pk__in=first).update(value="not_met")
    Seat.objects.filter(pk=seats[1].pk).update(due=timezone.localdate() - timedelta(days=2))
    seats[2].recuse(conflict="other", reason="A cousin.")
    return seats


def row(page: str, name: str) -> str:
    """The cells of the reviewer's row."""
    return next(part for part in page.split("<tr") if name in part and "<td" in part)


def test_staff_see_how_far_reviewers_are_and_how_strict(begun, cycle, staff, as_):
    page = as_(staff).get(address("reviewers", cycle.pk)).text
    assert "1 reviewer has reviews to submit; 1 is late." in page
    assert "Remind<" in row(page, "Pete Nolan")
    assert "Nothing due" in row(page, "Pia Nestor")
    assert f"{timezone.localtime():%b %-d, %Y}" in row(page, "Paula Nell"), "the last activity"
    strict = as_(staff).get(address("strictness", cycle.pk)).text
    assert "50%" in row(strict, "Paula Nell")
    assert "Too few reviews" in row(strict, "Paula Nell")
    assert "Pete Nolan" not in strict, "has submitted nothing"
    late = as_(staff).get(address("reviewers", cycle.pk), {"stage": "late"}).text
    assert "Pete Nolan" in late
    assert "Paula Nell" not in late
    beside = as_(staff).get(address("panel", begun[0].application_id)).text
    assert "rated 50% met in this cycle" in beside


def test_a_rating_before_the_review_is_submitted_is_the_last_activity(seats, cycle, staff):
    for seat in seats[:2]:
        seat.declare()
    Seat.objects.update(declared_at=timezone.now() - timedelta(days=9))
    Rating.objects.filter(pk=seats[1].ratings.first().pk).update(changed_at=timezone.now() - timedelta(days=3))
    rows = {row.name: row for row in progress(cycle, staff)}
    today = timezone.now().date()
    assert rows["Paula Nell"].active_at.date() == today - timedelta(days=9)
    assert rows["Pete Nolan"].active_at.date() == today - timedelta(days=3)
    assert rows["Pia Nestor"].active_at.date() == today - timedelta(days=9), "as set above"


def test_the_lead_of_a_panel_sees_how_strict_its_members_are_where_both_rated(cycle, request, panelists, as_):
    Cycle.objects.filter(pk=cycle.pk).update(blind=True)
    begun = request.getfixturevalue("begun")
    review(begun[1])
    lead, member = (as_(person).get(address("review", begun[0].application_id)).text for person in panelists[:2])
    assert "rated 50% met on the panels that you are on" in lead
    assert "rated 100% met on the panels that you are on" in lead
    assert "% met" not in member
    assert "Riverbend" not in lead, "a blind panel learns nothing more"


def test_a_reminder_goes_to_each_once_a_day(begun, cycle, staff, as_):
    browser, page = as_(staff), address("remind_reviewers", cycle.pk)
    answer = browser.post(page, {"whom": "late"}, follow=True).text
    assert "1 reviewer gets a reminder." in answer
    [email] = Email.objects.filter(subject__startswith="Reminder: 1 application to review")
    assert email.to == ["panelist2@example.org"]
    assert "1 application of them is late." in email.message
    again = browser.post(page, {"whom": "open"}, follow=True).text
    assert "0 reviewers get a reminder. 1 was reminded within a day already." in again
    assert "Also those who were reminded within a day (1)" in again
    for nobody in ("", "x", "9" * 30, begun[0].member_id):
        assert "Nobody was reminded" in browser.post(page, {"whom": nobody}, follow=True).text
    assert Email.objects.filter(subject__startswith="Reminder: ").count() == 1
    Message.objects.update(written_at=timezone.now() - timedelta(hours=2))
    browser.post(page, {"whom": "late", "again": "1"})
    browser.post(page, {"whom": "late", "again": "1"})  # a double click
    assert Email.objects.filter(subject__startswith="Reminder: ").count() == 2


def test_leads_and_staff_get_one_list_of_what_is_late(begun, cycle, staff, panelists):
    Seat.objects.filter(pk=begun[0].pk).update(lead=True)
    for _ in range(2):
        reminders.remind()
    [to_staff] = Email.objects.filter(subject="1 review late, Recognition 2027")
    assert to_staff.to == [staff.email]
    assert "- Pete Nolan: 1 late" in to_staff.message
    [to_lead] = Email.objects.filter(subject="1 review late on panels you lead, Recognition 2027")
    assert to_lead.to == [panelists[0].email]
    assert "- Riverbend Water and Sewer: 1 late" in to_lead.message
    assert "Pete" not in to_lead.message


def test_a_list_lost_with_its_worker_is_written_once_by_the_next(begun, cycle, staff, monkeypatch):
    def killed(*_, **__):
        raise RuntimeError("killed")

    other = person_in(StaffGroup.PROGRAM, "second@example.org", "Sam")
    with monkeypatch.context() as broken:
        write = reminders.tell_of_late
        broken.setattr(reminders, "tell_of_late", lambda *a, **k: killed() if a[2].pk == other.pk else write(*a, **k))
        reminders.remind()
    reminders.remind()
    emails = Email.objects.filter(subject="1 review late, Recognition 2027")
    assert sorted(email.to[0] for email in emails) == [other.email, staff.email]


def test_strictness_beside_co_reviewers_is_their_mean_difference_and_not_shown_for_few():
    rows = [(member, review, "a", value) for review in (1, 2, 3) for member, value in ((1, "met"), (2, "not_met"))]
    rows += [(3, 1, "a", "partly"), (1, 9, "a", "not_met"), (2, 1, "b", ""), (4, 8, "a", "met")]
    found = agreement.leanings(rows)
    # member 1: against (0 + .5)/2 = .25 → .75; twice against 0 → 1. What only one rated counts for nothing.
    assert found[1].difference == pytest.approx((0.75 + 1 + 1) / 3)
    assert found[1].words == "92 points milder than co-reviewers on average, in 3 reviews"
    assert found[2].difference == pytest.approx((-0.75 - 1 - 1) / 3)
    assert found[2].words == "92 points stricter than co-reviewers on average, in 3 reviews"
    assert (found[3].n, found[3].words) == (1, "")
    assert agreement.Leaning(0.01, 3).words == "1 point milder than co-reviewers on average, in 3 reviews"
    assert agreement.Leaning(0.004, 3).words == "as strict as co-reviewers on average, in 3 reviews"
    assert 4 not in found


def test_reminders_before_and_after_the_date_are_one_email_for_all_reviews(cycle, staff, panelists):
    today = timezone.localdate(timezone=ZoneInfo(cycle.time_zone))
    rows = applications(cycle, 3)
    long_ago = timezone.now() - timedelta(days=60)

    def due_on(day: date) -> None:
        Seat.objects.all().delete()
        Seat.objects.bulk_create(
            Seat(application=row, member=panelists[0], due=day, assigned_at=long_ago) for row in rows
        )

    def subjects() -> list[str]:
        reminders.remind()
        reminders.remind()
        subjects = Email.objects.order_by("pk").values_list("subject", flat=True)
        return [subject for subject in subjects if subject.startswith("Reminder")]

    digest = "Reminder: 3 applications to review for Recognition 2027"
    for days, n in ((4, 0), (3, 1), (0, 1 + 1), (-1, 3), (-7, 4)):  # each time other reviews, due on another day
        due_on(today + timedelta(days=days))
        assert subjects() == [digest] * n, days
    last = Email.objects.filter(subject=digest).order_by("pk").last()
    assert "3 applications of them are late." in last.message


def test_who_sees_reviewers(begun, cycle, staff, official, compliance, manager, panelists, as_, client):
    for person in (official, compliance, manager, panelists[1]):
        assert as_(person).get(address("reviewers", cycle.pk)).status_code == 404
        assert as_(person).get(address("strictness", cycle.pk)).status_code == 404
        assert as_(person).post(address("remind_reviewers", cycle.pk), {"whom": "open"}).status_code == 404
    assert as_(staff).get(address("remind_reviewers", cycle.pk)).status_code == 405
    assert client.get(address("reviewers", cycle.pk))["Location"].startswith("/account/login/")


def test_staff_who_review_learn_nothing_of_a_panel_before_their_own_review(begun, cycle, staff, as_):
    PanelMember.objects.create(user=staff, affiliation="hq")
    Seat.assign(begun[0].application, staff, by=staff, due=SOON)
    page = as_(staff).get(address("reviewers", cycle.pk)).text
    assert "Paula Nell" not in page
    assert "Paula Nell" not in as_(staff).get(address("strictness", cycle.pk)).text
    assert shares_met(cycle, staff, [begun[0].member_id]) == {}


def test_staff_learn_nothing_of_their_own_utility_s_panel(begun, cycle, staff, utility, as_):
    Membership.objects.create(utility=utility, user=staff, role="viewer")
    for name in ("reviewers", "strictness"):
        assert "Paula Nell" not in as_(staff).get(address(name, cycle.pk)).text


def test_a_reviewer_is_listed_without_the_panel_that_staff_may_not_know_of(begun, cycle, staff, panelists):
    """The seats of others stay counted, and so do the reviewer's other seats."""
    PanelMember.objects.create(user=staff, affiliation="hq")
    Seat.assign(begun[0].application, staff, by=staff, due=SOON)
    assert list(progress(cycle, staff)) == []
    [other] = applications(cycle, 1)
    Seat.objects.bulk_create(Seat(application=other, member=member, due=SOON) for member in panelists[:2])
    assert [(row.name, row.n_seats, row.n_open) for row in progress(cycle, staff)] == [
        ("Paula Nell", 1, 1),
        ("Pete Nolan", 1, 1),
    ]


def test_the_list_asks_no_more_for_more_reviewers(begun, cycle, staff, as_):
    browser = as_(staff)
    browser.get(address("reviewers", cycle.pk))
    with CaptureQueriesContext(connection) as few:
        browser.get(address("reviewers", cycle.pk))
    [other] = applications(cycle, 1)
    Seat.objects.bulk_create(Seat(application=other, member=UserFactory(), due=SOON) for _ in range(20))
    with CaptureQueriesContext(connection) as many:
        browser.get(address("reviewers", cycle.pk))
    assert len(many) == len(few) <= 15

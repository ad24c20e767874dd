"""A panel is put together, reviews, discusses and recommends: its rules, and the pages on which that happens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Membership, Role
from recognition.models import (
    Application,
    CannotSit,
    PanelMember,
    Rating,
    Recommendation,
    Remark,
    Seat,
    Unfinished,
)
from recognition.reviewing.panel_views import due_in
from tests.applications import review
from tests.assessments.test_races import at_once
from tests.factories import UserFactory, UtilityFactory
from workflow.models import Stale, WrongState

pytestmark = pytest.mark.django_db
Status = Application.Status
SOON = date.today() + timedelta(days=10)


def url(name: str, application: Application, *more) -> str:
    return reverse(f"recognition:{name}", args=[application.pk, *more])


def sent(browser, path: str, **data):
    return browser.post(path, data, headers={"Accept": "application/json"})


# Who may sit.


def test_who_may_not_sit_is_never_assigned(at, staff, panelists, utility, manager, contributor):
    application = at(Status.PANEL)
    hq, region, expert, reserve = panelists
    PanelMember.objects.get(user=hq).interests.add(utility)
    Membership.objects.create(user=region, utility=utility, role=Role.VIEWER)
    PanelMember.objects.filter(user=expert).update(available=False)
    for person in (hq, region, expert, contributor, staff):
        with pytest.raises(CannotSit):
            Seat.assign(application, person, by=staff, due=SOON)
    reserve.is_active = False
    reserve.save()
    with pytest.raises(CannotSit):
        Seat.assign(application, reserve, by=staff, due=SOON)
    assert not Seat.objects.exists()
    assert not Email.objects.filter(subject__startswith="Review assigned").exists()


def test_a_member_of_the_staff_group_without_a_row_may_sit(at, staff, panelists):
    application = at(Status.PANEL)
    PanelMember.objects.filter(user=panelists[0]).delete()
    assert Seat.assign(application, panelists[0], by=staff, due=SOON).pk


def test_an_assignment_is_told_once_with_the_way_to_the_review(seats, panelists, staff):
    [email] = Email.objects.filter(to=[panelists[1].email])  # the first is also told that they lead
    assert seats[1].get_absolute_url() in email.message
    with pytest.raises(WrongState, match="already"):
        Seat.assign(seats[1].application, panelists[1], by=staff, due=SOON)
    assert Email.objects.filter(to=[panelists[1].email]).count() == 1


def test_only_at_the_panel_s_stage(at, staff, panelists):
    with pytest.raises(WrongState):
        Seat.assign(at(Status.COMPLIANCE), panelists[0], by=staff, due=SOON)


@pytest.mark.parametrize(("days", "expected"), [(3, 3), (-1, 14), (None, 14)])
def test_the_due_date_begins_with_the_end_of_the_window(cycle, days, expected):
    today = timezone.localdate()
    cycle.panel_until = today + timedelta(days=days) if days else None
    assert due_in(cycle) == today + timedelta(days=expected)


# The page of the staff.


def test_staff_put_a_panel_together(at, staff, panelists, as_, utility):
    application, browser = at(Status.PANEL), as_(staff)
    PanelMember.objects.get(user=panelists[3]).interests.add(utility)
    page = browser.get(url("panel", application)).content.decode()
    assert "0 of 3 seats are filled: 3 more members are needed" in page
    assert [name in page for name in ("Assign<span", "Paul Nash declared an interest")] == [True, True]
    assert f'value="{panelists[3].pk}"' not in page, "no button for who has an interest"
    for member in panelists[:2]:
        browser.post(url("assign", application), {"member": member.pk, "due": SOON.isoformat()})
    first, second = Seat.objects.order_by("pk")
    assert (first.member, first.due, first.assigned_by, first.lead) == (panelists[0], SOON, staff, False)
    browser.post(url("lead", application), {"seat": second.pk})
    browser.post(url("lead", application), {"seat": first.pk})
    assert list(Seat.objects.filter(lead=True)) == [first]
    page = browser.get(url("panel", application)).content.decode()
    assert "2 of 3 seats are filled: 1 more member is needed" in page
    assert page.count("conflict of interest not declared yet") == 2
    first.declare()
    assert "0 of 6 rated" in browser.get(url("panel", application)).content.decode()
    answer = browser.post(url("assign", application), {"member": panelists[3].pk, "due": SOON.isoformat()}, follow=True)
    assert "has declared an interest in Riverbend" in answer.content.decode()
    assert Seat.objects.count() == 2


def test_a_due_date_that_is_over_or_missing_is_refused(at, staff, panelists, as_):
    application = at(Status.PANEL)
    for due in ("2020-01-01", ""):
        answer = as_(staff).post(url("assign", application), {"member": panelists[0].pk, "due": due})
        assert answer.status_code == 422
    for member in ("", "x", "99999999"):
        answer = as_(staff).post(url("assign", application), {"member": member, "due": SOON.isoformat()})
        assert answer.status_code in (404, 422)
    assert as_(staff).post(url("lead", application), {"seat": "9" * 30}).status_code == 404
    assert not Seat.objects.exists()


def test_someone_who_does_not_answer_is_taken_off(seats, staff, as_):
    application, browser = seats[0].application, as_(staff)
    browser.post(url("take_off", application), {"seat": seats[2].pk, "reason": " "})
    assert Seat.objects.active().count() == 3
    browser.post(url("take_off", application), {"seat": seats[2].pk, "reason": "On leave."})
    gone = Seat.objects.get(pk=seats[2].pk)
    assert (gone.conflict, gone.conflict_reason, gone.lead) == ("removed", "On leave.", False)
    assert "Removed" in browser.get(url("panel", application)).content.decode()
    with pytest.raises(CannotSit, match="left this panel"):
        Seat.assign(application, gone.member, by=staff, due=SOON)


def test_a_submitted_review_can_t_be_taken_off(seats, staff, as_):
    review(seats[0])
    with pytest.raises(WrongState, match="submitted"):
        seats[0].take_off(by=staff, reason="I do not like it.")
    as_(staff).post(url("take_off", seats[0].application), {"seat": seats[0].pk, "reason": "I do not like it."})
    assert Seat.objects.get(pk=seats[0].pk).submitted_at


def test_the_page_asks_no_more_for_more_members(at, staff, panelists, as_, django_assert_max_num_queries):
    application = at(Status.PANEL)
    for member in panelists[:2]:
        review(Seat.assign(application, member, by=staff, due=SOON))
    browser = as_(staff)
    browser.get(url("panel", application))
    with django_assert_max_num_queries(40) as before:
        browser.get(url("panel", application))
    review(Seat.assign(application, panelists[2], by=staff, due=SOON))
    for n in range(5):
        person = UserFactory()
        PanelMember.objects.create(user=person, affiliation="hq").interests.add(UtilityFactory(name=f"Elsewhere {n}"))
    with django_assert_max_num_queries(len(before.captured_queries)):
        browser.get(url("panel", application))


# The member's page.


def test_the_conflict_is_asked_before_anything_is_read(seats, panelists, as_):
    application, browser = seats[0].application, as_(panelists[0])
    asked, whole = (browser.get(url(name, application)).content.decode() for name in ("review", "application"))
    assert "Riverbend, Oregon" in asked
    for text in ("product-quality-assessed", "climate0", "Product quality", "Mara Gerr", "OR4100001"):
        assert text not in asked + whole
    assert sent(browser, url("rating", application, "attributes.product-quality"), version=1).status_code == 404
    assert sent(browser, url("review_summary", application), version=1, summary="x").status_code == 422
    browser.post(url("declare", application))
    browser.post(url("declare", application))  # a second click changes nothing
    page = browser.get(url("review", application)).content.decode()
    assert "product-quality-assessed" in page
    assert "0</span> of 6 rated" in page
    assert Rating.objects.count() == 6


def errors(answer) -> list[str]:
    assert answer.status_code == 200
    return [error["name"] for error in answer.json()["errors"]]


def test_a_rating_saves_over_its_version_only(seats, panelists, as_):
    seats[0].declare()
    application, browser = seats[0].application, as_(panelists[0])
    path = url("rating", application, "attributes.product-quality")
    answer = sent(browser, path, version=1, value="met", comment="Shown.")
    assert answer.status_code == 200
    assert answer.json()["rated"] == ["attributes-product-quality"]
    assert answer.json()["version"] == 2
    stale = sent(browser, path, version=1, value="not_met", comment="Not shown.")
    assert stale.status_code == 409
    assert "Shown." in stale.json()["conflict"]
    assert "Not shown." in stale.json()["conflict"]
    assert errors(sent(browser, path, version=2, value="best", comment="Shown.")) == ["value"]
    assert errors(sent(browser, path, version=3, value="met", comment="x" * 5001)) == ["comment"]
    assert list(Rating.objects.filter(version=4).values_list("value", "comment")) == [("met", "Shown.")]
    plain = browser.post(path, {"version": 1, "value": "partly", "comment": "Mine"})
    assert plain.status_code == 409
    assert "until you choose one" in plain.content.decode()
    assert 'name="version" value="4"' in plain.content.decode(), "saving once more replaces"
    again = browser.post(path, {"version": 4, "value": "partly", "comment": "Mine"})
    assert again["Location"].endswith("/review/#row-attributes-product-quality")
    rating = Rating.objects.get(criterion="attributes.product-quality")
    assert (rating.value, rating.comment, rating.changed_by) == ("partly", "Mine", panelists[0])
    assert sent(browser, url("review_summary", application), version=1, summary="Sound.").status_code == 200
    assert sent(browser, url("review_summary", application), version=1, summary="Other.").status_code == 409
    assert browser.post(url("review_summary", application), {"version": 1, "summary": "Other."}).status_code == 409


def test_an_outside_expert_reads_without_what_is_confidential(draft, at, staff, panelists, as_, manager):
    claimed = "climate3 climate4"
    section = draft.sections.get(name="confidentiality")
    section.application = draft
    section.answer(section.version, {"passages": [claimed]}, by=manager)
    application = at(Status.PANEL)
    for member in panelists[:3]:
        Seat.assign(application, member, by=staff, due=SOON).declare()
    pages = [as_(member).get(url("review", application)).content.decode() for member in panelists[:3]]
    assert [claimed in page for page in pages] == [True, True, False]
    assert "withheld" in pages[2]


def test_submitting_names_what_is_unrated(seats, panelists, as_):
    seats[0].declare()
    application, browser = seats[0].application, as_(panelists[0])
    for rating in list(seats[0].ratings.all())[1:]:
        sent(browser, url("rating", application, rating.criterion), version=1, value="met")
    answer = browser.post(url("review_submit", application), follow=True).content.decode()
    assert "1 criterion still needs your rating" in answer
    assert '<a href="#row-attributes-product-quality">Product quality</a>' in answer
    with pytest.raises(Unfinished):
        seats[0].submit()
    sent(browser, url("rating", application, "attributes.product-quality"), version=1, value="partly")
    browser.post(url("review_submit", application))
    browser.post(url("review_submit", application))
    stored = Seat.objects.get(pk=seats[0].pk)
    assert stored.submitted_at
    assert stored.application.events.filter(why="Submitted a review").count() == 1
    assert set(stored.ratings.values_list("first_value", flat=True)) == {"met", "partly"}


def test_after_the_own_review_all_is_seen_and_may_be_revised(seats, panelists, as_):
    review(seats[0])
    review(seats[1], "partly")
    application, browser = seats[0].application, as_(panelists[0])
    path = url("rating", application, "attributes.product-quality")
    assert sent(browser, path, version=2, value="").status_code == 422, "a submitted review keeps its ratings"
    assert sent(browser, path, version=2, value="partly", comment="You convinced me.").status_code == 200
    page = browser.get(url("review", application)).content.decode()
    assert "Pete Nolan" in page
    assert "originally: Met" in page
    assert "agree on 1 of 6 criteria" in page
    assert "1 more is due" in page
    assert Rating.objects.get(pk=seats[0].ratings.get(criterion="attributes.product-quality").pk).first_value == "met"


def test_the_discussion(seats, panelists, as_):
    application = seats[0].application
    for seat in seats[:2]:
        review(seat)
    for member, text in [(panelists[0], "<b>Where</b> is the debt?"), (panelists[1], "On the last page.")]:
        assert as_(member).post(url("remark", application), {"text": text}).status_code == 302
    page = as_(panelists[1]).get(url("review", application)).content.decode()
    assert "&lt;b&gt;Where&lt;/b&gt;" in page
    assert page.index("Where") < page.index("On the last page.")
    assert as_(panelists[0]).post(url("remark", application), {"text": " "}).status_code == 422
    assert as_(panelists[2]).post(url("remark", application), {"text": "Let me in."}).status_code == 403
    with pytest.raises(WrongState):
        Remark.say(seats[2], "Let me in.")
    assert Remark.objects.count() == 2


GOOD = {"recommends": "yes", "reasons": "All is met.", "dissent": ""}


def test_the_lead_recommends_once_all_reviews_are_in(seats, panelists, as_):
    application, lead = seats[0].application, as_(panelists[0])
    review(seats[0])
    review(seats[1])
    assert lead.post(url("recommend", application), GOOD).status_code == 422
    review(seats[2])
    assert lead.post(url("recommend", application), GOOD | {"reasons": ""}).status_code == 422
    assert as_(panelists[1]).post(url("recommend", application), GOOD).status_code == 403
    with pytest.raises(WrongState, match="lead"):
        Recommendation.record(seats[1], recommends=True, reasons="I say so.")
    assert lead.post(url("recommend", application), GOOD | {"dissent": "Pete sees it otherwise."}).status_code == 302
    assert lead.post(url("recommend", application), GOOD).status_code == 403, "the stage is over"
    application.refresh_from_db()
    assert application.status == Status.RECOMMENDED
    assert application.recommendation.by == panelists[0]
    page = lead.get(url("review", application)).content.decode()
    assert "Pete sees it otherwise." in page
    assert "data-save" not in page
    answer = sent(lead, url("rating", application, "attributes.product-quality"), version=2, value="not_met")
    assert answer.status_code == 422
    assert "can no longer be changed" in answer.json()["errors"][0]["message"]
    assert sent(lead, url("review_summary", application), version=1, summary="x").status_code == 422
    for act in ("declare", "recuse", "review_submit"):
        lead.post(url(act, application), {"conflict": "other", "reason": "DeadlinePassed."})
    assert Seat.objects.reviews().count() == 3


def test_a_panel_below_its_number_does_not_recommend(at, staff, panelists):
    application = at(Status.PANEL)
    seats = [Seat.assign(application, member, by=staff, due=SOON) for member in panelists[:2]]
    seats[0].take_lead(by=staff)
    for seat in seats:
        review(seat)
    with pytest.raises(Unfinished, match="2 of 3"):
        Recommendation.record(seats[0], recommends=True, reasons="Enough of us.")


# Who gets in.

MEMBERS = ["review", "declare", "recuse", "review_summary", "review_submit", "remark", "recommend"]
STAFFS = ["panel", "assign", "lead", "take_off"]


def test_roles_on_every_address(seats, staff, compliance, official, manager, stranger, panelists, as_):
    application = seats[0].application
    paths = {name: url(name, application) for name in MEMBERS + STAFFS}
    paths["rating"] = url("rating", application, "attributes.product-quality")
    expected = {
        stranger: (404, 404),
        official: (404, 404),  # it is not theirs yet
        panelists[3]: (404, 404),  # not assigned
        manager: (403, 403),
        compliance: (403, 403),
    }
    for person, (members, staffs) in expected.items():
        browser = as_(person)
        for name, path in paths.items():
            answer = browser.get(path) if name in ("review", "panel") else browser.post(path)
            wanted = staffs if name in STAFFS else members
            if (person, name) == (compliance, "panel"):
                wanted = 404
            assert answer.status_code == wanted, (person, name)
    for name in MEMBERS:
        path = paths[name]
        answer = as_(staff).get(path) if name == "review" else as_(staff).post(path)
        assert answer.status_code == 403, name
    for name in STAFFS:
        answer = as_(panelists[0]).get(paths[name]) if name == "panel" else as_(panelists[0]).post(paths[name])
        assert answer.status_code == 403, name
    assert Seat.objects.active().filter(declared_at=None).count() == 3


def test_wrong_methods_and_nobody(seats, staff, panelists, as_, client):
    application = seats[0].application
    for name in MEMBERS[1:]:
        assert as_(panelists[0]).get(url(name, application)).status_code == 405, name
    assert as_(panelists[0]).post(url("review", application)).status_code == 405
    for name in STAFFS[1:]:
        assert as_(staff).get(url(name, application)).status_code == 405, name
    assert as_(staff).post(url("panel", application)).status_code == 405
    for name in MEMBERS + STAFFS:
        answer = client.get(url(name, application))
        assert answer.status_code in (302, 405), name


def test_before_and_after_its_stage_staff_change_nothing(at, staff, panelists, as_):
    application = at(Status.COMPLIANCE)
    browser = as_(staff)
    assert browser.get(url("panel", application)).status_code == 404
    answer = browser.post(url("assign", application), {"member": panelists[0].pk, "due": SOON.isoformat()})
    assert answer.status_code == 302
    assert not Seat.objects.exists()


# What the database keeps.


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"recused_at": timezone.now()}, "seat_recused_with_a_reason"),
        ({"recused_at": timezone.now(), "conflict": "other"}, "seat_recused_with_a_reason"),
        ({"conflict": "other", "conflict_reason": "x"}, "seat_recused_with_a_reason"),
        ({"submitted_at": timezone.now()}, "seat_declared_before_review"),
        ({"lead": True}, "seat_one_lead"),
    ],
)
def test_rules_of_a_seat(seats, changes, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Seat.objects.filter(pk=seats[1].pk).update(**changes)


def test_rules_of_seats_ratings_and_people(seats, panelists):
    with pytest.raises(IntegrityError, match="seat_once_per_member"), transaction.atomic():
        Seat.objects.create(application=seats[0].application, member=panelists[0], due=SOON)
    seats[0].declare()
    with pytest.raises(IntegrityError, match="rating_once_per_criterion"), transaction.atomic():
        Rating.objects.create(seat=seats[0], criterion="attributes.product-quality")
    with pytest.raises(IntegrityError, match="rating_value_known"), transaction.atomic():
        seats[0].ratings.update(value="best")
    with pytest.raises(IntegrityError, match="panel_affiliation_known"), transaction.atomic():
        PanelMember.objects.update(affiliation="friend")


# Two at the same moment.


@pytest.mark.django_db(transaction=True)
def test_two_submissions_of_one_review_make_one(seats, panelists, as_):
    seats[0].declare()
    seats[0].ratings.update(value="met")
    both = [Seat.objects.get(pk=seats[0].pk) for _ in range(2)]
    outcomes = at_once(*[one.submit for one in both])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WrongState"]
    assert seats[0].application.events.filter(why="Submitted a review").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rating_taken_back_while_the_review_is_submitted(seats):
    """The rating was read before the submission and waits for it; it then finds the review submitted."""
    seats[0].declare()
    seats[0].ratings.update(value="met")
    rating = Rating.objects.select_related("seat__application").filter(seat=seats[0]).first()

    def take_back():
        try:
            rating.rate(1, value="", comment="", by=None)
        except (WrongState, Stale) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            seats[0].submit()
            late = pool.submit(take_back)
        assert isinstance(late.result(timeout=20), WrongState)
    assert not Rating.objects.filter(seat=seats[0], value="").exists()


@pytest.mark.django_db(transaction=True)
def test_a_recusal_and_the_recommendation_at_once(seats):
    """Either the panel has recommended and nobody steps down any more, or it is one short and has not."""
    for seat in seats:
        review(seat)
    lead, other = (Seat.objects.select_related("application").get(pk=seat.pk) for seat in seats[:2])

    def recommend():
        try:
            return Recommendation.record(lead, recommends=True, reasons="All is met.")
        except Unfinished as error:
            return error

    at_once(recommend, lambda: other.recuse(conflict="other", reason="I just remembered."))
    recommended = Recommendation.objects.exists()
    assert Seat.objects.active().count() == (3 if recommended else 2)

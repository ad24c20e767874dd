"""Colleagues see each other's finished reports of a kind that is shared, as long as they may read its object."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Role, Utility
from reports.kinds import Sharing
from reports.models import Report
from tests.factories import MembershipFactory, UserFactory
from tests.reports.test_lists import LIST, made, titles

PAGES = ["report", "again", "delete", "download"]


def managed(user):
    return Utility.objects.filter(memberships__user=user, memberships__role=Role.MANAGER)


SHARING = Sharing(readable=Utility.objects.visible_to, managed=managed, utility="pk")


@pytest.fixture
def shared(kind):
    return kind(sharing=SHARING)


@pytest.fixture
def theirs(shared, contributor, utility) -> Report:
    """Requested by the contributor, and ready."""
    return made(contributor, "Theirs", 1, "done", object_id=utility.pk)


@pytest.fixture
def answer(as_):
    """``answer(user, name, report)``: the status of one of its pages, asked for as the page wants it."""

    def ask(user, name: str, report: Report) -> int:
        browser = as_(user)
        response = (browser.post if name in ("again", "delete") else browser.get)(
            reverse(f"reports:{name}", args=[report.pk])
        )
        b"".join(response)  # reading a file to its end closes it
        return response.status_code

    return ask


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("viewer", {"report": 200, "again": 404, "delete": 403, "download": 200}),
        ("manager", {"report": 200, "again": 404, "download": 200, "delete": 302}),
        ("contributor", {"report": 200, "again": 302, "download": 200, "delete": 302}),
        ("advisor", {"report": 200, "again": 404, "delete": 403, "download": 200}),
        ("stranger", dict.fromkeys(PAGES, 404)),
        ("former", dict.fromkeys(PAGES, 404)),
        ("staff", dict.fromkeys(PAGES, 404)),
        ("admin_user", dict.fromkeys(PAGES, 404)),
    ],
)
def test_who_may_do_what(request, theirs, answer, who, expected):
    user = request.getfixturevalue(who)
    assert {name: answer(user, name, theirs) for name in expected} == expected
    assert Report.objects.exists() == (expected["delete"] != 302)


@pytest.mark.parametrize("who", ["viewer", "manager", "contributor", "advisor", "stranger", "former", "staff"])
def test_the_list_has_it_and_says_who_requested_it(request, as_, theirs, contributor, who):
    user = request.getfixturevalue(who)
    rows = list(csv.DictReader(StringIO(as_(user).get(LIST, {"export": "csv"}).content.decode("utf-8-sig"))))
    expected = [("Theirs", contributor.name)] if who not in ("stranger", "former", "staff") else []
    assert [(row["Report"], row["Requested by"]) for row in rows] == expected


def test_deleting_is_offered_to_who_may(as_, theirs, viewer, manager):
    address = reverse("reports:delete", args=[theirs.pk])
    page = reverse("reports:report", args=[theirs.pk])
    for user, offered in ((viewer, False), (manager, True)):
        assert (address in as_(user).get(LIST).text) == offered
        assert (address in as_(user).get(page).text) == offered
    assert f"by {theirs.requested_by}" in as_(manager).get(address).text


def test_the_page_says_whose_it_is(as_, theirs, viewer, contributor):
    page = reverse("reports:report", args=[theirs.pk])
    text = as_(viewer).get(page).text
    assert "The report is ready" in text
    assert f"by {contributor}" in text
    assert "Your report is ready" in as_(contributor).get(page).text


def test_what_failed_is_for_the_one_who_requested_it(shared, as_, answer, viewer, contributor, utility):
    report = made(contributor, "Theirs", 1, "failed", object_id=utility.pk)
    assert titles(as_(viewer).get(LIST).text) == []
    assert {answer(viewer, name, report) for name in PAGES} == {404}
    assert titles(as_(contributor).get(LIST).text) == ["Theirs"]
    assert "Theirs" not in as_(viewer).get(reverse("home")).text


@pytest.mark.parametrize("status", ["requested", "running"])
def test_colleagues_see_what_is_under_way(shared, as_, answer, viewer, contributor, utility, status):
    report = made(contributor, "Theirs", 1, status, object_id=utility.pk)
    assert titles(as_(viewer).get(LIST).text) == ["Theirs"]
    expected = {"report": 200, "again": 404, "delete": 403, "download": 404}
    assert {name: answer(viewer, name, report) for name in PAGES} == expected
    assert "Theirs" not in as_(viewer).get(reverse("home")).text


def test_whoever_asks_for_what_a_colleague_is_getting_waits_for_that_one(
    shared, as_, viewer, contributor, stranger, utility
):
    first = Report.request(shared.name, utility, contributor)
    answered = as_(viewer).post(reverse("reports:request", args=[shared.name, utility.pk]), follow=True)
    assert answered.redirect_chain[-1][0] == reverse("reports:report", args=[first.pk])
    assert f"by {contributor}" in answered.text
    assert Report.objects.count() == 1
    other = MembershipFactory(user=stranger).utility
    assert Report.request(shared.name, other, stranger) != first


def test_of_a_kind_that_is_not_shared_each_gets_their_own(kind, viewer, contributor, utility):
    private = kind()
    assert Report.request(private.name, utility, contributor) != Report.request(private.name, utility, viewer)


def test_a_removed_member_sees_none_not_even_their_own(as_, answer, theirs, contributor, viewer):
    Membership.objects.filter(user__in=[contributor, viewer]).delete()
    for user in (contributor, viewer):
        assert titles(as_(user).get(LIST).text) == []
        assert {answer(user, name, theirs) for name in PAGES} == {404}
    assert Report.objects.exists()


def test_a_member_of_another_utility_sees_none_of_it(as_, theirs, viewer, stranger):
    other = MembershipFactory(user=stranger).utility
    mine = made(stranger, "Mine", 2, "done", object_id=other.pk)
    assert titles(as_(stranger).get(LIST).text) == ["Mine"]
    assert titles(as_(viewer).get(LIST).text) == ["Theirs"]
    assert mine.object_id != theirs.object_id


def test_other_kinds_are_not_shared(kind, as_, answer, contributor, viewer, manager, utility):
    report = made(contributor, "Theirs", 1, "done", object_id=utility.pk)
    for user in (viewer, manager):
        assert titles(as_(user).get(LIST).text) == []
        assert {answer(user, name, report) for name in PAGES} == {404}


@pytest.mark.parametrize("query", [{}, {"export": "csv"}], ids=str)
def test_the_list_asks_the_database_as_much_for_many_colleagues_as_for_few(shared, as_, viewer, utility, query):
    browser, counts = as_(viewer), []
    for number in range(1, 31):
        report = made(UserFactory(), f"No. {number}", 1, "done", object_id=utility.pk)
        Report.objects.filter(pk=report.pk).update(requested_at=report.requested_at + timedelta(minutes=number))
        if number in (1, 3, 30):
            with CaptureQueriesContext(connection) as captured:
                answer = browser.get(LIST, query)
            counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2] <= 7
    assert query or len(titles(answer.text)) == 25


def test_a_person_of_two_utilities_sees_each_report_once(theirs, as_, viewer):
    MembershipFactory(user=viewer)
    assert titles(as_(viewer).get(LIST).text) == ["Theirs"]

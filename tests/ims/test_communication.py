"""The communication plan: what was done and when it is due again, and what could be joined over the year."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.do.communication import Rhythm
from ims.do.communication_year import Planned, Year, in_words, months_of, together
from ims.editions import later
from ims.models import Communicated, Communication, Record
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from workflow.models import WrongState

TODAY = timezone.localdate()
MET = "All three crews were there; 21 of 24 people."


def add(utility, by, **fields) -> Communication:
    made = Communication.open_in(utility, by=by, **({"title": "Toolbox talk", "rhythm": "monthly"} | fields))
    return seen(made, by)


def seen(record, user) -> Communication:
    return Communication.objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def talk(catalog, utility, manager) -> Communication:
    """Monthly, for employees, in a staff meeting, due today."""
    return add(utility, manager, areas=["S"], initiatives=["osha-vpp"], due=TODAY)


@pytest.fixture
def page_of(utility) -> str:
    return reverse("ims:communication_year", args=[utility.pk])


# --- What was done ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rhythm", "times", "expected"),
    [
        ("weekly", 2, date(2026, 2, 14)),
        ("monthly", 1, date(2026, 2, 28)),
        ("quarterly", 1, date(2026, 4, 30)),
        ("half-yearly", 1, date(2026, 7, 31)),
        ("yearly", 2, date(2028, 1, 31)),
    ],
)
def test_so_many_times_later(rhythm, times, expected):
    assert Rhythm(rhythm).after(date(2026, 1, 31), times) == expected


@pytest.mark.django_db
def test_once_done_it_is_due_again_by_its_rhythm(talk, contributor, manager, as_, address):
    browser, sent = as_(contributor), {"last_on": TODAY.isoformat(), "last_done": MET}
    page = browser.post(address("move", talk, "done"), sent, follow=True)
    assert "was carried out" in page.text
    assert MET in main_of(page)
    kept = seen(talk, manager)
    assert (kept.status, kept.due, kept.last_on) == ("planned", later(TODAY, 1), TODAY)
    assert (kept.times.get().what, kept.times.get().entered_by) == (MET, contributor)
    browser.post(address("move", talk, "last"), sent | {"last_done": "The last one."})
    done = seen(talk, manager)
    assert (done.status, done.is_open, done.due) == ("done", False, later(TODAY, 1))
    assert [each.what for each in done.times.all()] == ["The last one.", MET]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("move", "sent", "words"),
    [
        ("done", {}, "This field is required."),
        ("done", {"last_on": TODAY + timedelta(days=1), "last_done": MET}, "This date is in the future."),
        ("done", {"last_on": TODAY - timedelta(days=9), "last_done": MET}, "It was done again after that"),
        ("last", {"last_on": TODAY, "last_done": " "}, "This field is required."),
        ("end", {}, "This field is required."),
    ],
)
def test_what_it_needs_to_be_done(talk, manager, as_, address, move, sent, words):
    talk.move("planned", by=manager, last_on=TODAY - timedelta(days=5), last_done="Before.")
    page = as_(manager).post(address("move", talk, move), sent)
    assert page.status_code == 422
    assert words in page.text
    assert Communicated.objects.count() == 1


@pytest.mark.django_db
def test_what_is_planned_once_is_done_for_the_last_time(utility, manager, catalog):
    once = add(utility, manager, rhythm="once")
    given = {"last_on": TODAY, "last_done": MET}
    with pytest.raises(WrongState, match="planned once"):
        once.move("planned", by=manager, **given)
    with pytest.raises(WrongState, match="on which day"):
        once.move("done", by=manager)
    once.move("done", by=manager, **given)
    again = seen(once, manager)
    again.move("planned", by=manager)
    assert seen(once, manager).due is None


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"last_on": TODAY}, {"last_done": MET}])
def test_the_database_keeps_the_rules(talk, changed):
    with pytest.raises(IntegrityError, match="communication_done_says_what"), transaction.atomic():
        Communication.objects.filter(pk=talk.pk).update(**changed)
    with pytest.raises(IntegrityError, match="communicated_says_what"), transaction.atomic():
        talk.times.create(on=TODAY, what="")
    with pytest.raises(IntegrityError, match="communication_was_done"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=talk.pk).update(status="done"))


@pytest.mark.django_db
def test_when_it_counts_as_living(talk, manager):
    living = registers.get("communication").living
    assert living(talk) == "It was not done yet."
    talk.move("planned", by=manager, last_on=TODAY, last_done=MET)
    assert living(seen(talk, manager)) == ""
    Record.objects.filter(pk=talk.pk).update(due=date(2026, 1, 31))
    assert living(seen(talk, manager)) == "It was due on January 31, 2026."
    seen(talk, manager).move("ended", by=manager, why="Joined.")
    assert living(seen(talk, manager)) == "It is not planned any more."


@pytest.mark.django_db
def test_others_read_that_it_was_carried_out(talk, contributor, manager, as_, client):
    talk.move("planned", by=contributor, last_on=TODAY, last_done=MET)
    assert "carried out" in as_(manager).get("/").text


# --- Over the year -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "rhythm", "expected"),
    [
        (None, "monthly", set()),
        (date(2026, 6, 30), "once", {(2026, 6)}),
        (date(2026, 3, 1), "once", {(2026, 5)}),
        (date(2027, 5, 1), "once", set()),
        (date(2026, 6, 30), "quarterly", {(2026, 6), (2026, 9), (2026, 12), (2027, 3)}),
        (date(2026, 3, 31), "half-yearly", {(2026, 5), (2026, 9), (2027, 3)}),
        (date(2026, 8, 3), "weekly", {(2026, n) for n in range(8, 13)} | {(2027, n) for n in range(1, 5)}),
        (date(2025, 7, 31), "yearly", {(2026, 5), (2026, 7)}),
    ],
)
def test_the_months_in_which_it_takes_place(due, rhythm, expected):
    found = months_of(due, rhythm, date(2026, 5, 20))
    assert {(month.year, month.month) for month in found} == expected
    assert all(month.day == 1 for month in found)


MAY, JUNE, JULY = (date(2026, n, 1) for n in (5, 6, 7))


def planned(key, audience="employees", method="board", serves=("E",), months=(MAY,)) -> Planned:
    return Planned(key, audience, method, frozenset(serves), frozenset(months))


def test_what_meets_in_a_month_for_different_areas_could_be_joined():
    rows = [
        planned(1, months=(MAY, JUNE, JULY)),
        planned(2, serves=("S",), months=(MAY, JUNE)),
        planned(3, serves=("E", "cmom"), months=(JULY,)),
        planned(4, audience="customers", serves=("F",), months=(MAY,)),
    ]
    by_audience = [(each.value, set(each.keys), each.months) for each in together(rows, "audience")]
    assert by_audience == [("employees", {1, 2}, (MAY, JUNE)), ("employees", {1, 3}, (JULY,))]
    by_method = [(each.value, set(each.keys), each.months) for each in together(rows, "method")]
    assert by_method == [("board", {1, 2, 4}, (MAY,)), ("board", {1, 2}, (JUNE,)), ("board", {1, 3}, (JULY,))]


@pytest.mark.parametrize(
    "rows",
    [
        [planned(1), planned(2)],
        [planned(1), planned(2, serves=("S",), months=(JUNE,))],
        [planned(1, audience="other", method="other"), planned(2, audience="other", method="other", serves=("S",))],
        [planned(1), planned(2, audience="customers", method="tour", serves=("S",))],
        [planned(1, months=())],
    ],
    ids=["one purpose", "another month", "other is not the same", "nothing in common", "without a date"],
)
def test_what_does_not_meet(rows):
    assert together(rows, "audience") == together(rows, "method") == []


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ((MAY,), "May 2026"),
        ((MAY, JUNE), "May and June 2026"),
        ((MAY, JUNE, JULY), "May 2026 to July 2026"),
        ((MAY, JULY, date(2026, 8, 1)), "May, July and August 2026"),
        ((date(2026, 12, 1), date(2027, 1, 1)), "December 2026 and January 2027"),
        (tuple(later(MAY, n) for n in range(12)), "every month"),
    ],
)
def test_months_in_words(months, words):
    assert in_words(months) == words


@pytest.mark.django_db
def test_the_page_names_what_could_be_joined(talk, utility, manager, viewer, as_, page_of):
    other = add(utility, manager, title="Budget meeting", areas=["F"], rhythm="quarterly", due=TODAY, who="Crews")
    add(utility, manager, title="Same purpose", areas=["S"], initiatives=["osha-vpp"], audience="officials", due=TODAY)
    add(utility, manager, title="Some day", due=None)
    elsewhere = Communication.open_in(UtilityFactory(), by=manager, title="Elsewhere", areas=["E"], due=TODAY)
    page = as_(viewer).get(page_of)
    words = main_of(page)
    assert "Employees, " in page.text
    assert "could be joined" in words
    assert str(other) in words
    assert "Some day" in words
    assert elsewhere.title not in words
    year = Year(utility)
    assert ([len(each.keys) for each in year.audiences], [len(each.keys) for each in year.methods]) == ([2], [3])
    record = main_of(as_(viewer).get(talk.get_absolute_url()))
    assert "Budget meeting" in record
    assert "same method" in record
    other.move("ended", by=manager, why="Joined with the toolbox talk.")
    assert "Budget meeting" not in main_of(as_(viewer).get(talk.get_absolute_url()))


@pytest.mark.django_db
def test_a_utility_without_a_plan(utility, manager, viewer, as_, page_of, catalog):
    assert "Add a communication" in as_(manager).get(page_of).text
    assert "Add a communication" not in as_(viewer).get(page_of).text


@pytest.mark.django_db
def test_who_may_see_the_year(talk, manager, contributor, advisor, viewer, former, stranger, client, as_, page_of):
    for user in (manager, contributor, advisor, viewer):
        assert as_(user).get(page_of).status_code == 200
    for user in (former, stranger):
        assert as_(user).get(page_of).status_code == 404
    assert client.get(page_of).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("n", [2, 60])
def test_queries_do_not_grow(catalog, utility, manager, as_, page_of, n, django_assert_max_num_queries):
    for number in range(n):
        areas = ["ESQFH"[number % 5]]
        add(utility, manager, title=f"Talk {number}", areas=areas, due=TODAY + timedelta(days=number))
    browser = as_(manager)
    with django_assert_max_num_queries(9):
        browser.get(page_of)
    with django_assert_max_num_queries(15):
        browser.get(reverse("ims:list", args=[utility.pk, "communication"]))
    with django_assert_max_num_queries(28):
        browser.get(Communication.objects.first().get_absolute_url())


@pytest.mark.django_db
def test_the_grid_counts_each_audience_and_month(talk, utility, manager):
    add(utility, manager, title="Budget meeting", areas=["F"], rhythm="once", due=TODAY)
    name, is_internal, cells = Year(utility).grid[0]
    assert (name, is_internal) == ("Employees", True)
    assert [(n, join) for _, n, join in cells] == [(2, True), *[(1, False)] * 11]

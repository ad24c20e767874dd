"""The list of gap analyses: what it filters and sorts by, what its files hold, and where one is started from."""

import csv
import re
from datetime import date, datetime
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Role
from tests.factories import GapAnalysisFactory, MembershipFactory, UtilityFactory

LIST = reverse("assessments:list")


@pytest.fixture
def listed(as_):
    """``listed(user, sort="name", …)``: the text of that person's list at that address."""
    return lambda user, **query: as_(user).get(LIST, query).text


@pytest.fixture
def albany(manager):
    """A second utility of the manager, who only reads there."""
    utility = MembershipFactory(utility=UtilityFactory(name="albany Water")).utility
    MembershipFactory(utility=utility, user=manager, role=Role.VIEWER)
    return utility


@pytest.fixture
def three(catalog, utility, albany, manager, answer_all) -> None:
    GapAnalysisFactory(utility=utility, name="Year one", as_of=date(2024, 6, 30))
    GapAnalysisFactory(utility=albany, name="wells", as_of=date(2026, 6, 30))
    complete = GapAnalysisFactory(utility=utility, name="Year two", as_of=date(2025, 6, 30))
    answer_all(complete)
    complete.my_role = Role.MANAGER
    complete.complete(by=manager)


def names(text: str) -> list[str]:
    return re.findall(r'<th role="rowheader" scope="row"><a href="[^"]+">(.*?)</a></th>', text)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["wells", "Year two", "Year one"]),
        ("name", ["wells", "Year one", "Year two"]),
        ("-name", ["Year two", "Year one", "wells"]),
        ("utility", ["wells", "Year two", "Year one"]),
        ("-utility", ["Year two", "Year one", "wells"]),
        ("as_of", ["Year one", "Year two", "wells"]),
        ("-as_of", ["wells", "Year two", "Year one"]),
        ("n_answered", ["Year one", "wells", "Year two"]),
        ("-n_answered", ["Year two", "Year one", "wells"]),
        ("status", ["Year one", "wells", "Year two"]),
        ("results", ["wells", "Year two", "Year one"]),
    ],
)
def test_it_sorts(three, listed, manager, sort, expected):
    assert names(listed(manager, sort=sort)) == expected


def test_it_filters_by_words_utility_and_state(three, listed, manager, albany):
    assert names(listed(manager, name="YEAR")) == ["Year two", "Year one"]
    assert names(listed(manager, utility=albany.pk)) == ["wells"]
    assert names(listed(manager, status="complete")) == ["Year two"]
    assert names(listed(manager, status="draft", name="year")) == ["Year one"]
    text = listed(manager, name="nowhere")
    assert names(text) == []
    assert "No gap analyses match these filters." in text
    assert f'<a href="{LIST}">Clear filters</a>' in text


def test_a_complete_one_leads_to_its_results(three, listed, manager):
    assert listed(manager).count(">Results<span") == 1
    assert "18 of 18" in listed(manager, status="complete")


@pytest.mark.parametrize("value", ["abc", "0", "9" * 30])
def test_a_utility_that_is_not_offered_is_said_and_not_filtered_by(three, listed, manager, value):
    text = listed(manager, utility=value)
    assert len(names(text)) == 3
    assert "not one of the available choices" in text


def test_another_utility_is_neither_listed_nor_named_nor_found(three, as_, listed, manager, stranger, albany):
    theirs = stranger.memberships.get().utility
    theirs.name = "Foreign Works"
    theirs.save()
    GapAnalysisFactory(utility=theirs, name="Foreign year")
    for query in ({}, {"utility": theirs.pk}, {"name": "year"}, {"export": "csv"}):
        text = as_(manager).get(LIST, query).content.decode()
        assert "Foreign" not in text
        assert "Year one" in text
    text = listed(stranger)
    assert names(text) == ["Foreign year"]
    assert albany.name not in text
    assert 'name="utility"' not in text, "one utility is no choice"
    assert names(listed(stranger, utility=albany.pk)) == ["Foreign year"]


def test_the_files_hold_the_filtered_list(three, as_, manager, utility):
    answer = as_(manager).get(LIST, {"export": "csv", "utility": utility.pk, "sort": "as_of"})
    assert answer["Content-Disposition"] == f'attachment; filename="gap-analyses-{timezone.localdate()}.csv"'
    assert list(csv.reader(StringIO(answer.content.decode("utf-8-sig")))) == [
        ["Name", "Utility", "As of", "Status", "Answered"],
        ["Year one", utility.name, "2024-06-30", "In progress", "0"],
        ["Year two", utility.name, "2025-06-30", "Complete", "18"],
    ]
    answer = as_(manager).get(LIST, {"export": "xlsx", "name": "wells"})
    head, *rows = load_workbook(BytesIO(answer.content)).active.values
    assert rows == [("wells", "albany Water", datetime(2026, 6, 30), "In progress", 0)]


@pytest.mark.parametrize("query", [{"name": "year", "sort": "-name"}, {"export": "csv"}, {"export": "xlsx"}], ids=str)
def test_it_asks_the_database_as_much_for_many_as_for_few(three, as_, manager, utility, query):
    browser = as_(manager)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(LIST, query).status_code == 200
        return len(captured)

    before = count()
    for _ in range(3):
        GapAnalysisFactory(utility=utility, name="Year three")
    assert count() == before <= 9


def test_one_utility_has_a_button_several_a_menu_none_neither(listed, manager, viewer, utility, albany):
    start = reverse("assessments:start", args=[utility.pk])
    assert f'<a class="usa-button" href="{start}">Start a gap analysis</a>' in listed(manager)
    assert "Start a gap analysis" not in listed(viewer)
    manager.memberships.filter(utility=albany).update(role=Role.CONTRIBUTOR)
    text = listed(manager)
    assert "<summary" in text
    assert f'<li><a href="{start}">{utility}</a></li>' in text
    assert f'<a href="{reverse("assessments:start", args=[albany.pk])}">{albany}</a>' in text


def test_an_empty_list_has_no_filters_and_says_where_to_begin(listed, manager, as_, db):
    text = listed(manager)
    assert "The first one takes about ten minutes" in text
    assert "<table" not in text
    assert 'class="filters' not in text

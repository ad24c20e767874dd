"""Two or more gap analyses of one utility side by side: what moved, and why."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import GapAnalysis
from assessments.movement import movement
from assessments.results import AreaInScope, Results, Row

pytestmark = pytest.mark.django_db

E, S = AreaInScope("E", "Environment", "Environment"), AreaInScope("S", "Safety", "Safety")


def results(areas: list[AreaInScope], **covered: str) -> Results:
    rows = [
        Row(slug, slug.title(), "plan", False, min(len(codes), 2), list(codes), []) for slug, codes in covered.items()
    ]
    return Results(areas, [], rows, [("plan", "Plan")])


def test_what_was_gained_and_lost_between_the_first_and_the_last():
    found = movement(
        [
            results([E, S], vision="", policy="E"),
            results([E, S], vision="E", policy=""),
            results([E, S], vision="ES", policy="S"),
        ]
    )
    assert [(each.element.slug, each.gained, each.lost) for each in found.elements] == [
        ("vision", [E, S], []),
        ("policy", [S], [E]),
    ]
    assert (found.n_gained, found.n_lost) == (3, 1)
    assert [each.fraction for each in found.overall] == ["1 of 4", "1 of 4", "3 of 4"]


def test_an_area_out_of_scope_is_neither_covered_nor_a_gap():
    found = movement([results([E], vision="E"), results([E, S], vision="E")])
    assert [[(cell.area.code, cell.in_scope, cell.covered) for cell in cells] for cells in found.elements[0].cells] == [
        [("E", True, True), ("S", False, False)],
        [("E", True, True), ("S", True, False)],
    ]
    assert [[one and one.fraction for one in each.coverage] for each in found.by_area] == [
        ["1 of 1", "1 of 1"],
        [None, "0 of 1"],
    ]


def test_an_area_in_scope_of_one_alone_is_neither_gained_nor_lost():
    for first, last in (([E, S], [E]), ([E], [E, S])):
        one, other = (results(areas, vision="".join(area.code for area in areas)) for areas in (first, last))
        found = movement([one, other])
        assert (found.n_gained, found.n_lost, found.moved) == (0, 0, [])
        assert found.rescoped == [S]


def test_what_is_in_scope_of_one_alone_is_named(two, utility, as_, viewer):
    GapAnalysis.objects.filter(pk=two[1].pk).update(areas=["E", "S", "Q", "F"])
    page = as_(viewer).get(address(utility))
    assert "because it is in scope of only one of the two: human resources and skills." in page.text


@pytest.fixture
def two(analysis, answer_all, manager, row):
    """A complete analysis and a later one that started from it, in which one row has moved."""
    answer_all(analysis)
    row(analysis, by=manager).answer(1, by=manager, changes="Write one vision for all areas.")
    analysis.complete(by=manager)
    later = GapAnalysis.start(
        by=manager,
        previous=analysis,
        utility=analysis.utility,
        name="A year later",
        as_of=date(2027, 6, 30),
        areas=analysis.areas,
        initiatives=analysis.initiatives.all(),
    )
    finding = row(later, by=manager)
    finding.answer(
        1, by=manager, rating=2, areas=["E", "S", "Q"], evidence="Adopted by the board.", initiatives=["cmom"]
    )
    finding.attach_link(by=manager, url="https://example.org/vision", title="Our vision")
    row(later, "communication", by=manager).answer(1, by=manager, rating=1, areas=["E"])
    return analysis, later


def address(utility) -> str:
    return reverse("assessments:compare", args=[utility.pk])


def test_it_tells_what_moved_and_why(two, utility, as_, viewer):
    page = as_(viewer).get(address(utility), {"analysis": [each.pk for each in two]})
    assert [
        (each.element.slug, [a.code for a in each.gained], [a.code for a in each.lost])
        for each, _ in page.context["reasons"]
    ] == [
        ("vision", ["Q"], []),
        ("communication", [], ["S"]),
    ]
    _, why = page.context["reasons"][0]
    assert why.planned == "Write one vision for all areas."
    assert why.evidence == "Adopted by the board."
    assert [str(item) for item in why.added] == ["Our vision"]
    assert why.providers == ["CMOM"]
    assert "From 36 of 90 cells covered to 36 of 90. 1 gained, 1 lost" in page.text


def test_without_a_choice_it_takes_the_latest_two(two, utility, as_, viewer):
    page = as_(viewer).get(address(utility))
    assert [str(each) for each in page.context["chosen"]] == ["Integrated system, 2026", "A year later"]


def test_one_analysis_is_told_what_to_do(analysis, utility, as_, viewer):
    page = as_(viewer).get(address(utility))
    assert "only one gap analysis" in page.text
    assert "found" not in page.context


@pytest.mark.parametrize("asked", ["x", "99999999", "-1"])
def test_an_analysis_that_is_not_there_is_left_out(two, utility, as_, viewer, asked):
    page = as_(viewer).get(address(utility), {"analysis": [two[0].pk, asked]})
    assert page.status_code == 200
    assert len(page.context["chosen"]) == 1
    assert "Choose at least two gap analyses." in page.text
    assert f'id="analysis-{two[0].pk}" checked' in page.text


def test_more_than_fit_are_refused_and_stay_checked(two, utility, manager, as_, viewer):
    more = [
        GapAnalysis.start(
            by=manager, utility=utility, name=f"No. {n}", as_of=date(2028, n, 1), areas=["E"], initiatives=[]
        )
        for n in (1, 2, 3)
    ]
    page = as_(viewer).get(address(utility), {"analysis": [each.pk for each in (*two, *more)]})
    assert "Choose no more than 4 gap analyses." in page.text
    assert page.text.count(" checked>") == 5
    assert "found" not in page.context


def test_another_utilitys_analysis_is_never_shown(two, utility, as_, stranger, viewer, client):
    assert as_(stranger).get(address(utility)).status_code == 404
    assert client.get(address(utility)).status_code == 302


def test_it_takes_few_queries(two, utility, as_, viewer):
    browser = as_(viewer)
    with CaptureQueriesContext(connection) as captured:
        browser.get(address(utility))
    assert len(captured) <= 20

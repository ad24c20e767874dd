"""Coverage, gaps and sentences: by hand-computed examples, and for whatever rows there may be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.results import AreaInScope, Coverage, Results, Row

AREAS = [
    AreaInScope(code, f"{name} in full", name)
    for code, name in zip("ESQFH", ["Environment", "Safety", "Quality", "Finance", "People"], strict=True)
]
COMPONENTS = [("plan", "Plan"), ("do", "Do"), ("check", "Check"), ("act", "Act")]


def a_row(component: str, rating: int | None, areas: str = "", *, key: bool = False, name: str = "Vision") -> Row:
    return Row(name.lower(), name, component, key, rating, list(areas), [])


def results(*rows: Row, scope: str = "ESQFH") -> Results:
    return Results([area for area in AREAS if area.code in scope], [], list(rows), COMPONENTS)


EXAMPLE = results(
    a_row("plan", 2, "ESQ", key=True, name="Policy"),
    a_row("plan", 1, "E", name="Vision"),
    a_row("plan", 1, "Q", key=True, name="Objectives"),
    a_row("do", 0, name="Training"),
    a_row("do", None, name="Records"),
    a_row("check", 2, "EF", name="Auditing"),
)


def covered(coverage: Coverage) -> tuple[int, int, int, int]:
    return coverage.covered, coverage.cells, coverage.existing, coverage.elements


def test_coverage_is_the_cells_covered_of_those_in_scope():
    assert [(each.slug, *covered(each)) for each in EXAMPLE.coverage] == [
        ("plan", 5, 15, 3, 3),
        ("do", 0, 10, 0, 2),
        ("check", 2, 5, 1, 1),
        ("act", 0, 0, 0, 0),
    ]
    assert [each.percent for each in EXAMPLE.coverage] == [33, 0, 40, 0]
    assert covered(EXAMPLE.overall) == (7, 30, 4, 6)
    assert (EXAMPLE.overall.fraction, EXAMPLE.overall.percent) == ("7 of 30", 23)
    assert covered(EXAMPLE.alignment) == (4, 10, 2, 2)


def test_with_one_area_in_scope():
    one = results(a_row("plan", 1, "E"), a_row("plan", 0), a_row("plan", 1), scope="E")
    assert covered(one.overall) == (1, 3, 2, 3)
    assert one.extensions == []
    assert one.gap_cells == 2
    assert one.sentences == ["1 of 3 cells is covered.", "2 of 3 elements exist."]


def test_gap_cells_are_the_pairs_that_nothing_covers():
    assert EXAMPLE.gap_cells == 6 * 5 - (3 + 1 + 1 + 0 + 0 + 2)


def test_what_serves_one_area_can_be_extended_strategic_alignment_first():
    assert [extension.row.name for extension in EXAMPLE.extensions] == ["Objectives", "Vision"]
    vision = EXAMPLE.extensions[1]
    assert vision.serves.code == "E"
    assert [area.code for area in vision.could_serve] == ["S", "Q", "F", "H"]


def test_a_single_area_that_is_not_said_yet_is_no_extension():
    assert results(a_row("plan", 1)).extensions == []


def test_the_example_in_words():
    assert EXAMPLE.headline == "Moderate on Check, weak on Plan, nothing yet on Do and Act"
    assert EXAMPLE.sentences == [
        "7 of 30 cells are covered.",
        "4 of 6 elements exist; 2 support more than one area.",
        "1 is not answered yet and counts as not covered.",
        "2 support a single area and could be extended to others before you build anything new.",
        "Of the 2 elements that matter most for strategic alignment, 1 supports multiple areas.",
    ]


def test_nothing_answered():
    empty = results(*[a_row("plan", None, key=True) for _ in range(18)])
    assert empty.headline == "Not answered yet"
    assert empty.sentences == [
        "0 of 90 cells are covered.",
        "None of the 18 elements exist; none support more than one area.",
        "18 are not answered yet and count as not covered.",
        "Of the 18 elements that matter most for strategic alignment, none support multiple areas.",
    ]


def test_nothing_in_place():
    assert results(a_row("plan", 0), a_row("do", None)).headline == "Nothing in place yet"


@pytest.mark.parametrize(
    ("areas", "headline"),
    [
        (["ESQFH", "ESQF", "ESQF", "ESQFH"], "Strong on Plan, Do, Check and Act"),
        (["ES", "ES", "SQ", "FH"], "Moderate on Plan, Do, Check and Act"),
        (["ESQF", "ES", "E", ""], "Strong on Plan, moderate on Do, weak on Check, nothing yet on Act"),
    ],
)
def test_the_headline_says_where_it_is_strong(areas, headline):
    rows = [a_row(slug, min(len(some), 2), some) for (slug, _), some in zip(COMPONENTS, areas, strict=True)]
    assert results(*rows).headline == headline


@pytest.mark.parametrize(
    ("n", "words"), [(67, "Strong"), (66, "Moderate"), (34, "Moderate"), (33, "Weak"), (1, "Weak")]
)
def test_where_strong_moderate_and_weak_begin(n, words):
    """Of a hundred elements in one area, ``n`` cover it."""
    rows = [a_row("plan", 1, "E") for _ in range(n)] + [a_row("plan", 0) for _ in range(100 - n)]
    assert Results([AREAS[0]], [], rows, [("plan", "Plan")]).headline == f"{words} on Plan"


def test_several_areas_of_every_element_are_not_called_all():
    """5 of 5 elements exist and support several areas, yet 12 of 25 cells are covered."""
    rows = [a_row("do", 2, areas) for areas in ("ESQ", "ESQ", "ES", "ES", "SQ")]
    some = results(*rows)
    assert covered(some.coverage[1]) == (12, 25, 5, 5)
    assert some.headline.startswith("Moderate on Do")


def test_one_of_each_reads_well():
    one = results(a_row("plan", 2, "ES", key=True), a_row("do", 1, "E"))
    assert one.sentences == [
        "3 of 10 cells are covered.",
        "2 of 2 elements exist; 1 supports more than one area.",
        "1 supports a single area and could be extended to others before you build anything new.",
        "Of the 1 elements that matter most for strategic alignment, 1 supports multiple areas.",
    ]
    assert (
        results(a_row("plan", 1, "E"), a_row("do", 0)).sentences[1]
        == "1 of 2 elements exists; none support more than one area."
    )


@st.composite
def any_results(draw) -> Results:
    """Whatever a utility may have entered: the areas of every row within scope, in agreement with its rating."""
    scope = draw(st.lists(st.sampled_from("ESQFH"), min_size=1, unique=True))
    rows = []
    for _ in range(draw(st.integers(0, 18))):
        rating = draw(st.sampled_from([None, 0, 1] + ([2] if len(scope) > 1 else [])))
        least, most = {None: (0, 0), 0: (0, 0), 1: (0, 1), 2: (2, len(scope))}[rating]
        covered = draw(st.lists(st.sampled_from(scope), min_size=least, max_size=most, unique=True))
        slug, _ = draw(st.sampled_from(COMPONENTS))
        rows.append(
            a_row(
                slug,
                rating,
                "".join(covered),
                key=draw(st.booleans()),
                name=draw(st.sampled_from(["Vision", "<b> & Co", "Zustände"])),
            )
        )
    return results(*rows, scope="".join(scope))


@given(any_results())
def test_whatever_was_entered_the_figures_make_sense(some: Results):
    for each in [*some.coverage, some.overall, some.alignment]:
        assert 0 <= each.percent <= 100
        assert 0 <= each.covered <= each.cells
        assert 0 <= each.existing <= each.elements
    assert sum(each.covered for each in some.coverage) == some.overall.covered
    assert sum(each.cells for each in some.coverage) == some.overall.cells
    assert 0 <= some.gap_cells <= len(some.rows) * len(some.areas)
    assert len(some.extensions) <= sum(row.rating == 1 for row in some.rows)
    assert all(extension.serves not in extension.could_serve for extension in some.extensions)
    assert some.headline
    assert all(sentence.endswith(".") and "  " not in sentence for sentence in some.sentences)


@given(any_results())
def test_results_come_back_from_where_they_are_kept_as_they_were(some: Results):
    back = Results.from_json(json.loads(json.dumps(some.as_json())))
    assert back == some
    assert (back.headline, back.sentences, back.gap_cells) == (some.headline, some.sentences, some.gap_cells)


@pytest.mark.django_db
def test_the_results_of_an_analysis(analysis, row, save, url, as_, manager, viewer):
    save(manager, analysis, "policy-statements", rating=2, areas=["E", "Q"], details=1, initiatives=["cmom"])
    save(manager, analysis, "auditing", rating=1, areas=["S"])
    found = analysis.results
    assert len(found.rows) == 18
    assert [(each.slug, *covered(each)) for each in found.coverage] == [
        ("plan", 2, 35, 1, 7),
        ("do", 0, 25, 0, 5),
        ("check", 1, 20, 1, 4),
        ("act", 0, 10, 0, 2),
    ]
    assert covered(found.overall) == (3, 90, 2, 18)
    assert covered(found.alignment) == (2, 30, 1, 6)
    assert found.gap_cells == 18 * 5 - 3
    page = as_(viewer).get(url("results", analysis)).content.decode()
    assert f"<h1>{found.headline}</h1>" in page
    assert all(sentence in page for sentence in found.sentences)
    assert "The gap analysis is still in progress" in page
    assert page.count('<span class="usa-sr-only">covered</span>') == 3
    assert page.count('<span class="usa-sr-only">gap</span>') == 87
    assert "2 of 35" in page
    for slug in ("vision", "auditing"):
        assert f'href="{analysis.get_absolute_url()}#row-{slug}"' in page
        assert f'href="/pdca/{slug}/"' in page

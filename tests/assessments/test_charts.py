"""The pictures: well-formed, titled, without a style of their own."""

from xml.etree import ElementTree

import pytest

from assessments import charts
from assessments.results import Results
from tests.assessments.test_results import AREAS, COMPONENTS, EXAMPLE, a_row, results

SVG = "{http://www.w3.org/2000/svg}"
EVIL = results(
    a_row("plan", 2, "ES", name="<script>alert(1)</script> & Co"), a_row("nowhere", 1, "E", name='"quoted" <b>')
)
DRAWINGS = [(chart, some) for chart in (charts.heat_map, charts.coverage_bars) for some in (EXAMPLE, EVIL, results())]


@pytest.mark.parametrize(("chart", "some"), DRAWINGS)
def test_a_picture_is_well_formed_titled_and_needs_no_inline_style(chart, some):
    drawn = chart(some)
    picture = ElementTree.fromstring(drawn)  # noqa: S314
    assert picture.tag == f"{SVG}svg"
    assert picture.get("role") == "img"
    assert picture.find(f"{SVG}title").text
    for node in picture.iter():
        assert "style" not in node.attrib
        assert node.tag not in (f"{SVG}style", f"{SVG}script")
        assert not [name for name in node.attrib if name.startswith("on")]


def test_the_heat_map_says_and_shows_what_is_covered():
    picture = ElementTree.fromstring(charts.heat_map(EXAMPLE))  # noqa: S314
    assert picture.find(f"{SVG}title").text == "Heat map: 7 of 30 element and area pairs are covered."
    assert len(list(picture.iter(f"{SVG}circle"))) == 7, "a dot, never color alone"
    texts = [node.text for node in picture.iter(f"{SVG}text")]
    assert texts[:5] == [area.code for area in AREAS]
    assert "Policy" in texts


@pytest.mark.parametrize("form", [{}, {"labels": 330, "row": 26}])
@pytest.mark.parametrize("name", ["Vision", "A name of an element that is much longer than the others " * 3])
def test_each_row_of_the_heat_map_is_as_tall_as_its_name(name, form):
    drawn = ElementTree.fromstring(charts.heat_map(results(a_row("plan", 0, "", name=name)), **form))  # noqa: S314
    [_, _, _, high] = map(float, drawn.get("viewBox").split())
    baselines = [float(node.get("y")) for node in drawn.iter(f"{SVG}text")][len(AREAS) :]
    assert all(30 + 10 <= y <= high - 3 for y in baselines)


def test_the_bars_say_letter_name_and_share():
    picture = ElementTree.fromstring(charts.coverage_bars(EXAMPLE))  # noqa: S314
    texts = [node.text for node in picture.iter(f"{SVG}text")]
    assert texts[:3] == ["P", "Plan", "5 of 15"]
    said = "Coverage: Plan 5 of 15 cells, Do 0 of 10 cells, Check 2 of 5 cells, Act 0 of 0 cells."
    assert picture.find(f"{SVG}title").text == said


def test_names_are_shown_as_text():
    drawn = charts.heat_map(EVIL)
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    named = Results(AREAS, [], EVIL.rows, [("plan", "<b>Plan & Act</b>"), *COMPONENTS[1:]])
    drawn = charts.coverage_bars(named)
    assert "<b>" not in drawn
    assert "&lt;b&gt;Plan &amp; Act" in drawn

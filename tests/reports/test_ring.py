"""The picture of a year, and the small line of a figure."""

import re
from datetime import date, timedelta
from itertools import combinations
from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.ring import CENTER, DOT, SIDE, Mark, drawn_year, placed
from reports.trend import trend

TODAY = date(2026, 6, 19)


def mark(day: date, component: str = "plan", n: int = 1) -> Mark:
    return Mark(component, component[:1].upper() or "R", day, n)


def test_a_mark_is_at_its_day():
    ((_, x, y),) = placed([mark(date(2027, 1, 1))])
    assert (x, y) == (CENTER, CENTER - 138), "January 1 is at the top"
    ((_, x, y),) = placed([mark(date(2026, 7, 2))])
    assert abs(x - CENTER) < 2, "in the middle of the year"
    assert y > CENTER


@given(st.lists(st.integers(0, 364), max_size=40))
def test_no_mark_covers_another(days):
    found = placed([mark(TODAY + timedelta(days=day)) for day in days])
    assert len(found) == len(days)
    for (_, *one), (_, *other) in combinations(found, 2):
        assert dist(one, other) >= 2 * DOT
    for _, x, y in found:
        assert DOT <= x <= SIDE - DOT
        assert DOT <= y <= SIDE - DOT


def test_what_the_picture_says():
    svg = drawn_year([mark(date(2026, 7, 1), "check", 12), mark(date(2026, 8, 1), "")], TODAY)
    assert "<title>The year as a ring: 13 dates in the next twelve months, the first on July 1, 2026.</title>" in svg
    assert 'role="img"' in svg
    assert ">C12<" in svg
    assert ">R<" in svg
    assert ">June 19<" in svg
    assert ">2026<" in svg
    assert "style=" not in svg
    assert "No dates in the next twelve months.</title>" in drawn_year([], TODAY)


def test_twelve_months_begin_with_january():
    assert "".join(re.findall(r'font-size="14"[^>]*>([A-Z])<', drawn_year([], TODAY))) == "JFMAMJJASOND"


def test_a_line_goes_where_the_figure_went():
    svg = trend([(date(2024, 1, 1), 10), (date(2025, 1, 1), 30), (date(2027, 1, 1), 20)], "It rose & fell")
    assert "<title>It rose &amp; fell</title>" in svg
    assert 'd="M10.0,74.0 L133.' in svg
    assert svg.count("<circle") == 3


@pytest.mark.parametrize("value", [0, 5])
def test_a_figure_that_stayed_is_a_level_line(value):
    svg = trend([(date(2024, 1, 1), value), (date(2025, 1, 1), value)], "It stayed")
    assert svg.count('cy="42.0"') == 2

"""The picture of what is left to do in a cycle, day by day, against the day on which the letters go out."""

from collections.abc import Sequence
from datetime import date

import drawsvg as draw
from django.utils.safestring import SafeString

from reports import tokens
from reports.charts import EMPTY, EMPTY_EDGE, INK_2, as_svg, drawn, words_at

LINE, GOAL = tokens.value("brand"), tokens.value("line-strong")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 388, 220, 44, 14, 16, 34


def burn_down(left: Sequence[tuple[date, int]], until: date | None) -> SafeString:
    """Draws what was left at the end of each day. A dashed line leads from the most to nothing on the day ``until``."""
    most, last = max(n for _, n in left), max([left[-1][0], *([until] if until else [])])
    peak = next(day for day, n in left if n == most)
    picture = drawn(_WIDTH, _HEIGHT, _said(left, most, peak, until))
    first, bottom = left[0][0], _HEIGHT - _BOTTOM

    def at(day: date, n: float) -> tuple[float, float]:
        along = (day - first).days / max(1, (last - first).days)
        return _LEFT + along * (_WIDTH - _LEFT - _RIGHT), bottom - n / max(1, most) * (bottom - _TOP)

    for n in (0, most / 2, most):
        x, y = at(first, n)
        picture.append(draw.Line(x, y, _WIDTH - _RIGHT, y, stroke=EMPTY_EDGE if n == 0 else EMPTY, stroke_width=1.5))
        if n in (0, most):
            picture.append(words_at(f"{n:,.0f}", _LEFT - 8, y + 5, 13.5, anchor="end", fill=INK_2))
    if until and until > peak:
        dashed = {"stroke": GOAL, "stroke_width": 2, "stroke_dasharray": "6 5"}
        picture.append(draw.Line(*at(peak, most), *at(until, 0), **dashed))
    points = [number for day, n in left for number in at(day, n)]
    picture.append(draw.Lines(*points, fill="none", stroke=LINE, stroke_width=3, stroke_linejoin="round"))
    picture.append(draw.Circle(*at(*left[-1]), 5, fill=LINE))
    for day, anchor in ((first, "start"), (last, "end")):
        x, _ = at(day, 0)
        picture.append(words_at(f"{day:%b} {day.day}", x, _HEIGHT - 12, 13.5, anchor=anchor, fill=INK_2))
    return as_svg(picture)


def _said(left: Sequence[tuple[date, int]], most: int, peak: date, until: date | None) -> str:
    """Returns what the picture shows, in words."""
    today, n = left[-1]
    goal = f" The letters go out from {_day(until)}." if until else ""
    return f"Applications without an outcome: {most:,} at most, on {_day(peak)}; {n:,} on {_day(today)}.{goal}"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"

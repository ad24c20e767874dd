"""A small line: how one figure moved over time, for beside the words that say its last value."""

from collections.abc import Sequence
from datetime import date

import drawsvg as draw
from django.utils.safestring import SafeString

from reports import tokens
from reports.charts import as_svg, drawn

WIDTH, HEIGHT, EDGE = 390, 84, 10
LINE = tokens.value("brand")


def trend(points: Sequence[tuple[date, float]], title: str) -> SafeString:
    """Draws two or more points (day, value), the earliest first, each day at its place in time. The last is marked."""
    picture = drawn(WIDTH, HEIGHT, title)
    days = [day.toordinal() for day, _ in points]
    values = [value for _, value in points]
    at = [
        (_along(day, min(days), max(days), WIDTH), HEIGHT - _along(value, min(values), max(values), HEIGHT))
        for day, value in zip(days, values, strict=True)
    ]
    flat = [number for point in at for number in point]
    picture.append(draw.Lines(*flat, fill="none", stroke=LINE, stroke_width=3.5, stroke_linejoin="round"))
    for x, y in at[:-1]:
        picture.append(draw.Circle(x, y, 3, fill=LINE))
    picture.append(draw.Circle(*at[-1], 6, fill=LINE))
    return as_svg(picture)


def _along(value: float, least: float, most: float, length: float) -> float:
    """Returns the place of a value between the edges of a side; the middle if all values are the same."""
    share = (value - least) / (most - least) if most > least else 0.5
    return EDGE + share * (length - 2 * EDGE)

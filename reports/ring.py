"""A year as a ring of twelve months, with a mark for each thing that has a date, and a needle at today."""

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import cos, pi, sin

import drawsvg as draw
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from reports import tokens
from reports.charts import COLORS, INK_2, ON_FILL, as_svg, drawn, words_at

SIDE = 350
CENTER = SIDE / 2
INNER, OUTER, LETTERS = 92, 116, 72  # radii of the band, and of the letters of the months
DOT = 11.5  # radius of a mark
LEVELS = [138, 162]  # radii on which marks lie, the first one preferred
SHIFT = 4  # degrees by which a mark moves aside if another one is there
GAP = 1.4  # degrees between two months
BAND, NEEDLE = tokens.value("area-none"), tokens.value("brand")


@dataclass(frozen=True)
class Mark:
    """``n`` dates of a component (slug; empty: none), the first of them on ``day``. ``letter`` tells it apart too.

    ``title`` says more to who points at it. One that ``is_open`` is a circle that is not filled.
    """

    component: str
    letter: str
    day: date
    n: int
    title: str = ""
    is_open: bool = False

    @property
    def words(self) -> str:
        return self.letter if self.n == 1 else f"{self.letter}{self.n}"


def drawn_year(marks: Sequence[Mark], today: date) -> SafeString:
    """Draws the twelve months from ``today``: January is at the top, whichever year it belongs to."""
    n = sum(mark.n for mark in marks)
    said = (
        f"{n} {'date' if n == 1 else 'dates'} in the next twelve months" if n else "No dates in the next twelve months"
    )
    first = min((mark.day for mark in marks), default=None)
    title = f"The year as a ring: {said}" + (f", the first on {date_format(first, 'F j, Y')}." if first else ".")
    return _ring(tuple(marks), title, (date_format(today, "N j"), str(today.year)), today)


def drawn_round(marks: Sequence[Mark], first: date, today: date) -> SafeString:
    """Draws the twelve months from ``first``, of which the calendar may begin with any."""
    n, last = sum(mark.n for mark in marks), date(first.year + (first.month > 1), (first.month - 2) % 12 + 1, 1)
    title = f"The year as a ring: {n} {'date' if n == 1 else 'dates'}, {first:%B %Y} to {last:%B %Y}."
    center = (str(first.year), "") if first.month == 1 else (f"{first:%b %Y}", f"to {last:%b %Y}")
    is_now = first <= today.replace(day=1) <= last
    return _ring(tuple(marks), title, center, today if is_now else None)


@lru_cache(maxsize=256)  # about 8 kB each: a person's year is the same from one visit to the next
def _ring(marks: tuple[Mark, ...], title: str, center: tuple[str, str], today: date | None) -> SafeString:
    picture = drawn(SIDE, SIDE, title)
    for month in range(1, 13):
        _month(picture, month)
    if today:
        _needle(picture, _angle(today))
    picture.append(words_at(center[0], CENTER, CENTER + (-2 if center[1] else 6), 18, anchor="middle", weight=700))
    picture.append(words_at(center[1], CENTER, CENTER + 19, 14, anchor="middle", fill=INK_2))
    for mark, x, y in placed(marks):
        _dot(picture, mark, x, y)
    return as_svg(picture)


def _dot(picture: draw.Drawing, mark: Mark, x: float, y: float) -> None:
    color = COLORS.get(mark.component, INK_2)
    group = draw.Group()
    if mark.title:
        group.append_title(mark.title)
    open_one = {"fill": ON_FILL, "stroke": color, "stroke_width": 2}
    group.append(draw.Circle(x, y, DOT - mark.is_open, **(open_one if mark.is_open else {"fill": color})))
    size, fill = {1: 13, 2: 11, 3: 9}.get(len(mark.words), 7), color if mark.is_open else ON_FILL
    group.append(words_at(mark.words, x, y + size * 0.36, size, anchor="middle", weight=700, fill=fill))
    picture.append(group)


def placed(marks: Sequence[Mark]) -> list[tuple[Mark, float, float]]:
    """Returns the center of each mark: at its day, or as near as there is room, so that none covers another."""
    found: list[tuple[Mark, float, float]] = []
    places = [(level, shift * side) for shift in range(0, 180, SHIFT) for level in LEVELS for side in (1, -1)]
    for mark in sorted(marks, key=lambda each: _angle(each.day)):
        at = [_point(level, _angle(mark.day) + shift) for level, shift in places]
        free = (place for place in at if all(_apart(place, other[1:]) for other in found))
        found.append((mark, *next(free, at[0])))
    return found


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 >= (2 * DOT + 1) ** 2


def _angle(day: date) -> float:
    """Returns degrees clockwise from the top."""
    return 360 * (day.timetuple().tm_yday - 1) / (366 if isleap(day.year) else 365)


def _point(radius: float, angle: float) -> tuple[float, float]:
    turned = angle * pi / 180
    return CENTER + radius * sin(turned), CENTER - radius * cos(turned)


def _month(picture: draw.Drawing, month: int) -> None:
    start = _angle(date(2025, month, 1)) + GAP / 2
    end = (_angle(date(2025, month + 1, 1)) if month < 12 else 360) - GAP / 2
    (x, y), inner_end = _point(OUTER, start), _point(INNER, end)
    path = draw.Path(fill=BAND).M(x, y).A(OUTER, OUTER, 0, 0, 1, *_point(OUTER, end))
    picture.append(path.L(*inner_end).A(INNER, INNER, 0, 0, 0, *_point(INNER, start)).Z())
    x, y = _point(LETTERS, (start + end) / 2)
    letter = date_format(date(2025, month, 1), "F")[0]
    picture.append(words_at(letter, x, y + 5, 14, anchor="middle", fill=INK_2))


def _needle(picture: draw.Drawing, angle: float) -> None:
    wide, narrow = (INNER - 4, 1.2), (OUTER + 10, 3)
    points = [_point(radius, angle + side * turn) for side in (-1, 1) for radius, turn in (wide, narrow)[::side]]
    flat = [number for point in points for number in point]
    picture.append(draw.Lines(*flat, close=True, fill=NEEDLE))

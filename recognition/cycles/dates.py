"""The dates of a cycle as one picture, and as the rows of the table beside it: what staff plan, what applicants see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import drawsvg as draw
from django.utils.safestring import SafeString

from accounts import zones
from recognition.models import Cycle
from reports import tokens
from reports.charts import EMPTY, EMPTY_EDGE, INK, INK_2, as_svg, drawn, words_at

BAR, NOW = tokens.value("brand"), tokens.value("ink")
WIDTH, HEAD, ROW = 390, 40, 58  # as wide as a phone, so that its words are read there
EDGE = 4


@dataclass(frozen=True)
class Period:
    """A part of the cycle from its first to its last day, either of which may not be set."""

    label: str
    first: date | None
    last: date | None

    def is_on(self, day: date) -> bool:
        return self.first is not None and self.last is not None and self.first <= day <= self.last

    @property
    def shown(self) -> str:
        if not (self.first or self.last):
            return "not set"
        return f"{_day(self.first)} to {_day(self.last)}"


@dataclass(frozen=True)
class Mark:
    """A step that was taken on a day."""

    label: str
    day: date


@dataclass(frozen=True)
class Dates:
    """What ``recognition/cycles/_dates.html`` shows."""

    periods: list[Period]
    marks: list[Mark]
    picture: SafeString
    on: list[str]  # labels of the periods in which today lies


def _day(day: date | None) -> str:
    return f"{day:%b %-d, %Y}" if day else "not set"


def for_staff(cycle: Cycle, marks: Iterable[Mark] = ()) -> Dates:
    opens, closes = _days(cycle)
    return _dates(
        cycle,
        [
            Period("Applications", opens, closes),
            Period("Completeness and compliance", closes, cycle.panel_from),
            Period("Panel review", cycle.panel_from, cycle.panel_until),
            Period("Letters", cycle.letters_from, cycle.letters_until),
        ],
        list(marks),
    )


def for_applicants(cycle: Cycle) -> Dates:
    opens, closes = _days(cycle)
    reviewed = cycle.letters_from or cycle.panel_until
    periods = [
        Period("You can apply", opens, closes),
        Period("Applications are reviewed", closes, reviewed),
        Period("Letters with the outcome", cycle.letters_from, cycle.letters_until),
    ]
    return _dates(cycle, [each for each in periods if each.first and each.last], [])


def _days(cycle: Cycle) -> tuple[date, date]:
    """Returns the first and the last day on which applications are taken, in the cycle's time zone."""
    zone = ZoneInfo(cycle.time_zone)
    return cycle.opens.astimezone(zone).date(), (cycle.closes - timedelta(microseconds=1)).astimezone(zone).date()


def _dates(cycle: Cycle, periods: list[Period], marks: list[Mark]) -> Dates:
    today = zones.today(ZoneInfo(cycle.time_zone))
    on = [each.label for each in periods if each.is_on(today)]
    return Dates(periods, marks, _picture(cycle, periods, marks, today), on)


def _picture(cycle: Cycle, periods: list[Period], marks: list[Mark], today: date) -> SafeString:
    """Draws a bar for each period, a diamond for each step that was taken, and a line on each track where today is."""
    days = [day for each in periods for day in (each.first, each.last) if day] + [mark.day for mark in marks]
    first, last = min(days), max(max(days), min(days) + timedelta(days=1))
    steps = f" {len(marks)} steps were taken." if len(marks) > 1 else " 1 step was taken." if marks else ""
    said = f"The dates of {cycle}, from {_day(first)} to {_day(last)}.{steps} The table has the same."
    height = HEAD + ROW * (len(periods) + bool(marks))
    picture = drawn(WIDTH, height, said)

    def x(day: date) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (day - first).days / (last - first).days

    picture.append(words_at(_day(first), 0, 14, 13, fill=INK_2))
    picture.append(words_at(_day(last), WIDTH, 14, 13, anchor="end", fill=INK_2))
    for place, each in enumerate(periods):
        top = HEAD + place * ROW
        picture.append(words_at(each.label, 0, top + 12, 14, weight=700))
        picture.append(words_at(each.shown, 0, top + 28, 12.5, fill=INK_2))
        picture.append(draw.Rectangle(0, top + 34, WIDTH, 12, rx=3, fill=EMPTY))
        if each.first and each.last:
            left, right = x(each.first), x(each.last)
            edge = {"stroke": NOW, "stroke_width": 2} if each.is_on(today) else {}
            picture.append(draw.Rectangle(left, top + 34, max(right - left, 6), 12, rx=3, fill=BAR, **edge))
    if marks:
        top = HEAD + len(periods) * ROW
        picture.append(words_at("Steps so far", 0, top + 12, 14, weight=700))
        picture.append(draw.Line(0, top + 32, WIDTH, top + 32, stroke=EMPTY_EDGE, stroke_width=2))
        for mark in marks:
            at = x(mark.day)
            corners = (at, top + 25, at + 7, top + 32, at, top + 39, at - 7, top + 32)
            picture.append(draw.Lines(*corners, close=True, fill=INK))
    if first <= today <= last:
        at = x(today)
        for place in range(len(periods)):  # beside its words, not through them
            track = HEAD + place * ROW + 30
            picture.append(draw.Line(at, track, at, track + 20, stroke=INK, stroke_width=2.5))
        anchor = "start" if at < 30 else "end" if at > WIDTH - 30 else "middle"
        picture.append(words_at("today", at, 30, 12.5, anchor=anchor, weight=700))
    return as_svg(picture)

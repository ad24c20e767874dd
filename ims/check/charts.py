"""The small charts of a measure: a line, the wanted value as a dashed line, and the last point with its value."""

from collections.abc import Sequence
from decimal import Decimal

import drawsvg as draw
from django.utils.safestring import SafeString

from ims.check.periods import LENGTH, Every
from ims.check.readings import Reading, Standing
from reports.charts import COLORS, EMPTY_EDGE, INK, INK_2, as_svg, drawn, words_at

LINE = COLORS["check"]
_WIDTH, _HEIGHT, _TOP, _BOTTOM, _SIDE = 480, 210, 30, 52, 12
_SMALL = (96, 28)


class _Scale:
    """Places readings in a picture: x by their period, y by their value; the goal's limits fit in too."""

    def __init__(self, standing: Standing, left: float, right: float, top: float, bottom: float) -> None:
        self.length = LENGTH[Every(standing.measure.every)]
        self.first = _months(standing.readings[0])
        periods = (_months(standing.readings[-1]) - self.first) // self.length
        self.left = left if periods else (left + right) / 2
        self.step = (right - left) / max(periods, 1)
        values = [*standing.values, *standing.measure.goal.limits]
        self.low, high = min(values), max(values)
        self.top, self.bottom, self.span = top, bottom, high - self.low

    def x(self, reading: Reading) -> float:
        return self.left + self.step * ((_months(reading) - self.first) // self.length)

    def y(self, value: Decimal) -> float:
        share = float((value - self.low) / self.span) if self.span else 0.5
        return self.bottom - (self.bottom - self.top) * share

    def runs(self, readings: Sequence[Reading]) -> list[list[tuple[float, float]]]:
        """Returns the points of the line. A period without a reading breaks it."""
        found: list[list[tuple[float, float]]] = []
        last = None
        for reading in readings:
            point = (self.x(reading), self.y(reading.value or Decimal(0)))
            if last is not None and _months(reading) - last == self.length:
                found[-1].append(point)
            else:
                found.append([point])
            last = _months(reading)
        return found


def _months(reading: Reading) -> int:
    return reading.period.year * 12 + reading.period.month


def line(standing: Standing) -> SafeString:
    """Draws the readings of a measure, of which there is at least one."""
    measure, readings = standing.measure, standing.readings
    scale = _Scale(standing, _SIDE, _WIDTH - _SIDE, _TOP, _HEIGHT - _BOTTOM)
    picture = drawn(_WIDTH, _HEIGHT, _title(standing))
    _line(picture, scale.runs(readings), 3.5)
    first, last = readings[0], readings[-1]
    _value(picture, scale, last, readings[-2].value if len(readings) > 1 else None)
    if len(readings) > 1:
        _value(picture, scale, first, readings[1].value)
        picture.append(words_at(str(first), 0, _HEIGHT - 4, 14, fill=INK_2))
    picture.append(words_at(str(last), _WIDTH, _HEIGHT - 4, 14, anchor="end", fill=INK_2))
    picture.append(draw.Circle(scale.x(last), scale.y(last.value or Decimal(0)), 6, fill=LINE))
    for limit in measure.goal.limits:
        _limit(picture, scale, limit, measure.shown(limit), [first, last])
    return as_svg(picture)


def _title(standing: Standing) -> str:
    first, last = standing.readings[0], standing.readings[-1]
    goal = f" Target: {standing.goal_words}." if standing.goal_words else ""
    if first == last:
        return f"{last.measure.title}: {last.shown} in {last}.{goal}"
    return f"{last.measure.title}: from {first.shown} in {first} to {last.shown} in {last}.{goal}"


def _limit(picture: draw.Drawing, scale: _Scale, limit: Decimal, words: str, ends: list[Reading]) -> None:
    """Draws a dashed line with its number at the side where the readings are farther away."""
    y = scale.y(limit)
    away = [abs(scale.y(end.value or Decimal(0)) - y) for end in ends]
    x, anchor = (0, "start") if away[0] > away[1] else (_WIDTH, "end")
    picture.append(draw.Line(0, y, _WIDTH, y, stroke=INK_2, stroke_width=1.5, stroke_dasharray="6 4"))
    picture.append(words_at(f"target {words}", x, y - 6 if y > _TOP else y + 17, 14, anchor=anchor, fill=INK_2))


def _line(picture: draw.Drawing, runs: list[list[tuple[float, float]]], width: float) -> None:
    for points in runs:
        if len(points) == 1:
            picture.append(draw.Circle(*points[0], width, fill=LINE))
        else:
            flat = [place for point in points for place in point]
            picture.append(draw.Lines(*flat, fill="none", stroke=LINE, stroke_width=width, stroke_linejoin="round"))


def _value(picture: draw.Drawing, scale: _Scale, reading: Reading, beside: Decimal | None) -> None:
    """Writes a value above its point, or below it if the line goes up from there."""
    value = reading.value or Decimal(0)
    x, y = scale.x(reading), scale.y(value)
    above = beside is None or beside <= value
    anchor = "middle" if beside is None else "start" if x < _WIDTH / 2 else "end"
    edge = {"start": x - 6, "end": x + 6, "middle": x}[anchor]
    picture.append(words_at(reading.shown, edge, y - 12 if above else y + 22, 16, anchor=anchor, weight=700, fill=INK))


def sparkline(standing: Standing) -> SafeString:
    """Draws the last readings in a line of text, of which there is at least one."""
    width, height = _SMALL
    scale = _Scale(standing, 5, width - 5, 5, height - 5)
    picture = drawn(width, height, _title(standing))
    for limit in standing.measure.goal.limits:
        y = scale.y(limit)
        picture.append(draw.Line(0, y, width, y, stroke=EMPTY_EDGE, stroke_width=1, stroke_dasharray="3 3"))
    _line(picture, scale.runs(standing.readings), 2)
    last = standing.readings[-1]
    picture.append(draw.Circle(scale.x(last), scale.y(last.value or Decimal(0)), 3.5, fill=LINE))
    return as_svg(picture)

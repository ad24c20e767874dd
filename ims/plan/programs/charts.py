"""The pictures of the programs: a timeline, and the hours of each person by month. Their tables are on the page."""

from datetime import date

import drawsvg as draw
from django.utils.safestring import SafeString

from ims.plan.programs.work import Month, Work
from ims.plan.programs.workload import Row
from reports import tokens
from reports.charts import COLORS, EMPTY, EMPTY_EDGE, INK, INK_2, ON_FILL, as_svg, drawn, words_at

BAR, LATE, BACK = COLORS["plan"], tokens.value("bad"), EMPTY
_WIDTH, _LABEL, _LINE, _HEAD = 1160, 380, 30, 44
_SHORTENED = 50  # characters of a label
_TALL, _GAP = 64, 22  # of a person's bars

Groups = list[tuple[str, list[Work]]]


def timeline(groups: Groups, months: list[Month], today: date) -> SafeString:
    """Draws a bar for each action that has a date; what lies outside of the months is cut off."""
    lines = sum(1 + len(works) for _, works in groups)
    number = len({work.pk for _, works in groups for work in works})
    title = (
        f"{number} action{'' if number == 1 else 's'} from {months[0]} to {months[-1]}. The list below has the same."
    )
    picture = drawn(_WIDTH, _HEAD + lines * _LINE, title)
    scale = _Scale(months)
    _months(picture, scale, _HEAD + lines * _LINE)
    top = _HEAD
    for name, works in groups:
        picture.append(words_at(_short(name, 70), 0, top + 21, 15, weight=700))
        top += _LINE
        for work in works:
            _bar(picture, scale, work, top, today)
            top += _LINE
    x = scale.x(today)
    picture.append(draw.Line(x, _HEAD - 8, x, top, stroke=INK, stroke_width=1.5, stroke_dasharray="4 3"))
    picture.append(words_at("today", x, _HEAD - 12, 13, anchor="middle", weight=700))
    return as_svg(picture)


class _Scale:
    """Places days between the first and the last month."""

    def __init__(self, months: list[Month]) -> None:
        self.months = months
        self.first, self.end = months[0].first, months[-1].next.first
        self.step = (_WIDTH - _LABEL - 8) / (self.end - self.first).days

    def x(self, day: date) -> float:
        inside = min(max(day, self.first), self.end)
        return _LABEL + self.step * (inside - self.first).days


def _months(picture: draw.Drawing, scale: _Scale, bottom: float) -> None:
    each = max(1, len(scale.months) // 8)
    for n, month in enumerate(scale.months):
        x = scale.x(month.first)
        if n % each == 0:
            picture.append(draw.Line(x, 20, x, bottom, stroke=EMPTY_EDGE, stroke_width=1))
            has_year = n == 0 or month.number <= each
            words = f"{month.short} ’{month.year % 100:02}" if has_year else month.short
            picture.append(words_at(words, x + 4, 14, 13, fill=INK_2))


def _bar(picture: draw.Drawing, scale: _Scale, work: Work, top: float, today: date) -> None:
    first, last = work.first, work.last
    if first is None or last is None:
        return
    late = work.is_late(today)
    label = f"{work.number} {work.title}"
    picture.append(words_at(_short(label, _SHORTENED), 12, top + 20, 14))
    left, right = scale.x(first), scale.x(last)
    width = max(right - left, 6)
    picture.append(draw.Rectangle(left, top + 7, width, 16, rx=3, fill=LATE if late else BAR))
    if late:
        end = scale.x(today)
        picture.append(
            draw.Line(left + width, top + 15, end, top + 15, stroke=LATE, stroke_width=2, stroke_dasharray="5 3")
        )
        if width > 40:
            picture.append(words_at("late", left + width - 5, top + 19.5, 13, anchor="end", weight=700, fill=ON_FILL))
        else:
            picture.append(words_at("late", left - 5, top + 19.5, 13, anchor="end", weight=700, fill=LATE))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def workload(rows: list[Row], months: list[Month]) -> SafeString:
    """Draws the hours of each person by month; a dashed line is the capacity, and what exceeds it has a mark."""
    most = max(
        [float(cell.hours) for row in rows for cell in row.cells] + [float(row.load.capacity or 0) for row in rows]
    )
    over = sum(bool(row.overloaded) for row in rows)
    said = f" {over} of them beyond their capacity." if over else ""
    title = f"Hours of {len(rows)} people from {months[0]} to {months[-1]}.{said} The table below has the same."
    height = _HEAD + len(rows) * (_TALL + _GAP)
    picture = drawn(_WIDTH, height, title)
    wide = (_WIDTH - 240) / len(months)
    for n, month in enumerate(months):
        words = f"{month.short} {month.year}" if n == 0 or month.number == 1 else month.short
        picture.append(words_at(words, 240 + wide * (n + 0.5), 20, 13, anchor="middle", fill=INK_2))
    for place, row in enumerate(rows):
        _person(picture, row, _HEAD + place * (_TALL + _GAP), wide, most or 1)
    return as_svg(picture)


def _person(picture: draw.Drawing, row: Row, top: float, wide: float, most: float) -> None:
    base = top + _TALL
    picture.append(words_at(_short(row.load.name, 26), 0, base - 24, 15, weight=700))
    capacity = row.load.capacity
    words = "no capacity entered" if capacity is None else f"capacity {capacity.normalize():f} a month"
    picture.append(words_at(words if row.load.owner else "no owner", 0, base - 4, 13, fill=INK_2))
    for n, cell in enumerate(row.cells):
        x, tall = 240 + wide * n, _TALL * float(cell.hours) / most
        picture.append(draw.Rectangle(x + 6, base - 2, wide - 12, 2, fill=EMPTY_EDGE))
        if cell.hours:
            color = LATE if cell.over else BAR
            picture.append(draw.Rectangle(x + 6, base - tall, wide - 12, max(tall, 2), rx=2, fill=color))
            shown = f"{cell.hours} over" if cell.over and wide > 90 else f"{cell.hours}{'!' if cell.over else ''}"
            weight = 700 if cell.over else 400
            picture.append(words_at(shown, x + wide / 2, base - tall - 4, 13, anchor="middle", weight=weight))
    if capacity is not None:
        y = base - _TALL * float(capacity) / most
        picture.append(draw.Line(240, y, _WIDTH, y, stroke=INK, stroke_width=1.5, stroke_dasharray="6 4"))

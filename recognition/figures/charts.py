"""Charts of a cycle's statistics, as SVG. Only presentation attributes, to satisfy a strict content security policy.

Each chart has a title that says what it shows and a text with the value of each bar, and is shown next to its table.
"""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import drawsvg as draw
from django.utils.safestring import SafeString

from recognition.figures.statistics import Group, Load, StageTime, Step
from reports import tokens
from reports.charts import EMPTY, EMPTY_EDGE, INK_2, as_svg, drawn, words_at

ACCENT, WASH = tokens.value("brand"), tokens.value("chart-range")
# Width of a chart, left edge and full width of its bars, height of a row and of the axis.
_WIDTH, _LEFT, _FULL, _ROW, _AXIS = 388, 130, 162, 38, 34


class Bar(NamedTuple):
    """A bar with ``filled`` of ``whole`` filled, and ``words`` at its end that give the values."""

    label: str
    filled: int
    whole: int
    words: str


def funnel(steps: Sequence[Step]) -> SafeString:
    """Draws how many of all started applications reached each step."""
    started = steps[0].reached
    said = ", ".join(f"{step.title.lower()} {step.reached}" for step in steps)
    bars = [Bar(step.title, step.reached, started, f"{step.reached}") for step in steps]
    return _bars(f"From start to recognition: {said}.", bars)


def load(members: Sequence[Load]) -> SafeString:
    """Draws how many reviews each member submitted, of the seats the member has or had."""
    reviewed, assigned = sum(each.reviewed for each in members), sum(each.assigned for each in members)
    title = f"Workload of {len(members)} reviewers: {reviewed} of {assigned} reviews submitted."
    return _bars(title, [_part(each.name, each.reviewed, each.assigned) for each in members])


def regions(groups: Sequence[Group]) -> SafeString:
    """Draws how many were recognized in each EPA region, of those that applied."""
    said = ", ".join(f"{each.label} {each.recognized} of {each.applied}" for each in groups)
    bars = [_part(each.label, each.recognized, each.applied) for each in groups]
    return _bars(f"Recognized by EPA region: {said}.", bars)


def _part(label: str, filled: int, whole: int) -> Bar:
    return Bar(label, filled, whole, f"{filled} of {whole}")


def _bars(title: str, bars: Sequence[Bar]) -> SafeString:
    """Draws the bars, scaled so that the largest ``whole`` has the full width."""
    picture = drawn(_WIDTH, _ROW * len(bars), title)
    unit = _FULL / (max(bar.whole for bar in bars) or 1)
    for line, bar in enumerate(bars):
        top = _ROW * line
        _label(picture, bar.label, top)
        box = {"height": 18, "rx": 4}
        picture.append(draw.Rectangle(_LEFT, top + 11, max(4, unit * bar.whole), **box, fill=EMPTY, stroke=EMPTY_EDGE))
        if bar.filled:
            picture.append(draw.Rectangle(_LEFT, top + 11, max(4, unit * bar.filled), **box, fill=ACCENT))
        picture.append(_text(bar.words, _LEFT + _FULL + 10, top + 25, weight=600))
    return as_svg(picture)


def stage_times(times: Sequence[StageTime]) -> SafeString:
    """Draws for each stage a line to the longest time, a box over the middle half, and the median as mark and text."""
    said = ", ".join(f"{each.title} {each.median:.1f}" for each in times)
    picture = drawn(_WIDTH, _ROW * len(times) + _AXIS, f"Median days in each stage: {said}.")
    most = max(each.longest for each in times) or 1
    _axis(picture, most, _ROW * len(times))
    for line, each in enumerate(times):
        _label(picture, each.title, _ROW * line)
        _range(picture, each, _ROW * line, _FULL / most)
        picture.append(_text(f"median {each.median:.1f}", _LEFT + _FULL + 14, _ROW * line + 25, weight=600))
    return as_svg(picture)


def _range(picture: draw.Drawing, time: StageTime, top: int, unit: float) -> None:
    first, middle, third, longest = (
        _LEFT + unit * days for days in (time.first, time.median, time.third, time.longest)
    )
    picture.append(draw.Line(third, top + 20, longest, top + 20, stroke=INK_2, stroke_width=2))
    picture.append(draw.Circle(longest, top + 20, 3.5, fill=INK_2))
    if third - first >= 1:
        box = {"rx": 3, "fill": WASH, "stroke": ACCENT, "stroke_width": 1.5}
        picture.append(draw.Rectangle(first, top + 11, third - first, 18, **box))
    picture.append(draw.Line(middle, top + 8, middle, top + 32, stroke=ACCENT, stroke_width=3.5))


def _axis(picture: draw.Drawing, most: float, bottom: int) -> None:
    picture.append(draw.Line(_LEFT, bottom, _LEFT + _FULL, bottom, stroke=EMPTY_EDGE, stroke_width=1.5))
    for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        x, words = _LEFT + _FULL * share, f"{most * share:,.0f}" if most >= 10 else f"{most * share:.1f}"
        picture.append(draw.Line(x, bottom, x, bottom + 5, stroke=EMPTY_EDGE, stroke_width=1.5))
        picture.append(_text(words + (" days" if share == 1 else ""), x, bottom + 21, anchor=anchor, fill=INK_2))


def _label(picture: draw.Drawing, words: str, top: int) -> None:
    lines = textwrap.wrap(words, 18, max_lines=2, placeholder=" …")
    first = top + (25 if len(lines) == 1 else 17)
    for number, line in enumerate(lines):
        picture.append(_text(line, 0, first + 15 * number))


def _text(words: str, x: float, y: float, **look: Any) -> draw.Text:
    return words_at(words, x, y, 13.5, **look)

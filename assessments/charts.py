"""The charts of a gap analysis (see reports.charts)."""

import textwrap

import drawsvg as draw
from django.utils.safestring import SafeString

from assessments.results import Coverage, Results
from reports.charts import COLORS, EMPTY, EMPTY_EDGE, INK, INK_2, ON_FILL, as_svg, drawn, words_at

_CELL, _TOP, _LINE = 34, 30, 15


def heat_map(results: Results, *, labels: int = 186, row: int = 40) -> SafeString:
    """Draws elements down and areas in scope across. A filled cell with a dot is covered, an empty one is a gap.

    ``labels`` is the width of the names of the elements, ``row`` the height of a row, which a long name increases.
    """
    names = [textwrap.wrap(each.name, labels // 8 + 1) for each in results.rows]
    heights = [max(row, _LINE * len(lines) + 10) for lines in names]
    width, height = labels + _CELL * len(results.areas), _TOP + sum(heights)
    covered = sum(len(row.areas) for row in results.rows)
    cells = len(results.rows) * len(results.areas)
    picture = drawn(width, height, f"Heat map: {covered} of {cells} element and area pairs are covered.")
    for column, area in enumerate(results.areas):
        picture.append(
            words_at(area.code, labels + _CELL * (column + 0.5), 20, 14, anchor="middle", weight=700, fill=INK_2)
        )
    top = _TOP
    for each, lines, tall in zip(results.rows, names, heights, strict=True):
        color = COLORS.get(each.component, INK)
        _label(picture, lines, top, tall, color)
        for column, area in enumerate(results.areas):
            _cell(picture, labels + _CELL * column, top, tall, color, filled=area.code in each.areas)
        top += tall
    return as_svg(picture)


def coverage_bars(results: Results) -> SafeString:
    """Draws one bar for each component, with its letter and the cells covered, of those in scope."""
    said = ", ".join(f"{each.name} {each.fraction} cells" for each in results.coverage)
    picture = drawn(480, 44 * len(results.coverage), f"Coverage: {said}.")
    for line, each in enumerate(results.coverage):
        _bar(picture, each, 44 * line)
    return as_svg(picture)


def _bar(picture: draw.Drawing, coverage: Coverage, top: int) -> None:
    color, left, full = COLORS.get(coverage.slug, INK), 96, 300
    picture.append(draw.Circle(18, top + 22, 14, fill=color))
    picture.append(words_at(coverage.name[0], 18, top + 27, 15, anchor="middle", weight=700, fill=ON_FILL))
    picture.append(words_at(coverage.name, 42, top + 27, 15, weight=600))
    picture.append(draw.Rectangle(left, top + 13, full, 18, rx=9, fill=EMPTY, stroke=EMPTY_EDGE, stroke_width=1))
    if coverage.covered:
        width = max(18, full * coverage.covered / coverage.cells)
        picture.append(draw.Rectangle(left, top + 13, width, 18, rx=9, fill=color))
    picture.append(words_at(coverage.fraction, left + full + 14, top + 28, 15, weight=700))


def _label(picture: draw.Drawing, lines: list[str], top: int, tall: int, color: str) -> None:
    picture.append(draw.Rectangle(0, top + 3, 4, tall - 6, rx=2, fill=color))
    first = top + tall / 2 + 5 - _LINE / 2 * (len(lines) - 1)
    for number, line in enumerate(lines):
        picture.append(words_at(line, 12, first + _LINE * number, 13))


def _cell(picture: draw.Drawing, left: float, top: float, tall: float, color: str, *, filled: bool) -> None:
    edge = color if filled else EMPTY_EDGE
    picture.append(
        draw.Rectangle(left + 2, top + 2, _CELL - 4, tall - 4, rx=4, fill=color if filled else EMPTY, stroke=edge)
    )
    if filled:
        picture.append(draw.Circle(left + _CELL / 2, top + tall / 2, 5, fill=ON_FILL))

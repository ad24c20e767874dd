"""How much falls in each month: a column for each, in parts by component."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import drawsvg as draw
from django.utils.safestring import SafeString

from reports import tokens
from reports.charts import COLORS, INK_2, as_svg, drawn, words_at

WIDTH, HEIGHT, TOP, BOTTOM = 350, 130, 20, 22
BASE = HEIGHT - BOTTOM
GAP = 8  # between two columns
LINE = tokens.value("line-strong")


@dataclass(frozen=True)
class Column:
    """A month, and how many things of each component (slug) it has."""

    month: date
    counts: Mapping[str, int]

    @property
    def n(self) -> int:
        return sum(self.counts.values())


def drawn_load(columns: Sequence[Column], words: str) -> SafeString:
    """Draws the columns, each with its number above and its month below. ``words`` say what the picture shows."""
    most = max((column.n for column in columns), default=0) or 1
    wide = WIDTH / len(columns)
    picture = drawn(WIDTH, HEIGHT, f"How much falls in each month. {words}")
    for place, column in enumerate(columns):
        x, y = place * wide + GAP / 2, float(BASE)
        for component, color in COLORS.items():
            high = (BASE - TOP) * column.counts.get(component, 0) / most
            if high:
                y -= high
                picture.append(draw.Rectangle(x, y, wide - GAP, high, fill=color))
        middle = x + (wide - GAP) / 2
        picture.append(words_at(str(column.n), middle, y - 5, 12, anchor="middle", weight=700))
        picture.append(words_at(f"{column.month:%B}"[0], middle, HEIGHT - 6, 12, anchor="middle", fill=INK_2))
    picture.append(draw.Line(0, BASE, WIDTH, BASE, stroke=LINE, stroke_width=1))
    return as_svg(picture)

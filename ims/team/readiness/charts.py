"""The picture of one factor: how many chose each value, the median, and the median of the round before."""

import drawsvg as draw
from django.utils.safestring import SafeString

from ims.team.readiness.factors import scale
from ims.team.readiness.spread import Spread
from reports.charts import EMPTY, EMPTY_EDGE, INK, INK_2, ON_FILL, as_svg, drawn, words_at
from reports.tokens import value as color

_WIDTH, _HEIGHT, _STEP, _LEFT, _LINE = 300, 76, 62, 26, 34
_DOT = color("plan")


def strip(found: Spread, earlier: Spread | None = None) -> SafeString:
    """Draws a circle at each value that somebody chose, with how many did; a line from the lowest to the highest."""
    picture = drawn(_WIDTH, _HEIGHT, _said(found, earlier))
    if earlier and earlier.median is not None:
        x = _at(earlier.median)
        picture.append(draw.Lines(x, 13, x - 7, 2, x + 7, 2, close=True, fill=EMPTY, stroke=INK_2, stroke_width=1.5))
    picture.append(draw.Line(_at(1), _LINE, _at(5), _LINE, stroke=EMPTY_EDGE, stroke_width=2))
    if found.ratings:
        picture.append(draw.Line(_at(found.low), _LINE, _at(found.high), _LINE, stroke=_DOT, stroke_width=6))
    if found.median is not None:
        x = _at(found.median)
        picture.append(draw.Line(x, _LINE - 19, x, _LINE + 19, stroke=INK, stroke_width=4))
    for rating, n in found.counts.items():
        picture.append(draw.Circle(_at(rating), _LINE, 13, fill=_DOT))
        picture.append(words_at(str(n), _at(rating), _LINE + 5, 14, anchor="middle", weight=700, fill=ON_FILL))
    for rating in scale():
        picture.append(words_at(str(rating), _at(rating), _HEIGHT - 6, 14, anchor="middle", fill=INK_2))
    return as_svg(picture)


def _at(rating: float) -> float:
    return _LEFT + _STEP * (rating - 1)


def _said(found: Spread, earlier: Spread | None) -> str:
    if not found.ratings:
        return "Nobody rated it."
    chosen = ", ".join(f"{rating} was chosen by {n}" for rating, n in found.counts.items())
    before = f", before {earlier.median:g}" if earlier and earlier.median is not None else ""
    return f"{chosen}. Median {found.median:g}{before}."

"""What the charts of every room are drawn with: SVG for page and PDF alike.

Only presentation attributes, so that a strict content security policy holds. Each picture has a title that says what it
shows, and the page gives the same figures as a table.
"""

from xml.sax.saxutils import escape

import drawsvg as draw
from django.utils.safestring import SafeString, mark_safe

from reports import tokens

COLORS = {component: tokens.value(component) for component in ("plan", "do", "check", "act")}
EMPTY, EMPTY_EDGE = tokens.value("chart-empty"), tokens.value("line-strong")
INK, INK_2, ON_FILL = tokens.value("ink"), tokens.value("ink-quiet"), tokens.value("on-fill")
FONT = "Public Sans, sans-serif"


def drawn(width: float, height: float, title: str) -> draw.Drawing:
    """An empty picture; ``title`` says to those who can't see it what it shows."""
    picture = draw.Drawing(width, height, role="img", font_family=FONT)
    picture.append(draw.Raw(f"<title>{escape(title)}</title>"))
    return picture


def words_at(
    words: str, x: float, y: float, size: float, *, anchor: str = "start", weight: int = 400, fill: str = INK
) -> draw.Text:
    return draw.Text(words, size, x, y, text_anchor=anchor, font_weight=weight, fill=fill)


def as_svg(picture: draw.Drawing) -> SafeString:
    # drawsvg escapes the texts that it is given; the title is escaped above.
    return mark_safe(picture.as_svg(header="").strip())  # noqa: S308

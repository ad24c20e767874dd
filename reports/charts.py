"""Tools to draw the charts of every app, as SVG for pages and PDFs.

They use only presentation attributes, which a strict content security policy allows. Each picture has a title that says
what it shows, and the page shows the same figures in a table.
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
    """Returns an empty picture. ``title`` says what it shows, for people who can't see it."""
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

"""How a PDF is divided into pages, and whether its tables say something: read from the boxes that WeasyPrint laid out.

``faults(document)`` is a list of sentences, empty if the document is in order.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from weasyprint.document import Document
from weasyprint.formatting_structure import boxes

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "thead", "dt"}
BELOW_HEADINGS = {"who", "about", "rating"}  # classes of lines that belong to the heading above them
WHOLE = {"tr", "figure", "svg"}  # do not split, unless they are taller than most of a page
MIN_FILLED = 1 / 3  # of a page in the middle must be filled
SAYS_NOTHING = re.compile(r"[-–—]?|not (stated|said|known|answered)\.?|none", re.IGNORECASE)


class Piece(NamedTuple):
    """A line or a picture, and the elements that it is in, from the outside."""

    elements: list[Any]
    top: float
    bottom: float
    text: str

    @property
    def tags(self) -> set[str]:
        return {element.tag for element in self.elements}


def faults(document: Document) -> list[str]:
    """A document that is enclosed starts with the class ``enclosure`` and is looked at by itself."""
    pages = [list(_pieces(page._page_box.children[0], [])) for page in document.pages]
    heights = [page._page_box.height for page in document.pages]
    tops = [page._page_box.content_box_y() for page in document.pages]
    found = []
    for number, pieces in enumerate(pages):
        if not pieces:
            found.append(f"page {number + 1} is empty")
            continue
        last = max(pieces, key=lambda piece: (piece.bottom, len(piece.elements)))
        following = pages[number + 1] if number + 1 < len(pages) else []
        ends = not following or "enclosure" in _classes(following[0])
        if not ends and (last.tags & HEADINGS or BELOW_HEADINGS & set(last.elements[-1].get("class", "").split())):
            found.append(f"page {number + 1} ends with the heading “{last.text}”")
        filled = (last.bottom - tops[number]) / heights[number]
        if number and not ends and filled < MIN_FILLED:
            found.append(f"page {number + 1} is filled to {filled:.0%}, down to “{last.text}”")
        if filled > 1.01:
            found.append(f"page {number + 1} is filled to {filled:.0%}")
    return found + list(_split(pages, heights)) + list(_empty_cells(document))


def _pieces(box: Any, within: list[Any]) -> Iterator[Piece]:
    inside = [*within, box.element] if box.element is not None and box.element not in within else within
    if isinstance(box, boxes.LineBox | boxes.ReplacedBox):
        text = "".join(each.text for each in box.descendants() if isinstance(each, boxes.TextBox)).strip()
        if text or isinstance(box, boxes.ReplacedBox):
            # A long address in an inline box may make its line no higher than its words.
            yield Piece(inside, box.position_y, box.position_y + box.height, text[:60])
        for child in getattr(box, "children", ()):  # an element within the line, such as b, is in no other piece
            if isinstance(child, boxes.ReplacedBox):
                yield from _pieces(child, inside)
        return
    for child in getattr(box, "children", ()):
        yield from _pieces(child, inside)


def _classes(piece: Piece) -> set[str]:
    return {name for element in piece.elements for name in (element.get("class") or "").split()}


def _split(pages: list[list[Piece]], heights: list[float]) -> Iterator[str]:
    """What should be whole and is on two pages although it fits on most of one."""
    on: dict[Any, dict[int, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for number, pieces in enumerate(pages):
        for piece in pieces:
            for element in piece.elements:
                if element.tag in WHOLE and "thead" not in piece.tags:
                    on[element][number].append(piece)
    for element, places in on.items():
        if len(places) < 2:
            continue
        tall = sum(max(p.bottom for p in each) - min(p.top for p in each) for each in places.values())
        if tall < max(heights) * 0.3:
            first = next(iter(places.values()))[0]
            yield f"the {element.tag} with “{first.text}” is on the pages {[number + 1 for number in places]}"


def _empty_cells(document: Document) -> Iterator[str]:
    """Columns, rows and terms that say nothing for anything."""
    root = document.pages[0]._page_box.children[0].element
    for table in root.iter("table"):
        heads = [_text(cell) for cell in table.iterfind("./thead/tr/*")]
        rows = [[_text(cell) for cell in row] for row in table.iterfind("./tbody/tr")]
        if not rows:
            yield f"the table with the columns {heads} has no rows"
        for place, head in enumerate(heads):
            if place and all(SAYS_NOTHING.fullmatch(row[place]) for row in rows):
                yield f"the column “{head}” says nothing"
        for row in rows:
            if all(SAYS_NOTHING.fullmatch(cell) for cell in row[1:]):
                yield f"the row “{row[0]}” says nothing"
    in_cells = {each for cell in root.iter("td") for each in cell.iter()}
    for name in ("dd", "p", "ul", "dl"):
        for element in root.iter(name):
            if (
                element not in in_cells
                and SAYS_NOTHING.fullmatch(_text(element))
                and not any(each.tag in ("svg", "img") for each in element.iter())
            ):
                yield f"a {name} says only “{_text(element)}”"


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())

"""Makes a Word document of the HTML that also makes the PDF, so that neither has anything that the other lacks.

It knows what the templates of reports use: headings, paragraphs, lists, tables, facts (``dl``) and charts (``svg``).
The text of any other element becomes a paragraph.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import resvg_py
from docx import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Inches, Pt, RGBColor
from weasyprint import HTML

from reports import rendering, tokens
from workflow.spreadsheets import CONTROL

SVG, XMLNS = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/2000/xmlns/}"
HEADINGS = {f"h{level}": f"Heading {level}" for level in range(1, 7)}
BLOCKS = {*HEADINGS, "body", "dd", "div", "dl", "dt", "header", "li", "ol", "p", "section", "table", "ul"}
LISTS = ("List Bullet", "List Bullet 2", "List Bullet 3")  # by depth
SPACES = re.compile(r"[ \t\n\f\r]+")
MARGIN, WIDTH = Inches(0.8), Inches(6.9)  # what the margins of US Letter leave
TERM = Inches(2)
LANGUAGE = "en-US"
FONTS = ("PublicSans-Regular.ttf", "PublicSans-Bold.ttf")
SHARPNESS = 3  # pixels of a chart for each of its own
PIXEL = Emu(9525)  # 1/96 inch
MAX_LENGTH = 255  # characters of a document's properties


def docx(html: str) -> bytes:
    root = HTML(string=html).etree_element
    document, content = Document(), BytesIO()
    title = "".join(root.find("head/title").itertext())
    meta = {each.get("name"): each.get("content", "") for each in root.iterfind("head/meta")}
    known = document.core_properties
    known.title, known.subject = _short(title), _short(meta.get("description", ""))
    known.author, known.comments, known.language = _short(meta.get("author", "")), "", LANGUAGE
    _set_styles(document)
    _set_page(document, title)
    _Writer(document).write(root.find("body"), document)
    document.save(content)
    return content.getvalue()


class _Writer:
    def __init__(self, document: Any) -> None:
        self.document = document
        self.line: Any = None  # the paragraph that text goes to; none before its first word
        self.after_space = False

    def write(
        self, element: Any, place: Any, style: str = "Normal", depth: int = 0, *, bold: bool = False, line: Any = None
    ) -> None:
        """Adds the content of ``element`` to ``place``, the document or a cell.

        Text outside blocks goes to ``line``, or without it to a new paragraph.
        """
        self.line = line
        self._say(element.text, place, style, bold)
        for child in element:
            if child.tag in BLOCKS:
                self._block(child, place, style, depth)
                self.line = None
            elif isinstance(child.tag, str):  # not a comment
                self._inline(child, place, style, bold)
            self._say(child.tail, place, style, bold)

    def _block(self, element: Any, place: Any, style: str, depth: int) -> None:
        if element.tag in HEADINGS:
            self.write(element, place, HEADINGS[element.tag])
        elif element.tag in ("ul", "ol"):
            for item in element.iterfind("li"):
                self.write(item, place, LISTS[min(depth, len(LISTS) - 1)], depth + 1)
        elif element.tag == "dl":
            self._facts(element, place)
        elif element.tag == "table":
            self._table(element)
        else:
            self.write(element, place, style, depth)
        if element.tag == "header":
            self.document.add_page_break()

    def _inline(self, element: Any, place: Any, style: str, bold: bool) -> None:
        if element.tag == "br":
            if self.line is not None:
                self.line.add_run().add_break()
                self.after_space = True
        elif element.tag == f"{SVG}svg":
            self._chart(element, place)
        else:
            bold = bold or element.tag in ("b", "strong", "th") or "label" in element.get("class", "").split()
            self._say(element.text, place, style, bold)
            for child in element:
                self._inline(child, place, style, bold)
                self._say(child.tail, place, style, bold)

    def _say(self, text: str | None, place: Any, style: str, bold: bool) -> None:
        words = SPACES.sub(" ", CONTROL.sub("", text or ""))
        if self.line is None or self.after_space:
            words = words.lstrip(" ")
        if not words:
            return
        if self.line is None:
            self.line = self._paragraph(place, style)
        self.line.add_run(words).bold = bold or None
        self.after_space = words.endswith(" ")

    def _paragraph(self, place: Any, style: str) -> Any:
        self.after_space = True
        if place is not self.document and len(place.paragraphs) == 1 and not place.paragraphs[0].runs:
            place.paragraphs[0].style = style  # the paragraph of a new cell
            return place.paragraphs[0]
        return place.add_paragraph(style=style)

    def _facts(self, element: Any, place: Any) -> None:
        """Writes each term and its text in one paragraph, the texts below each other."""
        for each in (one for one in element.iter() if one.tag in ("dt", "dd")):
            if each.tag == "dd":
                self.write(each, place, line=self.line)
                continue
            self.write(each, place, bold=True)
            if self.line is not None:
                self.line.paragraph_format.left_indent, self.line.paragraph_format.first_line_indent = TERM, -TERM
                self.line.add_run("\t")
                self.after_space = True

    def _table(self, element: Any) -> None:
        rows = [row for part in element for row in (part if part.tag in ("thead", "tbody", "tfoot") else [part])]
        heads = set(element.iterfind("thead/tr"))
        table = self.document.add_table(rows=0, cols=max(len(row) for row in rows), style="Table Grid")
        for row in rows:
            made = table.add_row()
            rules = made._tr.get_or_add_trPr()
            if "long" not in row.get("class", "").split():
                rules.append(OxmlElement("w:cantSplit"))
            if row in heads:
                rules.append(OxmlElement("w:tblHeader"))  # repeated on each page
            for cell, source in zip(made.cells, row, strict=False):
                self.write(source, cell, bold=source.tag == "th")
        self.document.add_paragraph()  # between two tables, which Word would join

    def _chart(self, element: Any, place: Any) -> None:
        """Adds a chart as a picture. Its title becomes the alternative text."""
        title = element.findtext(f"{SVG}title", "")
        alone = ElementTree.Element(element.tag, {key: value for key, value in element.items() if XMLNS not in key})
        alone.extend(element)
        width = min(int(float(element.get("width"))) * PIXEL, WIDTH)
        fonts = [str(rendering.static_file(f"uswds/fonts/public-sans/{name}")) for name in FONTS]
        png = resvg_py.svg_to_bytes(
            svg_string=ElementTree.tostring(alone, encoding="unicode"),
            zoom=SHARPNESS,
            font_files=fonts,
            skip_system_fonts=True,
        )
        self.line = self._paragraph(place, "Normal")
        picture = self.line.add_run().add_picture(BytesIO(bytes(png)), width=width)
        picture._inline.docPr.set("descr", CONTROL.sub("", title))
        self.line = None


def _short(text: str) -> str:
    return CONTROL.sub("", " ".join(text.split()))[:MAX_LENGTH]


def _set_styles(document: Any) -> None:
    document.styles["Normal"].font.size = Pt(10.5)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    ink = RGBColor.from_string(tokens.value("brand").removeprefix("#").upper())
    for name in HEADINGS.values():
        document.styles[name].font.color.rgb = ink
    [found] = document.styles.element.xpath("./w:docDefaults//w:lang")
    found.set(qn("w:val"), LANGUAGE)


def _set_page(document: Any, title: str) -> None:
    """Sets the margins and, at the foot of each page but the first, the title and the number of the page."""
    [section] = document.sections
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    section.different_first_page_header_footer = True
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.clear_all()
    foot.paragraph_format.tab_stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(f"{_short(title)[:80]}\t")
    for each in _fields("PAGE", " of ", "NUMPAGES"):
        foot._p.append(each)


def _fields(*parts: str) -> Iterator[Any]:
    """Yields runs: fields that Word computes for names in capital letters, text for the others."""
    for part in parts:
        run, text = OxmlElement("w:r"), OxmlElement("w:t")
        text.text = part
        text.set(qn("xml:space"), "preserve")
        run.append(text)
        if not part.isupper():
            yield run
            continue
        text.text = "1"  # until Word computes it
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), part)
        field.append(run)
        yield field

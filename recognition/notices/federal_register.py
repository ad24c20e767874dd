"""Makes a Word document with real headings, for further editing and for screen readers."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from recognition.notices.content import Paragraph
from workflow.spreadsheets import CONTROL

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGE = "en-US"
STYLES = {
    "title": "Title",
    "heading": "Heading 1",
    "subheading": "Heading 2",
    "state": "Heading 3",
    "text": "Body Text",
    "item": "List Bullet",
    "sign": "Normal",
}
SIZES = {"Title": 16, "Heading 1": 12, "Heading 2": 12, "Heading 3": 12, "Normal": 12}  # points
FONT = "Times New Roman"


def docx(title: str, paragraphs: Iterable[Paragraph], *, author: str = "") -> bytes:
    # Imported here because most web processes never need python-docx.
    from docx import Document

    document, content = Document(), BytesIO()
    _set_styles(document)
    known = document.core_properties
    known.title, known.author, known.language, known.comments = clean(title)[:255], clean(author)[:255], LANGUAGE, ""
    for paragraph in paragraphs:
        document.add_paragraph(clean(paragraph.text), style=STYLES[paragraph.kind])
    document.save(content)
    return content.getvalue()


def clean(text: str) -> str:
    """Removes the characters that XML does not allow."""
    return CONTROL.sub("", text)


def _set_styles(document: Any) -> None:
    """Sets font, black text and language in the styles, so that they also apply to text that is added later."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name, points in SIZES.items():
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in [each for each in fonts.attrib if "heme" in each]:  # a theme font would override ours
            del fonts.attrib[kind]
        style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(points), RGBColor(0, 0, 0)
    [language] = document.styles.element.xpath("./w:docDefaults//w:lang")
    language.set(qn("w:val"), LANGUAGE)

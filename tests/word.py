"""Reads Word documents in tests: their whole text, and whether the package is sound."""

from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

from docx import Document
from docx.oxml.ns import qn
from weasyprint import HTML

from workflow.spreadsheets import CONTROL

SVG = "{http://www.w3.org/2000/svg}svg"


def letters(text: str) -> str:
    """The text without spaces and without what an XML file can't hold."""
    return "".join(CONTROL.sub("", text).split())


def text_of_page(html: str) -> str:
    """All that a page shows, without what its pictures show."""
    body = HTML(string=html).etree_element.find("body")
    for parent in list(body.iter()):
        for child in [each for each in parent if each.tag == SVG]:
            for each in list(child):
                child.remove(each)
            child.text = None
    return letters("".join(body.itertext()))


def text_of_document(data: bytes) -> str:
    """All the text of the body, in order."""
    body = Document(BytesIO(data)).element.body
    return letters("".join(each.text or "" for each in body.iter(qn("w:t"))))


def sound(data: bytes) -> Document:
    """The document, opened again. Every part that is XML is well-formed, and every reference leads to a part."""
    with ZipFile(BytesIO(data)) as package:
        assert package.testzip() is None
        names = set(package.namelist())
        assert len(names) == len(package.namelist())
        for name in names:
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(package.read(name))  # noqa: S314  made by this program
    document = Document(BytesIO(data))
    body = document.element.body
    for cell in body.iter(qn("w:tc")):
        assert cell[-1].tag == qn("w:p")  # without it Word repairs the file
    known = {style.style_id for style in document.styles}
    assert {each.get(qn("w:val")) for each in body.iter(qn("w:pStyle"))} <= known
    pictures = [each.get("id") for each in body.iter(qn("wp:docPr"))]
    assert len(set(pictures)) == len(pictures)
    return document

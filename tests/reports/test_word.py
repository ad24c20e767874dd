"""Word documents made of the HTML of a report."""

import pytest
from docx.oxml.ns import qn

from reports import word
from tests.word import letters, sound, text_of_document, text_of_page

HOSTILE = [
    "=1+1",
    "🚰 Łódź 水 مياه",
    "a" * 10_000,
    "&lt;w:p/&gt; ]]&gt; &amp;amp; &lt;!-- --&gt;",
    "\x01\x0b\x1f tab\tnewline\n\ufffe",
    "{{ x }} {% y %} _x0041_",
]


def page(body: str, title: str = "A report") -> str:
    head = f"<title>{title}</title><meta name='author' content='Riverbend'><meta name='description' content='As of'>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"


def made(body: str):
    html = page(body)
    data = word.docx(html)
    assert text_of_document(data) == text_of_page(html)
    return sound(data)


def paragraphs(document) -> list[tuple[str, str]]:
    return [(each.style.name, each.text) for each in document.paragraphs]


def test_headings_and_lists_are_real_ones():
    document = made("<h1>One</h1><h2>Two <span>words</span></h2><ul><li>a<li>b<ul><li>c</ul></ul><ul><li>d</ul>")
    assert paragraphs(document) == [
        ("Heading 1", "One"),
        ("Heading 2", "Two words"),
        ("List Bullet", "a"),
        ("List Bullet", "b"),
        ("List Bullet 2", "c"),
        ("List Bullet", "d"),
    ]


def test_spaces_and_lines_are_those_that_a_page_shows():
    document = made("<p>  a\n  <b>b </b> <i> c</i>d<br>\n e </p>\n\n text <div>f</div> g")
    assert paragraphs(document) == [("Normal", "a b cd\ne "), ("Normal", "text "), ("Normal", "f"), ("Normal", "g")]
    assert [run.text for run in document.paragraphs[0].runs if run.bold] == ["b "]


def test_a_table_repeats_its_head_and_keeps_its_rows_whole():
    document = made(
        "<table><thead><tr><th>A<th>B</thead><tbody><tr><th>x<td>1<br>2"
        "<tr class='long'><td><p>y</p><p>z</p><td></table>"
        "<table><tr><td>alone</table>"
    )
    [table, other] = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["A", "B"], ["x", "1\n2"], ["y\nz", ""]]
    head, short, long = table._tbl.iterchildren(qn("w:tr"))
    assert [bool(row.xpath("./w:trPr/w:tblHeader")) for row in (head, short, long)] == [True, False, False]
    assert [bool(row.xpath("./w:trPr/w:cantSplit")) for row in (head, short, long)] == [True, True, False]
    assert [cell.paragraphs[0].runs[0].bold for cell in table.columns[0].cells] == [True, True, None]
    assert other._tbl.getprevious().tag == qn("w:p")  # or Word would join them


def test_facts_are_a_paragraph_each():
    document = made("<dl><div><dt>As of<dd>June</div><div><dt>By<dd>Mara <b>Gerr</b></div></dl>")
    assert [text for _, text in paragraphs(document)] == ["As of\tJune", "By\tMara Gerr"]


def test_a_chart_is_a_picture_with_an_alternative_text():
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='480' height='9' viewBox='0 0 480 9'><title>Two of &lt;3</title>"
    )
    document = made(f"<p>a</p><div>{svg}<text>2</text></svg></div><p>{svg}<circle r='2'/></svg></p><p>b</p>")
    assert [each.get("descr") for each in document.element.body.iter(qn("wp:docPr"))] == ["Two of <3"] * 2
    assert [text for _, text in paragraphs(document)] == ["a", "", "", "b"]
    assert all(shape.width / 914400 == pytest.approx(480 / 96) for shape in document.inline_shapes)


def test_a_wide_chart_fits_on_the_page():
    document = made("<svg width='2000' height='10'><title>Wide</title></svg>")
    [shape] = document.inline_shapes
    assert shape.width == word.WIDTH
    assert shape.width / shape.height == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_comes_through(text):
    document = made(f"<h1>{text}</h1><ul><li>{text}</ul><table><tr><td>{text}</table><dl><dt>{text}<dd>{text}</dl>")
    assert document.element.body.xpath("count(.//w:fldSimple)") == 0
    shown = letters(document.paragraphs[0].text)
    assert shown == text_of_page(text)


@pytest.mark.parametrize("title", ["Gap analysis", *HOSTILE], ids=range(len(HOSTILE) + 1))
def test_it_has_its_title_language_and_page_numbers(title):
    document = sound(word.docx(page("<p>a", title)))
    known, foot = document.core_properties, document.sections[0].footer
    assert letters(known.title) == text_of_page(title)[:255]
    assert (known.author, known.subject, known.language) == ("Riverbend", "As of", "en-US")
    [language] = document.styles.element.xpath("./w:docDefaults//w:lang")
    assert language.get(qn("w:val")) == "en-US"
    fields = foot._element.iter(qn("w:fldSimple"))
    assert [each.get(qn("w:instr")) for each in fields] == ["PAGE", "NUMPAGES"]
    assert document.sections[0].different_first_page_header_footer


def test_the_cover_is_a_page_of_its_own():
    document = made("<header><h1>Cover</h1></header><p>a")
    assert document.element.body.xpath("count(.//w:br[@w:type='page'])") == 1


def test_nothing_is_loaded():
    made("<p>a<img src='file:///etc/passwd'></p><link rel='stylesheet' href='http://example.org/'><p>b")

"""The report as PDF, Word and Excel: what one of them has, the others have too."""

import html
import re
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO

import pytest
from django.db import connection, models
from django.template.base import VariableNode
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils.dateformat import format as date_format
from openpyxl import load_workbook

from assessments.models import Answer, Evidence, Finding, GapAnalysis, RoadMap
from files.models import StoredFile
from ims.models import Action, Objective
from pdca.models import Opportunity
from reports import kinds, word
from tests.factories import GapAnalysisFactory
from tests.uploads import upload
from tests.word import letters, sound, text_of_document, text_of_page
from workflow.spreadsheets import as_workbook, unescaped

pytestmark = pytest.mark.django_db
KIND = kinds.single("gap-analysis")
HOSTILE = ["=1+1", "🚰 Łódź 水", "a" * 10_000, "_x0041_" * 1_400, "<w:p/> & \x0b]]>", "@x\n+y", "&lt;b&gt;"]
ENTERED = [(Finding, {"analysis"}), (Evidence, {"finding"}), (Answer, {"utility"}), (GapAnalysis, set())]
TOLD = ["title", "measure", "unit"]  # of a record in the plan


@pytest.fixture
def whole(manager, utility, initiatives_in_place) -> GapAnalysis:
    """All that a report can have, with hostile texts: an earlier analysis, answers, a road map."""
    earlier = filled(
        GapAnalysisFactory(utility=utility, by=manager, as_of=date(2024, 5, 1), areas=list("ESQF")), manager
    )
    earlier.findings.filter(element__component="plan").update(rating=0, areas=[])
    earlier.complete(by=manager)
    started = GapAnalysisFactory(
        utility=utility,
        by=manager,
        as_of=date(2026, 6, 30),
        name=HOSTILE[4].replace("\x0b", ""),
        fence_line=HOSTILE[2][:5000],
        operations=["solids-handling"],
        initiatives=initiatives_in_place,
        other_initiatives=["=HYPERLINK(1)"],
    )
    analysis = filled(started, manager)
    rows = Opportunity.objects.readable()
    for place, (row, choice) in enumerate(zip(rows, 3 * Answer.Choice.values, strict=False)):
        Answer.give(utility, row, 0, by=manager, choice=choice, why=HOSTILE[place % len(HOSTILE)][:2000])
    steps = [{"key": str(n), "text": text[:300], "when": "next"} for n, text in enumerate(HOSTILE)]
    RoadMap.keep(analysis, 0, by=manager, approach="areas", steps=steps)
    for place, words in enumerate(HOSTILE):
        title = words[:200]
        own = {"measure": title, "unit": title[:40], "baseline": place, "target": 1234.5, "areas": ["E"]}
        objective = Objective.open_in(utility, by=manager, title=title, due=date(2026, 1, 31), **own)
        element = analysis.findings.all()[place].element
        for serves in (objective, None):
            Action.open_in(utility, by=manager, title=title, objective=serves, element=element, due=date(2026, 3, 1))
    return analysis


@pytest.fixture
def initiatives_in_place(catalog):
    from initiatives.models import Initiative

    return list(Initiative.objects.filter(slug__in=["iso-14001", "cmom"]))


def filled(analysis, manager) -> GapAnalysis:
    for place, finding in enumerate(analysis.findings.all()):
        answers = [f"{place}{HOSTILE[(place + n) % len(HOSTILE)]}"[:10_000] for n in range(3)]
        named = {
            "evidence": answers[0],
            "changes": answers[1],
            "notes": answers[2],
            "initiatives": ["cmom"][: place % 2],
        }
        Finding.objects.filter(pk=finding.pk).update(rating=1, areas=["SEQ"[place % 3]], **named)
        finding.evidence_items.create(url=f"https://example.org/{place}", title=HOSTILE[place % len(HOSTILE)][:90])
    finding.evidence_items.create(file=StoredFile.keep(upload("policy <b>.pdf"), by=manager))
    return GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk)


@pytest.fixture
def shown(monkeypatch):
    """``shown(analysis)``: the context, the page, and what each variable of its template showed."""

    def show(analysis):
        texts, render = [], VariableNode.render

        def listen(self, context):
            text = render(self, context)
            texts.append((self.filter_expression.token, html.unescape(re.sub(r"<br\s*/?>", " ", text))))
            return text

        with monkeypatch.context() as patched:
            patched.setattr(VariableNode, "render", listen)
            context = KIND.context(analysis)
            return context, render_to_string(KIND.template, context), texts

    return show


def sheets(context):
    return load_workbook(BytesIO(as_workbook(KIND.sheets(context))))


@lru_cache(maxsize=None, typed=True)
def ways(value) -> list[str]:
    """How a page may write the value of a cell."""
    if isinstance(value, datetime | date):
        return [letters(date_format(value, how)) for how in ("F j, Y", "M j, Y")]
    return [letters(unescaped(str(value)))] if value is not None else []


def is_in(text: str, rows) -> bool:
    if fraction := re.fullmatch(r"(\d+) of (\d+)", text):  # two columns of a row
        return any({int(fraction[1]), int(fraction[2])} <= set(row) for row in rows)
    if text.isdigit():
        return any(int(text) in row for row in rows)
    wanted = letters(text)
    return any(wanted in way for row in rows for value in row for way in ways(value))


def test_word_has_every_letter_of_the_pdf_in_its_order(whole, shown):
    _, page, _ = shown(whole)
    data = word.docx(page)
    document = sound(data)
    assert text_of_document(data) == text_of_page(page)
    levels = [int(each.style.name[-1]) for each in document.paragraphs if each.style.name.startswith("Heading")]
    assert levels[0] == 1
    assert all(next_one <= one + 1 for one, next_one in zip(levels, levels[1:], strict=False))
    assert len(document.inline_shapes) == 2


def test_excel_has_everything_that_the_template_shows(whole, shown):
    context, _, texts = shown(whole)
    rows = [row for sheet in sheets(context) for row in sheet.values]
    pictures, grammar = {"coverage_bars", "heat_map"}, "|pluralize"
    shown = [(name, text) for name, text in texts if name not in pictures and grammar not in name and letters(text)]
    assert len({name for name, _ in shown}) > 60
    assert [(name, text[:80]) for name, text in shown if not is_in(text, rows)] == []


def test_both_have_everything_that_people_entered(whole, shown):
    context, page, _ = shown(whole)
    in_word = text_of_document(word.docx(page))
    rows = [row for sheet in sheets(context) for row in sheet.values]
    entered = [
        getattr(row, field.name)
        for model, foreign in ENTERED
        for row in model.objects.filter(**mine(model, whole))
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField | models.CharField) and not field.choices and field.name not in foreign
    ]
    entered += [step["text"] for step in whole.utility.road_map.steps]
    entered += [name for finding in whole.findings.all() for name in [finding.element.name]]
    records = [*Objective.objects.all(), *Action.objects.all()]
    entered += [getattr(record, name, "") for record in records for name in TOLD]
    entered = [text for text in entered if text]
    assert len(entered) > 100
    assert [text[:80] for text in entered if letters(text) not in in_word] == []
    assert [text[:80] for text in entered if not is_in(text, rows)] == []


def mine(model, analysis) -> dict:
    return {
        Finding: {"analysis": analysis},
        Evidence: {"finding__analysis": analysis},
        Answer: {"utility": analysis.utility},
        GapAnalysis: {"pk": analysis.pk},
    }[model]


def test_no_cell_of_the_excel_file_is_a_formula(whole, shown):
    context, *_ = shown(whole)
    cells = [cell for sheet in sheets(context) for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert any(cell.value == "=HYPERLINK(1)" for cell in cells)


def test_the_excel_file_shows_the_same_cells_as_the_heat_map(whole, shown):
    context, *_ = shown(whole)
    head, *rows = sheets(context)["Findings"].values
    results = context["results"]
    assert [row[0] for row in rows] == [row.name for row in results.rows]
    for area in results.areas:
        column = head.index(f"{area.code} {area.short_name}")
        assert [row[column] == "yes" for row in rows] == [area.code in row.areas for row in results.rows]


def test_one_just_started_has_only_what_there_is(analysis, shown):
    context, page, texts = shown(analysis)
    assert text_of_document(word.docx(page)) == text_of_page(page)
    book = sheets(context)
    assert not {"Evidence", "What moved", "Why it moved", "Extend first", "Road map"} & set(book.sheetnames)
    for heading in ("What moved since", "Road map", "Answered<", "Objectives and their actions"):
        assert heading not in page
    rows = [row for sheet in book for row in sheet.values]
    assert all(is_in(element, rows) for element in [row.name for row in context["results"].rows])


def test_the_reports_queries_do_not_grow_with_what_is_in_it(analysis, whole):
    counts = []
    for one in (analysis, whole, whole):
        one = GapAnalysis.objects.get(pk=one.pk)
        with CaptureQueriesContext(connection) as captured:
            context = KIND.context(one)
            render_to_string(KIND.template, context)
            as_workbook(KIND.sheets(context))
        counts.append(len(captured))
    assert counts[1] == counts[2] <= 30, counts

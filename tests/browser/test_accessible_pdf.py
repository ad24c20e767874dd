"""The PDF of a gap analysis keeps to PDF/UA-1, however much or little was filled in."""

import pytest
from weasyprint import HTML

from assessments.models import GapAnalysis
from reports import kinds, rendering
from tests.browser.conftest import answer, answer_all, start
from tests.pdf_ua import problems


def report(analysis, path):
    kind = kinds.get("gap-analysis")
    path.write_bytes(rendering.pdf(rendering.pages(kind.template, kind.context(analysis))))
    return path


@pytest.fixture
def analysis(catalog, utility, manager):
    return start(utility, manager)


def test_of_one_that_was_only_started(analysis, tmp_path):
    assert problems(report(analysis, tmp_path / "started.pdf")) == []


def test_of_one_half_filled_with_strange_text(analysis, manager, tmp_path):
    strange = (
        "<h1>Not a heading</h1> & ‘quotes’\n\n" + "A long line without an end " * 200 + "café – “50 °C” " + "x" * 300
    )
    answer(analysis, manager, "vision", rating=1, areas=["E"], evidence=strange, changes=strange, notes=strange)
    stored = analysis.findings.get(element__slug="vision")
    stored.evidence_items.create(url="https://example.org/" + "long/" * 80, title="")
    assert problems(report(analysis, tmp_path / "strange.pdf")) == []


def test_of_one_with_characters_that_few_fonts_have(analysis, manager, tmp_path):
    answer(analysis, manager, "vision", rating=0, areas=[], notes="✓ done, 水 is water, 💧")
    assert problems(report(analysis, tmp_path / "characters.pdf")) == []


def test_of_a_complete_one(analysis, manager, tmp_path):
    answer_all(analysis, manager)
    analysis.complete(by=manager)
    complete = GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk)
    assert problems(report(complete, tmp_path / "complete.pdf")) == []


def test_of_one_with_one_area_and_nothing_else(utility, catalog, manager, tmp_path):
    bare = start(utility, manager, areas=["E"], fence_line="", initiatives=[])
    assert problems(report(bare, tmp_path / "bare.pdf")) == []


def test_the_check_sees_what_is_wrong(tmp_path):
    path = tmp_path / "plain.pdf"
    HTML(string="<p>Without a title, without tags.</p>").write_pdf(path)
    assert problems(path) != []

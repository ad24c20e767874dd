"""The program of a year and the report of an audit."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ims.check.audit_program import Program
from ims.models import Audit
from reports import kinds, rendering, word
from reports.models import Report
from tests.conftest import main_of
from tests.ims.audits.conftest import answer_all, at, finish, lines_of, seen
from tests.paper import faults
from tests.pdf_ua import problems
from tests.word import text_of_document, text_of_page

TODAY = timezone.localdate()
pytestmark = pytest.mark.django_db
KIND = kinds.single("audit")


# The program of a year.


def flags(rows) -> dict[str, str]:
    return {each.name: each.flag for each in rows}


def test_the_program_shows_planned_and_done_audits_by_month(under_way, utility, manager, as_):
    answer_all(under_way, manager)
    finish(under_way, manager)
    planned = Audit.open_in(utility, by=manager, title="Fall audit", areas=["F"], due=TODAY)
    canceled = Audit.open_in(utility, by=manager, title="Not done", due=TODAY)
    seen(canceled, manager).move("canceled", by=manager, why="No time.")
    undated = Audit.open_in(utility, by=manager, title="Some day")
    program = Program(utility, manager, TODAY.year, TODAY)
    assert [each.number for each in dict(program.months)[f"{TODAY:%B}"]] == [under_way.number, planned.number]
    by_area = {name: [len(audits) for audits in months] for name, months in program.by_area}
    place = TODAY.month - 1
    names = program.areas
    assert [by_area[names[code]][place] for code in "ESQFH"] == [1, 1, 0, 1, 0]
    page = main_of(as_(manager).get(reverse("ims:audit_program", args=[utility.pk])))
    assert "1 of 2 audits are done." in page
    assert undated.number in page
    assert canceled.number not in page


def test_what_was_not_audited_for_long_is_named(under_way, objective, action, utility, manager):
    program = Program(utility, manager, TODAY.year, TODAY)
    assert set(flags(program.of_areas).values()) == {"36"}
    answer_all(under_way, manager)
    finish(under_way, manager)
    program = Program(utility, manager, TODAY.year, TODAY)
    areas = {code: flags(program.of_areas)[program.areas[code]] for code in "ESQFH"}
    assert areas == {"E": "", "S": "", "Q": "36", "F": "36", "H": "36"}
    assert flags(program.of_initiatives)["CMOM"] == ""
    elements = flags(program.of_elements)
    assert len(elements) == 18
    assert [name for name, flag in elements.items() if not flag] == ["Document control"]
    later_on = TODAY + timedelta(days=400)
    assert flags(Program(utility, manager, later_on.year, later_on).of_areas)[program.areas["E"]] == "12"
    long_after = TODAY + timedelta(days=1200)
    assert flags(Program(utility, manager, long_after.year, long_after).of_areas)[program.areas["E"]] == "36"


def test_what_was_left_out_was_not_audited(under_way, utility, manager):
    answer_all(under_way, manager, "left-out", "The shift was on a main break.")
    finish(under_way, manager)
    assert "" not in flags(Program(utility, manager, TODAY.year, TODAY).of_elements).values()


@pytest.mark.parametrize("year", ["x", "0000", "99999", "-1", "2020"])
def test_any_year_may_be_asked_for(utility, catalog, manager, as_, year):
    assert as_(manager).get(reverse("ims:audit_program", args=[utility.pk]), {"year": year}).status_code == 200


# The report.


def test_the_report_is_for_the_utility_only(under_way, manager, viewer, stranger, as_):
    answer = as_(viewer).post(at(under_way, "audit_report"))
    assert answer.url == reverse("reports:report", args=[Report.objects.get().pk])
    assert as_(stranger).post(at(under_way, "audit_report")).status_code == 404


def reported(audit, manager, unit) -> dict:
    audit.change(audit.version, by=manager, units=[unit.pk], purpose="Does one system serve both?")
    for n in range(12):
        seen(audit, manager).ask(by=manager, question=f"Is question {n} <answered> & clear? " * 6)
    for n, line in enumerate(lines_of(audit, manager)):
        finding = ["conforms", "minor", "major", "opportunity", "left-out"][n % 5]
        line.answer(line.version, by=manager, finding=finding, seen="Seen at <station> 4 & 9.\n\nTwice. " * 8)
    finish(audit, manager)
    return KIND.context(KIND.find(manager, audit.pk))


def test_the_report_is_laid_out_well_and_accessible(under_way, unit, manager, tmp_path):
    document = rendering.pages(KIND.template, reported(under_way, manager, unit))
    assert faults(document) == []
    path = tmp_path / "audit.pdf"
    path.write_bytes(rendering.pdf(document))
    assert problems(path) == []


def test_the_report_in_word_and_excel_has_all_that_the_page_has(under_way, unit, manager):
    context = reported(under_way, manager, unit)
    html = render_to_string(KIND.template, context)
    assert "Is question 3 &lt;answered&gt; &amp; clear?" in html
    assert text_of_document(word.docx(html)) == text_of_page(html)
    sheets = KIND.sheets(context)
    assert len(sheets["Findings"]) == 15
    assert sheets["Findings"][2][4:6] == ["Minor nonconformity", lines_of(under_way, manager)[1].seen]
    assert sheets["Team"][1][:3] == ["Mara Gerr", "Leads the audit", "ISO 19011, 3 days"]

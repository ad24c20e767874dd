"""The plan in the report of a gap analysis: what it says of objectives, actions and gaps, in PDF, Word and Excel."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from assessments.models import Finding, GapAnalysis
from assessments.results import AreaInScope, Results, Row
from ims.models import Action, Objective, Person
from ims.plan_chapter import Plan, gaps, plan_of
from ims.records import Record
from pdca.models import Element
from reports import kinds, rendering, word
from reports.models import Report
from tests.paper import faults
from tests.pdf_ua import problems
from tests.word import text_of_document, text_of_page
from workflow.spreadsheets import as_workbook

pytestmark = pytest.mark.django_db
KIND = kinds.single("gap-analysis")
AREAS = [AreaInScope(code, name, name) for code, name in (("E", "Environment"), ("Q", "Quality"), ("F", "Finance"))]


@pytest.fixture
def answered(analysis) -> GapAnalysis:
    """As of June 30, 2026: everything covers environment; the vision covers all areas."""
    analysis.findings.update(rating=1, areas=["E"], evidence="Minutes of the board")
    Finding.objects.filter(analysis=analysis, element__slug="vision").update(rating=2, areas=list("ESQFH"))
    return analysis


@pytest.fixture
def add(utility, manager):
    """``add(title, *steps, on=…, at=slug, **fields)``: an action that was moved along, each step at that time."""

    def made(title: str, *steps: str, on: datetime | None = None, at: str = "", **fields) -> Action:
        element = Element.objects.filter(slug=at).first()
        action = Action.open_in(utility, by=manager, title=title, element=element, **fields)
        for step in steps:
            action = Action.objects.visible_to(manager).get(pk=action.pk)
            more = {"verified": "It works.", "verified_by": "Dana"} if step == "closed" else {}
            action.move(step, by=manager, why="So.", **more)
        if on:
            action.events.update(at=on)
        return action

    return made


CLOSED = ["under-way", "done", "closed"]


def plan(analysis) -> Plan:
    return plan_of(analysis, analysis.results)


def page(analysis) -> str:
    return render_to_string(KIND.template, KIND.context(analysis))


def chapter(analysis) -> str:
    return page(analysis).partition("<h2>The plan")[2].partition("<h2>")[0]


def book(analysis):
    return load_workbook(BytesIO(as_workbook(KIND.sheets(KIND.context(analysis)))))


# --- What closes which gap


def row(slug: str, *areas: str) -> Row:
    return Row(slug, slug.title(), "plan", False, len(areas), list(areas), [])


@pytest.mark.parametrize(
    ("areas", "without"),
    [
        ([], ["Quality", "Finance"]),
        ([["Q"]], ["Finance"]),
        ([["Q", "F"]], []),
        ([["Q"], ["F", "E"]], []),
        ([[]], []),  # one without areas is for all of them
        ([["E"]], ["Quality", "Finance"]),  # it is for what is covered
    ],
)
def test_the_areas_of_a_gap_without_an_action(areas, without):
    results = Results(AREAS, [], [row("vision", "E"), row("auditing", "E", "Q", "F")], [])
    [gap] = gaps(results, [Action(element_id="vision", areas=each) for each in areas])
    assert gap.row.slug == "vision"
    assert [area.name for area in gap.unanswered] == without
    assert len(gap.actions) == sum(each != ["E"] for each in areas)


def test_an_action_at_another_element_closes_nothing():
    results = Results(AREAS, [], [row("vision", "E")], [])
    [gap] = gaps(results, [Action(element_id="auditing"), Action(element_id=None)])
    assert gap.actions == []


def test_what_was_closed_by_the_date_of_the_analysis_did_not_close_the_gap(answered, add):
    before, after = datetime(2026, 7, 1, 3, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)  # June 30 in New York
    add("Before", *CLOSED, on=before, at="auditing")
    add("After", *CLOSED, on=after, at="auditing")
    add("Done, to be checked", *CLOSED[:2], on=before, at="auditing")
    add("Canceled", "canceled", at="auditing")
    [gap] = plan(answered).answered
    assert {action.title for action in gap.actions} == {"After", "Done, to be checked"}
    assert len(plan(answered).unanswered) == 16, "neither the vision, which has no gap, nor auditing"


# --- Objectives and their actions


def test_objectives_with_their_actions_what_is_open_and_due_first(answered, objective, add, utility, manager):
    add("Later", objective=objective, due=date(2030, 1, 1))
    add("Closed", *CLOSED, objective=objective, due=date(2020, 1, 1))
    add("No date", objective=objective)
    add("Late", objective=objective, due=date(2026, 1, 1))
    add("Canceled", "canceled", objective=objective)
    add("Alone")
    found = plan(answered)
    [served] = found.objectives
    assert [action.title for action in served.actions] == ["Late", "Later", "No date", "Closed"]
    assert served.n_closed == found.n_closed == found.n_late == 1
    assert [action.title for action in found.others] == ["Alone"]


def test_a_dropped_objective_is_told_while_an_action_serves_it(answered, objective, add, manager):
    Objective.objects.visible_to(manager).get(pk=objective.pk).move("dropped", by=manager, why="No money.")
    assert plan(answered).objectives == []
    add("Still on", objective=objective)
    assert [served.objective for served in plan(answered).objectives] == [objective]


@pytest.mark.parametrize(
    ("baseline", "target", "unit", "expected"),
    [
        (None, None, "", ""),
        (6, None, "mg", ""),
        (None, "2.5000", "", "2.5"),
        ("6.2000", 2, "per 100 miles", "from 6.2 to 2 per 100 miles"),
        (0, 1200000, "gallons", "from 0 to 1,200,000 gallons"),
    ],
)
def test_a_target_in_words(answered, objective, baseline, target, unit, expected):
    Objective.objects.update(baseline=baseline, target=target, unit=unit)
    assert plan(answered).objectives[0].target == expected


# --- The files


@pytest.fixture
def whole(answered, objective, add, utility, manager):
    dana = Person.objects.create(utility=utility, name="Dana Hill <b>")
    Record.objects.filter(pk=objective.pk).update(owner=dana, due=date(2026, 1, 31))
    Objective.objects.update(measure="Overflows", baseline=6, unit="per 100 miles")
    add("Clean the sewers of Mill Street", objective=objective, owner=dana, due=date(2026, 3, 31), areas=["E"])
    add("Share one audit <i>team</i>", at="auditing", areas=["S", "Q"])
    return GapAnalysis.objects.visible_to(manager).get(pk=answered.pk)


def test_every_file_has_the_plan(whole):
    made = chapter(whole)
    for words in (
        "1 objective, 2 actions: 0 closed, 1 late",
        "OBJ-",
        "from 6 to 2 per 100 miles",
        "Dana Hill &lt;b&gt;",
        "Mar 31, 2026<br><b>",
        "Share one audit &lt;i&gt;team&lt;/i&gt; (Planned)",
        "Nobody yet",
    ):
        assert words in made, words
    assert "No action yet for</span> Finance, Human resources" in made
    assert text_of_document(word.docx(page(whole))) == text_of_page(page(whole))
    sheets = book(whole)
    [head, row] = sheets["Objectives"].values
    assert dict(zip(head, row, strict=True)) | {"Number": "", "Days late": 0} == {
        "Number": "",
        "Title": "Cut overflows to 2 per 100 miles",
        "Stage": "Proposed",
        "Owner": "Dana Hill <b>",
        "Due": datetime(2026, 1, 31),
        "Days late": 0,
        "Areas": "Environment",
        "What is measured": "Overflows",
        "Target": "from 6 to 2 per 100 miles",
        "Baseline value": 6,
        "Target value": 2,
        "Unit of measure": "per 100 miles",
        "Actions": 1,
        "Closed actions": 0,
    }
    assert [each[1] for each in sheets["Actions"].values] == [
        "Title",
        "Clean the sewers of Mill Street",
        "Share one audit <i>team</i>",
    ]
    gaps = {each[0]: each[1:] for each in sheets["Gaps in the plan"].values}
    assert len(gaps) == 18, "the heads, and every element but the vision"
    assert gaps["Auditing"][2:] == ("Share one audit <i>team</i>", "Planned", "Finance, Human resources")


def test_a_plan_that_is_empty_says_what_to_do(answered):
    made = chapter(answered)
    assert made.count("<p>") == 1
    assert "There is no plan yet: add objectives under" in made
    assert not {"Plan", "Objectives", "Actions", "Gaps in the plan"} & set(book(answered).sheetnames)


def test_the_pdf_with_a_plan_is_accessible(whole, tmp_path):
    file = tmp_path / "plan.pdf"
    file.write_bytes(rendering.pdf(rendering.pages(KIND.template, KIND.context(whole))))
    assert problems(file) == []


def test_a_long_plan_takes_no_more_queries_and_is_laid_out_well(answered, utility, manager, add):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(answered)
        return len(captured)

    add("First", at="auditing")
    queries()  # what an analysis remembers of its initiatives
    before = queries()
    elements = list(Element.objects.all())
    objectives = [Objective.open_in(utility, by=manager, title=f"Objective {n}") for n in range(12)]
    for n in range(300):
        fields = {"objective": objectives[n % 13] if n % 13 < 12 else None, "element": elements[n % 18]}
        Action.open_in(utility, by=manager, title=f"Action {n} " + "of work " * (n % 20), **fields)
    assert queries() == before
    assert faults(rendering.pages(KIND.template, KIND.context(answered))) == []


# --- Who reads it


def test_who_reads_the_records_reads_the_report_and_nobody_else(whole, manager, viewer, former, stranger):
    made = Report.request("gap-analysis", whole, by=manager)
    Report.objects.filter(pk=made.pk).update(requested_by=stranger)  # as one who was a member then
    for user in (manager, viewer, former, stranger):
        reads_records = Record.objects.visible_to(user).exists()
        assert (KIND.find(user, whole.pk) is not None) == reads_records
        assert KIND.sharing.readable(user).exists() == reads_records
    assert not Report.objects.visible_to(stranger).exists()

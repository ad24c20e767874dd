"""Who asks, and which record answers: the matrix, its figures in words, and its pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims.apart import KeptApart
from ims.closed import ClosedRegister
from ims.models import CorrectiveAction, CrossCheck, Measure, Objective, Record, Requirement, Statement, Unit
from ims.system.coverage import Held
from ims.system.matrix import Asker, Figures, figures, matrix, sentence
from ims.system.today import Today
from initiatives.models import Initiative
from tests.factories import GapAnalysisFactory

CMOM = Asker("cmom", "CMOM", {"auditing": "Audit the program.", "vision": "Have one."})
ISO = Asker("iso-14001", "ISO 14001", {"auditing": "Audit the system."})


def held(number, *initiatives, lacks=""):
    return Held(number, "A title", "Audits", "/", ["E"], list(initiatives), lacks)


# The matrix.


@pytest.mark.parametrize(
    ("records", "twice", "state", "living", "others"),
    [
        ([], (), "open", [], []),
        ([held("A", "cmom")], (), "answered", ["A"], []),
        ([held("A", "iso-14001")], (), "open", [], []),
        ([held("A", "cmom", lacks="Old.")], (), "open", [], ["A"]),
        ([held("A", "cmom"), held("B", "cmom", lacks="Old.")], (), "answered", ["A"], ["B"]),
        ([held("A", "cmom"), held("B", "iso-14001")], {("auditing", "cmom")}, "twice", ["A"], []),
    ],
)
def test_a_cell(records, twice, state, living, others):
    (row,) = matrix(["auditing"], [CMOM], {"auditing": records}, twice)
    cell = row.cells[0]
    assert (cell.state, cell.asked) == (state, "Audit the program.")
    assert ([each.number for each in cell.living], [each.number for each in cell.others]) == (living, others)


def test_what_is_not_asked_is_no_hole_though_a_record_names_it():
    (row,) = matrix(["vision"], [ISO], {"vision": [held("A", "iso-14001")]})
    assert (row.cells[0].state, row.open, row.answered) == ("not-asked", [], [])


def test_the_figures():
    rows = matrix(["auditing", "vision"], [CMOM, ISO], {"auditing": [held("A", "cmom", "iso-14001"), held("B")]})
    assert figures(rows) == Figures(asked=3, answered=2, records=1)


@pytest.mark.parametrize(
    ("counts", "n", "doubles", "words"),
    [
        (
            Figures(63, 45, 212),
            4,
            3,
            "212 living records answer 45 of the 63 things your four initiatives ask. Nobody answers 18. "
            "Three jobs are done twice.",
        ),
        (
            Figures(2, 1, 1),
            1,
            1,
            "1 living record answers 1 of the 2 things your one initiative asks. Nobody answers 1. "
            "One job is done twice.",
        ),
        (
            Figures(9, 9, 5),
            12,
            0,
            "5 living records answer 9 of the 9 things your 12 initiatives ask. Nothing is left without an answer.",
        ),
        (
            Figures(9, 0, 0),
            2,
            0,
            "No living record answers any of the 9 things your two initiatives ask. Nobody answers 9.",
        ),
        (
            Figures(0, 0, 0),
            0,
            0,
            "No initiative that asks for something is in place: no gap analysis and no living record names one.",
        ),
    ],
)
def test_the_figures_in_words(counts, n, doubles, words):
    assert sentence(counts, n, doubles) == words


def test_who_asks_without_an_answer_in_words():
    (row,) = matrix(["auditing"], [CMOM, ISO], {})
    assert row.gap == "CMOM and ISO 14001 ask, and nobody answers."
    (row,) = matrix(["auditing"], [CMOM, ISO], {"auditing": [held("A", "iso-14001")]})
    assert row.gap == "CMOM asks, and nobody answers. Living records answer ISO 14001 only."


# The page.


def requirement(utility, manager, title="Sample each outfall weekly", **fields):
    made = Requirement.open_in(utility, by=manager, title=title, areas=["E"], **fields)
    Record.objects.filter(pk=made.pk).update(status="in-force")
    return made


def cell(utility, element, initiative):
    row = next(row for row in Today(utility).rows if row.element == element)
    return next(cell for cell in row.cells if cell.slug == initiative)


LEGAL = "legal-and-other-requirements"


@pytest.mark.django_db
def test_initiatives_are_those_of_the_analysis_and_those_that_living_records_name(catalog, utility, manager):
    assert Today(utility).askers == []
    GapAnalysisFactory(utility=utility, by=manager, areas=["E"], initiatives=Initiative.objects.filter(slug="cmom"))
    assert [each.name for each in Today(utility).askers] == ["CMOM"]
    Requirement.open_in(utility, by=manager, title="Not in force", initiatives=["osha-vpp"])
    requirement(utility, manager, initiatives=["iso-14001"])
    assert [each.slug for each in Today(utility).askers] == ["iso-14001", "cmom"]  # which asks more comes first
    assert cell(utility, LEGAL, "iso-14001").state == "answered"
    assert cell(utility, LEGAL, "cmom").state == "open"


@pytest.mark.django_db
def test_a_hole_and_an_answer_with_what_is_asked(catalog, utility, manager, viewer, as_):
    GapAnalysisFactory(utility=utility, by=manager, areas=["E"], initiatives=Initiative.objects.filter(slug="cmom"))
    made = requirement(utility, manager, initiatives=["iso-14001"])
    old = Requirement.open_in(utility, by=manager, title="Report spills", initiatives=["iso-14001"])
    page = as_(viewer).get(reverse("ims:today", args=[utility.pk])).text
    address = reverse("ims:today_element", args=[utility.pk, LEGAL])
    assert f'href="{address}#cmom"' in page
    assert "Asked, nobody answers: CMOM, Legal and other requirements" in page
    assert "1 living record answers" in page
    element_page = as_(viewer).get(address).text
    asked = next(ask for ask in Initiative.objects.get(slug="cmom").asks if ask["element"] == LEGAL)
    assert asked["text"][:40].replace("'", "&#x27;") in element_page
    assert made.number in element_page
    assert f"{old.number} Report spills" in element_page
    assert "does not count: It is not in force." in element_page


@pytest.mark.django_db
def test_cards_compare_with_the_latest_complete_analysis(catalog, utility, manager, as_):
    analysis = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"])
    requirement(utility, manager)
    page = reverse("ims:today", args=[utility.pk])
    plan = Today(utility).coverage[0]
    assert (plan.component.slug, plan.covered, plan.cells, plan.more) == ("plan", 1, 14, None)
    analysis.findings.update(rating=0)
    analysis.findings.filter(element__slug="vision").update(rating=2, areas=["E", "S"])
    type(analysis).objects.visible_to(manager).get(pk=analysis.pk).complete(by=manager)
    assert [(each.covered, each.more) for each in Today(utility).coverage] == [(1, -1), (0, 0), (0, 0), (0, 0)]
    text = as_(manager).get(page).text
    assert "Plan · 1 fewer" in text
    assert "Do · same" in text


@pytest.mark.django_db
def test_closed_registers_and_events_are_no_doubles(catalog, utility, manager):
    unit = Unit.open_in(utility, by=manager, title="Lift stations")
    for slug in ("cmom", "iso-14001"):
        fields = {"title": "Alarm failed", "initiatives": [slug], "units": [unit.pk]}
        CorrectiveAction.open_in(utility, by=manager, **fields)
        Measure.open_in(utility, by=manager, **fields)
    (pair,) = Today(utility).doubles
    assert pair.element == "measuring-and-monitoring"
    assert cell(utility, "measuring-and-monitoring", "cmom").state == "twice"
    ClosedRegister.close(utility, "measures", [], by=manager)
    assert Today(utility).doubles == []


@pytest.mark.django_db
def test_policies_that_agree_are_two(catalog, utility, manager):
    fields = {"text": "We comply.", "areas": ["E"], "signed_by": "The board", "signed_on": timezone.localdate()}
    both = []
    for slug in ("cmom", "iso-14001"):
        made = Statement.open_in(utility, by=manager, title="Environment", initiatives=[slug], **fields)
        found = Statement.objects.visible_to(manager).get(pk=made.pk)
        found.move("in-force", by=manager, signed_by="The board", signed_on=timezone.localdate())
        both.append(found)
    assert len(Today(utility).doubles) == 1
    CrossCheck.keep(*both, by=manager, result="agree", note="")
    assert Today(utility).doubles == []


@pytest.mark.django_db
def test_an_element_that_there_is_not_and_strangers_get_404(catalog, utility, manager, stranger, as_):
    assert as_(manager).get(reverse("ims:today_element", args=[utility.pk, "nothing"])).status_code == 404
    assert as_(stranger).get(reverse("ims:today_element", args=[utility.pk, LEGAL])).status_code == 404


@pytest.mark.django_db
def test_at_most_fifteen_queries_with_doubles_and_holes(catalog, utility, manager, as_):
    unit = Unit.open_in(utility, by=manager, title="Lift stations")
    GapAnalysisFactory(utility=utility, by=manager, areas=["E"], initiatives=Initiative.objects.filter(slug="cmom"))
    apart = [requirement(utility, manager, f"Apart {n}", initiatives=[slug]) for n, slug in enumerate(["cmom", ""])]
    both = Requirement.objects.visible_to(manager).filter(pk__in=[each.pk for each in apart])
    KeptApart.keep(*both, by=manager, why="Two outfalls.")
    browser = as_(manager)

    def queries(name: str, *more: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse(name, args=[utility.pk, *more])).status_code == 200
        return len(captured)

    def add(numbers) -> None:
        for n in numbers:
            for slug in ("cmom", "iso-14001"):
                fields = {"title": f"Number {n} {'abcdefghijklmnop'[n]}", "initiatives": [slug], "units": [unit.pk]}
                Measure.open_in(utility, by=manager, **fields)
                Objective.open_in(utility, by=manager, **fields)
                requirement(utility, manager, **fields)

    add(range(1))
    queries("ims:today")
    few = queries("ims:today"), queries("ims:today_element", "measuring-and-monitoring")
    add(range(1, 10))
    assert (queries("ims:today"), queries("ims:today_element", "measuring-and-monitoring")) == few
    assert max(few) <= 15

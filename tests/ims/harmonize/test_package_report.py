"""The budget package as PDF, Word and Excel: what is chosen, what is left out and why, the scores."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from ims.models import Action, Objective, Pair, Proposal, Workshop
from ims.plan.harmonize.closing import close
from ims.plan.harmonize.package import Lack, Part, lacks
from reports import kinds, rendering, word
from reports.models import Report
from tests.ims.harmonize.conftest import cast, fields, joins, move, proposals, seen
from tests.paper import faults
from tests.pdf_ua import problems
from tests.word import text_of_document, text_of_page
from workflow.spreadsheets import as_workbook

pytestmark = pytest.mark.django_db
KIND = kinds.single("budget-package")


def report_for(workshop, user):
    return KIND.context(KIND.find(user, workshop.pk))["report"]


def page(workshop, user) -> str:
    return render_to_string(KIND.template, KIND.context(KIND.find(user, workshop.pk)))


@pytest.fixture
def chosen(costed, at, as_, contributor):
    """The first objective gets 45 of its 60 dollars, of 100; 55 are left. The third helps and the second hinders it."""
    first, second, third = proposals(costed)
    Pair.set(costed, [first, third], 0, by=contributor, effect=1)
    Pair.set(seen(costed, contributor), [first, second], 0, by=contributor, effect=-1, note="Same crew <b>")
    as_(contributor).post(at("workshop_package"), fields(costed, [first], "100", {first: "45"}, hours="35"))
    return seen(costed, contributor)


def part(cost, hours, *, chosen=False):
    return Part(1, Decimal(cost), Decimal(hours), chosen)


@pytest.mark.parametrize(
    ("amount", "hours", "expected"),
    [
        (None, None, Lack(Decimal(0), Decimal(0))),
        (100, 100, Lack(Decimal(0), Decimal(0))),
        (99, None, Lack(Decimal(1), Decimal(0))),
        (None, 20, Lack(Decimal(0), Decimal(5))),
        (50, 0, Lack(Decimal(50), Decimal(25))),  # over the budget already
    ],
)
def test_what_a_part_takes_more_than_is_left(amount, hours, expected):
    parts = [part(60, 10, chosen=True), part(40, 15)]
    limits = [None if each is None else Decimal(each) for each in (amount, hours)]
    assert lacks(parts[1], parts, *limits) == expected


def test_why_something_is_left_out(chosen, contributor, objectives, utility, manager):
    first, second, third = proposals(chosen)
    found = {line.proposal: why for line, why in report_for(chosen, contributor).left_out}
    assert found[second] == [f"It is in conflict with “{first}”, which is chosen."]
    assert found[third] == ["It takes 30 hours of work; 25 are left."]
    Workshop.objects.update(amount=50, hours=None)
    found = {line.proposal: why for line, why in report_for(chosen, contributor).left_out}
    assert found[third] == ["It costs $40; $5 is left."]
    Workshop.objects.update(amount=20)
    found = {line.proposal: why for line, why in report_for(chosen, contributor).left_out}
    assert found[third] == ["It costs $40; −$25 is left."]
    Workshop.objects.update(amount=None)
    found = {line.proposal: why for line, why in report_for(chosen, contributor).left_out}
    assert found[third] == ["It would fit; the team chose others."]
    late = Objective.open_in(utility, by=manager, title="Too late")
    chosen.proposals.create(objective=late)
    found = {str(line.proposal): why for line, why in report_for(chosen, contributor).left_out}
    assert found["Too late"] == ["It is not ranked."]


def test_the_page_has_everything(chosen, contributor):
    made = page(chosen, contributor)
    for words in (
        "1 of 3 objectives chosen, for $45 of $100.",
        "Not final",
        "short of $15",
        "Left of the budget</dt><dd>$55",
        "10 of 35",
        "led by Connie Boyd",
        "It helps Cut overflows to 2 per 100 miles, which then lacks that help.",
        "Same crew &lt;b&gt;<br>Not settled.",
        "3.0 (1–5)",
        "A. Risk</th><td>60</td>",
        "2 people",
    ):
        assert words in made, words
    assert made.count("<h1") == 1
    assert text_of_document(word.docx(made)) == text_of_page(made)


def test_the_excel_file(chosen, contributor):
    book = load_workbook(BytesIO(as_workbook(KIND.sheets(KIND.context(KIND.find(contributor, chosen.pk))))))
    assert book.sheetnames == ["Summary", "Package", "Scores", "Criteria", "Conflicts"]
    rows = list(book["Package"].values)[1:]
    first, second, third = proposals(chosen)
    assert [row[2] for row in rows] == [str(first), str(second), str(third)]
    assert rows[0][3:9] == ("yes", 60, 45, 15, 10, None)
    assert rows[2][3:9] == ("no", 40, 0, None, 30, "It takes 30 hours of work; 25 are left.")
    assert rows[2][9] == str(first), "cutting it breaks the first"
    summary = dict(list(book["Summary"].values)[1:])
    assert (summary["Dollars left"], summary["Hours left"], summary["People who scored"]) == (55, 25, 2)
    assert list(book["Scores"].values)[1][3:] == (87.5, 5, 3)
    assert list(book["Criteria"].values)[1] == ("A", "Risk", 60, 20, 100)


def test_a_closed_one_keeps_what_was_chosen(chosen, contributor, objectives, manager):
    pair = Pair.objects.get(effect=-1)
    Pair.objects.filter(pk=pair.pk).update(outcome="accepted", agreed="Two crews in 2028.")
    second = proposals(chosen)[1]
    Proposal.objects.filter(pk=second.pk).update(joined_to=proposals(chosen)[0])
    close(seen(chosen, contributor), by=contributor)
    before = page(chosen, contributor)
    assert "Closed on" in before
    assert "Accepted with a reason: Two crews in 2028." not in before, "joined, so no conflict of what is compared"
    assert "Joined because they say the same" in before
    chosen_ones = before.partition("<h2>Chosen")[2].partition("<h2>")[0]
    assert chosen_ones.count(objectives[0].number) == 1, "its title begins with its number then"
    book = load_workbook(BytesIO(as_workbook(KIND.sheets(KIND.context(KIND.find(contributor, chosen.pk))))))
    assert list(book["Package"].values)[1][1:3] == (objectives[0].number, objectives[0].title)
    Action.objects.update(cost=9999)
    Objective.objects.filter(pk=objectives[0].pk).update(measure="Else")
    assert page(chosen, contributor) == before


def test_votes(workshop, contributor, manager):
    Workshop.objects.update(method="votes")
    mine = joins(workshop, contributor)
    move(workshop, "score", by=contributor)
    first, second, third = proposals(workshop)
    cast(mine, first, contributor, dots=7)
    cast(mine, third, contributor, dots=2)
    move(workshop, "settle", "package", by=contributor)
    made = page(workshop, contributor)
    assert "<h2>Votes</h2>" in made
    assert "First place is 5 votes ahead." in made
    assert "<h3>Criteria" not in made
    book = load_workbook(BytesIO(as_workbook(KIND.sheets(KIND.context(KIND.find(contributor, workshop.pk))))))
    assert "Criteria" not in book.sheetnames
    assert list(book["Scores"].values)[1] == (1, first.objective.number, str(first), 7)


# --- The PDF


def test_the_pdf_is_accessible_and_laid_out_well(chosen, contributor, tmp_path):
    document = rendering.pages(KIND.template, KIND.context(KIND.find(contributor, chosen.pk)))
    assert faults(document) == []
    file = tmp_path / "package.pdf"
    file.write_bytes(rendering.pdf(document))
    assert problems(file) == []


def test_one_with_nothing_in_it(workshop, contributor, tmp_path):
    move(workshop, "score", "settle", "package", by=contributor)
    document = rendering.pages(KIND.template, KIND.context(KIND.find(contributor, workshop.pk)))
    assert faults(document) == []
    file = tmp_path / "package.pdf"
    file.write_bytes(rendering.pdf(document))
    assert problems(file) == []


def test_long_and_many(settling, contributor, manager, utility):
    """Twenty-five objectives with long titles; the queries do not grow."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(settling, contributor)
        return len(captured)

    move(settling, "package", by=contributor)
    before = queries()
    for n in range(22):
        objective = Objective.open_in(utility, by=manager, title=f"Objective {n} " + "of the crews " * (n % 14))
        Action.open_in(utility, by=manager, title="Part", objective=objective, cost=1000 * n, hours=n)
        settling.proposals.create(objective=objective, chosen=n % 3 == 0, granted=5 if n % 6 == 0 else None)
    assert queries() <= before + 1, "the pages of each objective cost nothing"
    document = rendering.pages(KIND.template, KIND.context(KIND.find(contributor, settling.pk)))
    assert faults(document) == []


# --- Who gets it


def test_who_gets_the_report(chosen, contributor, manager, viewer, former, stranger):
    for user in (contributor, manager, viewer):
        assert KIND.find(user, chosen.pk) == chosen
        assert KIND.sharing.readable(user).get() == chosen
    for user in (former, stranger):
        assert KIND.find(user, chosen.pk) is None
        assert not KIND.sharing.readable(user).exists()
    assert [KIND.sharing.managed(user).count() for user in (manager, contributor, stranger)] == [1, 0, 0]
    assert KIND.title(chosen) == "Budget package: Objectives for 2027, Riverbend Water and Sewer"
    assert KIND.filename(chosen) == f"{chosen.utility.in_file_names}-budget-package-{chosen.number}"


def test_there_is_none_before_the_package(settling, manager, as_, at):
    assert KIND.find(manager, settling.pk) is None
    request = reverse("reports:request", args=["budget-package", settling.pk])
    assert as_(manager).post(request).status_code == 404
    assert request not in as_(manager).get(at("workshop_package")).text


def test_its_page_offers_every_type_of_file(chosen, viewer, stranger, as_, at, sent_tasks):
    request = reverse("reports:request", args=["budget-package", chosen.pk])
    text = as_(viewer).get(at("workshop_package")).text
    offered = text.partition(f'action="{request}"')[2].partition("</form>")[0]
    for file_type in ("Create PDF report", 'value="docx"', 'value="xlsx"'):
        assert file_type in offered
    assert as_(viewer).post(request).status_code == 302
    assert Report.objects.get().kind == "budget-package"
    assert as_(stranger).post(request).status_code == 404

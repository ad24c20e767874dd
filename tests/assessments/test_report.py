"""The gap analysis as a kind of report: who may ask, and what is in it."""

import re

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from assessments import reports as gap_analysis
from assessments.models import Finding, GapAnalysis
from files.models import StoredFile
from initiatives.models import Initiative
from pdca.models import Element
from reports import kinds
from tests.uploads import upload

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def full(analysis, row, manager):
    """Every row answered; the vision with all that can be said of it."""
    analysis.findings.update(rating=1, areas=["E"])
    row(analysis, by=manager).answer(
        1,
        by=manager,
        rating=2,
        areas=["E", "Q"],
        initiatives=["cmom"],
        evidence=f"Minutes {EVIL}",
        changes="Share it\nwidely.",
        notes="Ask Vic.",
    )
    row(analysis).evidence_items.create(url="https://example.org/minutes?a=1&b=2", title="The minutes")
    row(analysis).evidence_items.create(file=StoredFile.keep(upload("policy <b>.pdf"), by=manager))
    analysis.name, analysis.fence_line, analysis.operations = (
        f"Plan {EVIL}",
        "All but <i>this</i>.",
        ["solids-handling"],
    )
    analysis.save()
    return analysis


def page(analysis) -> str:
    kind = kinds.get("gap-analysis")
    return render_to_string(kind.template, kind.context(analysis))


def as_completed(analysis) -> str:
    """The page without what follows from the catalog as it is now."""
    before, _, after = page(analysis).partition("<h2>Recommendations")
    return before + after.partition("<h2>All findings")[2]


@pytest.mark.parametrize("role", ["manager", "contributor", "viewer"])
def test_members_may_ask(request, analysis, role):
    assert kinds.get("gap-analysis").find(request.getfixturevalue(role), analysis.pk) == analysis


def test_strangers_may_not(analysis, stranger):
    assert kinds.get("gap-analysis").find(stranger, analysis.pk) is None
    assert kinds.get("gap-analysis").find(stranger, 0) is None


def test_a_stranger_who_asks_finds_nothing(analysis, stranger, as_):
    assert as_(stranger).post(f"/reports/request/gap-analysis/{analysis.pk}/").status_code == 404


def test_members_share_it_and_a_manager_deletes_it(analysis, manager, contributor, viewer, stranger):
    sharing = kinds.single("gap-analysis").sharing
    members = (manager, contributor, viewer, stranger)
    assert [list(sharing.readable(user)) for user in members] == [[analysis], [analysis], [analysis], []]
    assert [list(sharing.managed(user)) for user in members] == [[analysis], [], [], []]


def test_only_these_kinds_are_shared():
    drafts = ["manual-draft", *(f"manual-draft-{letter}" for letter in "EFHQS")]
    shared = ["audit", "auditor-index", "budget-package", "gap-analysis", "management-review", "manual", *drafts]
    shared.append("performance")
    assert sorted(name for name, _ in kinds.shared()) == shared


def test_the_results_offer_every_type_of_file(analysis, viewer, as_):
    text = as_(viewer).get(f"/gap-analyses/{analysis.pk}/results/").text
    offered = re.findall(r'name="file_type" value="(\w+)"', text)
    assert ["pdf", *offered] == kinds.single("gap-analysis").file_types  # the button without a value is for the PDF
    assert "Create PDF report" in text


def test_it_is_named_after_what_it_is_about(analysis):
    assert gap_analysis.title(analysis) == "Gap analysis: Integrated system, 2026, Riverbend Water and Sewer"
    assert kinds.get("gap-analysis").filename(analysis) == "riverbend-water-and-sewer-gap-analysis-2026-06-30"


def test_it_has_everything_that_was_entered(full, manager):
    made = page(full)
    for text in (
        "Share it<br>widely.",
        "Ask Vic.",
        "The minutes",
        "https://example.org/minutes?a=1&amp;b=2",
        "Riverbend Water and Sewer",
        "June 30, 2026",
        "Stabilizing and handling of solids",
        full.results.headline,
        *full.results.sentences,
    ):
        assert text in made, text
    for initiative in full.initiatives.all():
        assert initiative.name in made
    for element in Element.objects.all():
        assert f"<h4>{element.name}" in made
    assert made.count("<svg") == 2
    assert made.count("<h1") == 1


def test_markup_is_shown_as_text(full):
    made = page(full)
    assert "<script" not in made
    assert "Minutes &lt;script&gt;alert(1)&lt;/script&gt;" in made
    assert "All but &lt;i&gt;this&lt;/i&gt;." in made
    assert "policy &lt;b&gt;.pdf" in made
    assert "style=" not in made


def test_one_under_way_says_what_is_not_answered(analysis, row):
    Finding.objects.filter(pk=row(analysis).pk).update(rating=2, areas=["E", "S"], to_confirm=True)
    made = page(analysis)
    assert "In progress: 1 of 18 elements answered" in made
    unanswered = made.partition("<h2>All findings")[2]
    for element in Element.objects.exclude(slug="vision"):
        assert f"<h4>{element.name}" not in unanswered
        assert element.name in unanswered
    assert unanswered.count("Not answered: ") == 4
    assert "(carried over, needs confirmation)" in made
    assert "Not described." in made


def test_a_complete_one_keeps_its_names(full, manager):
    full.complete(by=manager)
    before = as_completed(full)
    Element.objects.filter(slug="vision").update(name="Renamed element")
    Initiative.objects.filter(slug="cmom").update(short_name="Renamed")
    full = GapAnalysis.objects.get(pk=full.pk)
    assert as_completed(full) == before
    assert "Complete since" in before
    assert "Mara Gerr" in before


def test_the_renamed_initiative_keeps_its_full_name_too(full, manager):
    full.complete(by=manager)
    before = as_completed(full)
    Initiative.objects.filter(slug="cmom").update(name="Renamed initiative")
    full = GapAnalysis.objects.get(pk=full.pk)
    assert as_completed(full) == before


def test_its_queries_do_not_grow_with_its_evidence(full, row):
    page(full)  # what an analysis remembers of its initiatives
    with CaptureQueriesContext(connection) as before:
        page(full)
    for slug in ("vision", "auditing", "reporting"):
        for number in range(3):
            row(full, slug).evidence_items.create(url=f"https://example.org/{number}")
    with CaptureQueriesContext(connection) as after:
        page(full)
    assert len(after) == len(before)

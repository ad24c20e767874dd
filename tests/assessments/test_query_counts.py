"""Pages ask the database a fixed, small number of questions, however much there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import GapAnalysis
from tests.factories import GapAnalysisFactory
from tests.workbooks import edited, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def queries(as_):
    """``queries(user, path)``: how many it takes to show the page; the browser is signed in before."""

    def count(user, path, *, post=None, headers=None):
        browser = as_(user)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = browser.post(path, post, headers=headers) if post else browser.get(path)
        assert answer.status_code == 200, answer.content
        return len(captured)

    return count


@pytest.fixture
def more(utility, manager, row):
    """``more()``: two more analyses, and evidence in every row of all of them."""

    def make():
        for _ in range(2):
            GapAnalysisFactory(utility=utility, by=manager)
        for analysis in GapAnalysis.objects.all():
            for finding in analysis.findings.all():
                finding.evidence_items.create(url="https://example.org")

    return make


def test_opening_takes_at_most_ten(analysis, queries, manager, viewer, more):
    more()
    assert queries(manager, analysis.get_absolute_url()) <= 10
    assert queries(viewer, analysis.get_absolute_url()) <= 10


def test_opening_with_a_row_open_takes_few_more(analysis, queries, manager, more):
    more()
    assert queries(manager, f"{analysis.get_absolute_url()}?open=vision") <= 13


@pytest.mark.parametrize(
    "part",
    [{}, {"details": 1, "initiatives": ["cmom"], "evidence": "x", "changes": "x", "notes": "x"}],
    ids=["row", "opened"],
)
def test_saving_a_row_takes_at_most_ten(analysis, url, queries, manager, part, more):
    more()
    data = {"version": 1, "rating": 2, "areas": ["E", "S"]} | part
    assert queries(manager, url("save", analysis, "vision"), post=data, headers={"Accept": "application/json"}) <= 10


@pytest.mark.parametrize("page", ["/gap-analyses/", "/"])
@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_lists_do_not_ask_more_for_more(request, analysis, queries, more, page, role):
    person = request.getfixturevalue(role)
    queries(person, page)  # the first visit is written
    before = queries(person, page)
    more()
    assert queries(person, page) == before


@pytest.mark.parametrize("name", ["analysis", "results", "scope"])
def test_pages_of_one_do_not_ask_more_for_more(analysis, url, queries, manager, more, answer_all, name):
    before = queries(manager, url(name, analysis))
    more()
    answer_all(analysis, initiatives=["cmom", "iso-14001"])
    assert queries(manager, url(name, analysis)) == before


def test_reading_a_complete_one_does_not_ask_more_for_more_evidence(
    complete, answered, queries, url, viewer, manager, row
):
    complete.reopen(by=manager, why="x")
    row(complete).evidence_items.create(url="https://example.org")
    before = queries(viewer, url("analysis", complete))
    for slug in ("vision", "auditing", "reporting"):
        row(complete, slug).evidence_items.create(url="https://example.org")
    assert queries(viewer, url("analysis", complete)) == before


def test_the_excel_file_takes_at_most_eight_and_its_preview_thirteen(analysis, url, queries, as_, manager, more):
    content = as_(manager).get(url("excel", analysis)).content
    slugs = list(analysis.findings.values_list("element__slug", flat=True))
    few, many = (edited(content, {(slug, "Notes"): "New." for slug in some}) for some in (slugs[:1], slugs))
    sends = [(lambda one=one: sent(one)) for one in (few, many)]
    before = queries(manager, url("excel", analysis)), queries(manager, url("excel_import", analysis), post=sends[0]())
    more()
    after = queries(manager, url("excel", analysis)), queries(manager, url("excel_import", analysis), post=sends[1]())
    assert after == before, "however many rows the file changes"
    assert after[0] <= 8
    assert after[1] <= 13

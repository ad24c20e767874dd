"""Deleting: a draft, and what is or was complete, which needs a reason and leaves a line for the managers."""

import pytest
from django.urls import reverse

from accounts.models import Role
from assessments.models import Deletion, Evidence, Finding, GapAnalysis
from files.models import StoredFile
from reports.models import Report
from tests.conftest import member
from tests.factories import GapAnalysisFactory
from tests.uploads import PDF, upload
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
LIST = reverse("assessments:list")
WHY = "It was of the <b>wrong</b> utility."


def exists(analysis) -> bool:
    return GapAnalysis.objects.filter(pk=analysis.pk).exists()


@pytest.fixture
def complete_with_files(answered, row, manager):
    row(answered).evidence_items.create(file=StoredFile.keep(upload(), by=manager))
    row(answered).evidence_items.create(url="https://example.org")
    answered.complete(by=manager)
    return answered


# --- A draft that was never complete


def test_a_draft_goes_with_its_rows_and_files(
    analysis, row, url, as_, manager, stored_files, django_capture_on_commit_callbacks
):
    row(analysis).evidence_items.create(file=StoredFile.keep(upload(), by=manager))
    row(analysis).evidence_items.create(url="https://example.org")
    assert len(stored_files()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_(manager).post(url("delete", analysis), follow=True)
    assert "“Integrated system, 2026” was deleted" in answer.text
    for model in (GapAnalysis, Finding, Evidence, StoredFile, Deletion):
        assert not model.objects.exists()
    assert stored_files() == []
    assert "Deleted gap analyses" not in answer.text


def test_a_file_that_another_analysis_uses_is_kept(
    analysis, row, manager, django_capture_on_commit_callbacks, stored_files
):
    row(analysis).evidence_items.create(file=StoredFile.keep(upload(), by=manager))
    GapAnalysis.start(
        by=manager, utility=analysis.utility, name="Next", as_of=analysis.as_of, areas=["E"], previous=analysis
    )
    with django_capture_on_commit_callbacks(execute=True):
        analysis.discard(by=manager)
    assert StoredFile.objects.count() == Evidence.objects.count() == len(stored_files()) == 1
    assert GapAnalysis.objects.get().copied_from is None


def test_one_that_was_completed_meanwhile_is_not_deleted_without_a_reason(answered, manager, seen_by):
    late = seen_by(manager, answered)
    answered.complete(by=manager)
    with pytest.raises(WrongState, match="Enter a reason"):
        late.discard(by=manager)
    assert GapAnalysis.objects.get().findings.count() == 18
    assert GapAnalysis.objects.get().status == "complete"


def test_a_second_deletion_says_so(analysis, manager, seen_by):
    late = seen_by(manager, analysis)
    analysis.discard(by=manager)
    with pytest.raises(WrongState, match="already deleted"):
        late.discard(by=manager)


def test_after_a_double_click_the_list_is_shown(analysis, complete, url, as_, manager):
    browser = as_(manager)
    for sent in ({}, {"why": WHY}):
        assert browser.post(url("delete", complete), {"why": WHY} | sent)["Location"] == LIST
    assert browser.post(url("delete", complete), {"why": WHY}, follow=True).status_code == 200
    assert Deletion.objects.count() == 1


# --- A complete one


def test_the_page_says_what_goes_and_what_stays(complete_with_files, url, as_, manager):
    page = as_(manager).get(url("delete", complete_with_files)).text
    for said in (
        "and 1 file.",
        "reports that members requested",
        "who deleted it, when and why",
        "Reason for deleting",
    ):
        assert said in page
    assert url("delete", complete_with_files) in as_(manager).get(complete_with_files.get_absolute_url()).text


def test_it_goes_with_everything_and_a_line_stays(
    complete_with_files, url, as_, manager, stored_files, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_(manager).post(url("delete", complete_with_files), {"why": WHY}, follow=True)
    for model in (GapAnalysis, Finding, Evidence, StoredFile):
        assert not model.objects.exists()
    assert stored_files() == []
    kept = Deletion.objects.get()
    assert (kept.name, str(kept.as_of), kept.by, kept.why) == ("Integrated system, 2026", "2026-06-30", manager, WHY)
    for said in ("Integrated system, 2026, as of June 30, 2026", "Deleted by Mara Gerr on", "It was of the &lt;b&gt;"):
        assert said in answer.text


@pytest.mark.parametrize("why", ["", "   ", "x" * 1001])
def test_it_needs_a_reason(complete, url, as_, manager, why):
    answer = as_(manager).post(url("delete", complete), {"why": why})
    assert answer.status_code == 422
    assert why.strip() in answer.text
    assert exists(complete)
    assert not Deletion.objects.exists()


def test_the_button_of_a_draft_page_that_is_out_of_date_asks_for_the_reason(complete, url, as_, manager):
    answer = as_(manager).post(url("delete", complete))
    assert "Reason for deleting" in answer.text
    assert exists(complete)


def test_a_reason_of_a_thousand_letters_is_kept(complete, url, as_, manager):
    as_(manager).post(url("delete", complete), {"why": "x" * 1000})
    assert Deletion.objects.get().why == "x" * 1000


def test_reopening_it_first_does_not_get_around_the_reason(complete, url, as_, manager, seen_by):
    complete.reopen(by=manager, why="A row was wrong.")
    assert "Reason for deleting" in as_(manager).post(url("delete", complete)).text
    assert exists(complete)
    as_(manager).post(url("delete", complete), {"why": WHY})
    assert not exists(complete)
    assert Deletion.objects.get().why == WHY


@pytest.mark.parametrize("role", ["contributor", "viewer", "stranger"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_may(request, complete, url, as_, role, method):
    answer = getattr(as_(request.getfixturevalue(role)), method)(url("delete", complete), {"why": WHY})
    assert answer.status_code == (404 if role == "stranger" else 403)
    assert exists(complete)
    assert not Deletion.objects.exists()


@pytest.mark.parametrize("role", ["contributor", "viewer", "stranger"])
def test_only_managers_read_the_line(request, complete, as_, manager, role):
    complete.discard(by=manager, why=WHY)
    text = as_(request.getfixturevalue(role)).get(LIST).text
    assert "Integrated system, 2026" not in text
    assert "Deleted by" not in text


def test_another_manager_reads_it_also_once_the_person_has_gone(complete, as_, utility, manager):
    other = member(utility, Role.MANAGER, "second@example.org", "Sid Cond")
    complete.discard(by=manager, why=WHY)
    assert "Deleted by Mara Gerr" in as_(other).get(LIST).text
    manager.delete()
    assert "Deleted by a former member" in as_(other).get(LIST).text


# --- What refers to it


def test_reports_of_it_go_whoever_requested_them(complete, manager, viewer, sent_tasks, stored_files):
    other = GapAnalysisFactory(utility=complete.utility)
    made, asked, theirs = (
        Report.request("gap-analysis", one, by)
        for one, by in ((complete, manager), (complete, viewer), (other, viewer))
    )
    made.start()
    made.finish(StoredFile.keep_made("a.pdf", "application/pdf", PDF, by=manager))
    complete.discard(by=manager, why=WHY)
    assert list(Report.objects.all()) == [theirs]
    assert not StoredFile.objects.exists()


def test_one_started_from_it_stays_complete_with_its_files(complete_with_files, manager, answer_all, seen_by):
    copy = GapAnalysis.start(
        by=manager, utility=complete_with_files.utility, name="Next", as_of="2027-06-30", areas=["E", "S"],
        previous=complete_with_files,
    )  # fmt: skip
    answer_all(copy)
    seen_by(manager, copy).complete(by=manager)
    complete_with_files.discard(by=manager, why=WHY)
    left = GapAnalysis.objects.get()
    assert (left.status, left.copied_from) == ("complete", None)
    assert Evidence.objects.count() == 2
    assert StoredFile.objects.count() == 1


def test_it_can_no_longer_be_started_from(complete, as_, manager, utility):
    start = reverse("assessments:start", args=[utility.pk])
    frame = {"name": "Next", "as_of": "2027-06-30", "areas": ["E"], "version": 1, "previous": complete.pk}
    complete.discard(by=manager, why=WHY)
    assert as_(manager).get(f"{start}?from={complete.pk}").status_code == 200
    as_(manager).post(start, frame)
    assert not GapAnalysis.objects.exclude(copied_from=None).exists()


def test_the_line_goes_with_its_utility(complete, manager, utility):
    complete.discard(by=manager, why=WHY)
    utility.delete()
    assert not Deletion.objects.exists()

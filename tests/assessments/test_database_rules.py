"""The rules of a gap analysis hold in the database, whoever writes to it."""

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from assessments.models import Deletion, Evidence, Finding, GapAnalysis, InitiativeInPlace
from files.models import StoredFile
from initiatives.models import Initiative
from pdca.models import Element
from tests.uploads import upload

pytestmark = pytest.mark.django_db


def refused_by(action) -> str:
    """The name of the rule that refuses ``action``."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        action()
    return caught.value.__cause__.diag.constraint_name


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def analyses(analysis):
    return GapAnalysis.objects.filter(pk=analysis.pk)


# --- The frame


@pytest.mark.parametrize("areas", [[], ["X"], ["E", "Z"]])
def test_gap_analysis_areas_known(analysis, areas):
    assert refused_by(lambda: analyses(analysis).update(areas=areas)) == "gap_analysis_areas_known"


def test_gap_analysis_operations_known(analysis):
    assert refused_by(lambda: analyses(analysis).update(operations=["moon-base"])) == "gap_analysis_operations_known"


def test_initiative_in_place_once(analysis):
    again = InitiativeInPlace(analysis=analysis, initiative=Initiative.objects.get(slug="cmom"))
    assert refused_by(again.save) == "initiative_in_place_once"


def test_finding_once_per_element(analysis):
    again = Finding(analysis=analysis, element=Element.objects.get(slug="vision"))
    assert refused_by(again.save) == "finding_once_per_element"


def test_gap_analysis_areas_in_use(analysis, row):
    Finding.objects.filter(pk=row(analysis).pk).update(rating=1, areas=["S"])
    assert refused_by(lambda: analyses(analysis).update(areas=["E", "Q"])) == "gap_analysis_areas_in_use"
    analyses(analysis).update(areas=["S", "Q"])


def test_the_catalog_keeps_what_an_analysis_names(analysis):
    with pytest.raises(IntegrityError), transaction.atomic():
        Initiative.objects.get(slug="cmom").delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Element.objects.get(slug="vision").delete()


def test_deletion_has_a_reason(analysis):
    line = Deletion(utility=analysis.utility, name="Gone", as_of=analysis.as_of, why="")
    assert refused_by(line.save) == "deletion_has_a_reason"


# --- Completion


FRAMES = [
    {"status": "complete", "completed_at": None, "frozen": {}},
    {"status": "complete", "completed_at": timezone.now(), "frozen": None},
    {"status": "draft", "completed_at": timezone.now(), "frozen": None},
    {"status": "draft", "completed_at": None, "frozen": {}},
    {"status": "lost", "completed_at": None, "frozen": None},
]


@pytest.mark.parametrize("frame", FRAMES)
def test_gap_analysis_frozen_when_complete(answered, frame):
    assert refused_by(lambda: analyses(answered).update(**frame)) == "gap_analysis_frozen_when_complete"


def finish(analysis) -> None:
    analyses(analysis).update(status="complete", completed_at=timezone.now(), frozen={})


@pytest.mark.parametrize(
    "lack",
    [
        {"rating": None, "areas": []},
        {"to_confirm": True},
        {"rating": 1, "areas": []},
        {"rating": 2, "areas": []},
        {"rating": 2, "areas": ["E"]},
    ],
)
def test_gap_analysis_every_row(answered, row, lack):
    Finding.objects.filter(pk=row(answered).pk).update(**lack)
    assert refused_by(lambda: finish(answered)) == "gap_analysis_every_row"


@pytest.mark.parametrize("gone", ["all", "one"])
def test_an_analysis_without_its_rows_is_never_complete(answered, row, gone):
    rows = answered.findings.all() if gone == "all" else Finding.objects.filter(pk=row(answered).pk)
    rows.delete()
    assert refused_by(lambda: finish(answered)) == "gap_analysis_every_row"


def test_none_is_born_complete(analysis):
    born = GapAnalysis(
        utility=analysis.utility,
        name="x",
        as_of=analysis.as_of,
        areas=["E"],
        status="complete",
        completed_at=timezone.now(),
        frozen={},
    )
    assert refused_by(born.save) == "gap_analysis_every_row"


# --- A complete one is read-only


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Another"},
        {"as_of": "2020-01-01"},
        {"operations": ["water-treatment"]},
        {"fence_line": "Everything"},
        {"areas": ["E", "S"]},
        {"frozen": {"overall": 100}},
    ],
)
def test_gap_analysis_read_only(complete, values):
    assert refused_by(lambda: analyses(complete).update(**values)) == "gap_analysis_read_only"


ROW_CHANGES = [
    {"rating": 0, "areas": []},
    {"areas": ["E", "Q"]},
    {"kept_areas": {"1": ["E"]}},
    {"initiatives": ["cmom"]},
    {"evidence": "x"},
    {"changes": "x"},
    {"notes": "x"},
    {"to_confirm": True},
]


@pytest.mark.parametrize("values", ROW_CHANGES)
def test_finding_read_only_when_complete(complete, row, values):
    change = Finding.objects.filter(pk=row(complete).pk)
    assert refused_by(lambda: change.update(**values)) == "finding_read_only_when_complete"


def test_raw_sql_changes_no_row_of_a_complete_one(complete, row):
    statement = "UPDATE assessments_finding SET notes = 'x' WHERE id = %s"
    assert refused_by(lambda: sql(statement, row(complete).pk)) == "finding_read_only_when_complete"


def test_a_row_of_a_complete_one_is_not_deleted(complete, row):
    delete = "DELETE FROM assessments_finding WHERE id = %s"
    assert refused_by(lambda: sql(delete, row(complete).pk)) == "finding_read_only_when_complete"


def test_a_row_of_a_complete_one_is_not_moved_to_another_element(complete, row):
    sql("DELETE FROM assessments_evidence WHERE finding_id = %s", row(complete).pk)
    other = Element.objects.create(slug="other", order=99, component_id="act", name="Other", purpose="x", source="x")
    change = Finding.objects.filter(pk=row(complete).pk)
    assert refused_by(lambda: change.update(element=other)) == "finding_read_only_when_complete"


def test_complete_is_kept(complete):
    """Of all the rules the only one raised by django-pgtrigger's own words, without a constraint's name."""
    with pytest.raises(Error, match="Cannot delete rows"), transaction.atomic():
        GapAnalysis.objects.filter(pk=complete.pk)._raw_delete("default")
    assert analyses(complete).exists()


def test_with_its_utility_goes_no_complete_one(complete, utility):
    with pytest.raises(Error), transaction.atomic():
        utility.delete()
    assert analyses(complete).exists()


# --- Evidence


@pytest.mark.parametrize("kind", ["neither", "both"])
def test_evidence_link_or_file(analysis, row, kind):
    file = StoredFile.keep(upload(), by=None) if kind == "both" else None
    item = Evidence(finding=row(analysis), url="https://example.org" if kind == "both" else "", file=file)
    assert refused_by(item.save) == "evidence_link_or_file"


@pytest.fixture
def item(answered, row) -> Evidence:
    return row(answered).evidence_items.create(url="https://example.org/minutes", title="Minutes")


def test_evidence_read_only_when_complete(item, answered, manager, row):
    answered.complete(by=manager)
    more = Evidence(finding=row(answered), url="https://example.org")
    assert refused_by(more.save) == "evidence_read_only_when_complete"
    assert refused_by(item.delete) == "evidence_read_only_when_complete"
    assert refused_by(lambda: sql("DELETE FROM assessments_evidence")) == "evidence_read_only_when_complete"


@pytest.mark.parametrize("values", [{"title": "Other"}, {"url": "https://example.org/other"}])
def test_evidence_of_a_complete_one_does_not_change(item, answered, manager, values):
    answered.complete(by=manager)
    change = Evidence.objects.filter(pk=item.pk)
    assert refused_by(lambda: change.update(**values)) == "evidence_read_only_when_complete"


def test_a_file_in_use_is_not_deleted(analysis, row):
    file = StoredFile.keep(upload(), by=None)
    row(analysis).evidence_items.create(file=file)
    with pytest.raises(IntegrityError), transaction.atomic():
        file.discard()
    assert StoredFile.objects.exists()


def test_reopened_it_can_change_again(complete, manager, row):
    complete.reopen(by=manager, why="A row was wrong.")
    Finding.objects.filter(pk=row(complete).pk).update(rating=0, areas=[])
    analyses(complete).update(name="Another")
    assert row(complete).rating == 0

"""Rating and areas agree: none, exactly one, two or more; in the form and in the database."""

import pytest
from django.db import IntegrityError, connection, transaction

from assessments.forms import FindingForm
from assessments.models import Finding, GapAnalysis
from assessments.rows import rows_of
from tests.factories import GapAnalysisFactory

pytestmark = pytest.mark.django_db

AGREE = [
    ("", [], None, []),
    ("0", [], 0, []),
    ("1", [], 1, []),  # the area is still to be said
    ("1", ["Q"], 1, ["Q"]),
    ("2", [], 2, []),  # the areas are still to be said
    ("2", ["Q"], 2, ["Q"]),
    ("2", ["Q", "Q"], 2, ["Q"]),
    ("2", ["Q", "E"], 2, ["E", "Q"]),
    ("2", ["E", "S", "Q", "F", "H"], 2, ["E", "S", "Q", "F", "H"]),
    ("", ["S"], 1, ["S"]),  # areas alone tell the rating
    ("", ["H", "S", "F"], 2, ["S", "F", "H"]),
]
DISAGREE = [
    ("0", ["E"], "areas", "can’t have areas"),
    ("0", ["E", "S"], "areas", "can’t have areas"),
    ("1", ["E", "S"], "areas", "exactly one"),
    ("2", ["E", "X"], "areas", "Select a valid choice"),
    ("3", [], "rating", "Select a valid choice"),
    ("x", [], "rating", "Select a valid choice"),
]


def form_for(finding: Finding, rating: str, areas: list[str]) -> FindingForm:
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    data.update({"version": "1", "rating": rating})
    data.setlist("areas", areas)
    return FindingForm(data, finding=finding)


@pytest.mark.parametrize(("rating", "areas", "kept_rating", "kept_areas"), AGREE)
def test_the_form_takes_what_agrees(analysis, row, rating, areas, kept_rating, kept_areas):
    form = form_for(row(analysis), rating, areas)
    assert form.is_valid(), form.errors
    assert form.changes_made == {"rating": kept_rating, "areas": kept_areas}


@pytest.mark.parametrize(("rating", "areas", "field", "words"), DISAGREE)
def test_the_form_refuses_what_does_not_and_says_what_to_do(analysis, row, rating, areas, field, words):
    form = form_for(row(analysis), rating, areas)
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


@pytest.mark.parametrize(
    ("rating", "areas", "lack"),
    [
        (None, [], "not answered yet"),
        (0, [], ""),
        (1, [], "choose the area it supports"),
        (1, ["Q"], ""),
        (2, [], "needs at least two areas"),
        (2, ["Q"], "needs at least two areas"),
        (2, ["E", "Q"], ""),
    ],
)
def test_a_row_counts_as_answered_once_its_areas_agree(analysis, row, save, manager, viewer, rating, areas, lack):
    said = save(manager, analysis, rating="" if rating is None else rating, areas=areas).json()
    kept = row(analysis)
    assert (kept.rating, kept.areas, kept.missing_reason(analysis.areas), kept.is_answered) == (
        rating,
        areas,
        lack,
        not lack,
    )
    assert (said["missing_reason"], said["answered"]) == (lack, [] if lack else ["vision"])
    assert GapAnalysis.objects.with_progress().get().n_answered == (0 if lack else 1)
    assert [shown.is_answered for shown in rows_of(analysis) if shown.slug == "vision"] == [not lack]
    assert len(analysis.missing()) == (18 if lack else 17)


@pytest.fixture
def one_area(catalog, utility):
    return GapAnalysisFactory(utility=utility, areas=["Q"])


def test_with_one_area_in_scope_nothing_serves_several(one_area, row):
    form = form_for(row(one_area), "2", [])
    assert not form.is_valid()
    assert "Only one area is in scope" in form.errors["rating"][0]
    form = form_for(row(one_area), "", ["Q"])
    assert form.is_valid()
    assert form.changes_made == {"rating": 1, "areas": ["Q"]}


def test_an_area_out_of_scope_is_no_choice(one_area, row):
    form = form_for(row(one_area), "1", ["E"])
    assert not form.is_valid()
    assert list(form.errors) == ["areas"]


# --- In the database, past every form


def write(finding: Finding, **values) -> None:
    with transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(**values)


@pytest.mark.parametrize(("rating", "areas"), [(rating, areas) for _, _, rating, areas in AGREE])
def test_the_database_takes_what_agrees(analysis, row, rating, areas):
    write(row(analysis), rating=rating, areas=areas)
    assert (row(analysis).rating, row(analysis).areas) == (rating, areas)


@pytest.mark.parametrize(
    ("rating", "areas"),
    [(None, ["E"]), (0, ["E"]), (0, ["E", "S"]), (1, ["E", "S"]), (3, ["E", "S"]), (3, [])],
)
def test_finding_rating_and_areas_agree(analysis, row, rating, areas):
    with pytest.raises(IntegrityError, match="finding_rating_and_areas_agree"):
        write(row(analysis), rating=rating, areas=areas)


def test_one_area_written_twice_is_not_several(analysis, row):
    with pytest.raises(IntegrityError, match="finding_"):
        write(row(analysis), rating=2, areas=["E", "E"])


@pytest.mark.parametrize(("rating", "areas"), [(1, ["E"]), (2, ["E", "Q"]), (2, [])])
def test_finding_areas_in_scope(one_area, row, rating, areas):
    """The last: with one area in scope, nothing can serve several."""
    with pytest.raises(IntegrityError, match="areas outside the scope") as caught:
        write(row(one_area), rating=rating, areas=areas)
    assert caught.value.__cause__.diag.constraint_name == "finding_areas_in_scope"


@pytest.mark.parametrize("areas", ["{X}", "{NULL}"])
def test_an_area_that_there_is_not_is_out_of_every_scope(analysis, row, areas):
    with (
        pytest.raises(IntegrityError, match="areas outside the scope"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE assessments_finding SET rating = 1, areas = %s WHERE id = %s", [areas, row(analysis).pk])

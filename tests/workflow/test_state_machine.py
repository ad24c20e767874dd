"""A status moves only along its table, once, and with an event."""

from itertools import product

import pytest
from django.db import models

from assessments.models import GapAnalysis, GapAnalysisEvent
from tests.factories import GapAnalysisFactory
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
Status = GapAnalysis.Status
IN_TABLE = {(Status.DRAFT, Status.COMPLETE), (Status.COMPLETE, Status.DRAFT)}
EVERY_PAIR = list(product([*Status, "somewhere else"], [*Status, "somewhere else"]))


def bring(analysis: GapAnalysis, status: str) -> None:
    """Into ``status``, past the state machine; an unknown status only as the caller believes it to be."""
    analysis.findings.update(rating=0)
    if status == Status.COMPLETE:
        GapAnalysis.objects.filter(pk=analysis.pk).update(**frame(status))
    analysis.status = status


def frame(status: str) -> dict:
    if status == Status.COMPLETE:
        return {"status": status, "frozen": {}, "completed_at": "2026-07-01T00:00Z"}
    return {"status": status, "frozen": None, "completed_at": None}


def stored(analysis: GapAnalysis) -> str:
    return GapAnalysis.objects.get(pk=analysis.pk).status


def changes(status: str) -> dict:
    return {name: value for name, value in frame(status).items() if name != "status"}


@pytest.mark.parametrize(("start", "to"), EVERY_PAIR)
def test_every_pair_of_states(analysis, manager, start, to):
    bring(analysis, start)
    before = stored(analysis)
    if (start, to) in IN_TABLE:
        analysis._move(to, by=manager, why="because", **changes(to))
        event = analysis.events.get()
        assert (event.from_status, event.to_status, event.by, event.why) == (start, to, manager, "because")
        assert str(event) == f"{start} → {to}"
        assert stored(analysis) == analysis.status == to
    else:
        with pytest.raises(WrongState, match=f"^gap analysis: {start} → {to} is not in the table$"):
            analysis._move(to, by=manager, **changes(to))
        assert stored(analysis) == before
        assert analysis.status == start
        assert not GapAnalysisEvent.objects.exists()


def test_a_row_that_someone_moved_first_is_left_alone(analysis, manager):
    bring(analysis, Status.DRAFT)
    late = GapAnalysis.objects.get(pk=analysis.pk)
    analysis._move(Status.COMPLETE, by=manager, **changes(Status.COMPLETE))
    with pytest.raises(WrongState, match=f"^gap analysis {analysis.pk} is no longer draft$"):
        late._move(Status.COMPLETE, **changes(Status.COMPLETE))
    assert late.status == Status.DRAFT
    assert analysis.events.get().by == manager


def test_without_a_person_and_a_reason_the_event_has_none(analysis):
    bring(analysis, Status.DRAFT)
    analysis._move(Status.COMPLETE, **changes(Status.COMPLETE))
    assert (analysis.events.get().by, analysis.events.get().why) == (None, "")


def test_only_this_row_is_moved(analysis, utility):
    other = GapAnalysisFactory(utility=utility)
    for row in (other, analysis):
        bring(row, Status.DRAFT)
    analysis._move(Status.COMPLETE, **changes(Status.COMPLETE))
    assert stored(other) == Status.DRAFT
    assert analysis.completed_at == "2026-07-01T00:00Z", "what else was changed is on the row that was moved"
    assert GapAnalysis.objects.get(pk=analysis.pk).completed_at.year == 2026


def test_a_further_condition_must_hold_in_the_stored_row(analysis):
    bring(analysis, Status.DRAFT)
    with pytest.raises(WrongState):
        analysis._move(Status.COMPLETE, only_if=models.Q(name="another"), **changes(Status.COMPLETE))
    assert stored(analysis) == Status.DRAFT
    analysis._move(Status.COMPLETE, only_if=models.Q(name=analysis.name), **changes(Status.COMPLETE))
    assert stored(analysis) == Status.COMPLETE


def test_without_its_event_nothing_moves(analysis, monkeypatch):
    """The move and its event are one transaction."""

    def fail(*args, **kwargs):
        raise RuntimeError("the event could not be written")

    bring(analysis, Status.DRAFT)
    monkeypatch.setattr(models.QuerySet, "create", fail)
    with pytest.raises(RuntimeError):
        analysis._move(Status.COMPLETE, **changes(Status.COMPLETE))
    assert stored(analysis) == Status.DRAFT
    assert analysis.status == Status.DRAFT
    assert analysis.completed_at is None


def test_a_computed_change_is_written_and_not_guessed_at(analysis):
    bring(analysis, Status.DRAFT)
    name = models.Value("Renamed in the database")
    analysis._move(Status.COMPLETE, name=name, **changes(Status.COMPLETE))
    assert analysis.name == "Integrated system, 2026"
    assert GapAnalysis.objects.get(pk=analysis.pk).name == "Renamed in the database"

"""Along which ways applications, cycles and screenings move, written out: every pair of their states."""

import itertools

import pgtrigger
import pytest
from django.utils import timezone

from recognition.models import Application, Cycle, Screening
from workflow.models import WrongState

pytestmark = pytest.mark.django_db

APPLICATION = {
    ("draft", "submitted"),
    ("submitted", "completeness"),
    ("submitted", "withdrawn"),
    ("completeness", "returned"),
    ("completeness", "compliance"),
    ("completeness", "incomplete"),
    ("completeness", "withdrawn"),
    ("returned", "resubmitted"),
    ("returned", "incomplete"),
    ("returned", "withdrawn"),
    ("resubmitted", "completeness"),
    ("resubmitted", "withdrawn"),
    ("compliance", "region"),
    ("compliance", "panel"),
    ("compliance", "not_eligible"),
    ("compliance", "withdrawn"),
    ("region", "panel"),
    ("region", "not_eligible"),
    ("region", "withdrawn"),
    ("panel", "recommended"),
    ("panel", "not_recommended"),
    ("panel", "not_eligible"),
    ("panel", "withdrawn"),
    ("recommended", "recognized"),
    ("recommended", "not_recognized"),
    ("recommended", "not_eligible"),
    ("recommended", "withdrawn"),
    ("not_recommended", "recognized"),
    ("not_recommended", "not_recognized"),
    ("not_recommended", "not_eligible"),
    ("not_recommended", "withdrawn"),
    ("incomplete", "completeness"),
    ("incomplete", "returned"),
    ("not_eligible", "compliance"),
    ("not_eligible", "region"),
    ("not_eligible", "panel"),
    ("not_eligible", "recommended"),
    ("not_eligible", "not_recommended"),
}
CYCLE = {("planned", "review"), ("review", "decided"), ("decided", "archived")}
SCREENING = {
    ("requested", "running"),
    ("requested", "failed"),
    ("running", "done"),
    ("running", "failed"),
}


def check_every_pair(row, allowed: set[tuple[str, str]], **more) -> None:
    """The row is put into each state by hand, with ``more``, then moved to each."""
    states = type(row).Status.values
    assert {state for pair in allowed for state in pair} <= set(states)
    for start, end in itertools.product(states, states):
        type(row).objects.filter(pk=row.pk).update(status=start, **more)
        row.refresh_from_db()
        n_events = row.events.count()
        if (start, end) in allowed:
            row._move(end)
            last = row.events.last()
            assert (last.from_status, last.to_status) == (start, end)
        else:
            with pytest.raises(WrongState):
                row._move(end)
        moved = (start, end) in allowed
        row.refresh_from_db()
        assert row.status == (end if moved else start), f"{start} to {end}"
        assert row.events.count() == n_events + moved


def test_every_pair_of_states_of_an_application(draft):
    check_every_pair(draft, APPLICATION, resubmit_by=draft.cycle.closes)


def test_every_pair_of_states_of_a_cycle(cycle):
    with pgtrigger.ignore("recognition.Cycle:archived_cycle_is_kept"):
        check_every_pair(cycle, CYCLE)


def test_every_pair_of_states_of_a_screening(cycle):
    check_every_pair(Screening.objects.create(cycle=cycle), SCREENING)


# States of an application in which its cycle can't be decided yet.
NO_OUTCOME_YET = {
    "submitted",
    "completeness",
    "returned",
    "resubmitted",
    "compliance",
    "region",
    "panel",
    "recommended",
    "not_recommended",
}


def test_a_cycle_is_decided_once_no_application_waits(draft, staff):
    cycle = Cycle.objects.get()
    for state in Application.Status.values:
        Application.objects.update(status=state, resubmit_by=timezone.now())
        Cycle.objects.update(status="review")
        cycle.refresh_from_db()
        if state in NO_OUTCOME_YET:
            with pytest.raises(WrongState):
                cycle.mark_decided(by=staff)
        else:
            cycle.mark_decided(by=staff)
        cycle.refresh_from_db()
        assert cycle.status == ("review" if state in NO_OUTCOME_YET else "decided"), state


def test_the_review_of_a_cycle_begins_once_it_is_closed(cycle, staff):
    with pytest.raises(WrongState):
        cycle.begin_review(by=staff)
    assert Cycle.objects.get().status == "planned"
    Cycle.objects.update(closes=timezone.now())
    cycle.begin_review(by=staff)
    assert Cycle.objects.get().status == "review"

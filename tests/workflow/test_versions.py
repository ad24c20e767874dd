"""A row saves only over the version that it was read at."""

import pytest
from django.db.models import Q

from assessments.models import Finding
from workflow.models import Stale, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding(analysis) -> Finding:
    return analysis.findings.get(element__slug="vision")


def stored(finding: Finding) -> Finding:
    return Finding.objects.get(pk=finding.pk)


def test_saving_counts_the_version_up_and_says_who(finding, manager):
    assert finding.save_over(1, by=manager, notes="mine") is finding
    assert (finding.version, finding.notes, finding.changed_by) == (2, "mine", manager)
    assert (stored(finding).version, stored(finding).notes, stored(finding).changed_by) == (2, "mine", manager)
    assert stored(finding).changed_at == finding.changed_at


def test_only_the_named_fields_are_written(finding, manager):
    Finding.objects.filter(pk=finding.pk).update(evidence="written elsewhere")
    finding.save_over(1, by=manager, notes="mine")
    assert stored(finding).evidence == "written elsewhere"


@pytest.mark.parametrize("version", [0, 2, -1, 2**40])
def test_another_version_saves_nothing_and_brings_the_row_as_it_is(finding, manager, version):
    Finding.objects.filter(pk=finding.pk).update(notes="theirs")
    with pytest.raises(Stale) as caught:
        finding.save_over(version, by=manager, notes="mine")
    assert caught.value.current.notes == "theirs"
    assert "was changed by someone else" in str(caught.value)
    assert (stored(finding).version, stored(finding).notes) == (1, "theirs")
    assert finding.version == 1


def test_of_two_who_read_the_same_version_one_saves(finding, manager, contributor):
    late = stored(finding)
    finding.save_over(1, by=manager, notes="mine")
    with pytest.raises(Stale):
        late.save_over(1, by=contributor, notes="theirs")
    assert stored(finding).notes == "mine"


def test_a_condition_that_no_longer_holds_is_told_apart_from_another_version(finding, manager):
    with pytest.raises(WrongState, match=f"^finding {finding.pk} can no longer be edited$"):
        finding.save_over(1, by=manager, only_if=Q(analysis__status="complete"), notes="mine")
    assert (stored(finding).version, stored(finding).notes) == (1, "")
    finding.save_over(1, by=manager, only_if=Q(analysis__status="draft"), notes="mine")
    assert stored(finding).notes == "mine"


def test_only_this_row_is_saved_and_one_that_is_gone_is_not(finding, manager):
    finding.save_over(1, by=manager, notes="mine")
    others = finding.analysis.findings.exclude(pk=finding.pk)
    assert set(others.values_list("version", "notes")) == {(1, "")}
    Finding.objects.filter(pk=finding.pk).delete()
    with pytest.raises(WrongState, match="can no longer be edited"):
        finding.save_over(2, by=manager, notes="mine")


def test_a_save_says_when(finding, manager, time_machine):
    time_machine.move_to("2026-10-01T12:00Z", tick=False)
    finding.save_over(1, by=manager, notes="mine")
    assert stored(finding).changed_at.isoformat() == "2026-10-01T12:00:00+00:00"

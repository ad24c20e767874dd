"""An application's whole way, step by step, and the table of statuses that it moves along."""

import itertools

import pytest
from post_office.models import Email

from recognition.models import Application, Submission
from workflow.models import WrongState

Status = Application.Status
pytestmark = pytest.mark.django_db


SUBJECTS = ["Your application is submitted", "Riverbend Water and Sewer is recognized"]


def test_the_usual_way_leads_to_recognition(at):
    application = at(Status.RECOGNIZED)

    assert application.status == Status.RECOGNIZED
    moves = [event.to_status for event in application.events.all() if event.from_status != event.to_status]
    assert moves == ["submitted", "completeness", "compliance", "panel", "recommended", "recognized"]
    assert Submission.objects.count() == 1
    to_manager = Email.objects.filter(to=["manager@example.org"]).order_by("pk")
    assert [email.subject.split(":")[0] for email in to_manager] == SUBJECTS


ALLOWED = {(start, end) for start, ends in Application.TRANSITIONS.items() for end in ends}


def test_every_pair_of_statuses(draft):
    """One test over all pairs: the application is put back by hand, then moved."""
    for start, end in itertools.product(Status, Status):
        Application.objects.filter(pk=draft.pk).update(status=start, resubmit_by=draft.cycle.closes)
        draft.refresh_from_db()
        if (start, end) in ALLOWED:
            draft._move(end)
            assert draft.events.last().to_status == end
        else:
            with pytest.raises(WrongState):
                draft._move(end)
        draft.refresh_from_db()
        assert draft.status == (end if (start, end) in ALLOWED else start)

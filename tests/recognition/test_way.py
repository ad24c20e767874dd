"""An application's whole way, step by step."""

import pytest
from post_office.models import Email

from recognition.models import Application, Submission

Status = Application.Status
pytestmark = pytest.mark.django_db


SUBJECTS = ["Application received", "Riverbend Water and Sewer is recognized"]


def test_the_usual_way_leads_to_recognition(at):
    application = at(Status.RECOGNIZED)

    assert application.status == Status.RECOGNIZED
    moves = [event.to_status for event in application.events.all() if event.from_status != event.to_status]
    assert moves == ["submitted", "completeness", "compliance", "panel", "recommended", "recognized"]
    assert Submission.objects.count() == 1
    to_manager = Email.objects.filter(to=["manager@example.org"]).order_by("pk")
    assert [email.subject.split(":")[0] for email in to_manager] == SUBJECTS

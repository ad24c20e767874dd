"""What a person reads of an application's history."""

from datetime import timedelta

import pytest
from post_office.models import Email

from recognition.models import Application, Decision
from tests.applications import Status

pytestmark = pytest.mark.django_db
REASONS = "Everything is met."


def test_compliance_staff_learn_no_recommendation(at, compliance, official, as_):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=False, reason="The budget year was not closed.")
    page = as_(compliance).get(application.get_absolute_url()).content.decode()

    assert "Awaiting the decision" in page
    assert not any(words in page for words in (REASONS, "The budget year", ">Recommended<"))


def test_a_later_deadline_is_told_to_the_applicant(draft, staff, manager):
    until = draft.deadline + timedelta(days=3)
    draft.extend(until, by=staff, why="Their office was flooded.")

    email = Email.objects.get(to=[manager.email])
    assert draft.in_its_zone(until) in email.message
    assert Application.objects.get().deadline == until

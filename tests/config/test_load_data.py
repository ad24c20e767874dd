"""Rows to measure with: as many as are said, what every row must be, and never among data of people."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count

from accounts.models import Identifier, Membership, User, Utility
from assessments.models import Finding, GapAnalysis
from config.load import program, utilities
from config.management.commands.make_load_data import fill
from ims.models import Action, CorrectiveAction, Objective, Person, Record, Requirement
from recognition.models import Application, Decision, Rating, Recognition, Recommendation, Seat, Submission
from recognition.reviewing.lists import QUEUES
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
Status = Application.Status
SMALL = 2 * len(program.UNDER_WAY)
CHECKED = (
    *(Utility, Identifier, Membership, Person, GapAnalysis, Finding, Record, Action, CorrectiveAction, Objective),
    *(Requirement, Application, Submission, Seat, Rating, Recommendation, Decision, Recognition),
)


def faults(row) -> list[str]:
    """What is wrong with a row, by the rules of its fields. What a form asks for may be as it is in a row that is made
    without one."""
    untouched = [field.name for field in row._meta.fields if getattr(row, field.attname) in (None, field.get_default())]
    try:
        row.clean_fields(exclude=untouched)
        row.clean()
    except ValidationError as error:
        return error.messages
    return []


@pytest.fixture
def loaded(catalog, monkeypatch):
    monkeypatch.setattr(utilities, "UTILITIES", SMALL)
    monkeypatch.setattr(program, "RECOGNIZED", 3)
    return fill(2)


def test_every_row_keeps_the_rules(loaded):
    connection.check_constraints()  # the others held when the rows were written
    found = {model.__name__: faults(row) for model in CHECKED for row in model._base_manager.all()}
    assert {name: words for name, words in found.items() if words} == {}
    assert all(model._base_manager.exists() for model in CHECKED)


def test_a_block_has_what_is_said_of_it(loaded):
    assert Utility.objects.count() == 2 * SMALL
    assert GapAnalysis.objects.count() == 2 * 2 * SMALL
    assert Application.objects.count() == 3 * 2 * SMALL
    assert Recognition.objects.valid().count() == 2 * 3
    reviewed = Application.objects.filter(status__in=[Status.PANEL, *Application.PAST_PANEL])
    assert set(reviewed.annotate(n=Count("seats")).values_list("n", flat=True)) == {3}
    assert set(Utility.objects.annotate(n=Count("applications")).values_list("n", flat=True)) == {3}
    complete = GapAnalysis.objects.filter(status="complete")
    assert all(analysis.frozen == analysis.measured().as_json() for analysis in complete)
    under_way = Application.objects.under_review()
    assert under_way.count() == 2 * SMALL, "of the first block, however many there are"
    assert QUEUES["panel"].rows(loaded.staff).count() == SMALL + 2


def test_it_does_not_mix_with_data_of_people(catalog):
    UserFactory()
    with pytest.raises(CommandError, match="data of people"):
        call_command("make_load_data")
    assert User.objects.count() == 1
    with pytest.raises(CommandError, match="1 to 100"):
        call_command("make_load_data", scale=0)

"""Rows to measure with: as many as are said, what every row must be, and never among data of people."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count

from accounts.models import Identifier, Membership, User, Utility
from assessments.models import Finding, GapAnalysis
from config.audit import AuditEntry
from config.load import program, utilities
from config.management.commands.make_load_data import fill
from ims.models import Action, CorrectiveAction, Objective, Person, Record, Requirement
from recognition.models import Application, Decision, Rating, Recognition, Recommendation, Seat, Submission
from recognition.reviewing.lists import QUEUES
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
Status = Application.Status
SMALL = 2 * len(program.UNDER_WAY)
BLOCKS = 3
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
    return fill(BLOCKS)  # the third is a copy of the second


def test_every_row_keeps_the_rules(loaded):
    connection.check_constraints()  # the others held when the rows were written
    found = {model.__name__: faults(row) for model in CHECKED for row in model._base_manager.all()}
    assert {name: words for name, words in found.items() if words} == {}
    assert all(model._base_manager.exists() for model in CHECKED)


def test_a_block_has_what_is_said_of_it(loaded):
    assert Utility.objects.count() == BLOCKS * SMALL
    assert GapAnalysis.objects.count() == 2 * BLOCKS * SMALL
    assert Application.objects.count() == 3 * BLOCKS * SMALL
    assert Recognition.objects.valid().count() == BLOCKS * 3
    reviewed = Application.objects.filter(status__in=[Status.PANEL, *Application.PAST_PANEL])
    assert set(reviewed.annotate(n=Count("seats")).values_list("n", flat=True)) == {3}
    assert set(Utility.objects.annotate(n=Count("applications")).values_list("n", flat=True)) == {3}
    complete = GapAnalysis.objects.filter(status="complete")
    assert all(analysis.frozen == analysis.measured().as_json() for analysis in complete)
    under_way = Application.objects.under_review()
    assert under_way.count() == 2 * SMALL, "of the first block, however many there are"
    assert QUEUES["panel"].rows(loaded.staff).count() == SMALL + 2


def test_a_copy_refers_to_rows_of_its_own(loaded):
    """Its triggers and foreign keys were left out, so this says what they would: nothing refers to another block."""
    places = list(Utility.objects.order_by("pk").values_list("pk", flat=True)[2 * SMALL :])
    assert len(places) == SMALL
    of_it = {"utility__in": places}
    for model in (Membership, Identifier, Person, GapAnalysis, Record, Application):
        assert model._base_manager.filter(**of_it).count() == model._base_manager.count() / BLOCKS, model
    managers = set(Membership.objects.filter(**of_it).values_list("user", flat=True))
    assert len(managers) == SMALL
    applications = Application.objects.filter(**of_it)
    assert set(applications.values_list("created_by", flat=True)) == managers
    assert set(Record.objects.filter(**of_it).values_list("owner__user", flat=True)) == managers
    assert all(each.cycle.status == "decided" for each in applications.select_related("cycle"))
    assert all(each.created_at == each.cycle.opens for each in applications), "as much older as its cycle"
    members = User.objects.filter(pk__in=Seat.objects.filter(application__in=applications).values("member"))
    assert members.exists()
    assert not members.exclude(groups=None).exists(), "who reviewed them has left the panel"


def test_after_the_copies_triggers_are_heard_and_keys_count_on(loaded):
    last = User.objects.order_by("-pk")[0].pk
    person = UserFactory()
    assert person.pk > last
    assert AuditEntry.objects.filter(table="accounts_user", row=str(person.pk), action="INSERT").exists()


def test_it_does_not_mix_with_data_of_people(catalog):
    UserFactory()
    with pytest.raises(CommandError, match="data of people"):
        call_command("make_load_data")
    assert User.objects.count() == 1
    with pytest.raises(CommandError, match="1 to 100"):
        call_command("make_load_data", scale=0)

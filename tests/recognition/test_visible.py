"""Whose applications a person sees and reviews: the sets of rows are what the rule, written out, says of each row."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Role, StaffGroup
from accounts.zones import site_today
from recognition.models import Application, Seat
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

Status = Application.Status
pytestmark = pytest.mark.django_db

AT_COMPLIANCE = {"compliance", "not_eligible", "region", "panel"}
DECIDED = {"recommended", "not_recommended", "recognized", "not_recognized"}
# Staff group → the stages at which it sees an application that it has no part in.
SEES = {
    StaffGroup.PROGRAM: set(Status.values),
    StaffGroup.COMPLIANCE: AT_COMPLIANCE | DECIDED,
    StaffGroup.OFFICIAL: DECIDED,
    StaffGroup.PANEL: set(),
}


@pytest.fixture
def world(cycle):
    """People with each role and seat, and an application at each stage of a utility of each."""
    now, today = timezone.now(), site_today()
    ends = {"member": None, "former": today - timedelta(days=1), "advisor": today}
    people = {group: UserFactory() for group in SEES} | {name: UserFactory() for name in [*ends, "seated", "recused"]}
    for group in SEES:
        people[group].groups.add(Group.objects.get(name=group))
    roles, seats = {}, {}
    for status in Status.values:
        utility = UtilityFactory()
        row = Application.objects.create(utility=utility, cycle=cycle, status=status, resubmit_by=now)
        for name, until in ends.items():
            role = Role.ADVISOR if until else Role.VIEWER
            MembershipFactory(utility=utility, user=people[name], role=role, until=until)
            if name != "former":
                roles[people[name].pk, row.pk] = role
        if status in ("panel", "submitted"):  # staff may belong to a utility too
            MembershipFactory(utility=utility, user=people[StaffGroup.PROGRAM], role=Role.MANAGER)
            roles[people[StaffGroup.PROGRAM].pk, row.pk] = Role.MANAGER
        seat = {"application": row, "due": today}
        seats[people["seated"].pk, row.pk] = Seat.objects.create(member=people["seated"], **seat).pk
        left = {"recused_at": now, "conflict": "personal", "conflict_reason": "My sister."}
        Seat.objects.create(member=people["recused"], **seat, **left)
    return people, roles, seats


def test_the_rows_that_a_person_sees_are_those_of_the_rule(world):
    people, roles, seats = world
    rows = list(Application.objects.all())
    for name, person in people.items():
        expected = {
            row.pk: (roles.get((person.pk, row.pk)), seats.get((person.pk, row.pk)))
            for row in rows
            if (person.pk, row.pk) in roles.keys() | seats.keys() or row.status in SEES.get(name, ())
        }
        found = Application.objects.visible_to(person)
        assert {row.pk: (row.my_role, row.my_seat) for row in found} == expected, name
        assert found.count() == len(expected), name
        own = {pk for pk, (role, _) in expected.items() if role}
        assert {row.pk for row in found.of_utilities_of(person)} == own, name
        assert {row.pk for row in found.of_others(person)} == expected.keys() - own, name

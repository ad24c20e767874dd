"""Who decides about a request to join a utility, written out for every kind of person."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from post_office.models import Email

from accounts.models import Claim, Role, StaffGroup, User, Utility
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.django_db

# Riverbend and Alder have a manager, Birch has a contributor and a viewer, Cedar has nobody.
WHO_DECIDES = {
    "manager": {"Riverbend"},
    "contributor": set(),
    "viewer": set(),
    "manager of another utility": {"Alder"},
    "contributor where nobody manages": set(),
    "viewer where nobody manages": set(),
    "program staff": {"Birch", "Cedar"},
    "superuser": {"Birch", "Cedar"},
    "manager and program staff": {"Riverbend", "Birch", "Cedar"},
    "viewer and program staff": {"Birch", "Cedar"},
    "compliance staff": set(),
    "panel member": set(),
    "official": set(),
    "administrator": set(),
    "only in the administration pages": set(),
    "of no utility": set(),
    "the one who asks": set(),
}


@pytest.fixture
def utilities(db) -> dict[str, Utility]:
    return {name: UtilityFactory(name=name) for name in ("Riverbend", "Alder", "Birch", "Cedar")}


@pytest.fixture
def people(utilities) -> dict[str, User]:
    def member(utility: str, role: Role, *groups: str) -> User:
        user = in_groups(*groups)
        MembershipFactory(utility=utilities[utility], user=user, role=role)
        return user

    return {
        "manager": member("Riverbend", Role.MANAGER),
        "contributor": member("Riverbend", Role.CONTRIBUTOR),
        "viewer": member("Riverbend", Role.VIEWER),
        "manager of another utility": member("Alder", Role.MANAGER),
        "contributor where nobody manages": member("Birch", Role.CONTRIBUTOR),
        "viewer where nobody manages": member("Birch", Role.VIEWER),
        "program staff": in_groups(StaffGroup.PROGRAM),
        "superuser": UserFactory(is_superuser=True),
        "manager and program staff": member("Riverbend", Role.MANAGER, StaffGroup.PROGRAM),
        "viewer and program staff": member("Riverbend", Role.VIEWER, StaffGroup.PROGRAM),
        "compliance staff": in_groups(StaffGroup.COMPLIANCE),
        "panel member": in_groups(StaffGroup.PANEL),
        "official": in_groups(StaffGroup.OFFICIAL),
        "administrator": in_groups(StaffGroup.ADMINISTRATOR),
        "only in the administration pages": UserFactory(is_staff=True),
        "of no utility": UserFactory(),
        "the one who asks": UserFactory(email="joe@example.org", name="Joe Brook"),
    }


def in_groups(*groups: str) -> User:
    user = UserFactory()
    user.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in groups))
    return user


@pytest.fixture
def claims(utilities, people) -> dict[str, Claim]:
    """Joe asks to join each of the four."""
    return {name: Claim.objects.ask(utility, people["the one who asks"], "") for name, utility in utilities.items()}


def test_which_requests_each_person_can_decide(people, claims):
    assert {
        who: {claim.utility.name for claim in Claim.objects.decidable_by(user)} for who, user in people.items()
    } == WHO_DECIDES


@pytest.mark.parametrize("step", ["grant", "decline"])
def test_for_everyone_else_the_request_does_not_exist(people, claims, as_, step):
    """404, so that nobody learns which requests there are; and nothing is changed or sent."""
    for who, user in people.items():
        browser = as_(user)
        for name, claim in claims.items():
            if name not in WHO_DECIDES[who]:
                answer = browser.post(reverse(f"accounts:{step}", args=[claim.pk]), {"role": "manager"})
                assert answer.status_code == 404, f"{who}, {name}"
    assert Claim.objects.open().count() == 4
    assert not people["the one who asks"].memberships.exists()
    assert not Email.objects.exists()


@pytest.mark.parametrize(("step", "role"), [("grant", "viewer"), ("decline", "")])
def test_whoever_may_decide_does(utilities, people, as_, step, role):
    for who, names in WHO_DECIDES.items():
        for name in names:
            claim = Claim.objects.ask(utilities[name], UserFactory(), "")
            as_(people[who]).post(reverse(f"accounts:{step}", args=[claim.pk]), {"role": role})
            claim.refresh_from_db()
            assert (claim.decided_by, claim.granted_role) == (people[who], role), f"{who}, {name}"
            assert [each.role for each in claim.user.memberships.filter(utility=claim.utility)] == (
                [role] if role else []
            )

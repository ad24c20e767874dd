"""Who decides about a request to join a utility, written out for every kind of person."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from post_office.models import Email

from accounts.models import Claim, LastManager, Role, StaffGroup, User, Utility
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


def test_a_utility_whose_managers_are_all_deactivated_counts_as_without_one(as_, people, utilities):
    """For who decides, who is emailed, which new utilities wait, and who may leave."""
    staff, riverbend = people["program staff"], utilities["Riverbend"]
    Utility.objects.update(confirmed_at=None)
    claim = Claim.objects.ask(riverbend, UserFactory(), "")
    assert claim not in Claim.objects.decidable_by(staff)
    assert riverbend in Utility.objects.to_confirm()
    managers = User.objects.filter(memberships__utility=riverbend, memberships__role=Role.MANAGER)
    one, other = managers
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(LastManager):  # who could sign in
        one.memberships.get().leave()
    with pytest.raises(LastManager):
        one.memberships.get().change_role(Role.VIEWER)
    assert riverbend not in Utility.objects.without_manager()
    other.memberships.get().leave()

    User.objects.filter(pk=one.pk).update(is_active=False)
    assert riverbend in Utility.objects.without_manager()
    assert riverbend not in Utility.objects.to_confirm()
    assert list(riverbend.managers) == []
    assert claim in Claim.objects.decidable_by(staff)
    assert "Riverbend" in as_(staff).get(reverse("accounts:claims")).text
    asked = as_(people["of no utility"]).post(
        reverse("accounts:ask", args=[riverbend.pk]), {"message": "I run the lab."}
    )
    assert asked.status_code == 302
    assert staff.email in {address for email in Email.objects.all() for address in email.to}
    with pytest.raises(LastManager):  # the database keeps one, even so
        one.memberships.get().leave()

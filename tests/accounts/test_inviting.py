"""How many people may be invited, who vouches for a new utility, and when an invitation ends."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    Invitation,
    InvitationClosed,
    Membership,
    NotConfirmedYet,
    NotTheManager,
    Role,
    StaffGroup,
    TooManyInvitations,
    Utility,
)
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def new_utility(manager):
    """Of the manager, and confirmed by nobody."""
    return MembershipFactory(user=manager, utility=UtilityFactory(name="Fern Water", confirmed_at=None)).utility


@pytest.fixture
def staff():
    staff = UserFactory(email="staff@example.org")
    staff.groups.add(Group.objects.get_or_create(name=StaffGroup.PROGRAM)[0])
    return staff


def invite(utility, by, number, role=Role.VIEWER) -> Invitation:
    return Invitation.objects.invite(utility, f"person-{number}@example.org", role, by)


def verify(user, email) -> None:
    EmailAddress.objects.create(user=user, email=email, verified=True)


def test_a_utility_sends_20_invitations_in_24_hours_whoever_sends_them(utility, manager):
    other = MembershipFactory(utility=utility).user
    for number in range(20):
        invite(utility, (manager, other)[number % 2], number)
    Invitation.objects.end(Invitation.Ended.WITHDRAWN)
    with pytest.raises(TooManyInvitations):
        invite(utility, manager, 20)
    Invitation.objects.update(invited_at=timezone.now() - timedelta(hours=25))
    invite(utility, manager, 20)


def test_a_person_sends_20_invitations_in_24_hours_for_whichever_utility(manager, utility):
    second = MembershipFactory(user=manager).utility
    for number in range(20):
        invite((utility, second)[number % 2], manager, number)
    for each in (utility, second):
        with pytest.raises(TooManyInvitations):
            invite(each, manager, 20)


def test_a_new_utility_invites_5_people_until_they_join(new_utility, manager):
    for number in range(5):
        invite(new_utility, manager, number)
    invite(new_utility, manager, 0)  # the same person once more
    Invitation.objects.filter(email="person-1@example.org").end(Invitation.Ended.WITHDRAWN)
    with pytest.raises(NotConfirmedYet):
        invite(new_utility, manager, 5)
    joined = UserFactory(email="person-2@example.org")
    Invitation.objects.get(email=joined.email).accept(joined)
    invite(new_utility, manager, 5)


def test_the_page_says_what_happened_and_what_to_do(new_utility, manager, as_, settings):
    settings.INVITATIONS_UNTIL_CONFIRMED = 1
    url = reverse("accounts:invite", args=[new_utility.pk])
    browser = as_(manager)
    assert "you can invite 1 more" in browser.get(url).text
    assert browser.post(url, {"email": "one@example.org", "role": "viewer"}).status_code == 302
    page = browser.post(url, {"email": "two@example.org", "role": "viewer"}).text
    assert "Nothing was sent: Fern Water is new, and 1 people whom it invited have not joined yet" in page
    settings.INVITATIONS_PER_DAY = 1
    page = browser.post(url, {"email": "two@example.org", "role": "viewer"}).text
    assert "at most 1 invitations in 24 hours" in page
    assert "Send the next ones tomorrow" in page
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "vouches"),
    [
        ("mara@riverbend.gov", True),
        ("mara@water.riverbend.gov", True),
        ("mara@riverbend-water.example", True),  # listed
        ("mara@gov.example", False),
        ("mara@notgov", False),
        ("mara@xriverbend-water.example", False),
    ],
)
def test_a_managers_confirmed_address_of_a_trusted_domain_vouches(email, vouches, new_utility, manager, settings):
    settings.TRUSTED_EMAIL_DOMAINS = ["gov", "riverbend-water.example"]
    EmailAddress.objects.create(user=manager, email="mara@unconfirmed.gov", verified=False)
    verify(manager, email)
    invite(new_utility, manager, 0)
    new_utility.refresh_from_db()
    assert (new_utility.confirmed_by == manager) is vouches


@pytest.mark.parametrize("email", ["mara@riverbend.gov", "mara@example.org"])
def test_whom_a_utility_is_registered_by_may_vouch_for_it(email, as_):
    person = UserFactory(email=email)
    verify(person, email)
    sent = {"name": "Fern Water", "city": "Fern", "state": "OR", "systems": ["wastewater"]}
    as_(person).post(reverse("accounts:create"), sent)
    assert (Utility.objects.get().confirmed_at is not None) is email.endswith(".gov")


def test_program_staff_confirm_a_new_utility(new_utility, utility, staff, manager, as_):
    browser = as_(staff)
    assert "A new utility waits to be confirmed" in browser.get("/").text
    page = browser.get(reverse("accounts:new_utilities")).text
    assert "Fern Water" in page
    assert "manager@example.org" in page
    assert utility.name not in page
    browser.post(reverse("accounts:confirm", args=[new_utility.pk]))
    new_utility.refresh_from_db()
    assert new_utility.confirmed_by == staff
    assert browser.post(reverse("accounts:confirm", args=[new_utility.pk])).status_code == 404
    assert "waits to be confirmed" not in browser.get("/").text
    for number in range(6):
        invite(new_utility, manager, number)


@pytest.mark.parametrize("who", ["manager", "stranger"])
def test_nobody_else_confirms(who, new_utility, request, as_, client):
    browser = as_(request.getfixturevalue(who))
    assert browser.get(reverse("accounts:new_utilities")).status_code == 403
    assert browser.post(reverse("accounts:confirm", args=[new_utility.pk])).status_code == 403
    assert client.post(reverse("accounts:confirm", args=[new_utility.pk])).status_code == 302
    assert Utility.objects.get(pk=new_utility.pk).confirmed_at is None


def test_the_list_of_new_utilities_makes_the_same_queries_for_many(
    new_utility, staff, as_, django_assert_max_num_queries
):
    def n_queries() -> int:
        with django_assert_max_num_queries(15) as seen:
            as_(staff).get(reverse("accounts:new_utilities"))
        return len(seen)

    few = n_queries()
    for _ in range(10):
        MembershipFactory(utility=UtilityFactory(confirmed_at=None))
    assert n_queries() == few


def removed(membership: Membership) -> None:
    membership.leave()


def demoted(membership: Membership) -> None:
    membership.change_role(Role.CONTRIBUTOR)


def deleted_by_an_administrator(membership: Membership) -> None:
    membership.delete()


def account_closed(membership: Membership) -> None:
    membership.user.is_active = False
    membership.user.save()


@pytest.mark.parametrize("how", [removed, demoted, deleted_by_an_administrator, account_closed])
def test_open_invitations_end_with_the_role_of_who_sent_them(how, utility, manager, as_, client):
    leaving = MembershipFactory(utility=utility)
    ending, staying = invite(utility, leaving.user, 1), invite(utility, manager, 2)
    accepted, joined = invite(utility, leaving.user, 3), UserFactory(email="person-3@example.org")
    accepted.accept(joined)
    how(leaving)
    joe = UserFactory(email="person-1@example.org")
    link = reverse("accounts:invitation", args=[ending.token])
    for browser in (client, as_(joe)):
        page = browser.get(link)
        assert page.status_code == 410
        assert "the person who sent it no longer manages the utility" in page.text
    assert as_(joe).post(link).status_code == 410
    with pytest.raises(InvitationClosed):
        ending.accept(joe)
    assert list(Invitation.objects.open()) == [staying]
    listed = as_(manager).get(reverse("accounts:utility", args=[utility.pk])).text
    assert ("account was closed" in listed) is (how is account_closed)
    assert utility.memberships.filter(user=joined).exists()
    assert not utility.memberships.filter(user=joe).exists()


def test_who_no_longer_manages_a_utility_invites_nobody(utility, manager, viewer):
    with pytest.raises(NotTheManager):
        invite(utility, viewer, 1)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"ended": "role"}, {"ended_at": timezone.now()}, {"ended": "lost", "ended_at": timezone.now()}]
)
def test_the_database_keeps_when_and_why_it_ended(changes, utility, manager):
    invite(utility, manager, 1)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Invitation.objects.update(**changes)
    assert caught.value.__cause__.diag.constraint_name == "invitation_ended_or_accepted"

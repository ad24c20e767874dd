"""The two ways into a utility: an invitation by email, and asking."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import AlreadyDecided, Claim, Invitation, InvitationClosed, Role, StaffGroup
from tests.factories import PASSWORD, MembershipFactory, UserFactory, UtilityFactory
from tests.processes import broker_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def invite(utility, manager, as_, delivery, django_capture_on_commit_callbacks):
    """A manager sends an invitation; the answer is the link in the email."""

    def send(email="Joe@Example.org", role="contributor") -> str:
        with django_capture_on_commit_callbacks(execute=True):
            as_(manager).post(reverse("accounts:invite", args=[utility.pk]), {"email": email, "role": role})
        return re.search(r"http://localhost:8000(/utilities/invitations/\S+)", mail.outbox[-1].body)[1]

    return send


@pytest.fixture
def joe():
    return UserFactory(email="joe@example.org", name="Joe Brook")


def test_an_invited_person_accepts_and_belongs(invite, joe, utility, as_):
    link = invite()
    message = mail.outbox[0]
    assert message.to == ["joe@example.org"]
    assert message.subject == "You are invited to Headworks"
    page = as_(joe).get(link)
    assert "Accept" in page.content.decode()
    assert not utility.memberships.filter(user=joe).exists()
    assert as_(joe).post(link).url == reverse("accounts:utility", args=[utility.pk])
    assert utility.membership_of(joe).role == Role.CONTRIBUTOR


def test_a_link_works_once(invite, joe, utility, as_):
    link = invite()
    as_(joe).post(link)
    utility.membership_of(joe).leave()
    page = as_(joe).post(link)
    assert page.status_code == 410
    assert "no longer works" in page.content.decode()
    assert not utility.memberships.filter(user=joe).exists()


def test_accepting_twice_at_once_counts_once(utility, manager, joe):
    invitation = Invitation.objects.invite(utility, joe.email, Role.VIEWER, manager)
    same = Invitation.objects.get(pk=invitation.pk)
    invitation.accept(joe)
    with pytest.raises(InvitationClosed):
        same.accept(joe)


def test_an_unknown_link_says_so(client, db):
    assert client.get(reverse("accounts:invitation", args=["guess"])).status_code == 410


@pytest.mark.parametrize(("days", "works"), [(13, True), (15, False)])
def test_an_invitation_is_good_for_14_days(days, works, invite, joe, utility, as_):
    link = invite()
    Invitation.objects.update(invited_at=timezone.now() - timedelta(days=days))
    as_(joe).post(link)
    assert utility.memberships.filter(user=joe).exists() is works


def test_someone_else_can_not_use_it(invite, stranger, utility, as_):
    link = invite()
    page = as_(stranger).get(link).content.decode()
    assert "signed in as stranger@example.org" in page
    assert "Sign out and return to this invitation" in page
    as_(stranger).post(link)
    assert not utility.memberships.filter(user=stranger).exists()


@pytest.mark.parametrize("verified", [True, False])
def test_a_second_address_counts_once_it_is_confirmed(verified, invite, stranger, utility, as_):
    EmailAddress.objects.create(user=stranger, email="joe@example.org", verified=verified)
    as_(stranger).post(invite())
    assert utility.memberships.filter(user=stranger).exists() is verified


def test_someone_not_signed_in_reads_what_to_do(invite, client, utility):
    link = invite()
    page = client.get(link).content.decode()
    assert f"next={quote(link)}" in page.replace("%2F", "/")
    assert "joe@example.org" in page
    client.post(link)
    assert utility.memberships.count() == 1


def test_someone_new_is_led_from_the_invitation_to_the_utility(invite, client, utility):
    """Its address is filled in and counts as confirmed: who has the link has read the mail sent to it."""
    link = invite()
    page = client.get(link).text
    for name in ("account_signup", "account_login"):
        address = re.search(rf'href="({reverse(name)}\?[^"]*)"', page)[1].replace("&amp;", "&")
        assert 'value="joe@example.org"' in client.get(address).text
    form = {"email": "joe@example.org", "name": "Joe", "password1": PASSWORD, "password2": PASSWORD, "next": link}
    answer = client.post(reverse("account_signup"), form)
    assert answer.url == link
    assert "Accept invitation" in client.get(link).text
    assert client.post(link).url == reverse("accounts:utility", args=[utility.pk])
    assert EmailAddress.objects.get().verified


def test_the_invitation_proves_no_other_address(invite, client):
    link = invite()
    client.get(link)
    form = {"email": "eve@example.org", "name": "Eve", "password1": PASSWORD, "password2": PASSWORD, "next": link}
    assert client.post(reverse("account_signup"), form).url == reverse("account_email_verification_sent")
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("eve@example.org", False)]


def test_an_invitation_waits_on_the_home_page(invite, joe, as_):
    link = invite()
    page = as_(joe).get("/").text
    assert "Welcome, Joe Brook" in page
    assert "Invitation to Riverbend Water and Sewer" in page
    assert link in page


def test_an_invitation_waits_on_the_list_of_utilities(invite, joe, as_):
    link = invite()
    assert link in as_(joe).get(reverse("accounts:list")).content.decode()


def test_inviting_again_replaces_the_first_link(invite, joe, utility, as_):
    first, second = invite(), invite(email="JOE@example.org", role="viewer")
    assert Invitation.objects.open().count() == 1
    assert as_(joe).get(first).status_code == 410
    as_(joe).post(second)
    assert utility.membership_of(joe).role == Role.VIEWER


def test_a_member_is_not_invited(utility, manager, viewer, as_):
    url = reverse("accounts:invite", args=[utility.pk])
    page = as_(manager).post(url, {"email": "VIEWER@example.org", "role": "manager"})
    assert "already a member of Riverbend Water and Sewer" in page.content.decode()
    assert not Invitation.objects.exists()


def test_a_withdrawn_invitation_does_not_work(invite, joe, manager, utility, as_):
    link = invite()
    url = reverse("accounts:withdraw", args=[utility.pk, Invitation.objects.get().pk])
    as_(manager).post(url)
    assert as_(joe).post(link).status_code == 410
    again = as_(manager).post(url, follow=True)
    assert "already accepted or withdrawn" in again.content.decode()


def test_an_accepted_invitation_can_not_be_withdrawn(invite, joe, manager, utility, as_):
    as_(joe).post(invite())
    as_(manager).post(reverse("accounts:withdraw", args=[utility.pk, Invitation.objects.get().pk]))
    assert Invitation.objects.filter(accepted_at__isnull=False).exists()


def test_accepting_does_not_lower_a_role_gained_meanwhile(utility, manager, joe):
    invitation = Invitation.objects.invite(utility, joe.email, Role.VIEWER, manager)
    MembershipFactory(utility=utility, user=joe, role=Role.CONTRIBUTOR)
    invitation.accept(joe)
    assert utility.membership_of(joe).role == Role.CONTRIBUTOR


def test_accepting_answers_an_open_request(utility, manager, joe):
    claim = Claim.objects.ask(utility, joe, "")
    Invitation.objects.invite(utility, joe.email, Role.VIEWER, manager).accept(joe)
    claim.refresh_from_db()
    assert claim.granted_role == Role.VIEWER


# --- asking to join


@pytest.fixture
def ask(utility, joe, as_, delivery, django_capture_on_commit_callbacks):
    def send(message="I run the lab.") -> Claim | None:
        with django_capture_on_commit_callbacks(execute=True):
            as_(joe).post(reverse("accounts:ask", args=[utility.pk]), {"message": message})
        return Claim.objects.order_by("pk").last()

    return send


def staff_member():
    user = UserFactory(email="staff@example.org")
    user.groups.add(Group.objects.get_or_create(name=StaffGroup.PROGRAM)[0])
    return user


def test_managers_are_told_and_grant(ask, joe, manager, viewer, utility, as_, django_capture_on_commit_callbacks):
    claim = ask("I run <b>the lab</b>.")
    assert [message.to for message in mail.outbox] == [["manager@example.org"]]
    assert "I run <b>the lab</b>." in mail.outbox[0].body
    page = as_(manager).get(reverse("accounts:utility", args=[utility.pk])).content.decode()
    assert "I run &lt;b&gt;the lab&lt;/b&gt;." in page
    with django_capture_on_commit_callbacks(execute=True):
        as_(manager).post(reverse("accounts:grant", args=[claim.pk]), {"role": "contributor"})
    assert utility.membership_of(joe).role == Role.CONTRIBUTOR
    claim.refresh_from_db()
    assert (claim.decided_by, claim.granted_role) == (manager, Role.CONTRIBUTOR)
    assert mail.outbox[-1].to == ["joe@example.org"]
    assert "approved. Your role at Riverbend Water and Sewer is contributor" in mail.outbox[-1].body


def test_a_declined_person_is_told_and_may_ask_again(
    ask, joe, manager, utility, as_, django_capture_on_commit_callbacks
):
    claim = ask()
    with django_capture_on_commit_callbacks(execute=True):
        as_(manager).post(reverse("accounts:decline", args=[claim.pk]))
    assert "was declined" in mail.outbox[-1].body
    assert not utility.memberships.filter(user=joe).exists()
    assert ask() != claim


def test_asking_twice_is_one_request(ask, utility, manager, joe, as_):
    ask()
    page = as_(joe).post(reverse("accounts:ask", args=[utility.pk]), {"message": "again"}, follow=True)
    assert "already have an open request to join" in page.content.decode()
    assert Claim.objects.count() == 1
    assert len(mail.outbox) == 1


def test_a_member_does_not_ask(utility, viewer, as_):
    as_(viewer).post(reverse("accounts:ask", args=[utility.pk]), {"message": ""})
    assert not Claim.objects.exists()


def test_a_request_is_decided_once(ask, manager, joe, utility, as_):
    claim = ask()
    same = Claim.objects.get(pk=claim.pk)
    same.decide("", by=manager)
    with pytest.raises(AlreadyDecided):
        claim.decide(Role.MANAGER, by=manager)
    page = as_(manager).post(reverse("accounts:grant", args=[claim.pk]), {"role": "manager"}, follow=True)
    assert "Someone else already answered" in page.content.decode()
    assert not utility.memberships.filter(user=joe).exists()


def test_the_asking_person_sees_nothing_of_the_utility(ask, utility, manager, joe, as_):
    page = as_(joe).get(reverse("accounts:ask", args=[utility.pk])).content.decode()
    assert "Mara Gerr" not in page
    ask()
    assert as_(joe).get(reverse("accounts:utility", args=[utility.pk])).status_code == 404


def test_nobody_lets_themselves_in(ask, joe, manager, as_):
    claim = ask()
    assert as_(joe).post(reverse("accounts:grant", args=[claim.pk]), {"role": "manager"}).status_code == 404


def test_staff_decides_where_there_is_no_manager(joe, as_, delivery, django_capture_on_commit_callbacks):
    staff, orphan = staff_member(), UtilityFactory(name="Orphan Water")
    with django_capture_on_commit_callbacks(execute=True):
        as_(joe).post(reverse("accounts:ask", args=[orphan.pk]), {"message": ""})
    assert [message.to for message in mail.outbox] == [["staff@example.org"]]
    assert "Orphan Water" in as_(staff).get(reverse("accounts:claims")).content.decode()
    grant = reverse("accounts:grant", args=[Claim.objects.get().pk])
    assert as_(staff).post(grant, {"role": "manager"}).url == reverse("accounts:claims")
    assert orphan.membership_of(joe).can_manage
    assert as_(staff).get(reverse("accounts:utility", args=[orphan.pk])).status_code == 404


def test_staff_does_not_decide_for_a_utility_that_has_a_manager(ask, manager, as_):
    claim, staff = ask(), staff_member()
    assert "Joe Brook" not in as_(staff).get(reverse("accounts:claims")).content.decode()
    assert as_(staff).post(reverse("accounts:grant", args=[claim.pk]), {"role": "viewer"}).status_code == 404


@pytest.mark.parametrize("who", ["manager", "viewer", "stranger"])
def test_the_staff_page_is_for_program_staff(who, request, as_):
    assert as_(request.getfixturevalue(who)).get(reverse("accounts:claims")).status_code == 403


@pytest.fixture
def broker_away():
    with broker_at("redis://127.0.0.1:1/0"):
        yield


@pytest.mark.django_db(transaction=True)
def test_a_message_waits_while_the_broker_is_away(utility, manager, as_, broker_away):
    url = reverse("accounts:invite", args=[utility.pk])
    answer = as_(manager).post(url, {"email": "joe@example.org", "role": "viewer"})
    assert answer.status_code == 302
    assert Email.objects.get().to == ["joe@example.org"]


@pytest.mark.django_db(transaction=True)
def test_signing_up_works_while_the_broker_is_away(client, broker_away):
    data = {"email": "new@example.org", "name": "Nora", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("account_signup"), data).status_code == 302
    assert Email.objects.get().to == ["new@example.org"]


def test_no_message_is_sent_about_what_did_not_happen(utility, manager, django_capture_on_commit_callbacks, as_):
    with django_capture_on_commit_callbacks(execute=True):
        as_(manager).post(reverse("accounts:invite", args=[utility.pk]), {"email": "not one", "role": "viewer"})
    assert not Email.objects.exists()

"""Every email greets, says what happened in the site's words, carries whole links, and says who it is from."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.urls import reverse

from accounts.models import Claim, Role, User
from tests.accounts.conftest import code_for, link_in, show_again_who_one_is, sign_in, sign_up
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forget_tries", "mail_at_once")]

NEW = {"password1": "brand-new-river-7", "password2": "brand-new-river-7"}


def last() -> mail.EmailMessage:
    """The last email, after a look at what all of them share."""
    message = mail.outbox[-1]
    assert message.from_email == "Headworks <no-reply@example.org>"
    assert message.subject.startswith(("Headworks: ", "You are invited to Headworks"))
    assert message.body.startswith("Hello")
    assert message.body.rstrip().endswith("--\nHeadworks, http://localhost:8000\nQuestions? Email help@example.org")
    assert not re.search(r"\n\n\n|&#|\{|None|AnonymousUser", message.body)
    assert re.search(r"^http://\S+$", message.body, re.MULTILINE), "a link on a line of its own"
    return message


@pytest.fixture
def inside(client, person: User):
    """Signed in, having shown again who one is."""
    sign_in(client)
    show_again_who_one_is(client)
    return client


def test_before_signing_in_nobody_is_called_by_name(client, person):
    sign_up(client)
    assert last().body.startswith("Hello,\n\nNora New entered this email address")
    sign_up(client, email="ADA@example.org")
    assert last().body.startswith("Hello,\n\nSomeone, perhaps you, tried to create")
    client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert last().body.startswith("Hello,\n\nSomeone, perhaps you, requested a new password")


def test_a_lost_password(client, person):
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    assert last().body.startswith("Hello Ada Reed,\n\nWe received a request to reset")
    client.post(client.get(link_in(last()))["Location"], NEW)
    assert last().subject == "Headworks: Your password was reset"


def test_someone_who_is_signed_in_is_not_named_in_a_mailbox_of_others(inside):
    inside.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert "Ada" not in last().body


def changes_password(client, person):
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **NEW})


def changes_main_address(client, person):
    EmailAddress.objects.create(user=person, email="ada@home.example", verified=True)
    client.post(reverse("account_email"), {"action_primary": "", "email": "ada@home.example"})


def removes_an_address(client, person):
    EmailAddress.objects.create(user=person, email="ada@home.example", verified=True)
    client.post(reverse("account_email"), {"action_remove": "", "email": "ada@home.example"})


def turns_the_factor_on(client, person):
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})


def makes_new_codes(client, person):
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    client.post(reverse("mfa_generate_recovery_codes"))


def turns_the_factor_off(client, person):
    TOTP.activate(person, generate_totp_secret())
    client.post(reverse("mfa_deactivate_totp"))


@pytest.mark.parametrize(
    ("change", "subject", "said"),
    [
        (changes_password, "Your password was changed", "The password was changed."),
        (
            changes_main_address,
            "Your primary email address was changed",
            "ada@home.example instead of ada@example.org.",
        ),
        (removes_an_address, "An email address was removed", "ada@home.example was removed."),
        (turns_the_factor_on, "Two-step verification is on", "An authenticator app was set up."),
        (makes_new_codes, "New recovery codes", "Any earlier ones no longer work."),
        (turns_the_factor_off, "Your authenticator app is off", "Its codes are no longer needed to sign in."),
    ],
)
def test_each_change_of_how_one_signs_in_is_told(inside, person, change, subject, said):
    change(inside, person)
    message = last()
    assert message.subject == f"Headworks: {subject}"
    assert message.body.startswith("Hello Ada Reed,\n\nYour Headworks account was changed:\n\n")
    assert said in message.body
    assert "\nhttp://localhost:8000/account/password/reset/\n" in message.body


def test_joining_a_utility(as_, person, manager, utility):
    as_(manager).post(reverse("accounts:invite", args=[utility.pk]), {"email": "joe@example.org", "role": "viewer"})
    assert last().body.startswith("Hello,\n\nMara Gerr invited you")
    as_(person).post(reverse("accounts:ask", args=[utility.pk]), {"message": "I run the <b>lab</b>."})
    assert "\n\nI run the <b>lab</b>.\n\n" in last().body
    as_(manager).post(reverse("accounts:grant", args=[Claim.objects.get().pk]), {"role": Role.VIEWER})
    assert last().body.startswith("Hello Ada Reed,\n\nYour request was approved")


def test_a_declined_request(as_, person, manager, utility):
    as_(person).post(reverse("accounts:ask", args=[utility.pk]), {"message": ""})
    last()
    as_(manager).post(reverse("accounts:decline", args=[Claim.objects.get().pk]))
    assert "was declined" in last().body

"""The second factor: its secrets are encrypted, staff have one, a code counts once; passkeys and addresses."""

import json
from datetime import timedelta
from importlib import import_module
from io import StringIO
from unittest.mock import Mock

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffGroup
from tests.accounts.conftest import code_for, show_again_who_one_is, sign_in
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forget_tries", "mail_at_once")]


def stored(person) -> str:
    """What the database keeps of the person's second factors, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator WHERE user_id = %s", [person.pk])
        return cursor.fetchone()[0]


# --- Secrets ---------------------------------------------------------------------------------------


def test_the_database_keeps_secrets_only_encrypted(person):
    secret = generate_totp_secret()
    totp, codes = TOTP.activate(person, secret), RecoveryCodes.activate(person)
    assert secret not in stored(person)
    assert not any(code in stored(person) for code in codes.generate_codes())
    assert totp.validate_code(code_for(secret))


def test_rows_from_before_are_encrypted_and_work_as_before(person):
    migration = import_module("accounts.migrations.0009_encrypted_second_factors").Migration.operations[0]
    secret, seed = generate_totp_secret(), RecoveryCodes.generate_seed()
    app = Authenticator.objects.create(user=person, type="totp", data={"secret": secret})
    codes = Authenticator.objects.create(user=person, type="recovery_codes", data={"seed": seed, "used_mask": 4})
    migration.code(apps, Mock())
    assert secret not in stored(person)
    assert seed not in stored(person)
    app.refresh_from_db()
    codes.refresh_from_db()
    assert app.wrap().validate_code(code_for(secret))
    assert (len(codes.wrap().get_unused_codes()), codes.data["used_mask"]) == (9, 4)
    migration.reverse_code(apps, Mock())
    assert secret in stored(person)
    assert seed in stored(person)


def test_the_key_can_be_replaced(person, settings):
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    RecoveryCodes.activate(person)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "the next key, as long and as random as the one before"
    factor = Authenticator.objects.get(type="totp")
    with pytest.raises(InvalidToken):
        factor.wrap().validate_code("000000")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert factor.wrap().validate_code(code_for(secret)), "the earlier key still reads it"
    printed = StringIO()
    call_command("reencrypt", stdout=printed)
    assert printed.getvalue() == "Encrypted with the present key: 2\n"
    settings.SECRET_KEY_FALLBACKS = []
    factor.refresh_from_db()
    assert len(RecoveryCodes.activate(person).get_unused_codes()) == 10
    with time_machine.travel(timezone.now() + timedelta(seconds=100)):
        assert factor.wrap().validate_code(code_for(secret))


def test_the_administration_shows_no_secret_and_changes_none(person, as_):
    factor = TOTP.activate(person, generate_totp_secret()).instance
    admin = as_(UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:mfa_authenticator_change", args=[factor.pk])
    page = admin.get(address)
    assert page.status_code == 200
    assert "secret" not in page.text
    assert factor.data["secret"][:20] not in page.text + admin.get(reverse("admin:mfa_authenticator_changelist")).text
    assert admin.post(address, {"data": "{}"}).status_code == 403
    deletion = reverse("admin:mfa_authenticator_delete", args=[factor.pk])
    assert admin.post(deletion, {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.exists(), "for a person who lost the phone"


# --- Staff have one --------------------------------------------------------------------------------


@pytest.fixture
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


def make(person, role) -> None:
    if role in ("is_staff", "is_superuser"):
        setattr(person, role, True)
        person.save()
    else:
        person.groups.add(Group.objects.get(name=role))


PAGES = ["home", "accounts:new_utilities", "recognition:list", "admin:index", "reports:list"]


@pytest.mark.parametrize("role", [*StaffGroup.values, "is_staff", "is_superuser"])
def test_staff_are_led_to_set_one_up_before_any_other_page(person, as_, required, catalog, role):
    make(person, role)
    browser = as_(person)
    for page in PAGES:
        answer = browser.get(reverse(page))
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index")), page
    assert "You have a staff role" in browser.get(reverse("mfa_index")).text
    for page in ("mfa_index", "account_email", "account_logout", "help", "me"):
        assert browser.get(reverse(page)).status_code == 200, page
    TOTP.activate(person, generate_totp_secret())
    assert browser.get(reverse("home")).status_code == 200
    assert "You have a staff role" not in browser.get(reverse("mfa_index")).text


def test_it_is_asked_of_a_session_from_before_the_role(person, as_, required, catalog):
    browser = as_(person)
    assert browser.get(reverse("home")).status_code == 200
    make(person, StaffGroup.PANEL)
    assert browser.get(reverse("home")).url == reverse("mfa_index")
    assert browser.post(reverse("accounts:search"), headers={"hx-request": "true"})["HX-Redirect"] == reverse(
        "mfa_index"
    )
    assert browser.post(reverse("accounts:search"), headers={"accept": "application/json"}).status_code == 403


def test_recovery_codes_alone_are_no_second_factor(person, as_, required, catalog):
    make(person, StaffGroup.OFFICIAL)
    RecoveryCodes.activate(person)
    assert as_(person).get(reverse("home")).url == reverse("mfa_index")


def test_others_choose_freely_and_it_can_be_turned_off(person, as_, required, settings, catalog, manager):
    assert as_(manager).get(reverse("home")).status_code == 200
    make(person, StaffGroup.PROGRAM)
    settings.REQUIRE_SECOND_FACTOR = False
    assert as_(person).get(reverse("home")).status_code == 200


def test_asking_costs_no_query(person, as_, settings, catalog):
    browser, n = as_(person), []
    for settings.REQUIRE_SECOND_FACTOR in (False, True):
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(reverse("accounts:list")).status_code == 200
        n.append(len(seen))
    assert n[0] == n[1]


# --- Codes, addresses, passkeys --------------------------------------------------------------------


def enter_code(code: str) -> bool:
    """Returns whether someone with the password gets in with the code."""
    browser = Client()
    sign_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": code})
    return "_auth_user_id" in browser.session


def test_a_code_counts_once_as_long_as_it_is_accepted(person, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    start = timezone.now().replace(second=0, microsecond=0)
    with time_machine.travel(start, tick=False) as clock:
        code = code_for(secret)  # good from half a minute before its own until half a minute after
        assert enter_code(code)
        for second in (1, 31, 45, 59):
            clock.move_to(start + timedelta(seconds=second))
            assert not enter_code(code), second
            assert not enter_code(f"{code[:3]} {code[3:]}"), second
        assert enter_code(code_for(secret)), "the next one"


def test_the_code_that_set_the_app_up_is_used_too(client, person):
    sign_in(client)
    show_again_who_one_is(client)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    code = code_for(secret)
    client.post(reverse("mfa_activate_totp"), {"code": code})
    assert Authenticator.objects.filter(user=person, type="totp").exists()
    assert not enter_code(code)


@pytest.mark.parametrize("protected", [False, True])
def test_adding_an_address_asks_for_the_password_again(client, person, protected):
    sign_in(client)
    if protected:
        TOTP.activate(person, generate_totp_secret())
    typed = {"action_add": "", "email": "ada@home.example"}
    asked = client.post(reverse("account_email"), typed)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="ada@home.example").exists()
    client.post(asked.url, {"password": "not it"})
    assert not EmailAddress.objects.filter(email="ada@home.example").exists()
    show_again_who_one_is(client)
    client.post(reverse("account_email"), typed)
    assert EmailAddress.objects.filter(email="ada@home.example", verified=False).exists()
    assert mail.outbox[-1].to == ["ada@home.example"]


ODD = ["", "nonsense", "null", "3", "[]", "{}", json.dumps({"id": "x"}), json.dumps({"id": 1, "rawId": 2})]
ODD += [json.dumps({"response": 3}), json.dumps({"rawId": "AA", "response": {"userHandle": "AA"}})]
PARTS = dict.fromkeys(("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"), "AA")
ODD += [json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": PARTS})]


@pytest.mark.parametrize("answer", ODD)
def test_whatever_is_sent_in_place_of_a_passkey_is_refused(client, person, answer):
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    assert client.post(reverse("mfa_login_webauthn"), {"credential": answer}).url == reverse("account_login")
    assert "_auth_user_id" not in client.session
    sign_in(client)
    show_again_who_one_is(client)
    client.get(reverse("mfa_add_webauthn"))
    assert client.post(reverse("mfa_add_webauthn"), {"credential": answer, "name": "x"}).status_code == 200
    assert client.post(reverse("mfa_reauthenticate_webauthn"), {"credential": answer}).status_code == 302
    assert not Authenticator.objects.exists()
    TOTP.activate(person, generate_totp_secret())
    client.post(reverse("account_logout"))
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"credential": answer}).status_code == 200
    assert "_auth_user_id" not in client.session

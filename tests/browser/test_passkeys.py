"""Passkeys, with a virtual one of Chromium: added, used alone and beside the password, renamed, removed."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import StaffGroup
from tests.browser.conftest import look
from tests.browser.test_accessible_sign_in import press, sign_in
from tests.factories import PASSWORD, UserFactory

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def person(visits, settings):
    cache.clear()
    settings.REQUIRE_SECOND_FACTOR = True
    user = UserFactory(email="ada@example.org", name="Ada Reed")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))
    return user


def sign_out(page: Page) -> None:
    page.goto(page.url.partition("/account")[0] + reverse("account_logout"))
    press(page, "Sign out")


def confirm_identity(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")


def test_a_member_of_the_staff_signs_in_with_a_passkey(visits, person):
    page = visits(None, reverse("account_login"))
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    key = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    press(page, "Use a passkey")
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
    look(page, "passkey-none")
    sign_in(page)
    expect(page.get_by_role("heading", name="Two-step verification")).to_be_visible()
    expect(page.get_by_text("You have a staff role")).to_be_visible()
    look(page, "factor-required")
    page.get_by_role("link", name="Add passkey").click()
    confirm_identity(page)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    look(page, "passkey-add")
    page.get_by_label("Name").fill("Office computer")
    press(page, "Add passkey")
    expect(page.get_by_text("Your passkey was added")).to_be_visible()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert Authenticator.objects.get(type="webauthn").wrap().is_passwordless
    page.get_by_role("link", name="Headworks", exact=True).click()
    expect(page).to_have_url(f"{visits.url}/")

    sign_out(page)
    page.goto(visits.url + reverse("account_login"))
    press(page, "Use a passkey")
    expect(page.get_by_text("You are signed in as Ada Reed")).to_be_visible()

    sign_out(page)
    page.goto(visits.url + reverse("account_login"))
    sign_in(page)
    expect(page.get_by_text("or use your passkey")).to_be_visible()
    look(page, "passkey-second")
    press(page, "Use passkey")
    expect(page.get_by_text("You are signed in as Ada Reed")).to_be_visible()

    page.goto(visits.url + reverse("mfa_list_webauthn"))
    expect(page.get_by_text("signs in alone")).to_be_visible()
    look(page, "passkeys")
    page.get_by_role("link", name="Rename Office computer").click()
    page.get_by_role("link", name="Use a passkey").click()
    look(page, "passkey-confirm")
    press(page, "Use passkey")
    expect(page.get_by_role("heading", name="Rename a passkey")).to_be_visible()
    look(page, "passkey-rename")
    page.get_by_label("Name").fill("Laptop")
    press(page, "Save name")
    page.get_by_role("link", name="Remove Laptop").click()
    look(page, "passkey-remove")
    press(page, "Remove passkey")
    expect(page.get_by_text("The passkey was removed")).to_be_visible()
    page.goto(visits.url)
    expect(page.get_by_text("You have a staff role")).to_be_visible()
    device.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})

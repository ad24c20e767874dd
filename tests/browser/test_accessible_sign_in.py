"""axe-core finds nothing on the way into an account: the mailbox, a lost password, the second factor, API tokens."""

import re

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect
from post_office.models import Email

from accounts.models import ApiToken, Claim, StaffGroup
from tests.accounts.conftest import code_for
from tests.browser.conftest import look
from tests.factories import PASSWORD, UserFactory, UtilityFactory

NEW = "brand-new-river-7"


@pytest.fixture(autouse=True)
def forget_tries(visits):
    cache.clear()


@pytest.fixture
def person(visits):
    user = UserFactory(email="ada@example.org", name="Ada Reed")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def link_in_mail() -> str:
    """The path of the link in the last email."""
    return re.search(r"http://localhost:\d+(/\S+)", Email.objects.latest("pk").message)[1]


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def with_an_error(page: Page, button: str, name: str) -> None:
    """Send the form as it is, past the browser's own checks."""
    page.get_by_role("main").locator("form").first.evaluate("(form) => form.noValidate = true")
    press(page, button)
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, name)


def sign_in(page: Page) -> None:
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")


def test_from_signing_up_to_a_confirmed_address(visits):
    page = visits(None, reverse("account_signup"))
    page.get_by_label("Email").fill("new@example.org")
    page.get_by_label("Full name").fill("Nora New")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    press(page, "Create account")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    look(page, "sign-up-mailbox")
    page.goto(visits.url + link_in_mail())
    look(page, "address-confirm")
    press(page, "Yes, confirm")
    expect(page.get_by_text("You confirmed new@example.org")).to_be_visible()
    look(page, "address-confirmed")
    page.goto(visits.url + link_in_mail())
    expect(page.get_by_role("heading", name="no longer works")).to_be_visible()
    look(page, "address-dead-link")


def test_an_address_that_another_account_has_confirmed(visits, person):
    other = EmailAddress.objects.create(user=UserFactory(), email=person.email, verified=False)
    page = visits(None, reverse("account_confirm_email", args=[EmailConfirmationHMAC(other).key]))
    expect(page.get_by_role("heading", name="This address is already in use")).to_be_visible()
    look(page, "address-taken")


def test_a_lost_password(visits, person):
    page = visits(None, reverse("account_reset_password"))
    with_an_error(page, "Send link", "reset-error")
    page.get_by_label("Email").fill(person.email)
    press(page, "Send link")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    look(page, "reset-mailbox")
    link = visits.url + link_in_mail()
    page.goto(link)
    look(page, "reset-link")
    with_an_error(page, "Save password", "reset-link-error")
    for field in page.locator("input[type=password]").all():
        field.fill(NEW)
    press(page, "Save password")
    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()
    look(page, "reset-done")
    page.goto(link)
    expect(page.get_by_role("heading", name="no longer works")).to_be_visible()
    look(page, "reset-dead-link")


def test_passwords_and_addresses_of_ones_own(visits, person):
    EmailAddress.objects.create(user=person, email="ada@home.example", verified=False)
    page = visits(person, reverse("account_change_password"))
    with_an_error(page, "Change password", "password-change-error")
    page.goto(visits.url + reverse("account_email"))
    look(page, "addresses")
    page.get_by_label("Email").fill(person.email)
    press(page, "Add address")
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "addresses-error")


def test_answering_a_claim(visits, manager, utility):
    ownerless = UtilityFactory(name="Bend Water", city="Bend")
    Claim.objects.ask(ownerless, UserFactory(name="Nell Weir"), "I run the lab.\nSince 2019.")
    manager.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))
    page = visits(manager, reverse("accounts:claims"))
    look(page, "claims")
    press(page, "Approve Nell Weir")
    page.goto(visits.url + reverse("accounts:claims"))
    expect(page.get_by_text("No open requests")).to_be_visible()
    look(page, "claims-none")
    page.goto(visits.url + reverse("accounts:ask", args=[ownerless.pk]))
    look(page, "claim-ask")
    page.locator("textarea").evaluate("(area) => { area.removeAttribute('maxlength'); area.value = 'x'.repeat(1001) }")
    with_an_error(page, "Send request", "claim-ask-error")


def test_setting_up_the_second_factor_and_turning_it_off(visits, person):
    page = visits(person, reverse("mfa_index"))
    look(page, "factor-off")
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("heading", name="Confirm your identity")).to_be_visible()
    look(page, "factor-is-it-you")
    with_an_error(page, "Continue", "factor-is-it-you-error")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")
    look(page, "factor-set-up")
    with_an_error(page, "Turn on", "factor-set-up-error")
    page.get_by_role("textbox", name="code").fill(code_for(page.locator(".code").text_content()))
    press(page, "Turn on")
    expect(page.get_by_text("Your authenticator app is set up")).to_be_visible()
    look(page, "factor-is-set-up")
    page.goto(visits.url + reverse("mfa_index"))
    look(page, "factor-on")
    page.goto(visits.url + reverse("mfa_view_recovery_codes"))
    look(page, "factor-codes")
    page.get_by_role("link", name="Create new codes").click()
    look(page, "factor-codes-new")
    press(page, "Create codes")
    expect(page.get_by_text("Any earlier ones no longer work")).to_be_visible()
    look(page, "factor-codes-made")
    page.goto(visits.url + reverse("mfa_deactivate_totp"))
    look(page, "factor-turn-off")
    press(page, "Turn off")
    expect(page.get_by_text("Your authenticator app is off")).to_be_visible()
    look(page, "factor-turned-off")


def test_signing_in_with_the_second_factor(visits, person):
    TOTP.activate(person, generate_totp_secret())
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    page = visits(None, reverse("account_login"))
    sign_in(page)
    expect(page.get_by_role("heading", name="Two-step verification")).to_be_visible()
    look(page, "factor-asked")
    with_an_error(page, "Sign in", "factor-asked-error")
    page.get_by_label("code").fill(code)
    press(page, "Sign in")
    expect(page.get_by_text("You are signed in as Ada Reed")).to_be_visible()


def test_showing_again_who_one_is_with_the_second_factor(visits, person):
    TOTP.activate(person, generate_totp_secret())
    page = visits(person, reverse("mfa_deactivate_totp"))
    expect(page.get_by_role("heading", name="Other options")).to_be_visible()
    look(page, "factor-another-way")
    page.goto(visits.url + reverse("mfa_reauthenticate"))
    look(page, "factor-is-it-you-code")
    with_an_error(page, "Continue", "factor-is-it-you-code-error")


def test_creating_and_revoking_an_api_token(visits, person):
    page = visits(person, reverse("me"))
    page.get_by_role("link", name="Create token").click()
    expect(page.get_by_role("heading", name="Confirm your identity")).to_be_visible()
    look(page, "token-is-it-you")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Create an API token")).to_be_visible()
    look(page, "token-create")
    with_an_error(page, "Create token", "token-create-error")
    page.get_by_label("Name").fill("Monthly Excel import of the operations department")
    page.get_by_text("Read and change", exact=True).click()
    page.get_by_label("It expires after").select_option("1 year")
    press(page, "Create token")
    expect(page.get_by_text("It is not shown again")).to_be_visible()
    secret = page.locator("code").text_content()
    look(page, "token-created")
    used = page.request.get(f"{visits.url}/api/v1/analyses", headers={"Authorization": f"Bearer {secret}"})
    assert (used.status, used.json()) == (200, {"items": [], "count": 0})
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text(f"{secret[:16]}…")).to_be_visible()
    expect(page.get_by_text("last used")).to_be_visible()
    ApiToken.objects.make(person, name="Old", scope="read", days=30)
    ApiToken.objects.filter(name="Old").update(created_at="2025-01-01T12:00Z", expires_at="2025-03-01T12:00Z")
    page.reload()
    look(page, "account-tokens")
    page.get_by_role("link", name="Revoke Monthly").click()
    look(page, "token-revoke")
    press(page, "Revoke token")
    expect(page.get_by_text("was revoked")).to_be_visible()
    expect(page.get_by_text(f"{secret[:16]}…")).to_have_count(0)
    used = page.request.get(f"{visits.url}/api/v1/analyses", headers={"Authorization": f"Bearer {secret}"})
    assert used.status == 401

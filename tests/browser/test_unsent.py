"""Someone is signed out while a form is open: after signing in, what was typed is back in the form."""

import os
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Claim
from initiatives.models import Initiative
from tests.browser.conftest import look, open_adding, open_row, row, stored
from tests.factories import PASSWORD, UtilityFactory

TEXT = "The lab runs on Tuesdays & Fridays.\nAsk <b>Joe</b>."


@pytest.fixture(autouse=True)
def forget_tries(visits):
    cache.clear()


@pytest.fixture
def ask(visits) -> str:
    return reverse("accounts:ask", args=[UtilityFactory(name="Millbrook Sewer District").pk])


def session_ends(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in(page: Page, user) -> None:
    EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True, primary=True)
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def type_and_send(page: Page) -> None:
    page.get_by_role("textbox").fill(TEXT)
    session_ends(page)
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def banner(page: Page):
    return page.locator("[data-unsent]")


def test_what_was_typed_is_back_and_is_sent_with_one_click(visits, manager, ask):
    page = visits(manager, ask)
    type_and_send(page)
    sign_in(page, manager)
    expect(banner(page)).to_contain_text("Nothing was saved: you were signed out.")
    expect(banner(page)).to_contain_text("What you typed is back in the form below. Please click “Send request” again.")
    expect(banner(page).get_by_role("list")).to_be_hidden()
    expect(page.get_by_role("textbox")).to_have_value(TEXT)
    send = page.get_by_role("button", name="Send request")
    expect(send).to_be_focused()
    look(page, "unsent")
    send.press("Enter")
    expect(page.get_by_text("Your request to join Millbrook")).to_be_visible()
    assert Claim.objects.get().message.splitlines() == TEXT.splitlines()
    page.goto(visits.url + ask)
    expect(banner(page)).to_have_count(0)


def test_new_words_of_a_step_come_back_to_that_step(visits, manager, analysis):
    page = visits(manager, reverse("assessments:road_map_suggested", args=[analysis.pk]))
    page.get_by_role("button", name="Keep as our road map").click()
    page.get_by_text("Reword").nth(1).click()
    page.locator("details[open]").get_by_label("Step").fill(TEXT)
    session_ends(page)
    page.get_by_role("button", name="Save").locator("visible=true").click()
    sign_in(page, manager)
    expect(page.locator(".road__step").nth(1).get_by_label("Step")).to_have_value(TEXT)
    expect(page.locator(":focus")).to_have_text("Save")


def test_every_kind_of_field_comes_back(visits, manager, analysis):
    page = visits(manager, reverse("assessments:scope", args=[analysis.pk]))
    page.get_by_label("Name").fill("Another name")
    page.locator("label[for=id_areas_0]").click()
    added = Initiative.objects.exclude(pk__in=analysis.initiatives.all()).first()
    page.get_by_label(added.name, exact=True).locator("xpath=../label").click()
    session_ends(page)
    page.get_by_role("main").locator("form button[type=submit]").last.click()
    sign_in(page, manager)
    expect(banner(page)).to_contain_text("What you typed is back in the form below.")
    expect(page.get_by_label("Name")).to_have_value("Another name")
    expect(page.locator("[name=areas][value=E]")).not_to_be_checked()
    expect(page.locator("[name=areas][value=S]")).to_be_checked()
    expect(page.get_by_label(added.name, exact=True)).to_be_checked()


def test_of_several_buttons_the_one_that_was_clicked_is_named(visits, manager, contributor, viewer, utility):
    page = visits(manager, reverse("accounts:utility", args=[utility.pk]))
    session_ends(page)
    page.locator("summary", has_text="Vic Weir").click()
    page.get_by_role("button", name="Yes, remove Vic Weir").click()
    sign_in(page, manager)
    expect(banner(page)).to_contain_text("Please click “Yes, remove Vic Weir” again.")
    expect(page.get_by_role("button", name="Yes, remove Vic Weir")).to_be_focused()
    assert utility.memberships.count() == 3


def test_another_person_does_not_get_it(visits, manager, stranger, ask):
    page = visits(manager, ask)
    type_and_send(page)
    sign_in(page, stranger)
    expect(page.get_by_role("button", name="Send request")).to_be_visible()
    expect(banner(page)).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_value("")


def test_the_message_is_dismissed_and_the_form_keeps_the_text(visits, manager, ask):
    page = visits(manager, ask)
    type_and_send(page)
    sign_in(page, manager)
    with page.expect_response("**/unsent/dismiss/"):
        banner(page).get_by_role("button", name="Dismiss").click()
    expect(banner(page)).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_value(TEXT)
    page.reload()
    expect(page.get_by_role("textbox")).to_have_value("")


def test_without_javascript_the_text_is_there_to_be_copied(visits, manager, ask):
    page = visits(manager, ask, java_script_enabled=False)
    type_and_send(page)
    sign_in(page, manager)
    expect(banner(page)).to_contain_text("Please copy what you typed from here, and send it again.")
    expect(banner(page).get_by_role("listitem")).to_contain_text("Ask <b>Joe</b>.")
    banner(page).get_by_role("button", name="Dismiss").click()
    expect(banner(page)).to_have_count(0)


def test_a_form_that_is_no_longer_there_leaves_its_text_to_be_copied(visits, manager, ask):
    page = visits(manager, ask)
    page.locator("form.form").evaluate("(form) => form.action = '/utilities/claims/1/decline/'")
    type_and_send(page)
    sign_in(page, manager)
    expect(banner(page).get_by_role("listitem")).to_contain_text("The lab runs on Tuesdays")
    look(page, "unsent-to-copy")


def test_administrators_get_their_text_back(visits, manager):
    manager.is_staff = manager.is_superuser = True
    manager.save()
    page = visits(manager, reverse("admin:accounts_utility_add"))
    page.get_by_label("Name").fill("Millbrook Sewer District")
    session_ends(page)
    page.get_by_role("button", name="Save", exact=True).click()
    sign_in(page, manager)
    expect(banner(page)).to_contain_text("What you typed is back in the form below. Please click “Save” again.")
    expect(page.get_by_label("Name")).to_have_value("Millbrook Sewer District")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / "unsent-admin.png")


def test_what_has_no_field_any_more_is_there_to_be_copied(visits, manager, ask):
    page = visits(manager, ask)
    field = "<input type='hidden' name='gone' value='The old pump house.'>"
    page.locator("form.form").evaluate("(form, field) => form.insertAdjacentHTML('beforeend', field)", field)
    type_and_send(page)
    sign_in(page, manager)
    expect(page.get_by_role("textbox")).to_have_value(TEXT)
    expect(banner(page).get_by_role("listitem").last).to_have_text("The old pump house.")


def test_an_address_that_only_takes_forms_shows_a_page(visits, manager):
    visits.expected.append("status of 405")
    page = visits(manager, "/utilities/claims/1/decline/")
    look(page, "405")
    page.get_by_role("link", name="page above this address").click()
    expect(page.get_by_role("heading", name="My utilities")).to_be_visible()


def test_too_many_sign_ups_keep_the_form(visits, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "0/m/ip"}
    visits.expected.append("status of 429")
    page = visits(None, reverse("account_signup"))
    page.get_by_label("Email").fill("nora@example.org")
    page.get_by_label("Full name").fill("Nora New")
    for field in page.locator("[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("too many attempts from your internet connection")
    expect(page.get_by_label("Full name")).to_have_value("Nora New")
    look(page, "429")


def test_signed_in_again_in_another_tab(visits, manager, ask):
    page = visits(manager, ask)
    page.get_by_role("textbox").fill(TEXT)
    session_ends(page)
    other = page.context.new_page()
    other.goto(visits.url + reverse("account_login"))
    sign_in(other, manager)
    expect(other.get_by_text("Account of")).to_be_visible()
    page.get_by_role("button", name="Send request").click()
    expect(banner(page)).to_contain_text("the page was opened before you signed in. You are signed in as Mara Gerr.")
    expect(page.get_by_role("textbox")).to_have_value(TEXT)
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_text("Your request to join Millbrook")).to_be_visible()


def test_a_second_sign_in_tab_leads_in(visits, manager, ask):
    page = visits(None, ask)
    other = page.context.new_page()
    other.goto(visits.url + ask)
    sign_in(page, manager)
    expect(page.get_by_role("button", name="Send request")).to_be_visible()
    sign_in(other, manager)
    expect(other.get_by_role("button", name="Send request")).to_be_visible()
    expect(banner(other)).to_have_count(0)


def test_a_row_with_htmx_leads_the_page_to_sign_in_and_gets_the_text_back(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    vision = open_row(page, "vision")
    open_adding(vision)
    vision.get_by_label("Link or path", exact=True).fill("https://example.org/vision")
    session_ends(page)
    vision.get_by_role("button", name="Add link").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator(".finding")).to_have_count(0)
    sign_in(page, manager)
    vision = row(page, "vision")
    expect(banner(page)).to_contain_text("Please click “Add link” again.")
    expect(vision.get_by_label("Link or path", exact=True)).to_have_value("https://example.org/vision")
    vision.get_by_role("button", name="Add link").click()
    expect(vision.get_by_role("link", name="https://example.org/vision")).to_be_visible()
    assert stored(analysis, "vision").evidence_items.count() == 1


def test_a_row_with_htmx_after_signing_in_elsewhere(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    vision = open_row(page, "vision")
    open_adding(vision)
    vision.get_by_label("Link or path", exact=True).fill("https://example.org/vision")
    session_ends(page)
    other = page.context.new_page()
    other.goto(visits.url + reverse("account_login"))
    sign_in(other, manager)
    expect(other.get_by_text("Account of")).to_be_visible()
    vision.get_by_role("button", name="Add link").click()
    expect(banner(page)).to_contain_text("Please click “Add link” again.")
    expect(row(page, "vision").get_by_label("Link or path", exact=True)).to_have_value("https://example.org/vision")


def test_a_row_that_is_opened_signed_out_says_so_and_the_page_stays(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    session_ends(page)
    row(page, "vision").get_by_role("button", name="Details of").click()
    link = row(page, "vision").get_by_role("link", name="Sign in")
    expect(link).to_be_visible()
    with page.context.expect_page() as opened:
        link.click()
    sign_in(opened.value, manager)
    expect(opened.value.locator(".finding").first).to_be_visible()
    expect(open_row(page, "vision")).to_be_visible()

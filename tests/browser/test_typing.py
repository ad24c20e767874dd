"""What people type into an application: wrong values are named at their field, kept, and don't hold up the rest."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import expect_saved, look


@pytest.fixture
def step(visits, manager, draft, catalog):
    return lambda name: visits(manager, draft.step_url(name))


def stored(draft, name):
    return draft.sections.get(name=name).answers


def state(page, label):
    return page.locator("[data-save]", has=page.get_by_label(label)).locator("[data-state]")


def test_numbers(step, draft):
    page = step("facility")
    flow = page.get_by_label("flow")
    before = stored(draft, "eligibility").get("wastewater_mgd")
    flow.fill("8-12")
    expect(page.get_by_text("“8-12” is not a number. Enter one number, such as 12.5.", exact=True)).to_be_visible()
    expect(flow).to_have_value("8-12")
    assert stored(draft, "eligibility").get("wastewater_mgd") == before
    look(page, "application-not-a-number")
    flow.fill("12.5 MGD")
    expect_saved(page)
    assert stored(draft, "eligibility")["wastewater_mgd"] == 12.5
    flow.hover()
    flow.focus()
    page.mouse.wheel(0, 200)
    expect(flow).to_have_value("12.5 MGD")


def test_half_a_date(step, draft):
    page = step("certification")
    day = page.get_by_label("Date")
    day.fill("2026-06-30")
    expect_saved(page)
    day.focus()
    page.keyboard.press("Delete")  # the month
    expect(page.get_by_text("This is not complete or can’t be read", exact=False).first).to_be_visible()
    assert stored(draft, "certification")["date"] == date(2026, 6, 30).isoformat()
    day.fill("2026-07-01")
    expect_saved(page)
    assert stored(draft, "certification")["date"] == "2026-07-01"


def test_one_bad_address_in_a_card(step, draft):
    page = step("contact")
    mail = page.locator("[name=email]")
    mail.fill("mara@")
    expect(mail).to_have_attribute("aria-invalid", "true")
    page.locator("[name=manager]").fill("M. Gerr")
    page.locator("[name=zip]").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("97701 Bend, Oregon")
    expect(page.get_by_text("8 characters too many: 10 fit.", exact=True)).to_be_visible()
    assert stored(draft, "contact")["manager"] == "M. Gerr"
    assert stored(draft, "contact")["email"] != "mara@"
    expect(page.locator("[name=zip]")).to_have_value("97701 Bend, Oregon")
    look(page, "application-contact-wrong")

"""A utility manager applies for recognition in a browser: fills it in, sees what is missing, submits, reads on."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Control
from recognition.models import Application, Cycle
from tests.browser.conftest import expect_saved, look

PHOTO = "tests/recognition/photo.jpg"


@pytest.fixture
def started(cycle, utility, manager) -> Application:
    return Application.start(utility=utility, cycle=cycle, by=manager)


def tick(place, label: str) -> None:
    """A USWDS box is drawn by its label; the input itself stands outside the window."""
    place.locator("label", has_text=label).first.click()


def open_step(page, name: str) -> None:
    page.get_by_role("navigation", name="Steps of the application").get_by_role("link", name=name).click()


def test_the_whole_way_to_submission(visits, cycle, utility, manager):
    control = Control.open_in(utility, by=manager, title="Meter testing", what="Test each meter every ten years.")
    Control.objects.visible_to(manager).get(pk=control.pk).move("in-force", by=manager)
    page = visits(manager, "/recognition/")
    look(page, "recognition")
    page.get_by_role("link", name="Start an application").click()
    look(page, "application-start")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Application of Riverbend")).to_be_visible()

    tick(page, "Wastewater")
    page.get_by_label("Drinking water, design population served").fill("4200")
    tick(page, "For the past 12 months")
    expect_saved(page)
    expect(page.locator("[data-missing]")).to_contain_text("Small organization")
    look(page, "application-facility")

    page.get_by_role("link", name="Next: Contact").click()
    for label, words in {
        "Facility manager": "Mara Gerr",
        "Title": "General manager",
        "Mailing address": "1 Mill Road",
        "ZIP code": "97000",
        "Phone": "541 555 0100",
        "Email": "mara@example.org",
        "Permit and system numbers": "or4100001",
    }.items():
        page.get_by_label(label, exact=True).fill(words)
    expect_saved(page)
    look(page, "application-contact")

    open_step(page, "Attributes")
    look(page, "application-attributes-empty", narrow=False)
    for name in ("Product quality", "Customer satisfaction", "Operational optimization", "Financial viability"):
        claim = page.get_by_role("region", name=name)
        tick(claim, f"We demonstrate {name}")
        claim.get_by_label("Which measures do you use?").fill("Five words that all count.")
        expect(page.locator("details.claim__body[open]")).to_have_count(1)
    expect(claim.get_by_label("What did you change")).to_be_visible()
    expect(page.locator("[data-words]")).to_have_text("20")
    expect_saved(page)
    expect(page.locator("[data-missing]")).to_contain_text("4 of 4 attributes")
    expect(page.locator("[data-steps]").get_by_role("link", name=re.compile("Attributes.*, complete"))).to_be_visible()
    look(page, "application-attributes")

    open_step(page, "Resources")
    climate = page.get_by_role("region", name="Climate change")
    tick(climate, "We demonstrate Climate change")
    climate.locator(".options label").nth(0).click()
    climate.get_by_label("What you do and what it achieves").fill("We plan for drought.")
    water = page.get_by_role("region", name="Water efficiency")
    tick(water, "We demonstrate Water efficiency")
    for place in range(3):
        water.locator(".options label").nth(place).click()
    water.get_by_label("What you do and what it achieves").fill("We meter everything.")
    expect_saved(page)
    look(page, "application-resources")

    water.get_by_role("link", name="Add from your records and measures").click()
    page.locator("label", has_text="Meter testing: in force since").click()
    look(page, "application-records")
    page.get_by_role("button", name="Add to my text").click()
    narrative = page.get_by_role("region", name="Water efficiency").get_by_label("What you do and what it achieves")
    expect(narrative).to_have_value(re.compile("^We meter everything.\n\nOPC-.* Meter testing: in force since"))

    open_step(page, "Photos")
    look(page, "application-photos", narrow=False)

    open_step(page, "Certification")
    page.get_by_label("Name of the facility representative").fill("Mara Gerr")
    page.get_by_label("Title").fill("General manager")
    page.get_by_label("Date").fill("2026-09-30")
    tick(page, "I certify the statement above.")
    expect_saved(page)
    expect(page.locator("[data-missing]")).to_contain_text("Nothing missing")
    look(page, "application-certification")

    page.get_by_role("link", name="Next: Review and submit").click()
    look(page, "application-submit")
    page.get_by_text("Submit application", exact=True).click()
    page.get_by_role("button", name="Yes, submit").click()
    expect(page.get_by_text("Submitted as version 1. We will email a confirmation.")).to_be_visible()
    look(page, "application-submitted")
    assert Application.objects.get().status == Application.Status.SUBMITTED
    assert Cycle.objects.get() == cycle


def test_filled_in_before_the_scripts_have_arrived(visits, started, manager):
    page = visits(manager, reverse("recognition:step", args=[started.pk, "resources"]))
    held = []
    page.route("**/save.js", lambda route: held.append(route), times=1)
    page.goto(page.url, wait_until="commit")
    water = page.get_by_role("region", name="Water efficiency")
    tick(water, "We demonstrate Water efficiency")
    water.get_by_text("Your answers").click()
    water.get_by_label("What you do and what it achieves").fill("We meter everything.")
    climate = page.get_by_role("region", name="Climate change")
    tick(climate, "We demonstrate Climate change")
    expect(climate.locator(".options")).to_be_hidden()
    expect(page.locator("[data-words]")).to_have_text("0")

    held[0].continue_()
    expect(climate.locator(".options")).to_be_visible()
    expect(page.locator("[data-words]")).to_have_text("3")
    expect_saved(page)
    page.reload()
    expect(page.locator("[data-words]")).to_have_text("3")
    expect(climate.get_by_label("We demonstrate Climate change")).to_be_checked()

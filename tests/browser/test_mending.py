"""Two stories in Chromium: an applicant whom no email reaches, and a violation that surfaces on decision day."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from post_office.models import Email

from recognition.models import Application, Decision, PaperLetter
from recognition.tasks import close_late
from tests.applications import fill, whole_content
from tests.browser.conftest import look
from tests.factories import UtilityFactory
from tests.uploads import upload

Status = Application.Status
pytestmark = pytest.mark.usefixtures("visits")


def address(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


def pick(place, words: str) -> None:
    place.locator("label", has_text=words).first.click()


@pytest.mark.timeout(300)
def test_the_paper_applicant(visits, cycle, staff):
    utility = UtilityFactory(name="Quiet Creek Water", city="Quiet Creek", state="OR")
    draft = Application.enter_on_paper(utility=utility, cycle=cycle, scan=upload("scan.pdf"), by=staff)
    fill(draft, staff, contact=whole_content()["contact"] | {"email": "", "organization": "Quiet Creek Water"})
    page = visits(staff, address("step", draft.pk, "submit"))
    page.get_by_text("Submit application", exact=True).click()
    page.get_by_role("button", name="Yes, submit").click()
    expect(page.get_by_text("the confirmation is to be printed and mailed")).to_be_visible()
    return_it(page)
    expect(page.get_by_text("the letter is to be printed and mailed")).to_be_visible()
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        close_late()
    assert Application.objects.get().status == Status.RETURNED, "nothing closes while its letter waits"

    page.goto(f"{visits.url}/")
    expect(page.get_by_text("1 application with a letter to print and mail", exact=True)).to_be_visible()
    page.goto(visits.url + address("letters", cycle.pk))
    expect(page.get_by_role("link", name="Please complete your application")).to_be_visible()
    look(page, "letters-to-mail")
    page.get_by_role("button", name="Record as mailed").click()
    expect(page.get_by_role("alert")).to_contain_text("Select at least one letter.")
    visits.expected.append("status of 422")
    for letter in PaperLetter.objects.all():
        page.locator(f"label[for=tick-{letter.pk}]").click()
    page.get_by_role("button", name="Record as mailed").click()
    expect(page.get_by_text("2 letters are recorded as mailed.")).to_be_visible()
    page.get_by_role("link", name="Please complete your application").click()
    expect(page.get_by_text("1 Mill Road").first).to_be_visible()
    look(page, "letter-mailed")
    row = Application.objects.get()
    assert row.resubmit_by is not None
    assert (row.resubmit_by - timezone.now()).days in (13, 14)
    assert not Email.objects.exists(), "and no email was written"


def return_it(page: Page) -> None:
    page.get_by_role("link", name="Start the completeness review").click()
    page.get_by_role("button", name="Start review").click()
    recent = page.get_by_role("group", name="The narratives show what works now")
    pick(recent, "Not met")
    recent.get_by_label("What is missing?").fill("Say what changed in the past 12 months.")
    for name in ("Each attribute's narrative answers", "Confidentiality claims"):
        pick(page.get_by_role("group", name=name), "Met")
    page.get_by_role("button", name="Save and return").click()
    page.get_by_role("button", name="Preview letter").click()
    expect(page.get_by_text("Nobody can be reached by email")).to_be_visible()
    look(page, "return-by-mail")
    page.get_by_role("button", name="Send and return the application").click()


@pytest.mark.timeout(300)
def test_a_violation_surfaces_on_decision_day(visits, at, compliance, official, manager):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)
    page = visits(compliance, application.get_absolute_url())
    page.get_by_role("link", name="Compliance record").click()
    part = page.locator("section[aria-labelledby=administrative]")
    part.get_by_text("Record again").click()
    part.get_by_label("Source").fill("A call from the Region")
    pick(part, "Violation or unsatisfactory record")
    part.get_by_label("Internal note").fill("An overflow last night.")
    part.get_by_role("button", name="Record the administrative check").click()
    look(page, "violation-surfaces")

    page = visits(official, address("outbox", application.cycle_id))
    expect(page.get_by_text("violation recorded: not released")).to_be_visible()
    look(page, "outbox-barred")
    expect(page.get_by_text("Release 1 decision")).to_have_count(0)
    page.goto(visits.url + address("decide", application.pk))
    expect(page.get_by_text("a violation is recorded", exact=False).first).to_be_visible()

    page = visits(compliance, address("not_eligible", application.pk))
    page.get_by_label("Finding").fill("An overflow into the creek.")
    page.get_by_role("button", name="Preview letter").click()
    page.get_by_role("button", name="Mark not eligible and send the letter").click()
    expect(page.get_by_text("is not eligible in this cycle. We emailed them the letter.")).to_be_visible()
    page = visits(manager, application.get_absolute_url())
    expect(page.get_by_role("heading", name="Not eligible")).to_be_visible()
    expect(page.get_by_text("An overflow into the creek.")).to_be_visible()

    # It was another utility's: the way back.
    page = visits(compliance, address("compliance", application.pk))
    part = page.locator("section[aria-labelledby=administrative]")
    part.get_by_text("Record again").click()
    part.get_by_label("Source").fill("The Region, corrected")
    pick(part, "No violation")
    part.get_by_role("button", name="Record the administrative check").click()
    page.get_by_role("link", name="Reopen the application").click()
    look(page, "reopen")
    page.get_by_label("Reason").fill("The overflow was another utility’s.")
    page.get_by_role("button", name="Preview letter").click()
    look(page, "reopen-letter")
    page.get_by_role("button", name="Reopen and send the letter").click()
    expect(page.get_by_text("Reopened: awaiting decision.")).to_be_visible()
    assert Application.objects.get().status == Status.RECOMMENDED
    assert not Decision.objects.exists()

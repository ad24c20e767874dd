"""Letters and certificates on screen: what is missing, all at once, one by one; axe finds nothing."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from recognition.models import Application
from tests.browser.conftest import look

Status = Application.Status
pytestmark = pytest.mark.usefixtures("visits")


def test_a_cycles_documents(visits, at, staff, cycle):
    application = at(Status.RECOGNIZED)
    cycle.signatory_name = cycle.signatory_title = ""
    cycle.save()
    page = visits(staff, reverse("recognition:documents", args=[cycle.pk]))
    expect(page.get_by_text("No signer is entered")).to_be_visible()
    look(page, "documents-lacking")
    cycle.signatory_name, cycle.signatory_title = "Dana Whitfield", "Director, Office of Water Programs"
    cycle.letterhead = "Office of Water Programs\n1200 River Avenue\nWashington, DC 20460"
    cycle.save()
    page.reload()
    expect(page.get_by_text("Dana Whitfield")).to_be_visible()
    page.get_by_role("button", name="Create all").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Letters and certificates: {cycle}")
    page.goto(visits.url + reverse("recognition:documents", args=[cycle.pk]))
    expect(page.get_by_role("link", name=f"Letters and certificates: {cycle}")).to_be_visible()
    look(page, "documents")
    page.get_by_role("button", name=f"Certificate (PDF): {application.utility}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Certificate: {application}")


def test_before_the_release(visits, at, staff, cycle, official):
    at(Status.RECOMMENDED)
    look(visits(staff, reverse("recognition:documents", args=[cycle.pk])), "documents-none")
    page = visits(official, reverse("recognition:decisions", args=[cycle.pk]))
    expect(page.get_by_role("button", name="Scores of all panels (PDF)")).to_be_visible()
    look(page, "decisions-with-scores")


def test_an_applicant_asks_for_the_certificate(visits, at, manager):
    application = at(Status.RECOGNIZED)
    page = visits(manager, application.get_absolute_url())
    look(page, "application-recognized")
    page.get_by_role("button", name="Certificate (PDF)").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Certificate: {application}")

"""An audit in Chromium: planned, its team, its checklist, what was found and what followed, the program of the year."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import Audit, AuditLine, Control, CorrectiveAction, Person, Unit
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()


@pytest.mark.usefixtures("narrow")
def test_one_audit_for_two_initiatives_until_it_is_closed(visits, catalog, manager, utility):
    visits.expected.append("Failed to load resource")  # a refused step answers with 422
    unit = Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    Person.objects.of(utility)
    luis = Person.add(utility, by=manager, name="Luis Ortega")
    Person.add(utility, by=manager, name="Dana Whitfield")
    Control.open_in(utility, by=manager, title="Pumps", areas=["E"], initiatives=["cmom"], units=[unit.pk], owner=luis)
    page = visits(manager, reverse("ims:audit_program", args=[utility.pk]))
    page.get_by_role("link", name="Plan an audit").click()
    page.get_by_label("Title").fill("Audit of the lift stations")
    page.get_by_label("What it is to find out").fill("Do the crews work by one procedure?")
    page.get_by_label("Due").fill(TODAY.isoformat())
    elements = ("Document control", "Operational control")
    for name in ("Environmental performance", *elements, "CMOM", "ISO 14001", "Lift stations"):
        page.get_by_text(name, exact=True).last.click()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit of the lift stations")

    page.get_by_role("link", name="Add someone to the team").click()
    page.get_by_role("combobox", name="Person").select_option(label="Luis Ortega")
    page.get_by_text("Leads the audit", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("owns nothing that is audited; this person owns OPC-").first).to_be_visible()
    look(page, "audit-auditor")
    page.get_by_role("combobox", name="Person").select_option(label="Dana Whitfield")
    page.get_by_label("Training in auditing").fill("ISO 19011, three days")
    page.get_by_label("Trained on").fill("2025-03-12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Trained in auditing: ISO 19011, three days, March 12, 2025")).to_be_visible()

    page.get_by_role("link", name="Checklist and report").click()
    page.get_by_role("button", name="Fill from the initiatives").click()
    expect(page.get_by_role("heading", name="Operational control")).to_be_visible()
    page.get_by_label("Your own question").fill("Is the alarm tested after each pump change?")
    page.get_by_role("button", name="Add the question").click()
    look(page, "audit-checklist-planned")
    page.get_by_role("link", name="Start it").click()
    page.get_by_role("button", name="Start the audit").click()
    expect(page.get_by_text("is now “Under way”")).to_be_visible()

    page.get_by_role("link", name="Checklist and report").click()
    blocks = page.locator("[data-save]")
    for place in range(blocks.count()):
        block = blocks.nth(place)
        block.get_by_label("What was seen").fill("Three of four crews follow it; the binder of truck 4 is from 2019.")
        is_last = place == blocks.count() - 1
        block.get_by_role("radio", name="Minor nonconformity" if is_last else "Conforms").check()
        expect_saved(page)
    look(page, "audit-checklist")
    assert AuditLine.objects.filter(finding="minor").count() == 1

    page.get_by_role("link", name="Back to AUD-").click()
    page.get_by_text("Mark as done").first.click()
    page.get_by_label("Done on").fill(TODAY.isoformat())
    page.get_by_label("Conclusion").fill("One procedure is in use. One binder is out of date.")
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_text("is now “Done, to be followed up”")).to_be_visible()
    page.get_by_role("button", name="Close: it is followed up").click()
    expect(page.get_by_text("1 nonconformity has no corrective action yet.").first).to_be_visible()
    look(page, "audit-done")
    page.get_by_role("link", name="a corrective action").first.click()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Where it came from")).to_contain_text("Audit of the lift stations")
    assert CorrectiveAction.objects.get().source == "audit"
    page.get_by_role("link", name="AUD-").click()
    page.get_by_role("button", name="Close: it is followed up").click()
    expect(page.get_by_text("is now “Closed”")).to_be_visible()
    look(page, "audit-closed")

    page.goto(page.url.partition("/audits/")[0] + "/audit-program/")
    expect(page.get_by_text("1 of 1 audit is done.")).to_be_visible()
    look(page, "audit-program")
    assert Audit.objects.get().status == "closed"

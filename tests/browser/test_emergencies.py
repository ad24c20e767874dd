"""Emergencies in Chromium: from an example to a lesson that becomes a corrective action; the topics of the plan."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.links import RELATED, link
from ims.models import CorrectiveAction, Emergency, EmergencyContact, EmergencyEquipment, PlanTopic
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()


@pytest.mark.usefixtures("narrow")
def test_from_an_example_to_a_lesson(visits, catalog, manager, utility):
    page = visits(manager, reverse("ims:examples", args=[utility.pk, "emergencies"]))
    page.get_by_text("Chlorine leak", exact=True).click()
    page.get_by_text("Sewer overflow", exact=True).click()
    page.get_by_role("button", name="Create the ones you chose").click()
    page.get_by_role("link", name="EMG-").first.click()
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_text("is now “In force”")).to_be_visible()
    page.get_by_role("link", name="equipment", exact=True).click()
    page.get_by_label("Title").fill("Two air packs")
    page.get_by_label("Where it is").fill("Outside the chlorine room, east door")
    page.get_by_role("button", name="Create").click()
    page.get_by_text("It was inspected").first.click()
    page.get_by_label("Last looked at on").fill(TODAY.isoformat())
    page.get_by_label("What was found").fill("Both full; one mask replaced.")
    page.get_by_role("button", name="It was inspected").click()
    expect(page.get_by_text("was inspected.")).to_be_visible()
    look(page, "emergency-equipment")
    page.get_by_role("link", name="EMG-").click()
    expect(page.get_by_role("region", name="What it counts on")).to_contain_text("Two air packs")

    page.get_by_role("link", name="Enter a drill").click()
    page.get_by_label("What was practiced").fill("A leak at cylinder 2, with wind from the west.")
    page.get_by_label("Who took part").fill("Shift B, the fire department")
    page.get_by_label("What was learned").fill("The siren is not heard in the gallery\nNobody had the key of the gate")
    look(page, "emergency-drill-form")
    page.get_by_role("button", name="Save the drill").click()
    expect(page.get_by_role("region", name="Drills")).to_contain_text("The siren is not heard in the gallery")
    look(page, "emergency-record")
    page.get_by_role("link", name="Make it a corrective action").first.click()
    expect(page.get_by_label("How it was noticed")).to_have_value("drill")
    expect(page.get_by_label("Title")).to_have_value("The siren is not heard in the gallery")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Where it came from")).to_contain_text("EMG-")
    assert CorrectiveAction.objects.get().source == "drill"


@pytest.mark.usefixtures("narrow")
def test_the_topics_are_answered(visits, catalog, manager, utility):
    for title in ("Main break", "Flood"):
        Emergency.open_in(utility, by=manager, title=title, areas=["Q", "S"])
    pump = EmergencyEquipment.open_in(utility, by=manager, title="Bypass pump", due=TODAY.replace(year=TODAY.year - 1))
    call = EmergencyContact.open_in(utility, by=manager, title="County emergency management", phone="541-555-0100")
    for each in (pump, call):
        link(Emergency.objects.first(), each, RELATED, by=manager)
    page = visits(manager, reverse("ims:emergency_plan", args=[utility.pk]))
    first = page.locator("#row-situations")
    first.locator("label", has_text="Covered").click()
    first.get_by_label("Where it stands").fill("Chapter 2 of the plan of March; the county has the same list.")
    expect_saved(page)
    last = page.locator("#row-alarms")
    last.locator("label", has_text="Does not apply").first.click()
    expect(last.locator("[data-state]")).to_contain_text("Enter why it does not apply.")
    last.get_by_label("Why it does not apply").fill("One building, nobody else works there.")
    expect_saved(page)
    page.locator("#row-evacuation label", has_text="Missing").first.click()
    expect_saved(page)
    page.reload()
    expect(page.get_by_text("1 of 9 topics are covered.")).to_be_visible()
    look(page, "emergency-plan")
    page.get_by_role("link", name="History", exact=True).click()
    look(page, "emergency-history")
    assert PlanTopic.objects.filter(answer="not-applicable").count() == 1

"""Operational controls in Chromium: put in force, flagged, harmonized."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Control, Unit
from tests.browser.conftest import look

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_two_controls_on_one_unit_become_one(visits, catalog, manager, utility):
    unit = Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    text = "Grease the bearings by the maker's card. Measure vibration at both bearings."
    fields = {"what": text, "how_often": "Every three months", "highest": "0.25", "unit": "inches per second"}
    other = Control.open_in(
        utility, by=manager, title="Lubrication of pumps", initiatives=["asset-management"], units=[unit.pk], **fields
    )
    visits.expected.append("Failed to load resource")  # a refused form answers with 422
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Operational controls").click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Title").fill("Maintenance of pumps")
    page.get_by_label("What is done").fill("Pull each pump and look at the impeller. Test the alarm before you leave.")
    page.get_by_label("How often").fill("Every six months")
    page.get_by_label("Lowest value").fill("2")
    page.get_by_label("Highest value").fill("1")
    page.get_by_text("CMOM", exact=True).click()
    page.get_by_text("Lift stations", exact=True).click()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("It must not be below the lowest value.")
    page.get_by_label("Lowest value").fill("")
    page.get_by_label("Highest value").fill("")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("to harmonize")).to_be_visible()
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_text("is now “In force”")).to_be_visible()
    look(page, "control")

    page.get_by_role("link", name="Operational controls").first.click()
    look(page, "controls-list")
    page.get_by_role("link", name="Controls to harmonize").click()
    expect(page.get_by_text("1 pair is still to settle.")).to_be_visible()
    look(page, "controls-pairs")
    page.get_by_role("link", name="Harmonize").last.click()
    look(page, "controls-settle")
    page.get_by_text("serves both").last.click()
    page.get_by_label("Reason").fill("It names vibration, and the alarm test goes into it.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No two controls of one kind ask for different things")).to_be_visible()
    page.goto(page.url.replace("harmonize-controls/", f"controls/{other.number}/"))
    expect(page.get_by_role("region", name="Where it came from")).to_contain_text("Maintenance of pumps")
    look(page, "control-of-both")
    assert sorted(Control.objects.values_list("status", flat=True)) == ["in-force", "withdrawn"]


def test_both_stay_for_a_reason(visits, catalog, manager, utility):
    unit = Unit.open_in(utility, by=manager, title="Sewers", kind="equipment")
    for title, slug in (("Inspection by camera", "cmom"), ("Smoke tests", "iso-14001")):
        Control.open_in(utility, by=manager, title=title, kind="testing", initiatives=[slug], units=[unit.pk])
    page = visits(manager, reverse("ims:harmonize_controls", args=[utility.pk]))
    page.get_by_role("link", name="Harmonize").click()
    page.get_by_text("Both stay as they are").click()
    page.get_by_label("Reason").fill("The camera looks for defects, smoke for water that should not enter.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Both stay")).to_be_visible()
    look(page, "controls-both-stay")
    page.get_by_role("button", name="Flag again").click()
    expect(page.get_by_text("1 pair is still to settle.")).to_be_visible()

"""Corrective action, change management and policies in Chromium."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import CorrectiveAction, PlannedChange, Record, Statement
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")
CHECK = timezone.localdate() + timedelta(days=30)


@pytest.mark.usefixtures("narrow")
def test_a_problem_until_it_is_closed(visits, catalog, manager, utility):
    visits.expected.append("Failed to load resource")  # a refused step answers with 422
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Corrective and preventive action").click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Title").fill("Pump 2 ran dry")
    page.get_by_label("What was found").fill("The float stuck at the low level. The alarm came after the pump was hot.")
    page.get_by_label("What was done at once").fill("The pump was turned off and the wet well was pumped by hand.")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pump 2 ran dry")

    page.get_by_text("Correct it").first.click()
    page.get_by_label("Causes").fill("Nobody had cleaned the float.\nIt is on no list of the crew.")
    page.get_by_label("Where else it exists").fill("Stations 4 and 9 have the same float.")
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_text("is now “Being corrected”")).to_be_visible()
    page.get_by_role("link", name="an action", exact=True).click()
    page.get_by_label("Title").fill("Put the floats on the monthly round")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Where it came from")).to_contain_text("Pump 2 ran dry")
    page.get_by_role("link", name="CA-").click()

    page.get_by_text("Mark as done").first.click()
    page.get_by_label("Check whether it worked on").fill(CHECK.isoformat())
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_text("is now “Done, to be checked”")).to_be_visible()
    page.get_by_text("It worked: close").first.click()
    page.get_by_label("What was verified").fill("No float stuck in three months.")
    page.get_by_label("Verified by").fill("Dana Whitfield")
    page.get_by_role("button", name="It worked: close").click()
    expect(page.get_by_role("alert")).to_contain_text("Until then it can’t be closed.")
    look(page, "corrective-too-early")

    CorrectiveAction.objects.update(check_on=timezone.localdate())
    page.get_by_role("button", name="It worked: close").click()
    expect(page.get_by_text("is now “Closed”")).to_be_visible()
    look(page, "corrective-closed")


@pytest.mark.usefixtures("narrow")
def test_a_change_that_every_area_answers(visits, catalog, manager, utility):
    change = PlannedChange.open_in(
        utility,
        by=manager,
        title="Sodium hypochlorite instead of chlorine gas",
        kind="material",
        areas=["S", "Q"],
        what="A tank for 3,000 gallons replaces the cylinders.",
        why="The school is 600 feet away.",
    )
    visits.expected.append("Failed to load resource")
    page = visits(manager, change.get_absolute_url())
    page.get_by_role("button", name="Ask the areas").click()
    expect(page.get_by_text("is now “Areas are answering”")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("These areas have not answered yet: S, Q.")
    page.get_by_role("link", name="Answer for Safety").click()
    page.get_by_text("Yes", exact=True).click()
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter what the change means for this area")
    page.get_by_label("What it means").fill("The spill plan and the drill must name the new tank.")
    look(page, "change-answer")
    page.get_by_role("button", name="Save the answer").click()
    page.get_by_role("link", name="Answer for Quality").click()
    page.get_by_text("No", exact=True).click()
    page.get_by_role("button", name="Save the answer").click()
    look(page, "change-answered")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("is now “Approved”")).to_be_visible()
    assert Record.objects.get().status == "approved"


def test_policies_are_compared_and_replaced(visits, catalog, manager, utility):
    texts = {
        "Environmental policy": "We buy supplies of recycled material where we can.",
        "Purchasing policy": "We buy from the lowest bidder.",
    }
    for title, text in texts.items():
        made = Statement.open_in(utility, by=manager, title=title, text=text, areas=["E"], every=12)
        signed = {"signed_by": "The board", "signed_on": timezone.localdate()}
        Statement.objects.visible_to(manager).get(pk=made.pk).move("in-force", by=manager, **signed)
    page = visits(manager, reverse("ims:list", args=[utility.pk, "statements"]))
    page.get_by_role("link", name="Policies cross-checked").click()
    look(page, "cross-check-open")
    page.get_by_role("link", name="Compare Environmental policy").click()
    page.get_by_text("They conflicted; it is settled").click()
    page.get_by_label("Where they conflict").fill("Recycled material may cost more. The board allows 5 percent.")
    look(page, "cross-check-compare")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Every pair has been compared")).to_be_visible()
    look(page, "cross-check")
    page.get_by_role("link", name="Purchasing policy").first.click()
    page.get_by_role("link", name="Start a new edition").click()
    page.get_by_role("button", name="Start a new edition").click()
    page.get_by_label("What it states").fill(
        "We buy from the lowest bidder; recycled material may cost 5 percent more."
    )
    expect_saved(page)
    page.get_by_role("link", name="Back to").click()
    page.get_by_text("Put it in force").first.click()
    page.get_by_label("Signed by").fill("The board of directors")
    page.get_by_label("Signed on").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_text("is now “In force”")).to_be_visible()
    look(page, "statement")
    assert list(Statement.objects.order_by("pk").values_list("status", flat=True)) == [
        "in-force",
        "replaced",
        "in-force",
    ]

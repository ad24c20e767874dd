"""The management system in Chromium: an objective, an action that serves it, and its way to the close."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Action, Objective, Unit
from tests.browser.conftest import NARROW, WIDE, expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_from_a_new_action_to_its_close(visits, catalog, manager, utility, size):
    Objective.open_in(utility, by=manager, title="Cut overflows to 2 per 100 miles")
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.set_viewport_size(size)
    page.get_by_role("link", name="Management programs").click()
    page.get_by_role("link", name="Add action").click()
    page.get_by_label("Title").fill("Clean the sewers of Mill Street")
    page.get_by_text("Environmental performance").click()
    page.get_by_label("Owner").select_option(label="Mara Gerr")
    page.get_by_label("Due").fill("2030-06-30")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean the sewers of Mill Street")
    page.get_by_role("link", name="Change", exact=True).click()
    page.wait_for_load_state()
    page.get_by_label("What is to be done").fill("Flush, then inspect.")
    expect_saved(page)
    page.reload()
    expect(page.get_by_label("What is to be done")).to_have_value("Flush, then inspect.")
    page.get_by_role("link", name="Back to").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Mark as done").click()
    page.get_by_text("Close after the check").first.click()
    page.get_by_label("What was verified").fill("No overflow in six months.")
    page.get_by_label("Verified by").fill("Dana Whitfield")
    page.get_by_role("button", name="Close after the check").click()
    expect(page.get_by_text("is now “Closed”")).to_be_visible()
    expect(page.get_by_text("No overflow in six months.")).to_be_visible()
    assert Action.objects.get().status == "closed"


def test_the_pages(visits, catalog, manager, utility):
    unit = Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    objective = Objective.open_in(utility, by=manager, title="Cut overflows to 2 per 100 miles", target=2, areas=["E"])
    action = Action.open_in(
        utility,
        by=manager,
        title="Clean the sewers of Mill Street",
        due="2020-01-31",
        objective=objective,
        units=[unit.pk],
        initiatives=["cmom"],
        areas=["E", "S"],
        lines="Flush.\nInspect.",
    )
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    look(page, "system")
    for name, url in (
        ("system-list", reverse("ims:list", args=[utility.pk, "actions"])),
        ("system-record", action.get_absolute_url()),
        ("system-edit", f"{action.get_absolute_url()}edit/"),
        ("system-new", reverse("ims:new", args=[utility.pk, "actions"])),
    ):
        page.goto(visits.url + url)
        look(page, name)

"""The management system in Chromium: an objective, an action that serves it, and its way to the close."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.links import LED_TO, link
from ims.models import Action, Objective, Person, RecordComment, Requirement, SavedView, Unit
from tests.browser.conftest import answer_all, expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_from_a_result_to_a_closed_action(visits, analysis, manager, utility):
    answer_all(analysis, manager)
    analysis.complete(by=manager)
    objective = Objective.open_in(utility, by=manager, title="Cut overflows to 2 per 100 miles")
    page = visits(manager, reverse("assessments:results", args=[analysis.pk]))
    page.get_by_role("link", name="Make it an action").first.click()
    expect(page.get_by_label("Title")).not_to_have_value("")
    steps = page.get_by_label("What is to be done")
    opportunity = page.locator(".lede a").nth(1)
    name = opportunity.inner_text()
    assert steps.input_value().startswith(f"{name}:\n")
    look(page, "system-new-from-a-gap")
    steps.fill(f"{name}:\nAsk the board first.")
    page.get_by_label("Title").fill("Clean the sewers of Mill Street")
    page.get_by_label("Serves").select_option(label=str(objective))
    page.get_by_label("Owner").select_option(label="Mara Gerr")
    page.get_by_label("Due").fill("2030-06-30")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean the sewers of Mill Street")
    expect(page.get_by_text("Ask the board first.")).to_be_visible()
    expect(page.get_by_role("region", name="Links and files").get_by_role("link", name=name)).to_be_visible()
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
    closed = Action.objects.get()
    assert (closed.status, closed.objective) == ("closed", objective)
    assert closed.element, "it tells which gaps it closes"


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
    later = Action.open_in(utility, by=manager, title="Train both crews", due="2031-01-31")
    link(action, later, LED_TO, by=manager)
    kept = {"name": "What is late", "query": "late=true", "is_shared": False}
    SavedView.objects.keep(manager, {"utility": utility, "register": "actions"}, **kept)
    action.say("Can the round take a photo of the panel?", by=manager)
    requirement = Requirement.open_in(
        utility,
        by=manager,
        title="Sample each outfall weekly",
        citation="Permit part II.A",
        kind="permit",
        department="laboratory",
        every=3,
    )
    rows = Requirement.objects.visible_to(manager)
    rows.get().move("in-force", by=manager)
    found = {"result": "partly", "found": "Two came late.", "evaluator": "Hank Osei"}
    rows.get().evaluate(by=manager, on=date(2026, 1, 31), **found)
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    look(page, "system")
    for name, url in (
        ("system-board", reverse("ims:list", args=[utility.pk, "actions"]) + "?layout=board"),
        ("system-preferences", reverse("ims:preferences")),
        ("system-list", reverse("ims:list", args=[utility.pk, "actions"])),
        ("system-record", action.get_absolute_url()),
        ("system-edit", f"{action.get_absolute_url()}edit/"),
        ("requirement", requirement.get_absolute_url()),
        ("requirement-list", reverse("ims:list", args=[utility.pk, "requirements"])),
        ("requirement-evaluate", reverse("ims:evaluate", args=[utility.pk, requirement.number])),
        ("system-new", reverse("ims:new", args=[utility.pk, "actions"])),
    ):
        page.goto(visits.url + url)
        look(page, name)


def test_a_board_a_saved_view_and_an_undo_by_keyboard(visits, catalog, manager, utility):
    action = Action.open_in(utility, by=manager, title="Clean the sewers", areas=["E"])
    page = visits(manager, reverse("ims:list", args=[utility.pk, "actions"]))
    page.get_by_role("link", name="Board").press("Enter")
    page.get_by_role("combobox", name="Area").select_option(label="Environmental performance")
    page.get_by_role("button", name="Apply filters").press("Enter")
    page.get_by_text("Save this view").press("Enter")
    page.get_by_label("Name").fill("Environment")
    page.get_by_role("button", name="Save view").press("Enter")
    expect(page.get_by_text("The view “Environment” was saved.")).to_be_visible()
    page.get_by_role("button", name="Start").press("Enter")
    expect(page.get_by_role("heading", name="Under way 1")).to_be_visible()
    page.get_by_role("link", name="Clean the sewers").press("Enter")
    page.get_by_role("link", name="Change", exact=True).press("Enter")
    page.wait_for_load_state()
    page.get_by_label("Title").fill("Wrong")
    expect_saved(page)
    page.get_by_role("link", name="Back to").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wrong")
    page.get_by_text("History", exact=True).press("Enter")
    page.get_by_role("button", name="Undo the last change").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean the sewers")
    page.goto(visits.url + reverse("ims:list", args=[utility.pk, "actions"]))
    page.get_by_role("link", name="Environment", exact=True).press("Enter")
    expect(page.get_by_role("link", name=action.title)).to_be_visible()


def test_naming_a_colleague_in_a_comment(visits, catalog, manager, contributor, utility):
    action = Action.open_in(utility, by=manager, title="Clean the sewers")
    Person.objects.of(utility)
    page = visits(manager, action.get_absolute_url())
    comment = page.get_by_label("Write a comment")
    comment.press_sequentially("Ask @con")
    people = page.get_by_role("listbox", name="People")
    expect(people.get_by_role("option")).to_have_text([str(contributor)])
    look(page, "system-mention")
    comment.press("Enter")
    expect(people).to_be_hidden()
    expect(comment).to_have_value(f"Ask @{contributor} ")
    comment.press_sequentially("today")
    page.get_by_role("button", name="Comment").press("Enter")
    expect(page.get_by_text(f"Emailed to {contributor}.")).to_be_visible()
    assert [str(person) for person in RecordComment.objects.get().mentioned.all()] == [str(contributor)]

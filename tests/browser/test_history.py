"""The history of a row, opened in the row, and undoing its last change there."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    DOES_NOT_EXIST,
    MULTIPLE,
    SINGLE,
    answer,
    choose,
    expect_saved,
    look,
    open_row,
    row,
    stored,
)

LONG = (
    "The council adopted the policy in May and posted it in the hall, the lab and every pump station of the district."
)


@pytest.fixture
def changed(analysis, manager, contributor):
    """Two people changed the row."""
    answers = {"initiatives": ["cmom"], "evidence": LONG, "notes": "Ask Vic."}
    answer(analysis, contributor, "vision", rating=1, areas=["E"], **answers)
    answer(analysis, manager, "vision", rating=2, areas=["E", "Q"], evidence=LONG.replace("May", "June"), notes="")
    return analysis


def history(page, slug="vision"):
    opened = row(page, slug).locator(".history")
    opened.locator("summary").click()
    expect(opened.locator(".history__list")).to_be_visible()
    return opened


def test_it_opens_in_the_row_and_follows_what_is_saved(visits, manager, changed):
    page = visits(manager, changed.get_absolute_url())
    open_row(page, "vision")
    changes = history(page)
    expect(changes.get_by_role("listitem")).to_have_count(2)
    expect(changes.get_by_role("listitem").first).to_contain_text("Mara Gerr")
    expect(changes.get_by_role("listitem").last).to_contain_text("Connie Boyd")
    expect(changes.locator("del").first).to_contain_text("May")
    expect(changes.get_by_text("as a separate page")).to_be_hidden()
    look(page, "history-in-the-row")
    choose(page, "vision", DOES_NOT_EXIST)
    expect(changes.get_by_role("listitem").first).to_contain_text(DOES_NOT_EXIST)


def test_the_last_change_is_undone_and_that_too(visits, manager, changed):
    page = visits(manager, changed.get_absolute_url())
    for rating, notes in [(SINGLE, "Ask Vic."), (MULTIPLE, "")]:
        if not row(page, "vision").get_by_label("Evidence").is_visible():
            open_row(page, "vision")
        history(page).get_by_role("button", name="Undo the last change").click()
        expect(page.get_by_text("was undone")).to_be_visible()
        expect(row(page, "vision").get_by_role("radio", name=rating)).to_be_checked()
        expect(row(page, "vision").get_by_label("Notes")).to_have_value(notes)
    expect_saved(page)


def test_what_is_typed_just_before_is_saved_and_then_undone_with_it(visits, manager, changed):
    page = visits(manager, changed.get_absolute_url())
    vision = open_row(page, "vision")
    changes = history(page)
    vision.get_by_label("Evidence").fill("Typed.")
    changes.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_text("was undone")).to_be_visible()
    expect(vision.get_by_label("Evidence")).to_have_value(LONG)
    page.reload()
    expect_saved(page)
    assert stored(changed, "vision").evidence == LONG


def test_what_someone_changed_meanwhile_is_not_undone(visits, manager, contributor, changed):
    visits.expected.append("status of 409")
    page = visits(manager, changed.get_absolute_url())
    open_row(page, "vision")
    changes = history(page)
    answer(changed, contributor, "vision", notes="Theirs.")
    changes.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_role("alert")).to_contain_text("Connie Boyd changed this row")
    look(page, "history-not-undone")
    assert stored(changed, "vision").notes == "Theirs."
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_text("was undone")).to_be_visible()
    assert stored(changed, "vision").notes == ""


def test_without_changes_there_is_nothing_to_undo(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    open_row(page, "vision")
    changes = history(page)
    expect(changes.get_by_text("No changes yet")).to_be_visible()
    expect(changes.get_by_role("button")).to_have_count(0)


def test_a_viewer_opens_it_in_the_row(visits, viewer, changed):
    page = visits(viewer, changed.get_absolute_url())
    expect(history(page).get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("button", name="Undo the last change")).to_have_count(0)
    look(page, "history-read")


def test_without_a_script_it_is_a_page(visits, manager, changed):
    page = visits(manager, f"{changed.get_absolute_url()}?open=vision", java_script_enabled=False)
    row(page, "vision").locator(".history summary").click()
    expect(page.get_by_role("button", name="Undo the last change")).to_have_count(0)
    row(page, "vision").get_by_role("link", name="Open the history of Vision").click()
    expect(page.get_by_role("listitem").filter(has_text="Connie Boyd")).to_be_visible()
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_text("was undone")).to_be_visible()
    assert (stored(changed, "vision").rating, stored(changed, "vision").notes) == (1, "Ask Vic.")

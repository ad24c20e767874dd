"""Two people fill in one gap analysis: neither overwrites the other unseen."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DOES_NOT_EXIST, answer_all, choose, expect_saved, look, open_row, row, stored


@pytest.fixture
def pages(visits, manager, contributor, analysis):
    visits.expected.append("status of 409")
    return [visits(person, analysis.get_absolute_url()) for person in (manager, contributor)]


def write(page, text):
    vision = row(page, "vision")
    if not vision.get_by_label("Evidence").is_visible():
        open_row(page, "vision")
    vision.get_by_label("Evidence").fill(text)
    return vision


@pytest.fixture
def conflict(pages):
    """Mara saved her text; Connie, who had the row open, wrote another."""
    mara, connie = pages
    open_row(connie, "vision")
    write(mara, "Mara's <b>text</b>.")
    expect(row(mara, "vision").locator("[data-state]")).to_contain_text("Saved at")
    write(connie, "Connie's text.")
    shown = row(connie, "vision").get_by_role("alert")
    expect(shown).to_be_focused()
    expect(shown).to_contain_text("Mara Gerr changed this")
    expect(shown.get_by_role("row", name="Evidence")).to_contain_text("Connie's text.")
    expect(shown.get_by_role("row", name="Evidence")).to_contain_text("Mara's <b>text</b>.")
    expect(connie.locator("[data-saved]")).to_contain_text("Not saved: someone else changed this")
    return shown


def test_keep_mine(pages, conflict, analysis):
    mara, connie = pages
    assert stored(analysis, "vision").evidence == "Mara's <b>text</b>."
    look(connie, "fill-conflict")
    conflict.get_by_role("button", name="Keep mine").click()
    expect_saved(connie)
    expect(conflict).to_have_count(0)
    expect(row(connie, "vision").locator(":focus")).to_have_count(1)
    assert stored(analysis, "vision").evidence == "Connie's text."
    # Now Mara's page is the old one, and she is asked in her turn.
    write(mara, "Mara once more.")
    expect(row(mara, "vision").get_by_role("alert")).to_contain_text("Connie Boyd changed this")
    assert stored(analysis, "vision").evidence == "Connie's text."


def test_use_theirs(pages, conflict, analysis):
    connie = pages[1]
    conflict.get_by_role("link", name="Use the saved version").click()
    evidence = row(connie, "vision").get_by_label("Evidence")
    expect(evidence).to_have_value("Mara's <b>text</b>.")
    expect_saved(connie)
    evidence.fill("Agreed with Mara.")
    expect(row(connie, "vision").locator("[data-state]")).to_contain_text("Saved at")
    assert stored(analysis, "vision").evidence == "Agreed with Mara."


def test_what_is_typed_while_it_is_undecided_is_kept_too(pages, conflict, analysis):
    connie = pages[1]
    write(connie, "Connie's text, longer.")
    connie.reload()
    expect(row(connie, "vision").get_by_label("Evidence")).to_have_value("Connie's text, longer.")
    again = row(connie, "vision").get_by_role("alert")
    expect(again).to_contain_text("Connie's text, longer.")
    again.get_by_role("button", name="Keep mine").click()
    expect_saved(connie)
    assert stored(analysis, "vision").evidence == "Connie's text, longer."


def test_different_rows_do_not_meet(pages, analysis):
    mara, connie = pages
    choose(mara, "vision", DOES_NOT_EXIST)
    choose(connie, "auditing", DOES_NOT_EXIST)
    expect_saved(mara)
    expect_saved(connie)
    assert (stored(analysis, "vision").rating, stored(analysis, "auditing").rating) == (0, 0)
    choose(connie, "reporting", DOES_NOT_EXIST)  # which of the two before was saved first is left to chance
    expect(connie.locator("[data-progress]")).to_contain_text("3 of 18")


def test_completed_by_someone_else_meanwhile(pages, analysis, manager, visits):
    visits.expected.append("status of 422")
    connie = pages[1]
    open_row(connie, "vision")
    answer_all(analysis, manager)
    analysis.complete(by=manager)
    write(connie, "Too late.")
    expect(connie.locator("[data-saved]")).to_contain_text("Not saved")
    assert stored(analysis, "vision").evidence == "Evidence 2."

"""A page that is left while it saves, and what can't be saved as typed: nothing is lost, no false conflict."""

import time

import pytest
from playwright.sync_api import expect

from assessments.models import Finding
from tests.browser.conftest import DOES_NOT_EXIST, SINGLE, answer, choose, expect_saved, look, open_row, row, stored

SAID = "Clarifier 2 is inspected every spring; the report goes to the council."


@pytest.fixture
def page(visits, manager, analysis):
    return visits(manager, analysis.get_absolute_url())


@pytest.fixture
def slow(monkeypatch):
    """Each save takes half a second, and is done even if the page is gone by then."""
    save = Finding.answer
    monkeypatch.setattr(Finding, "answer", lambda *args, **kwargs: [time.sleep(0.5), save(*args, **kwargs)][1])


def evidence(page):
    return row(page, "vision").get_by_label("Evidence")


def assert_kept_without_conflict(page, analysis, text=SAID):
    expect(evidence(page)).to_have_value(text)
    expect_saved(page)
    expect(row(page, "vision").get_by_role("alert")).to_have_count(0)
    assert stored(analysis, "vision").evidence == text
    assert page.evaluate("localStorage.length") == 0


def test_reloaded_right_after_typing(page, analysis, slow):
    open_row(page, "vision")
    evidence(page).press_sequentially(SAID)
    page.reload()
    assert_kept_without_conflict(page, analysis)


def test_reloaded_while_it_saves_and_typed_on(page, analysis, slow):
    open_row(page, "vision")
    with page.expect_request(lambda request: request.method == "POST"):
        evidence(page).fill("Clarifier 2")
    evidence(page).fill(SAID)
    page.reload()
    assert_kept_without_conflict(page, analysis)


def test_reloaded_after_going_back_to_the_earlier_answer_while_another_is_saved(page, analysis, manager, slow):
    """The new page shows the earlier answer already, but the other one is still on its way to the server."""
    answer(analysis, manager, "vision", rating=1, areas=["E"])
    page.reload()
    with page.expect_request(lambda request: request.method == "POST"):
        choose(page, "vision", DOES_NOT_EXIST)
    choose(page, "vision", SINGLE)
    page.reload()
    expect(row(page, "vision").get_by_role("radio", name=SINGLE)).to_be_checked()
    expect_saved(page)
    page.reload()
    expect(row(page, "vision").get_by_role("radio", name=SINGLE)).to_be_checked()
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").areas) == (1, ["E"])


def test_saved_while_the_next_page_is_on_its_way(page, analysis):
    """That page was made before the save."""

    def late(route):
        made = route.fetch()
        time.sleep(1)
        route.fulfill(response=made)

    page.route(page.url, late, times=1)
    choose(page, "vision", DOES_NOT_EXIST)
    page.reload()
    expect(row(page, "vision").get_by_role("radio", name=DOES_NOT_EXIST)).to_be_checked()
    choose(page, "vision", SINGLE)
    expect_saved(page)
    assert stored(analysis, "vision").rating == 1
    assert page.evaluate("localStorage.length") == 0


def test_the_next_page_was_made_before_two_saves_that_end_where_they_began(page, analysis, manager, slow):
    """Its answer is right, its version is not."""
    answer(analysis, manager, "vision", rating=1, areas=["E"])
    page.reload()
    held = []
    page.route(page.url, lambda route: held.append((route, route.fetch())), times=1)
    with page.expect_request(lambda request: request.method == "POST"):
        choose(page, "vision", DOES_NOT_EXIST)
    choose(page, "vision", SINGLE)
    page.evaluate("setTimeout(() => location.reload())")
    for _ in range(100):
        if held and stored(analysis, "vision").version == 4:
            break
        page.wait_for_timeout(100)
    [(route, made)] = held
    with page.expect_event("load"):
        route.fulfill(response=made)
    expect(row(page, "vision").get_by_role("radio", name=SINGLE)).to_be_checked()
    choose(page, "vision", DOES_NOT_EXIST)
    expect_saved(page)
    assert stored(analysis, "vision").rating == 0


def test_saved_again_before_the_next_page_has_loaded(page, analysis, visits):
    """What was kept is saved by the new page while a picture, say, is still on its way: ``pageshow`` comes after it."""
    visits.expected.append("Failed to load resource")
    page.route("**/vision/", lambda route: route.abort("connectionreset"), times=1)
    choose(page, "vision", DOES_NOT_EXIST)
    expect(page.locator("[data-saved]")).to_contain_text("Not saved")
    page.reload()
    expect(row(page, "vision").locator("[name=version]")).to_have_value("2")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: false}))")
    expect(row(page, "vision").get_by_role("radio", name=DOES_NOT_EXIST)).to_be_checked()
    choose(page, "vision", SINGLE)
    expect_saved(page)
    assert stored(analysis, "vision").rating == 1


def test_chosen_before_the_scripts_have_arrived(page, analysis, visits):
    """On a slow connection the page can be read, and answered, before that."""
    held = []
    page.route("**/save.js", lambda route: held.append(route), times=1)
    page.goto(page.url, wait_until="commit")
    page.locator("#row-operational-control").get_by_text(DOES_NOT_EXIST, exact=True).click()
    held[0].continue_()
    expect_saved(page)
    expect(page.locator("[data-count]")).to_have_text("1")
    assert stored(analysis, "operational-control").rating == 0
    page.reload()
    expect(row(page, "operational-control").get_by_role("radio", name=DOES_NOT_EXIST)).to_be_checked()


def test_rated_before_the_scripts_have_arrived_the_row_asks_for_the_area(page, analysis):
    held = []
    page.route("**/save.js", lambda route: held.append(route), times=1)
    page.goto(page.url, wait_until="commit")
    page.locator("#row-operational-control").get_by_text(SINGLE, exact=True).click()
    areas = page.locator("#row-operational-control .finding__areas")
    expect(areas).to_be_hidden()
    held[0].continue_()
    expect(areas).to_be_visible()
    expect_saved(page)
    assert stored(analysis, "operational-control").rating == 1


def test_left_by_a_link_and_back(page, analysis, slow):
    open_row(page, "vision")
    evidence(page).fill(SAID)
    page.get_by_role("link", name="Headworks").first.click()
    page.wait_for_load_state()
    page.go_back()
    if not evidence(page).is_visible():  # the browser made the page anew
        open_row(page, "vision")
    assert_kept_without_conflict(page, analysis)


def test_back_shows_what_was_saved_since(page, analysis, contributor):
    page.get_by_role("link", name="Headworks").first.click()
    page.wait_for_load_state()
    answer(analysis, contributor, "vision", rating=1, areas=["E"])
    page.go_back()
    expect(row(page, "vision").get_by_role("radio", name=SINGLE)).to_be_checked()


def test_a_reload_brings_the_version_that_was_saved_since(page, analysis, contributor):
    """Browsers put the values that a script changed back into the reloaded page, the version too."""
    choose(page, "vision", DOES_NOT_EXIST)
    expect_saved(page)
    answer(analysis, contributor, "vision", rating=1, areas=["E"])
    page.reload()
    expect(row(page, "vision").locator("[name=version]")).to_have_value("3")
    choose(page, "vision", DOES_NOT_EXIST)
    expect_saved(page)
    assert stored(analysis, "vision").rating == 0


def test_an_answer_that_never_came_back_is_no_conflict(page, analysis, visits):
    """The server saved, the connection broke before the answer, and the person typed on."""
    visits.expected.append("Failed to load resource")
    open_row(page, "vision")

    def lose_the_answer(route):
        route.fetch()
        route.abort("connectionreset")

    page.route("**/vision/", lose_the_answer, times=1)
    evidence(page).fill("Clarifier 2")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved")
    assert stored(analysis, "vision").evidence == "Clarifier 2"
    evidence(page).fill(SAID)
    assert_kept_without_conflict(page, analysis)


def test_a_second_tab_of_ones_own_is_called_that(page, analysis, visits):
    visits.expected.append("status of 409")
    other = page.context.new_page()
    visits.watch(other)
    other.goto(page.url)
    open_row(other, "vision")
    choose(page, "vision", SINGLE)
    expect_saved(page)
    evidence(other).fill(SAID)
    expect(row(other, "vision").get_by_role("alert")).to_contain_text("You changed this")
    expect(other.locator("[data-saved]")).to_contain_text("you changed this in another tab or window")


def test_a_paste_over_the_limit_is_kept_and_named(page, analysis):
    open_row(page, "vision")
    evidence(page).focus()
    page.keyboard.insert_text("x" * 10_010)  # as a paste does
    message = row(page, "vision").get_by_text("10 characters too many: 10,000 fit.", exact=True)
    expect(message).to_be_visible()
    expect(evidence(page)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-saved]")).to_contain_text("Evidence: 10 characters too many")
    assert stored(analysis, "vision").evidence == ""
    choose(page, "vision", DOES_NOT_EXIST)  # the rest of the row is saved
    expect(page.locator("[data-count]")).to_have_text("1")
    expect(row(page, "vision").locator("[data-state]")).to_contain_text("10 characters too many")
    assert stored(analysis, "vision").rating == 0
    look(page, "fill-too-long")
    page.reload()
    expect(evidence(page)).to_have_value("x" * 10_010)
    evidence(page).fill("x" * 10_000)
    expect_saved(page)
    expect(message).to_have_count(0)
    expect(evidence(page)).not_to_have_attribute("aria-invalid", "true")
    assert stored(analysis, "vision").evidence == "x" * 10_000

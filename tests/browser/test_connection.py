"""The connection, the server or the session is gone while someone types: nothing is lost, and the page says so."""

import time

import pytest
from playwright.sync_api import expect

from assessments.models import Finding
from tests.browser.conftest import DOES_NOT_EXIST, MULTIPLE, SINGLE, answer, choose, expect_saved, open_row, row, stored

SAID = "Clarifier 2 is inspected every spring; the report goes to the council."


@pytest.fixture
def page(visits, manager, analysis):
    visits.expected.append("Failed to load resource")  # the browser's own word for what these tests bring about
    return visits(manager, analysis.get_absolute_url())


def says(page, words):
    return expect(page.locator("[data-saved]")).to_contain_text(words)


def test_a_lost_connection_comes_back(page, analysis):
    vision = open_row(page, "vision")
    page.context.set_offline(True)
    vision.get_by_label("Evidence").press_sequentially(SAID)
    says(page, "Not saved")
    says(page, "kept in this browser")
    expect(row(page, "vision").locator("[data-state]")).to_contain_text("Not saved: no connection")
    choose(page, "auditing", SINGLE)
    page.context.set_offline(False)
    expect_saved(page)
    assert stored(analysis, "vision").evidence == SAID
    assert stored(analysis, "auditing").rating == 1


def test_the_server_has_trouble_for_a_while(page, analysis):
    page.route("**/vision/", lambda route: route.fulfill(status=503, body="Away"))
    choose(page, "vision", MULTIPLE)
    says(page, "server error")
    page.unroute("**/vision/")
    expect_saved(page)
    assert stored(analysis, "vision").rating == 2


def test_the_server_does_not_answer_for_a_while(page, analysis):
    page.route("**/vision/", lambda route: route.abort("connectionrefused"))
    choose(page, "vision", MULTIPLE)
    says(page, "Not saved")
    page.unroute("**/vision/")
    expect_saved(page)
    assert stored(analysis, "vision").rating == 2


def test_rows_are_saved_one_after_another_on_a_slow_server(page, analysis, monkeypatch):
    """So the count that an answer brings is never older than one that came before it."""
    save = Finding.answer
    monkeypatch.setattr(Finding, "answer", lambda *args, **kwargs: [time.sleep(0.5), save(*args, **kwargs)][1])
    said: list[str] = []
    page.on("request", lambda request: request.method == "POST" and said.append("sent"))
    page.on("response", lambda response: response.request.method == "POST" and said.append("answered"))
    for slug in ("vision", "auditing", "reporting"):
        choose(page, slug, DOES_NOT_EXIST)
    expect_saved(page)
    expect(page.locator("[data-count]")).to_have_text("3")
    assert said == ["sent", "answered"] * 3


def test_the_page_is_closed_while_offline_and_opened_again_later(page, analysis, visits):
    vision = open_row(page, "vision")
    page.context.set_offline(True)
    vision.get_by_label("Evidence").fill(SAID)
    says(page, "Not saved")
    page.close()
    assert stored(analysis, "vision").evidence == ""
    context = visits.contexts[-1]
    context.set_offline(False)
    later = context.new_page()
    visits.watch(later)
    later.goto(visits.url + analysis.get_absolute_url())
    expect(row(later, "vision").get_by_label("Evidence")).to_have_value(SAID)
    expect(row(later, "vision").locator("[data-state]")).to_contain_text("Saved at")
    expect_saved(later)
    assert stored(analysis, "vision").evidence == SAID
    later.reload()  # it is sent once: the browser keeps nothing any more
    assert later.evaluate("localStorage.length") == 0


def test_signed_out_meanwhile(page, analysis, visits, manager):
    vision = open_row(page, "vision")
    page.context.clear_cookies(name="sessionid")
    vision.get_by_label("Evidence").fill(SAID)
    says(page, "you are signed out")
    says(page, "kept in this browser")
    assert stored(analysis, "vision").evidence == ""
    row(page, "vision").get_by_role("link", name="Sign in to save it").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.url.endswith(f"?next={analysis.get_absolute_url()}")
    visits.give_session(page.context, manager)
    page.goto(visits.url + analysis.get_absolute_url())
    expect(row(page, "vision").get_by_label("Evidence")).to_have_value(SAID)
    expect(row(page, "vision").locator("[data-state]")).to_contain_text("Saved at")
    assert stored(analysis, "vision").evidence == SAID


def test_signed_in_again_in_another_tab(page, analysis, visits):
    """Which changes the forms' secret. The page learns the new one and saves by itself."""
    page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": visits.url}])
    open_row(page, "vision").get_by_label("Evidence").fill(SAID)
    expect_saved(page)
    expect(row(page, "vision").locator("[data-state]")).to_contain_text("Saved at")
    assert stored(analysis, "vision").evidence == SAID


def test_another_person_at_the_same_browser_does_not_get_what_was_kept(page, analysis, visits, contributor):
    vision = open_row(page, "vision")
    page.context.clear_cookies(name="sessionid")
    vision.get_by_label("Evidence").fill(SAID)
    says(page, "you are signed out")
    page.context.clear_cookies()  # as signing in does, which changes the forms' secret too
    visits.give_session(page.context, contributor)
    page.goto(visits.url + analysis.get_absolute_url())
    expect(open_row(page, "vision").get_by_label("Evidence")).to_have_value("")
    assert stored(analysis, "vision").evidence == ""


def test_left_open_overnight_while_someone_else_wrote(page, analysis, visits, manager, contributor):
    vision = open_row(page, "vision")
    page.context.set_offline(True)
    vision.get_by_label("Evidence").fill(SAID)
    says(page, "Not saved")
    answer(analysis, contributor, "vision", rating=0, areas=[], evidence="Nobody found any.")
    page.context.set_offline(False)
    says(page, "someone else changed this")
    expect(vision.get_by_role("alert")).to_contain_text(SAID)
    expect(vision.get_by_role("alert")).to_contain_text("Nobody found any.")
    assert stored(analysis, "vision").evidence == "Nobody found any."

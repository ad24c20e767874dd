"""Filling in the table: what one choice suggests, what is next, what is missing, who may."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    DOES_NOT_EXIST,
    MULTIPLE,
    SINGLE,
    answer,
    answer_all,
    choose,
    expect_saved,
    look,
    row,
    start,
    stored,
)


@pytest.fixture
def page(visits, manager, analysis):
    return visits(manager, analysis.get_absolute_url())


def area(page, slug, name):
    return row(page, slug).get_by_role("checkbox", name=name)


def test_every_row_is_a_group_of_three_choices_named_by_its_element(page, analysis):
    names = list(analysis.findings.values_list("element__name", flat=True))
    assert len(names) == 18
    for name in names:
        group = page.get_by_role("radiogroup", name=name, exact=True)
        radios = group.get_by_role("radio")
        expect(radios).to_have_count(3)
        for number, choice in enumerate((DOES_NOT_EXIST, SINGLE, MULTIPLE)):
            expect(radios.nth(number)).to_have_accessible_name(choice)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_areas_stay_in_place_when_the_answer_comes(page, analysis, width):
    """Else they move away under the finger of who is quick."""
    page.set_viewport_size({"width": width, "height": 900})
    held = []
    page.route("**/vision/", lambda route: held.append(route), times=1)
    with page.expect_request("**/vision/"):
        choose(page, "vision", MULTIPLE)
    chip = row(page, "vision").locator(".chip").first
    before = chip.bounding_box()
    held[0].continue_()
    expect(row(page, "vision").get_by_text("Needs at least two areas")).to_be_visible()
    assert chip.bounding_box() == before
    look(page, "filling-lack")


def test_a_rating_checks_no_area_by_itself(page, analysis):
    for rating in (MULTIPLE, SINGLE):
        choose(page, "vision", rating)
        expect(row(page, "vision").get_by_role("checkbox", checked=True)).to_have_count(0)
        expect_saved(page)
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").areas) == (1, [])
    expect(row(page, "vision").get_by_text("Choose the area it supports")).to_be_visible()
    expect(page.locator("[data-progress]")).to_contain_text("0 of 18")


def test_areas_are_chosen_one_after_another(page, analysis):
    choose(page, "vision", MULTIPLE)
    lack = row(page, "vision").get_by_text("Needs at least two areas")
    expect(lack).to_be_visible()
    area(page, "vision", "E Environment").check(force=True)
    expect_saved(page)
    expect(lack).to_be_visible()
    expect(page.locator("[data-progress]")).to_contain_text("0 of 18")
    area(page, "vision", "Q Quality").check(force=True)
    expect(lack).to_be_hidden()
    expect(page.locator("[data-progress]")).to_contain_text("1 of 18")
    area(page, "vision", "E Environment").uncheck(force=True)
    expect(lack).to_be_visible()
    expect(row(page, "vision").get_by_role("radio", name=MULTIPLE)).to_be_checked()
    expect_saved(page)
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").areas) == (2, ["Q"])


def test_areas_raise_the_rating(page, analysis):
    vision = row(page, "vision")
    vision.get_by_role("button", name="Details of").click()
    vision.get_by_text("E Environment").click()
    expect(vision.get_by_role("radio", name=SINGLE)).to_be_checked()
    vision.get_by_text("F Finance").click()
    expect(vision.get_by_role("radio", name=MULTIPLE)).to_be_checked()
    expect_saved(page)
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").areas) == (2, ["E", "F"])


@pytest.mark.parametrize("reloaded", [False, True], ids=["at once", "reloaded each time"])
def test_areas_come_back_with_their_rating(page, analysis, reloaded):
    def turn(rating, *codes):
        choose(page, "vision", rating)
        if reloaded:
            page.reload()
        expect(row(page, "vision").get_by_role("radio", name=rating)).to_be_checked()
        checked = row(page, "vision").locator("input[name=areas]:checked")
        expect(checked).to_have_count(len(codes))
        assert [box.get_attribute("value") for box in checked.all()] == list(codes)

    choose(page, "vision", SINGLE)
    area(page, "vision", "Q Quality").check(force=True)
    turn(MULTIPLE)
    for name in ("E Environment", "H Human"):
        area(page, "vision", name).check(force=True)
    turn(DOES_NOT_EXIST)
    turn(SINGLE, "Q")
    turn(MULTIPLE, "E", "H")
    turn(DOES_NOT_EXIST)
    turn(MULTIPLE, "E", "H")
    expect_saved(page)
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").areas) == (2, ["E", "H"])


ANSWERS = [(0, []), (1, ["Q"]), (2, ["E", "S", "H"]), (1, []), (2, ["F"]), (2, [])]  # the last three lack something


@pytest.mark.parametrize("pause", ["none", "saved", "reloaded"])
def test_arrow_keys_through_every_row_leave_all_answers(visits, analysis, manager, pause):
    """Onto each other rating and back. Each step is saved, or the page is reloaded right after it, or neither."""
    slugs = list(analysis.findings.values_list("element__slug", flat=True))
    for number, slug in enumerate(slugs):
        rating, areas = ANSWERS[number % len(ANSWERS)]
        texts = {"evidence": f"Evidence {number}.", "changes": "Share it.", "notes": "Ask."}
        answer(analysis, manager, slug, rating=rating, areas=areas, initiatives=["cmom"], **texts)
    names = ("element__slug", "rating", "areas", "initiatives", "evidence", "changes", "notes")
    before = list(analysis.findings.values_list(*names))
    page = visits(manager, analysis.get_absolute_url())
    shown = """() => [...document.querySelectorAll("[data-row] form")].map(
        (form) => [...new FormData(form)].filter(([name]) => ["rating", "areas"].includes(name)).map(String))"""
    before_shown = page.evaluate(shown)
    for number, slug in enumerate(slugs if pause == "none" else slugs[: len(ANSWERS)]):
        rating = ANSWERS[number % len(ANSWERS)][0]
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
            radio = row(page, slug).locator(f"input[name=rating][value='{rating}']")
            radio.focus()
            page.keyboard.press(key)
            rating = (rating + (1 if key == "ArrowRight" else -1)) % 3
            if pause == "saved":
                expect_saved(page)
                assert stored(analysis, slug).rating == rating
            elif pause == "reloaded":
                page.reload()
    expect_saved(page)
    assert page.evaluate(shown) == before_shown
    assert list(analysis.findings.values_list(*names)) == before


def test_next_unanswered_goes_to_the_first_row_without_an_answer(page):
    following = page.get_by_role("link", name="Next unanswered")
    for slug in ("management-commitment", "vision"):
        following.click()
        expect(row(page, slug).get_by_role("radio", name=DOES_NOT_EXIST)).to_be_focused()
        page.keyboard.press("Space")
        expect(row(page, slug)).to_have_attribute("data-answered", "")
    expect(page.locator("[data-progress]")).to_contain_text("2 of 18")
    expect(page.locator("[data-phase-count=plan]")).to_have_text("2 of 7")


def test_next_unanswered_goes_away_with_the_last_answer(visits, analysis, manager):
    for slug in analysis.findings.exclude(element__slug="auditing").values_list("element__slug", flat=True):
        answer(analysis, manager, slug, rating=0, areas=[])
    page = visits(manager, analysis.get_absolute_url())
    following = page.get_by_role("link", name="Next unanswered")
    expect(following).to_be_visible()
    choose(page, "auditing", DOES_NOT_EXIST)
    expect(following).to_be_hidden()


def test_mark_complete_lists_what_is_missing_with_links(page, analysis, manager):
    for slug in analysis.findings.exclude(element__slug__in=["vision", "auditing"]).values_list(
        "element__slug", flat=True
    ):
        answer(analysis, manager, slug, rating=0, areas=[])
    page.get_by_role("button", name="Mark complete").click()
    missing = page.get_by_role("alert").filter(has_text="Not complete")
    expect(missing).to_be_focused()
    expect(missing.get_by_role("listitem")).to_have_count(2)
    missing.get_by_role("link", name="Auditing").click()
    expect(row(page, "auditing")).to_be_in_viewport()
    analysis.refresh_from_db()
    assert analysis.status == "draft"


def test_what_is_typed_just_before_mark_complete_is_kept(page, analysis, manager):
    answer_all(analysis, manager)
    page.reload()
    opened = row(page, "vision")
    opened.get_by_role("button", name="Details of").click()
    opened.get_by_label("Evidence").fill("Signed at the last minute.")
    page.get_by_role("button", name="Mark complete").click()
    expect(page.get_by_text("Marked complete.")).to_be_visible()
    assert stored(analysis, "vision").evidence == "Signed at the last minute."


def test_a_new_one_starts_from_a_previous_one_and_is_to_be_confirmed(page, analysis, manager, utility):
    answer_all(analysis, manager)
    page.goto(page.url.split("/gap-analyses/")[0] + f"/gap-analyses/new/{utility.pk}/")
    page.get_by_label("Name").fill("A year later")
    page.get_by_label("Start from an earlier gap analysis").focus()
    page.get_by_label("Start from an earlier gap analysis").select_option(str(analysis))
    expect(page.get_by_label("fence line, in your words")).to_have_value(analysis.fence_line)
    expect(page.get_by_label("Name")).to_have_value("A year later")
    expect(page.get_by_label("Start from an earlier gap analysis")).to_be_focused()
    expect(page.locator("[name=initiatives]:checked")).to_have_count(2)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="A year later")).to_be_visible()
    expect(page.locator("[data-progress]")).to_contain_text("0 of 18")
    expect(page.get_by_text("needs confirmation")).to_have_count(18)
    row(page, "vision").get_by_role("button", name="Confirm unchanged").click()
    expect(page.get_by_text("needs confirmation")).to_have_count(17)
    choose(page, "reporting", DOES_NOT_EXIST)
    expect(page.get_by_text("needs confirmation")).to_have_count(16)
    expect(page.locator("[data-progress]")).to_contain_text("2 of 18")
    expect_saved(page)
    page.get_by_role("button", name="Mark complete").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(16)


def test_rows_that_are_unchanged_are_confirmed_together(visits, analysis, manager, contributor, utility):
    answer_all(analysis, manager)
    again = start(utility, manager, name="A year later", previous=analysis)
    page = visits(manager, again.get_absolute_url())
    row(page, "vision").get_by_role("button", name="Confirm unchanged").click()
    page.get_by_role("link", name="Confirm all 17 rows that are unchanged").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(17)
    look(page, "confirm")
    page.get_by_text("Auditing", exact=True).click()
    answer(again, contributor, "reporting", rating=0, areas=[])
    page.get_by_role("button", name="Confirm the checked rows").click()
    expect(page.get_by_text("15 rows were confirmed.")).to_be_visible()
    expect(page.get_by_text("has just changed them: “Reporting”")).to_be_visible()
    expect(page.get_by_text("needs confirmation")).to_have_count(1)
    row(page, "auditing").get_by_role("button", name="Confirm unchanged").click()
    expect(page.get_by_text("needs confirmation")).to_have_count(0)
    expect(page.get_by_role("link", name="Confirm all")).to_have_count(0)


def test_a_viewer_reads_and_finds_nothing_to_fill_in(visits, viewer, manager, analysis):
    answer(analysis, manager, "vision", rating=1, areas=["E"], evidence="Council minutes of May 3")
    page = visits(viewer, analysis.get_absolute_url())
    expect(page.get_by_text("Council minutes of May 3")).to_be_visible()
    expect(page.locator("main").locator("input:not([type=hidden]), textarea, select, button")).to_have_count(0)


def test_a_contributor_fills_but_does_not_complete(visits, contributor, analysis):
    page = visits(contributor, analysis.get_absolute_url())
    choose(page, "vision", DOES_NOT_EXIST)
    expect_saved(page)
    expect(page.get_by_role("button", name="Mark complete")).to_have_count(0)
    expect(page.get_by_text("Delete this gap analysis")).to_have_count(0)


def test_one_area_in_scope(visits, manager, utility):
    narrow = start(utility, manager, areas=["E"])
    page = visits(manager, narrow.get_absolute_url())
    choose(page, "vision", SINGLE)
    expect_saved(page)
    assert stored(narrow, "vision").areas == ["E"]


def test_the_status_bar_does_not_cover_what_has_the_focus(page):
    page.set_viewport_size({"width": 1280, "height": 500})
    row(page, "change-management").get_by_role("button", name="Details of").focus()
    for _ in range(24):
        page.keyboard.press("Shift+Tab")
        covered = page.evaluate(
            """() => {
                const here = document.activeElement.getBoundingClientRect();
                const bar = document.querySelector(".status").getBoundingClientRect();
                return !document.activeElement.closest(".status") && here.top >= bar.top && here.bottom <= bar.bottom;
            }"""
        )
        assert not covered, page.evaluate("document.activeElement.outerHTML")

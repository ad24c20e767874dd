"""The lists: filtered, sorted and fetched as files, wide and narrow, by mouse and by keyboard."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role
from files.models import StoredFile
from reports.models import Report
from tests.browser.conftest import NARROW, WIDE, answer_all, look, start
from tests.factories import GapAnalysisFactory, MembershipFactory, UtilityFactory
from tests.processes import broker_at

pytestmark = pytest.mark.usefixtures("visits")


def first_rows(page: Page) -> list[str]:
    page.wait_for_load_state()  # a click returns as soon as the next page begins to arrive
    return page.get_by_role("rowheader").all_inner_texts()[:2]


@pytest.fixture
def analyses(utility, manager, visits) -> list[str]:
    """Twenty-seven of them, of two utilities, one of them complete."""
    bend = MembershipFactory(utility=UtilityFactory(name="Bend Water"), user=manager, role=Role.MANAGER).utility
    names = [f"Integrated system, year {number:02}" for number in range(1, 27)]
    for number, name in enumerate(names):
        start(utility, manager, name=name, as_of=date(2000 + number, 6, 30))
    closed = start(bend, manager, name="The wells")
    answer_all(closed, manager)
    closed.complete(by=manager)
    return names


def test_gap_analyses(visits, manager, analyses):
    page = visits(manager, reverse("assessments:list"))
    expect(page.get_by_text("27 gap analyses, 1 to 25 on this page")).to_be_visible()
    look(page, "analyses")
    page.get_by_role("link", name="Name (sort ascending)").press("Enter")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    assert first_rows(page) == analyses[:2]
    page.get_by_role("link", name="Name (sort descending)").press("Enter")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    assert first_rows(page) == ["The wells", analyses[-1]]
    page.get_by_role("link", name="Next page").press("Enter")
    expect(page.get_by_role("link", name="Page 2")).to_have_attribute("aria-current", "page")
    assert first_rows(page) == [analyses[1], analyses[0]]
    look(page, "analyses-page-2")

    page.get_by_role("combobox", name="Utility").select_option("Bend Water")
    page.get_by_role("button", name="Apply filters").press("Enter")
    expect(page.get_by_text("1 of 27 gap analyses")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    assert first_rows(page) == ["The wells"]
    look(page, "analyses-filtered")
    with page.expect_download() as file:
        page.get_by_role("link", name="Excel").click()
    assert file.value.suggested_filename == f"gap-analyses-{timezone.localdate()}.xlsx"

    page.get_by_role("textbox", name="Name contains").fill("nowhere")
    page.get_by_role("button", name="Apply filters").press("Enter")
    expect(page.get_by_text("No gap analyses match these filters.")).to_be_visible()
    look(page, "analyses-none")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_text("27 gap analyses")).to_be_visible()

    page.goto(page.url.split("?")[0] + "?status=nonsense")
    expect(page.get_by_text("not one of the available choices")).to_be_visible()
    look(page, "analyses-bad-value")


def test_starting_one_of_several_utilities(visits, manager, analyses):
    page = visits(manager, reverse("assessments:list"))
    expect(page.get_by_role("link", name="Bend Water", exact=True)).to_be_hidden()
    page.locator("summary", has_text="Start a gap analysis").press("Enter")
    look(page, "analyses-start")
    page.get_by_role("link", name="Bend Water", exact=True).press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Bend Water")
    expect(page.get_by_label("Name")).to_be_visible()


@pytest.mark.usefixtures("narrow")
def test_a_narrow_list_sorts_too(visits, manager, analyses):
    page = visits(manager, reverse("assessments:list") + "?utility=")
    menu = page.get_by_label("Sort by")
    expect(menu).to_have_value("utility")
    expect(page.get_by_role("link", name="sort descending")).to_have_count(0)
    menu.select_option("As of, descending")
    page.get_by_role("button", name="Sort", exact=True).click()
    assert first_rows(page)[0] == "The wells"
    menu.select_option("As of, ascending")
    page.get_by_role("button", name="Sort", exact=True).click()
    expect(menu).to_have_value("as_of")
    assert first_rows(page) == analyses[:2]
    look(page, "analyses-narrow")


@pytest.mark.usefixtures("narrow")
def test_filters_of_a_narrow_list_are_folded_and_say_how_many_are_set(visits, manager, analyses):
    page = visits(manager, reverse("assessments:list") + "?sort=name")
    name = page.get_by_role("textbox", name="Name contains")
    expect(name).to_be_hidden()
    assert page.get_by_role("rowheader").first.bounding_box()["y"] < NARROW["height"]
    page.locator("summary", has_text="Filters").press("Enter")
    name.fill("wells")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator("summary", has_text="Filters (1 set)")).to_be_visible()
    expect(name).to_be_hidden()
    expect(page.get_by_label("Sort by")).to_have_value("name")
    page.get_by_label("Sort by").select_option("Name, descending")
    page.get_by_role("button", name="Sort", exact=True).click()
    expect(page.get_by_text("1 of 27 gap analyses")).to_be_visible()
    page.goto(page.url.split("?")[0] + "?status=nonsense")
    expect(page.get_by_text("not one of the available choices")).to_be_visible()
    page.set_viewport_size(WIDE)
    expect(page.locator("summary", has_text="Filters")).to_be_hidden()
    page.goto(page.url.split("?")[0])
    expect(name).to_be_visible()


def test_reports_in_every_state(visits, analysis, viewer):
    def asked(days: int) -> Report:
        at = timezone.now() - timedelta(days=days)
        title = f"Gap analysis: {analysis}, {analysis.utility}"
        return Report.objects.create(
            kind="gap-analysis",
            object_id=GapAnalysisFactory(utility=analysis.utility).pk,
            requested_by=viewer,
            title=title,
            requested_at=at,
        )

    with broker_at("redis://127.0.0.1:1/0"):
        made, failed, running, _waiting = asked(9), asked(7), asked(1), asked(0)
    for report in (made, failed, running):
        report.start()
    made.finish(StoredFile.keep_made("a.pdf", "application/pdf", b"%PDF-1.7 made", by=viewer))
    failed.fail("The report was not finished after ten minutes, so it was stopped.")
    running.heartbeat(30, "Laying out pages")
    page = visits(viewer, reverse("reports:list"))
    expect(page.get_by_text("In progress, 30%")).to_be_visible()
    look(page, "reports-list")
    page.get_by_role("combobox", name="Status").select_option("Ready")
    page.get_by_role("button", name="Apply filters").press("Enter")
    expect(page.get_by_text("1 of 4 reports")).to_be_visible()
    look(page, "reports-list-filtered")

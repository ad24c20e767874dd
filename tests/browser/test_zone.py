"""The browser's time zone, in which times are shown."""

from playwright.sync_api import expect

from tests.browser.conftest import look, open_adding, open_row


def test_the_browser_tells_its_zone_and_times_are_shown_in_it(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url(), timezone_id="Pacific/Guam")
    page.reload()
    row = open_row(page, "vision")
    open_adding(row)
    row.get_by_label("Link or path").fill(r"\\server\share\Plan 2026.docx")
    row.get_by_role("button", name="Add link").click()
    expect(row.locator(".address--copy")).to_have_text(r"\\server\share\Plan 2026.docx")
    row.get_by_label("Notes").fill("Seen in Guam.")
    expect(page.get_by_text("ChST").first).to_be_visible()
    look(page, "path-and-zone")

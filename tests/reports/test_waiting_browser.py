"""The waiting page in Chromium: it keeps itself up to date, says so to a screen reader, and stops when it is done."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from files.models import StoredFile
from reports import tasks
from reports.models import Report
from tests.browser.conftest import WIDE, look
from tests.reports import slow_kind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def opened(chromium, live_server, as_, viewer):
    """``opened(path)`` is a page on which the viewer is signed in."""
    cookie = as_(viewer).cookies["sessionid"]
    context = chromium.new_context(viewport=WIDE)
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])

    def visit(path: str):
        page = context.new_page()
        page.goto(live_server.url + path)
        return page

    yield visit
    context.close()


def test_waiting_until_it_is_ready(opened, kind, no_broker, viewer, utility):
    report = Report.request(slow_kind.NAME, utility, viewer)
    page = opened(reverse("reports:report", args=[report.pk]))
    status = page.get_by_role("status")
    expect(status).to_contain_text("Your request was saved")
    look(page, "kept")
    report.start()
    report.heartbeat(30, "Laying out pages")
    expect(page.get_by_role("progressbar", name="Laying out pages")).to_be_visible()
    look(page, "running")
    page.get_by_role("link", name="Refresh").focus()
    report.finish(StoredFile.keep_made("R.pdf", "application/pdf", b"%PDF-1.7 made", by=viewer))
    download = page.get_by_role("link", name="Download PDF")
    expect(download).to_be_visible()
    expect(download).to_be_focused()  # who was at “Check again” is not thrown back to the top of the page
    expect(status).to_contain_text("Your report is ready")
    look(page, "done")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_timeout(2500)
    assert requests == []  # it asks no more
    with page.expect_download() as downloaded:
        download.click()
    assert downloaded.value.suggested_filename == "R.pdf"


def test_a_failure_and_the_list(opened, kind, no_broker, viewer, utility):
    report = Report.request(slow_kind.NAME, utility, viewer)
    report.start()
    report.fail("The report was not finished after ten minutes, so it was stopped.")
    page = opened(reverse("reports:report", args=[report.pk]))
    look(page, "failed")
    listed = opened(reverse("reports:list"))
    look(listed, "list")
    asked = opened(reverse("reports:delete", args=[report.pk]))
    look(asked, "delete")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_role("heading", name="Your request was saved")).to_be_visible()
    listed.get_by_role("combobox", name="Status").select_option("Ready")
    listed.get_by_role("button", name="Apply filters").press("Enter")
    expect(listed.get_by_text("No reports match these filters.")).to_be_visible()
    look(listed, "list-empty")


def test_a_bundle_until_what_is_missing_is_made(opened, bundle, broken, queue):
    page = opened(reverse("reports:report", args=[bundle.pk]))
    status = page.get_by_role("status")
    expect(status).to_contain_text("in the queue")
    for _ in range(3):
        tasks.make(queue.pop(0))
    expect(page.get_by_role("progressbar", name="1 of 6 created, 1 failed")).to_be_visible()
    look(page, "bundle-gathering")
    while queue:
        tasks.make(queue.pop(0))
    expect(page.get_by_role("link", name="Download ZIP")).to_be_visible()
    expect(status).to_contain_text("4 of 6 documents are ready")
    look(page, "bundle-partly")
    broken.name = "Mended"
    broken.save()
    page.get_by_role("button", name="Create missing documents").click()
    expect(status).to_contain_text("in the queue")
    while queue:
        tasks.make(queue.pop(0))
    expect(status).to_contain_text("Your documents are ready")
    look(page, "bundle-done")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download ZIP").click()
    assert downloaded.value.suggested_filename.endswith(".zip")


def test_a_bundle_that_failed_and_the_list(opened, bundle, several, queue):
    for utility in several:
        utility.name = f"Broken {utility.name}"
        utility.save()
    tasks.make(queue.pop(0))
    look(opened(reverse("reports:list")), "bundle-list")
    while queue:
        tasks.make(queue.pop(0))
    page = opened(reverse("reports:report", args=[bundle.pk]))
    expect(page.get_by_role("heading", name="The documents couldn’t be created")).to_be_visible()
    look(page, "bundle-failed")

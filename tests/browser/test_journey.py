"""From signing in to the PDF in one's hand, with a real worker on a real broker: by mouse, and by keyboard alone."""

from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader, PdfWriter

from assessments.models import GapAnalysis
from tests.browser.conftest import DOES_NOT_EXIST, MULTIPLE, SINGLE, choose, expect_saved, open_adding, open_row, row
from tests.factories import PASSWORD
from tests.pdf_ua import problems
from tests.processes import Broker, Worker, broker_at

pytestmark = pytest.mark.services

EVIDENCE = "Policy signed in May. <script>alert('x')</script> & <b>bold</b>"
CHANGES = "One register for all five areas."
LINK, LINK_TITLE = "https://example.org/policy", "The policy"
CHOICES = (DOES_NOT_EXIST, SINGLE, MULTIPLE)


@pytest.fixture
def worker(transactional_db, tmp_path):
    broker = Broker()
    with broker_at(broker.url):
        worker = Worker(broker.url, tmp_path, "tests.browser.worker_settings")
        worker.start()
        yield worker
        worker.stop()
    broker.stop()


@pytest.fixture
def minutes(tmp_path) -> Path:
    """A small PDF to hand in as evidence."""
    path = tmp_path / "council-minutes.pdf"
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(path)
    return path


@pytest.fixture
def page(visits, worker, manager) -> Page:
    EmailAddress.objects.create(user=manager, email=manager.email, verified=True, primary=True)
    return visits(None, "/")


def assert_accessible_and_whole(pdf: Path) -> None:
    assert problems(pdf) == []
    text = "\n".join(page.extract_text() for page in PdfReader(pdf).pages)
    words = " ".join(text.split())
    for said in (EVIDENCE, CHANGES, LINK, LINK_TITLE, "council-minutes.pdf", "Year one"):
        assert said in words


def assert_all_kept(page: Page) -> None:
    """After loading the page again, everything that was entered is there."""
    vision = row(page, "vision")
    if not vision.get_by_label("Evidence").is_visible():
        open_row(page, "vision")
    expect(vision.get_by_label("Evidence")).to_have_value(EVIDENCE)
    expect(vision.get_by_label("What needs to change")).to_have_value(CHANGES)
    expect(vision.get_by_label("CMOM")).to_be_checked()
    expect(vision.get_by_role("link", name=LINK_TITLE)).to_be_visible()
    expect(vision.get_by_role("link", name="council-minutes.pdf")).to_be_visible()
    for number, slug in enumerate(slugs()):
        expect(row(page, slug).get_by_role("radio", name=CHOICES[number % 3])).to_be_checked()
    expect(page.locator("[data-progress]")).to_contain_text("18 of 18")


def slugs() -> list[str]:
    return list(GapAnalysis.objects.get().findings.values_list("element__slug", flat=True))


def test_by_mouse(page, minutes, tmp_path, utility):
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("Email").fill("manager@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("main").get_by_role("link", name="Start").first.click()
    page.get_by_label("Name").fill("Year one")
    page.get_by_text("(CMOM)").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Year one")).to_be_visible()

    for number, slug in enumerate(slugs()):
        choose(page, slug, CHOICES[number % 3])
        for code in "EQ"[: number % 3]:
            row(page, slug).locator(f".chip:has([value={code}])").click()
    vision = open_row(page, "vision")
    vision.get_by_text("CMOM", exact=True).click()
    vision.get_by_label("What needs to change").fill(CHANGES)
    vision.get_by_label("Evidence").fill(EVIDENCE)
    open_adding(vision)
    vision.get_by_label("Link or path", exact=True).fill(LINK)
    vision.get_by_label("Title").fill(LINK_TITLE)
    vision.get_by_role("button", name="Add link").click()
    expect(vision.get_by_role("link", name=LINK_TITLE)).to_be_visible()
    vision.get_by_label("File").set_input_files(minutes)
    vision.get_by_role("button", name="Add file").click()
    expect(vision.get_by_role("link", name="council-minutes.pdf")).to_be_visible()
    expect(vision.get_by_label("Evidence")).to_have_value(EVIDENCE)
    expect_saved(page)
    expect(page.locator("[data-progress]")).to_contain_text("18 of 18")
    page.reload()
    assert_all_kept(page)

    page.get_by_role("button", name="Mark complete").click()
    expect(page.get_by_text("Marked complete.")).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()
    page.get_by_role("button", name="Create PDF report").click()
    ready = page.get_by_role("link", name="Download PDF")
    expect(ready).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        ready.click()
    download.value.save_as(tmp_path / "report.pdf")
    assert_accessible_and_whole(tmp_path / "report.pdf")


class Keyboard:
    """A person without a mouse: goes from control to control with the Tab key."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> None:
        expect(target).to_be_attached()
        for _ in range(400):
            if target.evaluate("(here) => here === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def press(self, key: str, target: Locator) -> None:
        self.go_to(target)
        self.page.keyboard.press(key)

    def type(self, text: str, target: Locator) -> None:
        self.go_to(target)
        self.page.keyboard.insert_text(text)

    def rate(self, slug: str, number: int) -> None:
        """Space takes the first choice, each arrow the next one."""
        self.press("Space", row(self.page, slug).get_by_role("radio").first)
        for _ in range(number):
            self.page.keyboard.press("ArrowRight")
        for code in "EQ"[:number]:
            self.press("Space", row(self.page, slug).locator(f"[name=areas][value={code}]"))


def test_by_keyboard_alone(page, minutes, tmp_path, utility):
    keyboard = Keyboard(page)
    keyboard.press("Enter", page.get_by_role("link", name="Sign in").first)
    keyboard.type("manager@example.org", page.get_by_label("Email"))
    keyboard.type(PASSWORD, page.get_by_label("Password"))
    page.keyboard.press("Enter")
    keyboard.press("Enter", page.get_by_role("main").get_by_role("link", name="Start").first)
    keyboard.type("Year one", page.get_by_label("Name"))
    keyboard.press("Space", page.get_by_role("checkbox", name="(CMOM)"))
    keyboard.press("Enter", page.get_by_role("button", name="Start"))
    expect(page.get_by_role("heading", name="Year one")).to_be_visible()

    keyboard.press("Enter", page.get_by_role("link", name="Skip to main content"))
    for number, slug in enumerate(slugs()):
        keyboard.rate(slug, number % 3)
    expect_saved(page)
    vision = row(page, "vision")
    keyboard.press("Space", vision.get_by_role("button", name="Details of"))
    expect(vision.get_by_label("Evidence")).to_be_visible()
    keyboard.press("Space", vision.get_by_label("CMOM", exact=True))
    keyboard.type(CHANGES, vision.get_by_label("What needs to change"))
    keyboard.type(EVIDENCE, vision.get_by_label("Evidence"))
    keyboard.press("Enter", vision.get_by_text("Add a link or file"))
    keyboard.type(LINK, vision.get_by_label("Link or path", exact=True))
    keyboard.type(LINK_TITLE, vision.get_by_label("Title"))
    page.keyboard.press("Enter")
    expect(vision.get_by_role("link", name=LINK_TITLE)).to_be_visible()
    with page.expect_file_chooser() as chooser:
        keyboard.press("Enter", vision.get_by_label("File"))
    chooser.value.set_files(minutes)
    keyboard.press("Enter", vision.get_by_role("button", name="Add file"))
    expect(vision.get_by_role("link", name="council-minutes.pdf")).to_be_visible()
    expect_saved(page)
    expect(page.locator("[data-progress]")).to_contain_text("18 of 18")
    page.reload()
    assert_all_kept(page)

    keyboard.press("Enter", page.get_by_role("button", name="Mark complete"))
    expect(page.get_by_text("Marked complete.")).to_be_visible()
    keyboard.press("Enter", page.get_by_role("button", name="Create PDF report"))
    ready = page.get_by_role("link", name="Download PDF")
    expect(ready).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        keyboard.press("Enter", ready)
    download.value.save_as(tmp_path / "report.pdf")
    assert_accessible_and_whole(tmp_path / "report.pdf")

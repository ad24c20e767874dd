"""What follows a decision, in Chromium, by everyone concerned: release, letters and certificates, the check of a
certificate by a passer-by, the public register, the notices, the figures of the cycle."""

import re
import zipfile

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from recognition.models import Application, Decision, Notice, Recognition
from reports import tasks

Status = Application.Status


@pytest.fixture
def queue(monkeypatch) -> list[int]:
    """The numbers of the reports that wait for a worker."""
    queue: list[int] = []
    monkeypatch.setattr("workflow.queue.send", lambda task, *args, **options: queue.extend(args) or True)
    cache.clear()  # nobody has asked for a number yet
    return queue


@pytest.fixture
def decided(at, official, cycle) -> Application:
    """Decided, not released."""
    cycle.signatory_name, cycle.signatory_title = "Dana Whitfield", "Director"
    cycle.letterhead = "Office of Water Programs\n1200 River Avenue"
    cycle.save()
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)
    return application


def test_from_the_release_to_the_figures(visits, decided, queue, manager, staff, official, cycle, tmp_path):
    release(visits(official, reverse("recognition:outbox", args=[cycle.pk])))
    address = make_all(visits(staff, reverse("recognition:documents", args=[cycle.pk])), queue, tmp_path)
    check(visits(None, re.sub(r"^https?://[^/]+", "", address)))
    publish(visits(manager, decided.get_absolute_url()))
    read_the_register(visits(None, "/"))
    tell_the_offices(visits(staff, reverse("recognition:notices", args=[cycle.pk])))
    page = visits(staff, reverse("recognition:statistics", args=[cycle.pk]))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Statistics")

    assert Recognition.objects.get().published == ["attributes.product-quality"]
    assert Notice.objects.get().kind == Notice.Kind.REGISTER


def release(page: Page) -> None:
    page.locator("summary", has_text="Release 1 decision").click()
    page.get_by_role("button", name="Yes, release 1 decision").click()
    expect(page.get_by_text("1 decision was released")).to_be_visible()


def make_all(page: Page, queue: list[int], folder) -> str:
    """The address in the certificate's QR code, as it is printed beside it."""
    page.get_by_role("button", name="Create all").click()
    expect(page.get_by_text("Letters and certificates:").first).to_be_visible()
    while queue:
        tasks.make(queue.pop(0))
    page.reload()
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download ZIP").click()
    downloaded.value.save_as(folder / "all.zip")
    with zipfile.ZipFile(folder / "all.zip") as archive:
        assert sorted(archive.namelist()) == [
            "certificates/Riverbend Water and Sewer.pdf",
            "letters/Riverbend Water and Sewer.pdf",
            "to print/certificates-1.pdf",
            "to print/letters-1.pdf",
        ]
        with archive.open("certificates/Riverbend Water and Sewer.pdf") as certificate:
            text = PdfReader(certificate).pages[0].extract_text()
    return re.search(r"https?://\S+/recognition/verify/\S+", text)[0]


def check(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("valid")
    expect(page.get_by_text("Riverbend Water and Sewer").first).to_be_visible()


def publish(page: Page) -> None:
    page.get_by_role("link", name="Edit public listing").click()
    page.get_by_text("Product quality").first.click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The public listing is updated")).to_be_visible()


def read_the_register(page: Page) -> None:
    page.get_by_role("link", name="Recognized utilities", exact=True).click()
    page.get_by_role("link", name="Riverbend Water and Sewer").click()
    expect(page.get_by_role("heading", name="Product quality")).to_be_visible()


def tell_the_offices(page: Page) -> None:
    page.get_by_role("button", name="Create the list").click()
    page.locator("label[for=tick-federal_register]").click()
    page.get_by_role("button", name="Record as sent").click()
    expect(page.get_by_text("1 line is recorded as sent.")).to_be_visible()

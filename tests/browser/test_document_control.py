"""Documents in Chromium: drafted, approved by two people, read by two, replaced by a new edition."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Document, Person
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")


def approve(visits, user, document) -> None:
    page = visits(user, "/")
    page.get_by_role("link", name="Review").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Approve: {document.title}")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Your entry was saved.")).to_be_visible()


@pytest.mark.usefixtures("narrow")
def test_a_document_and_its_next_edition(visits, catalog, manager, contributor, viewer, utility):
    visits.expected.append("Failed to load resource")  # a refused step answers with 422
    Person.add(utility, by=manager, name="Hank Osei", job="Wastewater superintendent")
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Documents").click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Title").fill("Changing a pump")
    page.get_by_label("Own number").fill("SOP-12")
    page.get_by_label("Text").fill("Lock out the pump.\nChange it.")
    page.get_by_label("Review every … months").fill("12")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Changing a pump")
    page.get_by_role("button", name="Send for review").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose first who approves it.")

    page.get_by_role("link", name="Choose the people").click()
    approvers = page.get_by_role("group", name="Who approves it")
    for name in ("Mara Gerr", "Connie Boyd"):
        approvers.get_by_text(name).click()
    readers = page.get_by_role("group", name="Who must know it")
    for name in ("Vic Weir", "Hank Osei"):
        readers.get_by_text(name).click()
    look(page, "document-people")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Send for review").click()
    expect(page.get_by_text("is now “In review”")).to_be_visible()
    look(page, "document-in-review")
    page.get_by_role("link", name="Approve it or send it back").click()
    look(page, "document-approve")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("still needs other approvals")).to_be_visible()
    document = Document.objects.get()
    approve(visits, contributor, document)
    assert Document.objects.get().status == "in-force"

    read = visits(viewer, "/")
    expect(read.get_by_text("Read this document: Changing a pump", exact=True)).to_be_visible()
    read.get_by_role("link", name="Read : Read this document").click()
    look(read, "document-read")
    read.get_by_role("button", name="I have read it").click()
    expect(read.get_by_text("You confirmed that you read")).to_be_visible()

    page.goto(visits.url + document.get_absolute_url())
    page.get_by_role("link", name="Who read it").click()
    expect(page.get_by_text("1 of 2 confirmed that they read it.")).to_be_visible()
    page.get_by_role("group", name="Who signed").get_by_text("Hank Osei").click()
    look(page, "document-readers")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("2 of 2 confirmed that they read it.")).to_be_visible()
    page.get_by_role("link", name="Back to").click()
    look(page, "document-approved")

    page.get_by_role("link", name="Start a new edition").click()
    expect(page.get_by_text("Links and files are not copied")).to_be_visible()
    look(page, "document-next")
    page.get_by_role("button", name="Start a new edition").click()
    page.get_by_label("Text").fill("Lock out the pump.\nChange it.\nTest the alarm.")
    expect_saved(page)
    page.get_by_role("link", name="Back to").click()
    page.get_by_role("button", name="Send for review").click()
    second = Document.objects.get(edition=2)
    for user in (contributor, manager):
        approve(visits, user, second)
    page.goto(visits.url + document.get_absolute_url())
    expect(page.get_by_label("Stages").get_by_text("Replaced")).to_be_visible()
    look(page, "document-replaced")
    read.goto(visits.url)
    expect(read.get_by_text("Read this document: Changing a pump", exact=True)).to_be_visible()
    page.goto(visits.url + reverse("ims:list", args=[utility.pk, "documents"]))
    look(page, "document-list")
    assert list(Document.objects.order_by("pk").values_list("status", flat=True)) == ["replaced", "in-force"]

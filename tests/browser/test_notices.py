"""The pages of a cycle's notices: the way from an empty list to a recorded letter; axe finds nothing on any of them."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from recognition.models import Addressee, Application, Cycle, Notice
from recognition.notices import content as notices
from recognition.notices.documents import NOTICE_LETTER, context
from reports import rendering
from tests.browser.conftest import look
from tests.factories import MembershipFactory
from tests.notified import decided, name_all, signed, today
from tests.pdf_ua import problems

pytestmark = pytest.mark.usefixtures("visits")


def address(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def many(cycle) -> Cycle:
    """Thirty-one recognized in five states, one not."""
    signed(cycle)
    for n, state in enumerate(["OR", "WA", "PR", "DC", "NM"] * 6):
        decided(cycle, f"Town {n:02} Water and Sewer", state)
    decided(cycle, "Nation Water", "NM", number="060400001")
    decided(cycle, "Cedar Sewer District", recognized=False)
    return cycle


def test_from_an_empty_list_to_a_recorded_letter(visits, many, staff):
    opens = many.opens - timedelta(days=1000)
    before = Cycle.objects.create(
        title="Recognition 2024", edition=many.edition, opens=opens, closes=many.opens, status="archived"
    )
    Addressee.objects.create(cycle=before, office="speaker", name="The Honorable S. P.", address="The Capitol")
    page = visits(staff, address("notices", many.pk))
    look(page, "notices-empty")
    page.get_by_role("button", name="Create the list").click()
    expect(page.get_by_role("row", name="Speaker of the House")).to_contain_text("Copied from Recognition 2024")
    look(page, "notices-drawn-up")
    page.get_by_role("link", name="Edit Governor of Oregon").click()
    look(page, "addressee")
    page.get_by_label("Name").fill("The Honorable Tina Holt")
    page.get_by_label("Address").fill("900 Court Street NE\nSalem, OR 97301")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="Governor of Oregon")
    expect(row).to_contain_text("Ready")
    row.locator("label").click()
    page.locator("label[for=tick-federal_register]").click()
    page.get_by_label("How").fill("Courier, tracking number 7Q-33")
    page.get_by_role("button", name="Record as sent").click()
    expect(page.get_by_text("2 lines are recorded as sent.")).to_be_visible()
    expect(row).to_contain_text("Courier, tracking number 7Q-33")
    look(page, "notices-recorded")
    row.get_by_role("link", name="Undo").click()
    look(page, "notice-undo")
    page.get_by_role("button", name="Yes, undo").click()
    expect(row).to_contain_text("Ready")
    visits.expected.append("status of 422")
    page.get_by_role("button", name="Record as sent").click()
    expect(page.get_by_role("alert")).to_contain_text("Select at least one line.")
    look(page, "notices-errors")
    page.get_by_role("link", name="Edit Governor of Oregon").click()
    page.get_by_role("link", name="Remove from the list").click()
    look(page, "addressee-remove")
    page.get_by_role("link", name="Cancel").click()


def test_the_lines_to_applicants(visits, many, staff):
    page = visits(staff, address("notices", many.pk))
    summary = page.get_by_text("Letters to applicants", exact=True)
    expect(page.get_by_text("0 of 32 sent")).to_be_visible()
    summary.click()
    look(page, "notices-group-open")
    page.get_by_role("link", name="View all 32").first.click()
    expect(page.get_by_text("1 to 25 on this page")).to_be_visible()
    page.get_by_text("Town 00 Water and Sewer").click()
    page.get_by_role("button", name="Record as sent").click()
    expect(page.get_by_text("1 line is recorded as sent.")).to_be_visible()
    look(page, "notice-group")
    page.get_by_text("All not recorded yet").click()
    page.get_by_label("How").fill("Email and mail")
    page.get_by_role("button", name="Record as sent").click()
    expect(page.get_by_text("31 lines are recorded as sent.")).to_be_visible()
    page.goto(visits.url + address("notice_group", many.pk, "press"))
    look(page, "notice-group-press")
    page.get_by_role("link", name="View press text for Nation Water").click()
    look(page, "press")
    Cycle.objects.update(signatory_name="")
    page.goto(visits.url + address("notice_group", many.pk, "certificate"))
    expect(page.get_by_text("Missing in this cycle: signer")).to_be_visible()
    look(page, "notice-group-not-ready")


def test_adding_an_addressee_by_hand(visits, many, staff):
    page = visits(staff, address("addressee_add", many.pk))
    look(page, "addressee-add")
    page.get_by_label("Utility").select_option(label="Town 04 Water and Sewer")
    page.get_by_label("State or territory").select_option("NM")
    visits.expected.append("status of 422")
    page.get_by_role("button", name="Add addressee").click()
    expect(page.get_by_role("alert")).to_contain_text("A Governor needs a state. No other office has one.")
    look(page, "addressee-add-errors")
    page.get_by_label("State or territory").select_option("")
    page.get_by_role("button", name="Add addressee").click()
    expect(page.get_by_role("row", name="Tribal leader")).to_contain_text("Town 04 Water and Sewer")
    Notice.record(many, "office", by=staff, sent_on=today(), addressee=Addressee.objects.get(office="tribal_leader"))
    page.goto(visits.url + address("addressee_remove", Addressee.objects.get().pk))
    look(page, "addressee-remove-refused")


def test_the_press_text_of_the_utility(visits, many):
    application = Application.objects.get(utility__name="Nation Water")
    member = MembershipFactory(utility=application.utility).user
    page = visits(member, application.get_absolute_url())
    page.get_by_role("link", name="Press text").click()
    expect(page.get_by_label("Text to copy")).to_have_value("\n\n".join(notices.press(application)))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Word document").click()
    assert download.value.suggested_filename == "press-text-nation-water.docx"


def test_a_letter_to_an_office_with_strange_words(visits, many, tmp_path):
    """And its pictures, where SHOTS names a folder."""
    notices.draw_up(many)
    name_all(many)
    decided(many, "Ñandú & <b>Água</b> 水 " + "x" * 150, "OR")
    for office in ("president", "governor"):
        addressee = Addressee.objects.select_related("cycle", "utility").filter(cycle=many, office=office).first()
        path = Path(os.environ.get("SHOTS", tmp_path)) / f"letter-{office}.pdf"
        path.write_bytes(rendering.pdf(rendering.pages(NOTICE_LETTER.template, context(addressee))))
        assert problems(path) == []

"""The communication plan, contacts and complaints in Chromium."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import Communication, Contact
from tests.browser.conftest import look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()


@pytest.mark.usefixtures("narrow")
def test_what_is_communicated_is_joined_and_done(visits, catalog, manager, utility):
    plan = [
        ("Overflows this quarter", "customers", "brochure", "quarterly", ["E"], ["cmom"], 10),
        ("Why rates change", "customers", "brochure", "quarterly", ["F"], ["gasb-34"], 12),
        ("Water quality report", "customers", "report", "yearly", ["Q"], ["partnership-safe-water"], 60),
        ("Toolbox talk on lifting", "employees", "staff-meeting", "weekly", ["S"], ["osha-vpp"], 2),
    ]
    for title, audience, method, rhythm, areas, initiatives, days in plan:
        fields = {"audience": audience, "method": method, "rhythm": rhythm, "areas": areas, "initiatives": initiatives}
        Communication.open_in(utility, by=manager, title=title, due=TODAY + timedelta(days=days), **fields)
    page = visits(manager, reverse("ims:list", args=[utility.pk, "communication"]))
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Title").fill("Progress on the objectives")
    page.get_by_label("What they are to learn").fill("Which objectives are behind, and what each crew can do.")
    page.get_by_label("How often").select_option("Every month")
    page.get_by_label("Due").fill(TODAY.isoformat())
    page.locator("input[name=areas][value=E] + label").click()
    look(page, "communication-form")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Could be joined")).to_contain_text("Toolbox talk on lifting")

    page.get_by_text("It was done", exact=True).first.click()
    page.locator("#id_done_last_on").fill(TODAY.isoformat())
    page.locator("#id_done_last_done").fill("At the meeting of May; everyone was there.")
    page.get_by_role("button", name="It was done", exact=True).click()
    expect(page.get_by_text("was carried out")).to_be_visible()
    look(page, "communication-record")
    page.get_by_role("link", name="Communication over the year").click()
    expect(page.get_by_role("region", name="Customers, homes and industry").first).to_contain_text("Why rates change")
    look(page, "communication-year")


@pytest.mark.usefixtures("narrow")
def test_a_complaint_until_it_becomes_a_corrective_action(visits, catalog, manager, utility):
    visits.expected.append("Failed to load resource")  # what is refused answers with 422
    page = visits(manager, reverse("ims:list", args=[utility.pk, "contacts"]))
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Title").fill("Rosa Delgado has brown water")
    page.get_by_label("Name of the person").fill("Rosa Delgado")
    page.get_by_label("Telephone").last.fill("555-0134")
    page.get_by_label("What they said").fill("Since Monday the water of Elm Street is brown in the morning.")
    page.get_by_label("Received on").fill((TODAY - timedelta(days=6)).isoformat())
    page.get_by_label("Due").fill((TODAY - timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Leave out “Rosa Delgado”").first).to_be_visible()
    page.get_by_label("Title").fill("Brown water in Elm Street")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Time to answer")).to_contain_text("6 days")
    look(page, "contact-waits")

    page.get_by_text("Answer it").first.click()
    page.get_by_label("What was answered").fill("The main is flushed on Thursday. The water is safe to drink.")
    page.get_by_label("Who answered").fill("Dana Whitfield")
    page.get_by_label("Answered on").fill((TODAY + timedelta(days=3)).isoformat())
    page.get_by_role("button", name="Answer it").click()
    expect(page.get_by_role("alert")).to_contain_text("This date is in the future.")
    page.get_by_label("Answered on").fill(TODAY.isoformat())
    page.get_by_role("button", name="Answer it").click()
    expect(page.get_by_role("region", name="Time to answer")).to_contain_text("1 day late")
    look(page, "contact-answered")
    page.get_by_role("link", name="a corrective action").click()
    expect(page.get_by_label("How it was noticed")).to_have_value("complaint")
    page.get_by_label("Title").fill("The main of Elm Street is never flushed")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Where it came from")).to_contain_text("Brown water in Elm Street")
    page.goto(f"{visits.url}{reverse('ims:list', args=[utility.pk, 'contacts'])}")
    look(page, "contacts-list")
    assert Contact.objects.get().status == "answered"

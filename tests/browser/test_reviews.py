"""A management review in Chromium: the agenda, who takes part, the meeting, a decision that becomes an action."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import CorrectiveAction, Measure, Objective, Person, Seat
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()


@pytest.fixture
def records(catalog, utility, manager):
    """Late and open records, and someone who represents safety."""
    Objective.open_in(utility, by=manager, title="Cut sewer overflows", areas=["E"], due=TODAY - timedelta(days=9))
    CorrectiveAction.open_in(utility, by=manager, title="Pump 2 ran dry", areas=["E", "S"])
    Measure.open_in(utility, by=manager, title="Overflows per 100 miles", target=2)
    Seat.fill(utility, "safety", 0, by=manager, person=Person.objects.of(utility).get(user=manager))


@pytest.mark.usefixtures("narrow")
def test_a_review_from_its_agenda_to_an_action(visits, records, manager, utility):
    visits.expected.append("Failed to load resource")  # a refused step answers with 422
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Management reviews").click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Title").fill("Review of the spring")
    page.get_by_label("Due").fill(TODAY.isoformat())
    page.get_by_text("Environmental performance").click()
    page.get_by_text("Safety and health").click()
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Agenda").click()
    topic = page.get_by_role("region", name="Objectives and programs")
    expect(topic).to_contain_text("1 open objective, 1 late")
    look(page, "agenda")

    page.get_by_role("link", name="Back to MR-").click()
    page.get_by_role("button", name="It was held").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter first who took part.")
    page.get_by_role("link", name="Enter who takes part").click()
    look(page, "review-people")
    page.get_by_text("Mara Gerr: Safety").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="It was held").click()
    expect(page.get_by_text("is now “Held, minutes to approve”")).to_be_visible()

    page.get_by_role("link", name="Agenda").click()
    page.get_by_role("link", name="Enter a decision on objectives").click()
    expect(page.get_by_label("About")).to_have_value("objectives")
    page.get_by_label("What was decided").fill("Camera inspection of Mill Street before winter")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_role("link", name="an action from “Camera inspection").click()
    expect(page.get_by_label("Title")).to_have_value("Camera inspection of Mill Street before winter")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Where it came from")).to_contain_text("Review of the spring")
    page.get_by_role("link", name="MR-").click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Carried out by PRG-")

    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Minutes").fill("The board looked at all topics.")
    expect_saved(page)
    page.get_by_role("link", name="Back to").click()
    page.get_by_text("Approve the minutes").first.click()
    page.get_by_label("Approved by").fill("Board of directors")
    page.get_by_role("button", name="Approve the minutes").click()
    expect(page.get_by_text("is now “Minutes approved”")).to_be_visible()
    look(page, "review")

"""The round of the year in Chromium: its months, the filters, the address for a calendar."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import Communication, Emergency, Measure, Requirement
from tests.browser.conftest import look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()


@pytest.mark.usefixtures("narrow")
def test_the_year_is_read_filtered_and_taken_along(visits, catalog, manager, utility):
    for n, title in enumerate(["Air permit", "Turbidity", "Discharge permit"]):
        Requirement.open_in(
            utility, by=manager, title=title, every=3, areas=["E"], due=TODAY + timedelta(days=20 * n - 10)
        )
    Communication.open_in(utility, by=manager, title="Toolbox talk", rhythm="weekly", areas=["S"], due=TODAY)
    Emergency.open_in(utility, by=manager, title="Loss of power", due=TODAY + timedelta(days=40))
    Measure.open_in(utility, by=manager, title="Overflows", every="month")
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="The round of the year").click()
    page.get_by_role("link", name="From this month").click()
    expect(page.get_by_role("link", name="Air permit").first).to_be_visible()
    expect(page.get_by_text("late", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="The year as a ring")).to_be_visible()
    look(page, "round")

    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Area").select_option("Safety and health")
    page.get_by_role("button", name="Apply filters").press("Enter")
    expect(page.get_by_role("link", name="Toolbox talk").first).to_be_visible()
    expect(page.get_by_role("link", name="Air permit")).to_have_count(0)

    with page.expect_download() as taken:
        page.get_by_role("link", name="Download these twelve months").click()
    assert taken.value.suggested_filename == f"round-{TODAY:%Y-%m}.ics"
    page.get_by_role("button", name="Create an address").click()
    expect(page.get_by_text("It is shown only once")).to_be_visible()
    look(page, "round-address")

"""The public page in Chromium: a manager chooses, looks at the preview and publishes; a resident reads it; it ends."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import Action, Measure, Objective, Reading, Record, Statement
from tests.browser.conftest import look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()


@pytest.fixture
def records(catalog, utility, manager) -> None:
    vision = {"kind": "vision", "text": "Streams that children may wade in, and rates that every household can pay."}
    policy = {"kind": "policy", "text": "We comply with our permits and prevent pollution before we clean it up."}
    for title, fields in (("Our vision for 2035", vision), ("Environmental policy", policy)):
        made = Statement.open_in(utility, by=manager, title=title, **fields)
        found = Statement.objects.visible_to(manager).get(pk=made.pk)
        found.move("in-force", by=manager, signed_by="The board", signed_on=TODAY)
    goal = {"measure": "Overflows a year", "unit": "overflows", "baseline": 12, "target": 4, "due": date(2030, 6, 30)}
    objective = Objective.open_in(utility, by=manager, title="Cut sewer overflows", **goal)
    Record.objects.filter(pk=objective.pk).update(status="agreed")
    for title, status in (("Clean Mill Street", "done"), ("Buy a generator", "planned")):
        action = Action.open_in(utility, by=manager, title=title, objective=objective)
        Record.objects.filter(pk=action.pk).update(status=status)
    measure = Measure.open_in(utility, by=manager, title="Overflows each month", unit="overflows", target=4, decimals=0)
    months = [date(TODAY.year - 1, month, 1) for month in range(1, 13)]
    Reading.objects.bulk_create(Reading(measure=measure, period=month, value=12 - n) for n, month in enumerate(months))


@pytest.mark.usefixtures("narrow")
def test_from_choosing_to_the_end(visits, catalog, records, manager, utility):
    visits.expected.append("status of 410")
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="What everyone may see").click()
    look(page, "public-choose")
    page.get_by_label("Introduction").fill("We bring water to Riverbend.\n\nThis page shows how far we are.")
    for title in ("Our vision for 2035", "Environmental policy", "Cut sewer overflows", "Overflows each month"):
        page.get_by_text(title, exact=True).click()
    page.get_by_label("Email for questions").fill("water@example.org")
    page.get_by_role("button", name="Save and preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Riverbend Water and Sewer")
    look(page, "public-preview")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Everyone can see the page at its address now.")).to_be_visible()
    look(page, "public-published")

    resident = visits(None, "/public/riverbend-water-and-sewer/")
    expect(resident.get_by_text("Streams that children may wade in")).to_be_visible()
    expect(resident.get_by_text("1 of 2 actions done")).to_be_visible()
    resident.get_by_text("The numbers").click()
    expect(resident.get_by_role("cell", name="12", exact=True)).to_be_visible()
    look(resident, "public-page")

    page.get_by_role("button", name="Withdraw the page now").click()
    expect(page.get_by_text("Nobody can see the page now.")).to_be_visible()
    resident.reload()
    expect(resident.get_by_role("heading", level=1)).to_have_text("This page is no longer available")
    look(resident, "public-gone")

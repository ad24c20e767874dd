"""Our system today in Chromium: the matrix, a hole, a double that is merged, and two that are two jobs."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Measure, Objective, Unit
from initiatives.models import Initiative
from tests.browser.conftest import look
from tests.factories import GapAnalysisFactory

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_from_the_matrix_to_one_record(visits, catalog, manager, utility):
    in_place = Initiative.objects.filter(slug__in=["cmom", "osha-vpp", "asset-management", "iso-14001"])
    GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"], initiatives=in_place)
    unit = Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    for title, slug, area in (("Fewer overflows", "cmom", "E"), ("Cut overflows", "iso-14001", "S")):
        made = Objective.open_in(
            utility, by=manager, title=title, initiatives=[slug], areas=[area], units=[unit.pk], measure=title
        )
        Objective.objects.visible_to(manager).get(pk=made.pk).move("agreed", by=manager)
    for title, slug in (("Odor complaints", "cmom"), ("Complaints about odor", "iso-14001")):
        Measure.open_in(utility, by=manager, title=title, initiatives=[slug], areas=["E"], units=[unit.pk])
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Our system today").click()
    expect(page.get_by_text("Two jobs are done twice.")).to_be_visible()
    look(page, "today")
    hole = page.get_by_role("link", name="Asked, nobody answers: OSHA VPP, Auditing")
    hole.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Auditing")).to_be_visible()
    expect(page.get_by_text("No record of this element names OSHA VPP.")).to_be_visible()
    look(page, "today-element")
    page.go_back()
    page.get_by_role("link", name="Two records do one job, 1 answer: CMOM, Objectives and targets").click()
    page.get_by_role("link", name="Compare and merge").click()
    expect(page.get_by_text("Before you merge:")).to_be_visible()
    look(page, "merge")
    page.get_by_role("group", name="Title").get_by_text("What is written below").click()
    page.get_by_label("Title, written anew").fill("Two overflows a year at most")
    page.get_by_role("group", name="What is measured").get_by_text("Cut overflows").click()
    page.get_by_role("button", name="Merge into").click()
    expect(page.get_by_text("Both keep their history.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two overflows a year at most")
    page.get_by_text("History", exact=True).click()
    expect(page.get_by_text("Cut overflows").first).to_be_visible()
    stays, other = Objective.objects.order_by("number")
    page.get_by_role("link", name=other.number).first.click()
    page.get_by_text("History", exact=True).click()
    expect(page.get_by_text("Merged into", exact=True)).to_be_visible()
    expect(page.get_by_text(f"added: {stays.number} Two overflows a year at most")).to_be_visible()
    page.goto(visits.url + reverse("ims:today", args=[utility.pk]))
    expect(page.get_by_text("One job is done twice.")).to_be_visible()
    page.get_by_role("link", name="Compare and merge").click()
    page.get_by_label("Why they are two jobs").fill("One counts letters, the other calls.")
    page.get_by_role("button", name="Keep both").click()
    expect(page.get_by_text("No two living records look as if")).to_be_visible()
    page.get_by_text("1 pair kept as two jobs").click()
    expect(page.get_by_text("One counts letters, the other calls.")).to_be_visible()
    page.get_by_role("button", name="Compare again").click()
    expect(page.get_by_text("One job is done twice.")).to_be_visible()

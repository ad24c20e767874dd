"""Panels for a whole cycle: proposed while the page waits, adjusted, assigned; conflicts declared on one page."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from recognition.models import Seat
from recognition.tasks import propose_panels
from tests.browser.conftest import look
from tests.recognition.reviewing.test_panels_for_all import applications, reviewers

pytestmark = pytest.mark.usefixtures("visits")


def test_panels_for_all_and_one_page_for_conflicts(visits, cycle, staff, sent_tasks):
    applications(cycle, 30)
    people = reviewers(5)
    page = visits(staff, reverse("recognition:panels", args=[cycle.pk]))
    expect(page.get_by_role("heading", name="30 applications lack panel members")).to_be_visible()
    look(page, "panels-none")
    page.get_by_role("button", name="Propose panels").click()
    expect(page.get_by_text("The proposal is in the queue")).to_be_visible()
    look(page, "panels-waiting")
    propose_panels(*sent_tasks[0].args)
    expect(page.get_by_role("heading", name="30 panels proposed")).to_be_visible()  # without a reload
    page.locator("summary", has_text="New reviews by reviewer").click()
    look(page, "panels-proposed")
    page.get_by_role("link", name="Applicant 0000").click()
    look(page, "panels-adjust")
    page.get_by_role("button", name="Save the proposed panel").press("Enter")
    expect(page.get_by_text("The proposed panel for Applicant 0000 was changed.")).to_be_visible()
    page.get_by_role("link", name="Import from Excel").click()
    look(page, "panels-import")
    page.go_back()
    page.get_by_role("button", name="Assign all 30 panels").press("Enter")
    expect(page.get_by_text("30 panels are assigned: 90 seats.")).to_be_visible()
    page.get_by_text("Undo the assignment…").click()
    look(page, "panels-assigned")

    seats = Seat.objects.filter(member=people[0]).order_by("application__utility__name")
    n = seats.count()
    page = visits(people[0], reverse("recognition:declare_all"))
    look(page, "declare-all")
    page.get_by_text("I have a conflict").first.click()
    page.get_by_label("Conflict of interest with").first.select_option(label="I work or worked there")
    page.get_by_text("I have read the list.").click()
    visits.expected.append("status of 422")
    page.get_by_role("button", name="Declare").click()
    expect(page.get_by_text("Enter an explanation.").first).to_be_visible()
    look(page, "declare-all-missing")
    page.get_by_label("Explanation of the conflict").first.fill("I worked there until 2021.")
    page.get_by_role("button", name="Declare").click()
    expect(page.get_by_text(f"You can now review {n - 1} applications. You stepped down from 1 panel.")).to_be_visible()
    page.get_by_role("link", name="About you as a reviewer").click()
    look(page, "reviewer-own")

    page = visits(staff, reverse("recognition:reviewers", args=[cycle.pk]))
    look(page, "reviewers")
    page.get_by_role("button", name="Remind Reviewer 01").click()
    expect(page.get_by_text("1 reviewer gets a reminder.")).to_be_visible()

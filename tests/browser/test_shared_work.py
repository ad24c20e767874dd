"""Staff share a queue: take it up, walk through it by keyboard, note something, keep a view; then see the progress."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import StaffGroup
from recognition.models import Application, ApplicationEvent, StaffNote
from tests.applications import person_in
from tests.browser.conftest import look
from tests.factories import UtilityFactory

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.timeout(300)
def test_three_applications_are_shared(visits, cycle, staff):
    now = timezone.now()
    cycle.letters_from = timezone.localdate() + timedelta(days=20)
    cycle.save()
    for n in range(3):
        town = Application.objects.create(
            utility=UtilityFactory(name=f"Town {n}"),
            cycle=cycle,
            status="submitted",
            status_since=now - timedelta(days=9 - n),
        )
        ApplicationEvent.objects.create(
            application=town, from_status="draft", to_status="submitted", at=now - timedelta(days=9 - n)
        )
    colleague = person_in(StaffGroup.PROGRAM, "tess@example.org", "Tess Coll")
    page = visits(staff, reverse("recognition:queue", args=["completeness"]))
    page.get_by_text("All that the filters find, on every page").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("You have taken up 3 applications.")).to_be_visible()
    page.get_by_label("Taken up by").select_option("me")
    page.get_by_role("button", name="Apply filters").click()
    page.get_by_text("Save this view").click()
    page.get_by_label("Name", exact=True).fill("What I have")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("link", name="What I have")).to_be_visible()
    page.get_by_text("Excel file with more columns").click()
    page.get_by_text("I will be away").click()
    look(page, "queue-shared")

    page.get_by_role("link", name="Town 0", exact=True).click()
    through = page.get_by_role("navigation", name="Through the list: Completeness review")
    expect(through).to_contain_text("1 of 3")
    expect(through).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Town 1", level=1)).to_be_visible()
    expect(through).to_contain_text("2 of 3")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Town 0", level=1)).to_be_visible()
    page.get_by_label("New note").focus()
    page.keyboard.type("Just a joke: j and k are letters here.")
    expect(through).to_contain_text("1 of 3")
    page.get_by_text("Tess Coll", exact=True).last.click()
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("to Tess Coll")).to_be_visible()
    expect(page.get_by_text("Just a joke")).to_be_visible()
    expect(through).to_contain_text("1 of 3")
    assert StaffNote.objects.get().by == staff
    look(page, "application-shared")
    page.goto(visits.url + reverse("recognition:queue_file", args=["completeness"]))
    look(page, "queue-file")

    page.goto(visits.url + reverse("recognition:progress", args=[cycle.pk]))
    expect(page.get_by_role("img", name="3 at most")).to_be_visible()
    look(page, "cycle-progress")

    theirs = visits(colleague, reverse("home"))
    expect(theirs.get_by_text("A note from Sam Prather: Town 0", exact=True)).to_be_visible()
    look(theirs, "home-note")
    theirs.goto(visits.url + Application.objects.get(utility__name="Town 0").get_absolute_url())
    look(theirs, "application-note")
    theirs.get_by_role("button", name="Done with the note").click()
    expect(theirs.get_by_text("The note no longer needs your attention.")).to_be_visible()

"""Staff write to all that a filter finds and see what becomes of it; a cycle is copied; its dates and offices."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from letters.models import Delivery, Message
from recognition.models import Announcement, Application, Cycle
from tests.browser.conftest import look
from tests.conftest import member
from tests.factories import UtilityFactory


def address(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


def test_from_a_filter_to_an_email_that_came_back(visits, cycle, staff):
    for n in range(4):
        utility = UtilityFactory(name=f"Town {n} Water and Sewer")
        Application.objects.create(utility=utility, cycle=cycle)
        if n:
            member(utility, Role.MANAGER, f"town{n}@example.org", f"Manager {n}")
    page = visits(staff, address("queue", "all"))
    page.get_by_label("Stage").select_option("draft")
    page.get_by_role("button", name="Apply filters").click()
    look(page, "messages-queue")
    page.get_by_role("link", name="Write to these 4 applicants").click()
    visits.expected.append("422")
    page.get_by_label("Text").fill("Dear {{ neighbor }}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("no variable “neighbor”").first).to_be_visible()
    look(page, "messages-errors")
    page.get_by_label("Text").fill("Dear {{ utility }},\n\nPlease submit by {{ due }}.\n\n{{ link }}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Dear Town 1 Water and Sewer,")).to_be_visible()
    look(page, "messages-draft")
    page.get_by_role("link", name="Change the text").click()
    look(page, "messages-change")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Send: 3 by email, 1 on paper").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The message was sent.")).to_be_visible()
    page.go_back()
    page.reload()
    assert page.get_by_role("button", name="Send: 3 by email, 1 on paper").count() == 0, "it is sent"
    page.goto(visits.url + Announcement.objects.get().get_absolute_url())
    assert Message.objects.count() == 3
    while delivery := Delivery.objects.claim():
        delivery.sent()
    page.reload()
    look(page, "messages-sent")
    page.get_by_role("table").get_by_role("link", name="Email").first.click()
    page.get_by_text("It was returned", exact=True).click()
    page.get_by_label("What the returned email says").fill("550 No such user")
    look(page, "email-came-back")
    page.get_by_role("button", name="Record that it was returned").click()
    expect(page.get_by_text("Recorded. Letters no longer")).to_be_visible()
    page.goto(visits.url + address("messages"))
    look(page, "messages-list")
    page.get_by_role("link", name="[cycle]: a message to [utility]").click()
    page.get_by_role("button", name="Write 1 letter on paper instead").click()
    expect(page.get_by_text("1 letter on paper is written")).to_be_visible()


def test_a_cycle_its_dates_its_copy_and_its_offices(visits, cycle, staff, manager):
    today = timezone.localdate()
    days = {"panel_from": 30, "panel_until": 60, "letters_from": 70, "letters_until": 80}
    Cycle.objects.update(**{name: today + timedelta(days=n) for name, n in days.items()})
    look(visits(manager, address("list")), "cycle-for-applicants")
    page = visits(staff, address("cycle", cycle.pk))
    look(page, "cycle-dates")
    page.get_by_text("Copy this cycle for the next round").click()
    page.get_by_role("button", name="Copy this cycle").click()
    expect(page.get_by_text("is a copy. Check its dates")).to_be_visible()
    look(page, "cycle-copied")
    page.goto(visits.url + address("offices_import", cycle.pk))
    look(page, "offices-import")

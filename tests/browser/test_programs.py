"""The programs at a glance in Chromium: the pictures, the hours, and a collision until it is settled."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import Action, Agreement, Objective, Person, Unit
from tests.browser.conftest import NARROW, look

pytestmark = pytest.mark.usefixtures("visits")

ACTIONS = [  # title, objective, owner, unit, days until its start and its due date, hours
    ("Clean the sewers of Mill Street every quarter", 0, "Mara Gerr", 0, -60, 45, 220),
    ("Fit level alarms at stations 7 and 11", 0, "Luis Ortega", 1, -50, -6, 80),
    ("Replace the force main at station 11", 0, "Luis Ortega", 1, 20, 160, 640),
    ("Line 4,000 feet of main on Oak Avenue", 0, "Dana Whitfield", 0, 10, 130, 310),
    ("Condition scores for the 40 largest pumps", 1, "Luis Ortega", 1, 5, 95, 260),
    ("One maintenance calendar for plants and sewers", 1, "Dana Whitfield", 2, 60, 200, 120),
    ("Spill drill with the fire department", 2, "Mara Gerr", None, 30, 31, 16),
    ("Train the night crew in lockout", 2, None, 2, 90, 150, 96),
    ("Publish the yearly report with the rate notice", 2, "Mara Gerr", None, None, 260, None),
]


@pytest.fixture
def programs(catalog, utility, manager):
    today = timezone.localdate()
    titles = [
        "Cut overflows to 2 per 100 miles",
        "No pump fails without warning",
        "Everyone knows what to do in a spill",
    ]
    objectives = [Objective.open_in(utility, by=manager, title=title) for title in titles]
    units = [Unit.open_in(utility, by=manager, title=title) for title in ("Trunk sewers", "Lift stations", "Plants")]
    people = {person.name: person for person in Person.objects.of(utility)}
    for name in ("Luis Ortega", "Dana Whitfield"):
        people[name] = Person.objects.create(utility=utility, name=name)
    for title, objective, owner, unit, starts, due, hours in ACTIONS:
        made = Action.open_in(
            utility,
            by=manager,
            title=title,
            objective=objectives[objective],
            owner=people.get(owner),
            units=[] if unit is None else [units[unit].pk],
            starts=None if starts is None else today + timedelta(days=starts),
            due=today + timedelta(days=due),
            hours=hours,
        )
        if starts is not None and starts < 0:
            Action.objects.visible_to(manager).get(pk=made.pk).move("under-way", by=manager)


def test_from_the_list_to_a_settled_collision(visits, programs, utility, manager):
    page = visits(manager, reverse("ims:list", args=[utility.pk, "actions"]))
    page.get_by_role("link", name="Programs at a glance").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Programs at a glance")
    expect(page.get_by_role("img", name="9 actions from")).to_be_visible()
    page.get_by_role("link", name="Enter how many hours a month each person has").click()
    look(page, "programs-capacity")
    page.get_by_label("Luis Ortega").fill("120")
    page.get_by_label("Mara Gerr").fill("80")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("more hours than there is time for").first).to_be_visible()
    look(page, "programs")
    before = page.locator("#collisions > .collision").count()
    assert before >= 2
    page.locator(".collision summary").first.click()
    page.get_by_text("Agreed: one after the other").first.click()
    page.get_by_label("Reason, or what was agreed").first.fill("The lining waits until the cleaning is done.")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("#collisions > .collision")).to_have_count(before - 1)
    page.get_by_text("1 settled").click()
    expect(page.get_by_text("The lining waits until the cleaning is done.")).to_be_visible()
    page.get_by_role("link", name=Agreement.objects.get().first.number).last.click()
    expect(page.get_by_role("region", name="On the same unit at the same time")).to_contain_text("one after the other")
    look(page, "programs-record")


@pytest.mark.parametrize("by", ["owner", "unit"])
def test_the_other_groups_and_a_telephone(visits, programs, utility, manager, by):
    page = visits(manager, f"{reverse('ims:programs', args=[utility.pk])}?by={by}")
    look(page, f"programs-{by}")
    page.set_viewport_size(NARROW)
    expect(page.get_by_role("img", name="9 actions from")).to_be_hidden()
    expect(page.get_by_role("heading", name="Late")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="9 actions from")).to_be_visible()

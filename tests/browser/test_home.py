"""The home page in Chromium: what is late, what others changed, the year, the coverage."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from assessments.models import GapAnalysis
from config.models import Visit
from ims.models import Action, Objective, Person
from recognition.models import Application, Cycle, Edition
from tests.browser.conftest import look, start

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def busy(visits: Any, utility: Any, manager: Any, contributor: Any, viewer: Any) -> Action:
    """A utility of which the manager was last here a week ago. Returns the action that is four days late."""
    today = timezone.localdate(timezone=utility.zone)  # in which the first page is shown
    owner = Person.objects.of(utility).get(user=manager)
    titles = ["Alarm status on the daily round", "Clean the sewers of Mill Street", "Train the operators", "Test pumps"]
    actions = [
        Action.open_in(
            utility, by=contributor, title=title, due=today + timedelta(days=n * 27 - 4), owner=owner if n < 2 else None
        )
        for n, title in enumerate(titles * 4)
    ]
    for n in range(3):
        due = today + timedelta(days=60 + 90 * n)
        Objective.open_in(utility, by=manager, title=f"Cut overflows, part {n}", due=due)
    for year, areas in ((2024, ["E"]), (2025, ["E", "S"]), (2026, ["E", "S", "Q"])):
        begun = start(utility, manager, as_of=date(year, 3, 31), name=f"Integrated system, {year}")
        begun.findings.update(rating=min(len(areas), 2), areas=areas)
        GapAnalysis.objects.visible_to(manager).get(pk=begun.pk).complete(by=manager)
    cycle = Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=timezone.now() - timedelta(days=7),
        closes=timezone.now() + timedelta(days=40),
    )
    Application.start(utility=utility, cycle=cycle, by=manager)
    Visit.objects.create(user=manager, at=timezone.now() - timedelta(days=7))
    late = Action.objects.visible_to(contributor).get(pk=actions[0].pk)
    late.say("The display shows the wrong level.", by=viewer)
    late.attach_link(by=contributor, url="https://example.org/round", title="The daily round")
    Action.objects.visible_to(contributor).get(pk=actions[1].pk).move("under-way", by=contributor)
    two_days_ago = timezone.now() - timedelta(days=2)
    late.comments.update(at=two_days_ago)
    return late


def test_what_the_pictures_show(visits, busy, manager, viewer, utility):
    page = visits(manager, "/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("items need your attention")
    expect(page.locator(".lede")).to_contain_text("One is late.")
    first = page.locator(".waiting li").first
    expect(first).to_contain_text(f"{busy.number} · {busy.title}4 days late · you own it")
    expect(first.get_by_role("link")).to_have_text(f"Open: {busy.number} · {busy.title}")
    late, usual = (first.locator("b"), page.locator(".waiting li").nth(1).locator("b"))
    assert color_of(late) != color_of(usual)
    news = page.get_by_role("region", name="Since you were here")
    expect(news).to_contain_text("Vic Weir commented on")
    expect(news).to_contain_text("Connie Boyd moved")
    expect(page.get_by_role("region", name="Our year").get_by_role("img")).to_have_accessible_name(
        "The year as a ring: 17 dates in the next twelve months, the first on "
        f"{(timezone.localdate(timezone=utility.zone) + timedelta(days=23)):%B %-d, %Y}."
    )
    expect(page.get_by_role("region", name="Coverage")).to_contain_text("54 of 90 cells, 36 in March 2025")
    look(page, "home")
    page.get_by_text("The dates as a list").click()
    page.get_by_text("The figures").click()
    look(page, "home-open")
    page = visits(viewer, "/")
    look(page, "home-of-a-viewer")


def color_of(locator: Any) -> str:
    return str(locator.evaluate("each => getComputedStyle(each).color"))


def test_by_keyboard(visits, busy, manager):
    page = visits(manager, "/")
    press_to(page, "Show the last 14 days")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The last 14 days")).to_be_in_viewport()
    press_to(page, "The dates as a list")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_attribute("href", Action.objects.get(number__endswith="002").get_absolute_url())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean the sewers of Mill Street")


def press_to(page: Page, words: str) -> None:
    """Presses Tab until what has the focus says ``words``."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text().strip().startswith(words):
            return
    raise AssertionError(f"Tab does not reach {words}")


@pytest.mark.usefixtures("narrow")
def test_without_javascript(visits, busy, manager):
    page = visits(manager, "/", java_script_enabled=False)
    page.get_by_role("link", name=re.compile(f"Open ?: {busy.number}")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(busy.title)


def test_on_paper(visits, busy, manager):
    page = visits(manager, "/")
    page.emulate_media(media="print")
    expect(page.locator(".waiting li").first.locator("b")).to_be_visible()
    expect(page.locator(".waiting li").first.get_by_role("link", include_hidden=True)).to_be_hidden()
    expect(page.get_by_role("region", name="Our year").get_by_role("img")).to_be_visible()
    expect(page.get_by_text("54 of 90 cells")).to_be_visible()


def test_the_page_of_a_utility(visits, busy, manager, utility):
    page = visits(manager, reverse("accounts:utility", args=[utility.pk]))
    expect(page.get_by_role("region", name="Gap analyses")).to_contain_text("54 of 90 cells, 36 in March 2025")
    expect(page.get_by_role("region", name="Our plan")).to_contain_text("0 of 16 actions are closed")
    expect(page.get_by_role("region", name="Applications and recognition")).to_contain_text("Not recognized yet")
    look(page, "utility")

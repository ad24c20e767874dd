"""An advisor of two utilities: invited with a last day, works at one, then at the other, and is gone after the day."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Membership, Role
from accounts.zones import site_today
from assessments.models import GapAnalysis
from ims.models import Action, Person
from recognition.models import Application, Cycle, Edition
from tests.browser.conftest import look, start
from tests.factories import PASSWORD, MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def consultant(db: None) -> Any:
    person = UserFactory(email="ada@example.org", name="Ada Reed")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def other(db: None) -> Any:
    utility = UtilityFactory(name="Alder Creek Sanitary District", city="Alder Creek", state="WA")
    utility.boss = MembershipFactory(utility=utility, user__name="Olga Manning").user
    return utility


def action(utility: Any, by: Any, title: str, days: int, owner: Any = None) -> Action:
    person = Person.objects.of(utility).get(user=owner) if owner else None
    due = timezone.localdate() + timedelta(days=days)
    made = Action.open_in(utility, by=by, title=title, due=due, owner=person)
    return Action.objects.visible_to(by).get(pk=made.pk)


def row(page: Page, utility: Any) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=str(utility)))


@pytest.mark.usefixtures("narrow")
def test_from_two_invitations_to_the_last_day(visits, utility, manager, other, consultant):
    last = site_today() + timedelta(days=20)
    for invites, where in ((manager, utility), (other.boss, other)):
        page = visits(invites, reverse("accounts:invite", args=[where.pk]))
        page.get_by_label("Email").fill(consultant.email)
        page.locator("#id_role").get_by_text("Advisor").click()
        page.get_by_label("Last day").fill(last.isoformat())
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text(f"Advisor until {last:%B} {last.day}, {last.year}")).to_be_visible()
    ours = action(utility, manager, "Clean the sewers of Mill Street", 3)
    theirs = action(other, other.boss, "Replace the chlorine analyzer", -4)

    page = visits(None, reverse("account_login"))
    page.get_by_label("Email").fill(consultant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for where in (utility, other):
        page.get_by_role("link", name=re.compile(f"View invitation ?: Invitation to {where}")).click()
        page.get_by_role("button", name="Accept invitation").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(str(where))
        page.get_by_role("link", name="Home", exact=True).click()
    page.get_by_role("link", name="Overview of your 2 utilities").click()

    assert page.get_by_role("rowheader").get_by_role("link").all_inner_texts() == [str(other), str(utility)]
    expect(row(page, other)).to_contain_text("20 days left")
    expect(row(page, other)).to_contain_text("1 late")
    expect(row(page, utility)).to_contain_text("1 due in 14 days")
    row(page, other).get_by_role("link", name="1 late").click()
    expect(page.locator(".menu__name").first).to_have_text(str(other))
    page.get_by_role("link", name=theirs.number).click()
    page.get_by_role("textbox", name="Comment").fill("The supplier delivers on Friday.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_role("region", name="Comments")).to_contain_text("The supplier delivers on Friday.")

    page.goto(visits.url + reverse("ims:list", args=[other.pk, "actions"]))
    page.locator(".menu summary").first.click()
    page.get_by_role("button", name=str(utility)).click()
    expect(page).to_have_url(visits.url + reverse("ims:list", args=[utility.pk, "actions"]))
    expect(page.get_by_role("main")).to_contain_text(ours.title)
    expect(page.get_by_role("main")).not_to_contain_text(theirs.title)
    page.goto(visits.url + reverse("accounts:list"))
    expect(row(page, other)).to_contain_text(f"Ada Reed commented on {theirs}")

    Membership.objects.filter(utility=other, user=consultant).update(until=site_today() - timedelta(days=1))
    visits.expected.append("404")
    for path in (theirs.get_absolute_url(), reverse("accounts:utility", args=[other.pk])):
        assert page.goto(visits.url + path).status == 404
        expect(page.get_by_role("main")).not_to_contain_text(theirs.title)
    page.goto(visits.url + reverse("accounts:list"))
    expect(row(page, utility)).to_be_visible()
    expect(page.get_by_text(str(other))).to_have_count(0)
    page.goto(f"{visits.url}/")
    expect(page.get_by_text(ours.title).first).to_be_visible()
    expect(page.get_by_text(theirs.title)).to_have_count(0)


@pytest.fixture
def monday(consultant, utility, manager, other) -> Any:
    """Twelve utilities at all stages."""
    MembershipFactory(user=consultant, utility=other, role=Role.ADVISOR, until=site_today() + timedelta(days=12))
    MembershipFactory(user=consultant, utility=utility, role=Role.ADVISOR, until=site_today() + timedelta(days=300))
    for n, title in enumerate(["Replace the chlorine analyzer", "Inspect the digester", "Train two operators"]):
        action(other, other.boss, title, 5 * n - 20, consultant if n else None)
    action(utility, manager, "Clean the sewers of Mill Street", 3, consultant)
    for year, areas in ((2025, ["E"]), (2026, ["E", "S", "Q"])):
        begun = start(utility, manager, as_of=f"{year}-03-31", name=f"Integrated system, {year}")
        begun.findings.update(rating=min(len(areas), 2), areas=areas)
        GapAnalysis.objects.visible_to(manager).get(pk=begun.pk).complete(by=manager)
    start(other, other.boss).findings.filter(element__component="plan").update(rating=0)
    cycle = Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=timezone.now() - timedelta(days=7),
        closes=timezone.now() + timedelta(days=10),
    )
    Application.start(utility=utility, cycle=cycle, by=manager)
    for n in range(10):
        quiet = UtilityFactory(name=f"Water District {n + 1} of Lincoln and Jefferson Counties", city="Jefferson")
        boss = MembershipFactory(utility=quiet).user
        MembershipFactory(user=consultant, utility=quiet, role=Role.ADVISOR, until=site_today() + timedelta(days=90))
        action(quiet, boss, "Calibrate the flow meters", 30)
    return consultant


def test_what_the_pictures_show(visits, monday, other, utility):
    page = visits(monday, reverse("accounts:list"))
    rows = page.get_by_role("rowheader").get_by_role("link")
    expect(rows).to_have_count(12)
    assert rows.all_inner_texts()[:2] == [str(other), str(utility)]
    expect(row(page, utility).get_by_role("progressbar")).to_have_accessible_name(f"Gap analysis of {utility}")
    look(page, "advisor-overview")
    page = visits(monday, "/")
    look(page, "advisor-home")


@pytest.mark.usefixtures("narrow")
def test_by_keyboard_and_without_javascript(visits, monday, other):
    page = visits(monday, reverse("accounts:list"), java_script_enabled=False)
    page.get_by_role("link", name=str(other), exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(f"3 late at {other}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("All open records")
    expect(page.locator(".menu__name").first).to_have_text(str(other))


def test_on_paper(visits, monday, other):
    page = visits(monday, reverse("accounts:list"))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})  # a letter page, between its margins
    expect(row(page, other).get_by_text("3 late")).to_be_visible()
    expect(page.get_by_role("link", name="Find or register a utility", include_hidden=True)).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 680

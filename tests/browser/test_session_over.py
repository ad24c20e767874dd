"""The session ends while someone scores in a workshop or enters readings: after signing in, what was typed is there."""

from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from ims.check import periods
from ims.models import Ballot, Criteria, Measure, Objective, Person, Quarter, Reading, Workshop
from tests.browser.conftest import expect_saved
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture(autouse=True)
def forget_tries(visits):
    cache.clear()
    visits.expected.append("status of 401")


def session_ends(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in(page: Page, user) -> None:
    EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True, primary=True)
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


# Scores are saved as they are given.


@pytest.fixture
def workshop(catalog, utility, manager, viewer) -> Workshop:
    """It scores by criteria; the viewer takes part."""
    Criteria.begun(utility, by=manager)
    for title in ("Cut overflows to 2 per 100 miles", "No lost-time injury"):
        Objective.open_in(utility, by=manager, title=title)
    made = Workshop.open_in(utility, by=manager, title="Objectives for 2027")
    made.participants.create(person=Person.objects.of(utility).get(user=viewer))
    Workshop.objects.visible_to(manager).get().move("score", by=manager)
    return made


@pytest.fixture
def scoring(workshop) -> str:
    return reverse("ims:workshop_score", args=[workshop.utility_id, workshop.number])


def block(page: Page, title: str):
    return page.get_by_role("region", name=title)


def give(page: Page, title: str, criterion: str, score: int) -> None:
    block(page, title).get_by_role("group", name=criterion).locator("label").nth(score - 1).click()


def test_scores_are_there_after_signing_in(visits, viewer, scoring):
    page = visits(viewer, scoring)
    give(page, "Cut overflows", "Severity", 5)
    expect_saved(page)
    session_ends(page)
    for criterion, score in (("Severity", 4), ("Cost", 2)):
        give(page, "Cut overflows", criterion, score)
    give(page, "No lost-time injury", "Severity", 3)
    for title in ("Cut overflows", "No lost-time injury"):
        expect(block(page, title).locator("[data-state]")).to_contain_text("you are signed out")
    assert [each.scores for each in Ballot.objects.all()] == [["severity:5"]]
    block(page, "Cut overflows").get_by_role("link", name="Sign in to save it").click()
    sign_in(page, viewer)
    for title, checked in (("Cut overflows", ["severity:4", "cost:2"]), ("No lost-time injury", ["severity:3"])):
        for value in checked:
            expect(block(page, title).locator(f"[value='{value}']")).to_be_checked()
        expect(block(page, title).locator("[data-state]")).to_contain_text("Saved at")
    assert [each.scores for each in Ballot.objects.order_by("proposal")] == [["cost:2", "severity:4"], ["severity:3"]]
    page.reload()
    expect(block(page, "Cut overflows").locator("[value='cost:2']")).to_be_checked()


def test_votes_are_there_after_signing_in(visits, viewer, scoring):
    Workshop.objects.update(method="votes")
    page = visits(viewer, scoring)
    session_ends(page)
    votes = block(page, "No lost-time injury").get_by_label("Votes")
    votes.fill("7")
    expect(block(page, "No lost-time injury").locator("[data-state]")).to_contain_text("you are signed out")
    block(page, "No lost-time injury").get_by_role("link", name="Sign in to save it").click()
    sign_in(page, viewer)
    expect(votes).to_have_value("7")
    expect_saved(page)
    assert Ballot.objects.get().dots == 7


def test_scores_that_were_revealed_meanwhile_are_not_sent(visits, viewer, manager, scoring):
    page = visits(viewer, scoring)
    session_ends(page)
    give(page, "Cut overflows", "Severity", 4)
    expect(block(page, "Cut overflows").locator("[data-state]")).to_contain_text("you are signed out")
    Workshop.objects.visible_to(manager).get().move("settle", by=manager)
    block(page, "Cut overflows").get_by_role("link", name="Sign in to save it").click()
    sign_in(page, viewer)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Objectives for 2027")
    assert not Ballot.objects.exists()


# Readings are sent with a button.


@pytest.fixture
def measures(catalog, utility, manager) -> list[Measure]:
    return [Measure.open_in(utility, by=manager, title=title) for title in ("Overflows", "Energy")]


def last_month() -> date:
    return periods.last_ended(timezone.localdate(), "month")


def banner(page: Page):
    return page.locator("[data-unsent]")


def test_all_readings_that_are_due_are_there_after_signing_in(visits, contributor, utility, measures):
    page = visits(contributor, reverse("ims:due", args=[utility.pk]))
    page.get_by_role("textbox", name="Overflows").first.fill("4.25")
    page.get_by_role("textbox", name="Note: Overflows").fill("Rain on the 14th, <b>twice</b>.")
    page.get_by_role("textbox", name="Energy").first.fill("1,210")
    session_ends(page)
    page.get_by_role("button", name="Save readings").click()
    sign_in(page, contributor)
    expect(banner(page)).to_contain_text("Please click “Save readings” again.")
    assert not Reading.objects.exists()
    expect(page.get_by_role("textbox", name="Overflows").first).to_have_value("4.25")
    expect(page.get_by_role("textbox", name="Note: Overflows")).to_have_value("Rain on the 14th, <b>twice</b>.")
    page.keyboard.press("Enter")  # the focus is on the button
    expect(page.get_by_text("2 readings were saved.")).to_be_visible()
    expect(banner(page)).to_have_count(0)
    assert [str(each.value.normalize()) for each in Reading.objects.order_by("measure")] == ["4.25", "1.21E+3"]


def test_a_reading_and_a_reason_are_there_in_their_own_forms(visits, contributor, utility, measures):
    page = visits(contributor, reverse("ims:readings", args=[utility.pk, measures[0].number]))
    page.get_by_label("Value").fill("3.5")
    page.get_by_label("Note").fill("Estimated")
    session_ends(page)
    page.get_by_role("button", name="Add", exact=True).click()
    sign_in(page, contributor)
    expect(page.get_by_label("Value")).to_have_value("3.5")
    expect(page.get_by_label("Note")).to_have_value("Estimated")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("3.5 was added.")).to_be_visible()
    page.get_by_text("There is no value for a period").click()
    page.get_by_label("Reason").fill("The meter was broken.")
    session_ends(page)
    page.get_by_role("button", name="Save the reason").click()
    sign_in(page, contributor)
    expect(banner(page)).to_contain_text("Please click “Save the reason” again.")
    expect(page.get_by_label("Reason")).to_have_value("The meter was broken.")
    expect(page.get_by_role("button", name="Save the reason")).to_be_focused()


def test_a_correction_and_its_reason_are_there_after_signing_in(visits, contributor, measures):
    row = Reading.objects.create(measure=measures[0], period=last_month(), value=3, entered_by=contributor)
    page = visits(contributor, row.get_absolute_url())
    page.get_by_label("Value").fill("2.5")
    page.get_by_label("Reason for the change").fill("The lab corrected it.")
    session_ends(page)
    page.get_by_role("button", name="Save the correction").click()
    sign_in(page, contributor)
    expect(page.get_by_label("Value")).to_have_value("2.5")
    expect(page.get_by_label("Reason for the change")).to_have_value("The lab corrected it.")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_text("now 2.5.")).to_be_visible()


def test_a_pasted_table_and_the_reason_for_its_changes_are_there(visits, contributor, utility, measures):
    Reading.objects.create(measure=measures[0], period=last_month(), value=3, entered_by=contributor)
    page = visits(contributor, reverse("ims:paste", args=[utility.pk]))
    text = f"Overflows\t{periods.short(last_month(), 'month')}\t4\nEnergy\t{periods.short(last_month(), 'month')}\t7"
    page.get_by_label("Paste from a spreadsheet").fill(text)
    session_ends(page)
    page.get_by_role("button", name="Preview").click()
    sign_in(page, contributor)
    expect(page.get_by_label("Paste from a spreadsheet")).to_have_value(text)
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Reason for the changes").fill("One was counted twice.")
    session_ends(page)
    page.get_by_role("button", name="Save 2 readings").click()
    sign_in(page, contributor)
    assert Reading.objects.count() == 1
    expect(banner(page).get_by_role("listitem").filter(has_text="One was counted twice.")).to_be_visible()
    expect(banner(page).get_by_role("listitem").filter(has_text="Energy")).to_be_visible()


def test_the_words_on_a_quarter_are_there_after_signing_in(visits, contributor, utility, measures):
    page = visits(contributor, reverse("ims:performance", args=[utility.pk]))
    session_ends(page)
    page.get_by_label("What happened this quarter").fill("A dry quarter.")
    page.get_by_role("link", name="Sign in to save it").click()
    sign_in(page, contributor)
    expect(page.get_by_label("What happened this quarter")).to_have_value("A dry quarter.")
    expect_saved(page)
    assert Quarter.objects.get().summary == "A dry quarter."

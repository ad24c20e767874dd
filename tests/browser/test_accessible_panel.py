"""The pages of the panel and the decisions: axe finds nothing, they fit a telephone; a review saves as one writes."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from recognition.models import Application, Decision, Feedback, PanelMember, Rating, Recommendation, Remark, Seat
from tests.applications import put_in_review, review
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")
Status = Application.Status


def at_url(name: str, *args) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def seats(at, staff, panelists):
    """Three seats on the panel, the first one leads; nobody has declared."""
    application = at(Status.PANEL)
    due = date.today() + timedelta(days=14)
    for member, state in zip(panelists, ["VA", "WA", "TX", "OR"], strict=True):
        PanelMember.objects.filter(user=member).update(state=state, organization="Office of Water")
    return [
        Seat.assign(application, member, by=staff, due=due, lead=place == 0)
        for place, member in enumerate(panelists[:3])
    ]


def write_out(seat: Seat, **other: str) -> None:
    """A review that finds everything met but ``other``: criterion → value."""
    review(seat)
    for rating in seat.ratings.all():
        rating.seat = seat
        if value := other.get(rating.criterion.partition(".")[2].replace("-", "_")):
            rating.rate(rating.version, value=value, comment="The measures are named, the results are not.", by=None)
    seat.sum_up(seat.version, "A sound utility that knows its weak spots.", by=seat.member)


def test_the_panel_is_put_together(visits, at, staff, panelists):
    application = at(Status.PANEL)
    PanelMember.objects.filter(user=panelists[3]).update(state="OR")
    PanelMember.objects.get(user=panelists[2]).interests.add(application.utility)
    page = visits(staff, at_url("panel", application.pk))
    expect(page.get_by_text("0 of 3 seats are filled")).to_be_visible()
    look(page, "panel-empty")
    page.get_by_role("button", name="Assign Paula Nell").click()
    expect(page.get_by_text("Paula Nell is assigned.")).to_be_visible()
    page.get_by_role("button", name="Assign Pete Nolan").click()
    page.get_by_role("button", name="Make lead of the panel: Paula Nell").click()
    expect(page.get_by_text("Paula Nell is now the panel lead")).to_be_visible()
    Seat.objects.get(member=panelists[1]).recuse(conflict="employment", reason="I worked there until 2021.")
    page.reload()
    page.get_by_text("1 can’t be assigned").click()
    page.get_by_text("Remove from the panel").click()
    look(page, "panel-begun")


def test_a_member_declares_rates_and_submits(visits, seats, panelists):
    page = visits(panelists[0], at_url("review", seats[0].application_id))
    look(page, "review-question")
    page.locator("main summary").click()
    look(page, "review-question-open")
    page.get_by_role("button", name="I have no conflict of interest").click()
    expect(page.get_by_text("0 of 6 rated")).to_be_visible()
    look(page, "review-empty")
    first = page.locator(".criterion").first
    first.get_by_text("Partly met", exact=True).click()
    first.get_by_label("Comment").fill("Targets are named, results are not.")
    expect_saved(page)
    expect(page.locator("[data-count]")).to_have_text("1")
    page.get_by_role("button", name="Submit review").click()
    expect(page.get_by_role("alert").get_by_text("5 criteria still need")).to_be_visible()
    look(page, "review-missing")
    for row in page.locator(".criterion[data-save]").all()[1:6]:
        row.get_by_text("Met", exact=True).click()
    page.get_by_role("textbox", name="Your overall impression").fill("Sound.")
    expect(page.locator("[data-count]")).to_have_text("6")
    page.get_by_role("button", name="Submit review").click()
    expect(page.get_by_text("Yours is the only review so far")).to_be_visible()
    look(page, "review-submitted")
    stored = Seat.objects.get(pk=seats[0].pk)
    assert (stored.summary, bool(stored.submitted_at)) == ("Sound.", True)
    assert Rating.objects.filter(seat=stored, value="partly", comment="Targets are named, results are not.")


def test_two_windows_of_one_member(visits, seats, panelists):
    visits.expected.append("status of 409")
    seats[0].declare()
    path = at_url("review", seats[0].application_id)
    first, second = visits(panelists[0], path), visits(panelists[0], path)
    for page, words in ((first, "The first text"), (second, "The second text")):
        page.locator(".criterion").first.get_by_label("Comment").fill(words)
        expect(page.locator("[data-saved]")).not_to_have_text("Saving…")
        if page is first:
            expect_saved(page)
    expect(second.get_by_text("Both versions are kept until you choose one.")).to_be_visible()
    look(second, "review-conflict")
    second.get_by_role("button", name="Keep mine").click()
    expect_saved(second)
    assert seats[0].ratings.first().comment == "The second text"


def test_the_panel_talks_and_recommends(visits, seats, panelists, staff):
    write_out(seats[0], financial_viability="partly")
    write_out(seats[1], financial_viability="not_met", climate_change="partly")
    write_out(seats[2])
    application = seats[0].application
    Remark.say(seats[1], "Where do they show the debt?\nI can’t find it.")
    page = visits(panelists[0], at_url("review", application.pk))
    look(page, "review-panel")
    look(visits(staff, at_url("panel", application.pk)), "panel-reviews")
    page.get_by_label("Your comment").fill("On the last page.")
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_role("listitem").filter(has_text="On the last page.")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_text("Recommend recognition", exact=True).click()
    expect(page.get_by_role("radio", name="Recommend recognition", exact=True)).to_be_checked()
    page.get_by_label("Reasons").fill("All but one criterion are met.")
    page.get_by_role("button", name="Record panel recommendation").click()
    expect(page.get_by_text("The application is now awaiting a decision.")).to_be_visible()
    look(page, "review-over")


def test_decisions_from_the_list_to_the_release(visits, seats, official, staff):
    write_out(seats[0])
    write_out(seats[1], financial_viability="not_met")
    write_out(seats[2])
    application = seats[0].application
    Recommendation.record(
        Seat.objects.get(pk=seats[0].pk),
        recommends=True,
        reasons="All is met, and the debt plan is being written. " * 6,
        dissent="Pete Nolan finds the finances not shown.",
    )
    put_in_review(application.cycle)
    page = visits(official, at_url("decisions"))
    look(page, "decisions")
    page.get_by_role("link", name="Riverbend").click()
    look(page, "decide")
    page.get_by_text("Do not recognize").click()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("alert")).to_contain_text("differs")
    visits.expected.append("status of 422")
    look(page, "decide-reason-missing")
    page.get_by_label("Reason").fill("The debt plan has to be there first.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_label("Pages of this cycle").get_by_role("link", name="Outbox").click()
    look(page, "outbox")
    page.get_by_role("link", name="View or edit").click()
    look(page, "letter")
    Decision.objects.get().edit_letter(1, by=staff, subject="Your application", body="Dear all,\n\nNot this time.")
    page.get_by_label("Subject").fill("Decision on your application")
    page.get_by_role("button", name="Save and preview").click()
    visits.expected.append("status of 409")
    expect(page.get_by_text("Both versions are kept until you choose one.")).to_be_visible()
    look(page, "letter-conflict")
    page.get_by_role("button", name="Keep mine").click()
    expect(page.get_by_text("The letter was saved.")).to_be_visible()
    page.get_by_role("link", name="Back to the outbox").click()
    page.get_by_text("Release 1 decision", exact=True).click()
    look(page, "outbox-release")
    page.get_by_role("button", name="Yes, release 1 decision").click()
    expect(page.get_by_text("1 decision was released")).to_be_visible()
    look(page, "outbox-empty")
    page = visits(staff, at_url("feedback", application.pk))
    page.get_by_role("textbox", name="Feedback").fill("Your measures are strong.\n\nShow how you pay back the debt.")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Release saved feedback").click()
    look(page, "feedback")
    page.get_by_role("button", name="Yes, release the feedback").click()
    expect(page.get_by_role("heading", name="Released")).to_be_visible()
    look(page, "feedback-released")
    assert Feedback.objects.shown(application).text.startswith("Your measures are strong.")

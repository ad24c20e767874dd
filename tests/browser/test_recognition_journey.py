"""An application's whole way in Chromium, by every role: returned and resubmitted, checked, read by a panel from which
one member steps down, recommended, decided, released."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from recognition.models import Application, Cycle, Seat
from tests.browser.conftest import expect_saved, look

Status = Application.Status


@pytest.fixture
def opens(visits, draft) -> Callable[..., Page]:
    """``opens(person, path)``: a page of the application, or another one. Each person has one browser."""
    pages: dict[User, Page] = {}

    def opens(person: User, path: str = "") -> Page:
        path = path or draft.get_absolute_url()
        if person in pages:
            pages[person].goto(visits.url + path)
        else:
            pages[person] = visits(person, path)
        return pages[person]

    return opens


def due_in(days: int) -> str:
    return (date.today() + timedelta(days=days)).isoformat()


def pick(place, words: str) -> None:
    """A box or a button of a USWDS form is drawn by its label."""
    place.locator("label", has_text=words).first.click()


@pytest.mark.timeout(400)  # the longest way of all, by ten people
def test_from_the_first_submission_to_the_letter(
    opens,
    draft,
    manager,
    staff,
    compliance,
    official,
    panelists,
):
    submit(opens(manager))
    return_it(opens(staff))
    resubmit(opens(manager))
    find_it_complete(opens(staff))
    find_no_violation(opens(compliance))
    assign_three(opens(staff), panelists)
    step_down(opens(panelists[1]))
    replace(opens(staff), panelists[3])
    members = [panelists[0], panelists[2], panelists[3]]
    for person in members:
        review(opens(person), outside=person == panelists[2])
    recommend(opens(panelists[0]))
    Cycle.objects.update(closes=timezone.now())
    begin_the_review(opens(staff, f"/recognition/cycles/{draft.cycle_id}/"))
    decide(opens(official))
    release(opens(official, "/recognition/decisions/"))
    give_feedback(opens(staff))
    read_the_outcome(opens(manager))

    draft.refresh_from_db()
    assert draft.status == Status.RECOGNIZED
    assert draft.submissions.count() == 2
    assert Seat.objects.active().count() == 3


def submit(page: Page) -> None:
    page.get_by_role("link", name="Continue application").click()
    page.get_by_role("navigation").get_by_role("link", name="Review and submit").click()
    page.get_by_text("Submit application", exact=True).click()
    page.get_by_role("button", name="Yes, submit").click()
    expect(page.get_by_text("Submitted as version 1")).to_be_visible()


def return_it(page: Page) -> None:
    page.get_by_role("link", name="Start the completeness review").click()
    page.get_by_role("button", name="Start review").click()
    recent = page.get_by_role("group", name="The narratives show what works now")
    pick(recent, "Not met")
    recent.get_by_label("What is missing?").fill("Say what changed in the past 12 months.")
    for name in ("Each attribute's narrative answers", "Confidentiality claims"):
        pick(page.get_by_role("group", name=name), "Met")
    page.get_by_role("button", name="Save and return").click()
    page.get_by_label("Resubmit by").fill(due_in(10))
    page.get_by_label("Your note").fill("One paragraph is enough.")
    page.get_by_role("button", name="Preview letter").click()
    expect(page.get_by_text("Say what changed in the past 12 months.")).to_be_visible()
    page.get_by_role("button", name="Send and return the application").click()
    expect(page.get_by_role("alert").or_(page.get_by_role("status")).first).to_be_visible()


def resubmit(page: Page) -> None:
    page.get_by_role("link", name="Complete application").click()
    for answer in page.get_by_label("Your answer").all():
        answer.fill("See what we changed, under product quality.")
        expect_saved(page)
    page.get_by_role("navigation").get_by_role("link", name="Attributes").click()
    first = page.get_by_role("region", name="Product quality")
    first.get_by_text("Your answers").click()
    first.get_by_label("What did you change").fill("We flush the dead ends every two weeks since March.")
    expect_saved(page)
    page.get_by_role("navigation").get_by_role("link", name="Review and submit").click()
    page.get_by_text("Submit application", exact=True).click()
    page.get_by_role("button", name="Yes, submit").click()
    expect(page.get_by_text("Submitted as version 2")).to_be_visible()


def find_it_complete(page: Page) -> None:
    page.get_by_role("link", name="Start the completeness review").click()
    expect(page.get_by_text("Changed since version 1")).to_be_visible()
    page.get_by_role("button", name="Start review").click()
    for name in ("The narratives show what works now", "Each attribute's narrative", "Confidentiality claims"):
        pick(page.get_by_role("group", name=name), "Met")
    page.get_by_role("button", name="Save and mark complete").click()


def find_no_violation(page: Page) -> None:
    page.get_by_role("link", name="Check the compliance record").click()
    expect(page.get_by_text("flush the dead ends")).to_have_count(0)
    for kind in ("criminal", "administrative"):
        part = page.locator(f"section[aria-labelledby={kind}]")
        part.get_by_label("Source").fill("ECHO, detailed facility report")
        pick(part, "No violation")
        part.get_by_role("button", name=f"Record the {kind} check").click()
    page.get_by_role("button", name="Continue: no violation found").click()


def assign_three(page: Page, people) -> None:
    page.get_by_role("link", name="Assign the panel").click()
    for person in people[:3]:
        page.get_by_label("Review due by").fill(due_in(14))
        page.get_by_role("button", name=f"{person}").click()
    page.get_by_role("button", name=f"Make lead of the panel: {people[0]}").click()


def step_down(page: Page) -> None:
    page.get_by_role("link", name="Review the application").click()
    expect(page.get_by_text("flush the dead ends")).to_have_count(0)
    page.get_by_text("I have or may have a conflict: step down").click()
    pick(page, "I work or worked there")
    page.get_by_label("Explanation").fill("I was its laboratory manager until 2024.")
    page.get_by_role("button", name="Step down from this panel").click()


def replace(page: Page, person) -> None:
    page.get_by_role("link", name="Assign the panel").click()
    expect(page.get_by_text("I was its laboratory manager until 2024.")).to_be_visible()
    page.get_by_label("Review due by").fill(due_in(14))
    page.get_by_role("button", name=f"{person}").click()


def review(page: Page, *, outside: bool) -> None:
    page.get_by_role("link", name="Review the application").click()
    page.get_by_role("button", name="no conflict").click()
    expect(page.get_by_text("flush the dead ends")).to_be_visible()
    criteria = page.locator("section.criterion[aria-labelledby]")
    for place in range(criteria.count()):
        criteria.nth(place).locator("label", has_text="Partly met" if outside and not place else "Met").first.click()
    criteria.first.get_by_label("Comment").fill("Shown, with figures.")
    expect_saved(page)
    if outside:
        look(page, "panel-review-outside")
    expect(page.get_by_role("link", name="Next unrated")).to_be_hidden()
    page.get_by_role("button", name="Submit review").click()
    expect(page.get_by_role("heading", name="Panel ratings")).to_be_visible()


def recommend(page: Page) -> None:
    page.get_by_role("link", name="Your review and the panel").click()
    page.get_by_label("Your comment").fill("We agree on all but the first.")
    page.get_by_role("button", name="Add comment").click()
    pick(page.locator("#recommendation"), "Recommend recognition")
    page.locator("#recommendation").get_by_label("Reasons").fill("Six criteria, all of them shown.")
    page.get_by_role("button", name="Record panel recommendation").click()


def decide(page: Page) -> None:
    page.get_by_role("link", name="Decide", exact=True).click()
    expect(page.get_by_text("Six criteria, all of them shown.").first).to_be_visible()
    pick(page, "Recognize")
    page.get_by_role("button", name="Decide").click()


def begin_the_review(page: Page) -> None:
    page.get_by_text("Begin the review…").click()
    page.get_by_role("button", name="Yes, begin the review").click()
    expect(page.get_by_text("is now in review")).to_be_visible()


def release(page: Page) -> None:
    page.get_by_role("link", name="Outbox").first.click()
    page.get_by_role("link", name="View or edit").click()
    page.get_by_label("Subject").fill("You are recognized")
    page.get_by_role("button", name="Save and preview").click()
    page.get_by_role("link", name="Back to the outbox").click()
    page.locator("summary", has_text="Release 1 decision").click()
    page.get_by_role("button", name="Yes, release 1 decision").click()
    expect(page.get_by_text("1 decision was released")).to_be_visible()


def give_feedback(page: Page) -> None:
    page.get_by_role("link", name="Feedback to the applicant").click()
    page.get_by_role("textbox", name="Feedback").fill("Your measures are clear; say more on how you chose them.")
    page.get_by_role("button", name="Save").first.click()
    page.locator("summary", has_text="Release").click()
    page.get_by_role("button", name="Yes, release the feedback").click()
    expect(page.get_by_text("Released. The applicant can read it")).to_be_visible()


def read_the_outcome(page: Page) -> None:
    expect(page.get_by_text("Your organization is recognized. Congratulations.")).to_be_visible()
    expect(page.get_by_text("Your measures are clear")).to_be_visible()
    for name in ("Paula", "Pete", "Pia", "Paul Nash", "Partly met", "Six criteria"):
        expect(page.get_by_text(name)).to_have_count(0)
    look(page, "application-recognized")

"""A year of a utility in Chromium: five people, from an objective to the gap analysis that their records fill.

Each part is what one person does on one day; the clock of the site goes on in between.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from assessments.models import Finding
from ims.models import (
    Action,
    Audit,
    CorrectiveAction,
    Document,
    Objective,
    Person,
    PlannedChange,
    Review,
    TrainingTopic,
)
from tests.browser.conftest import NARROW, WIDE, expect_saved, look, start
from tests.conftest import member

pytestmark = pytest.mark.usefixtures("visits")


class Days:
    """``on(days, user, path)`` opens a page for a person, so many days after the story began.

    The manager is at a desk. All others have a telephone. Each has the same browser all year, and signs in each time.
    """

    def __init__(self, visits: Any, utility: Any, manager: User) -> None:
        self.visits, self.utility, self.manager = visits, utility, manager
        self.first = timezone.now()
        self.clock: Any = None
        self.pages: dict[User, Page] = {}

    def on(self, days: int, user: User, path: str = "") -> Page:
        self.clock.move_to(self.first + timedelta(days=days))
        path = path or reverse("ims:system", args=[self.utility.pk])
        if page := self.pages.get(user):
            self.visits.give_session(page.context, user)
            page.goto(self.visits.url + path)
        else:
            self.visits.size = WIDE if user == self.manager else NARROW
            page = self.pages[user] = self.visits(user, path)
        return page


@pytest.fixture
def days(visits, utility, manager) -> Iterator[Days]:
    visits.expected.append("Failed to load resource")  # a refused step answers with 422
    days = Days(visits, utility, manager)
    with time_machine.travel(days.first) as days.clock:
        yield days


def add(page: Page, register: str) -> None:
    page.get_by_role("link", name=register, exact=True).first.click()
    page.get_by_role("link", name="Add").first.click()


def create(page: Page, title: str, *areas: str, **fields: str) -> None:
    page.get_by_label("Title").fill(title)
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " ")).first.fill(value)
    for area in areas:
        page.get_by_text(area, exact=True).last.click()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def follow_up(page: Page, with_what: str) -> None:
    page.get_by_role("region", name="Where it came from").get_by_role("link", name=with_what, exact=True).click()


def move(page: Page, label: str, status: str, **fields: str) -> None:
    """Takes the next step of a record; one that asks for something opens first."""
    if fields:
        page.locator("summary").get_by_text(label, exact=True).click()
    for name, value in fields.items():
        page.get_by_label(name.replace("_", " ")).last.fill(value)
    page.get_by_role("button", name=label, exact=True).last.click()
    expect(page.get_by_text(f"is now “{status}”")).to_be_visible()


def approve(days: Days, day: int, user: User, document: Document) -> None:
    page = days.on(day, user, document.get_absolute_url())
    page.get_by_role("link", name="Approve it or send it back").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("was saved")).to_be_visible()


def read(days: Days, day: int, user: User, document: Document) -> None:
    page = days.on(day, user, "/")
    page.get_by_role("link", name=f"Read this document: {document.title}").click()
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_text("You confirmed that you read")).to_be_visible()


def ahead(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_a_year(days, visits, catalog, utility, manager, contributor, viewer):
    luis = member(utility, Role.CONTRIBUTOR, "luis@example.org", "Luis Ortega")
    dana = member(utility, Role.CONTRIBUTOR, "dana@example.org", "Dana Whitfield")
    environment, safety = "Environmental performance", "Safety and health"

    # In the first week Mara sets an objective and an action that serves it.
    page = days.on(0, manager)
    add(page, "Objectives and targets")
    page.get_by_role("combobox", name="Owner").select_option(label="Connie Boyd")
    create(page, "Halve the sewer overflows", environment, safety, What_is_measured="Overflows a year", Due=ahead(360))
    move(page, "Agree", "Agreed")
    follow_up(page, "an action")
    expect(page.get_by_role("combobox", name="Serves")).to_contain_text("Halve the sewer overflows")
    page.get_by_role("combobox", name="Owner").select_option(label="Luis Ortega")
    create(page, "Clean the worst ten miles of sewer", Due=ahead(200))
    move(page, "Start", "Under way")

    action = Action.objects.get()

    # Luis finds that the crew needs training. It is held a month later.
    Person.add(utility, by=manager, name="Nora Kim", job="Collection crew")
    page = days.on(20, luis, action.get_absolute_url())
    follow_up(page, "a training")
    page.get_by_text("Collection crew", exact=True).click()
    create(page, "Cleaning sewers with the jet truck", Holds_for="12")
    page = days.on(50, luis, TrainingTopic.objects.get().get_absolute_url())
    page.get_by_role("link", name="Enter a session").click()
    page.get_by_label("Held on").fill(ahead(0))
    page.get_by_label("Who taught it").fill("The maker of the truck")
    page.get_by_text("Nora Kim, Collection crew").click()
    page.get_by_role("button", name="Save the session").click()
    expect(page.get_by_text("The session of 1 person was entered.")).to_be_visible()

    # Connie writes down how it is done. Mara approves it, and Vic confirms that he read it.
    page = days.on(60, contributor, action.get_absolute_url())
    follow_up(page, "a document")
    create(page, "How we clean sewers", Own_number="SOP-7", Text="Lay out the cones.\nClean upstream.", Every="12")
    page.get_by_role("link", name="Choose the people").click()
    page.get_by_role("group", name="Who approves it").get_by_text("Mara Gerr").click()
    page.get_by_role("group", name="Who must know it").get_by_text("Vic Weir").click()
    page.get_by_role("button", name="Save").click()
    move(page, "Send for review", "In review")
    first = Document.objects.get()
    approve(days, 61, manager, first)
    read(days, 62, viewer, first)

    # Dana audits, once for two initiatives, and finds a crew without the gas meter.
    page = days.on(100, dana)
    add(page, "Audits")
    for name in ("Operational control", "CMOM", "ISO 14001"):
        page.get_by_text(name, exact=True).last.click()
    create(page, "Audit of the collection crew", environment, safety, Due=ahead(10))
    page.get_by_role("link", name="Add someone to the team").click()
    page.get_by_role("combobox", name="Person").select_option(label="Dana Whitfield")
    page.get_by_text("Leads the audit", exact=True).click()
    page.get_by_label("Training in auditing").fill("ISO 19011, three days")
    page.get_by_label("Trained on").fill(ahead(-300))
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Checklist and report").click()
    page.get_by_role("button", name="Fill from the initiatives").click()
    page.get_by_role("link", name="Start it").click()
    move(page, "Start the audit", "Under way")
    page.get_by_role("link", name="Checklist and report").click()
    block = page.locator("[data-save]").first
    block.get_by_label("What was seen").fill("Two of three trucks carry the gas meter. The third crew never got one.")
    block.get_by_role("radio", name="Minor nonconformity").check()
    expect_saved(page)
    page.get_by_role("link", name="Back to AUD-").click()
    report = {"Done_on": ahead(0), "Conclusion": "Good work, one meter is missing."}
    move(page, "Mark as done", "Done, to be followed up", **report)
    page.get_by_role("link", name="a corrective action").first.click()
    page.get_by_role("combobox", name="Owner").select_option(label="Connie Boyd")
    create(page, "One crew has no gas meter", What_was_done_at_once="The crew does not enter manholes.")
    move(days.on(101, dana, Audit.objects.get().get_absolute_url()), "Close: it is followed up", "Closed")

    # Connie finds the cause and corrects it. Three months later Mara sees that it worked.
    corrective = CorrectiveAction.objects.get()
    page = days.on(105, contributor, corrective.get_absolute_url())
    causes = {"Causes": "Nobody lists what a truck carries.", "Where_else_it_exists": "The pump truck."}
    move(page, "Correct it", "Being corrected", **causes)
    move(page, "Mark as done", "Done, to be checked", Check_whether_it_worked_on=ahead(90))
    page = days.on(200, manager, corrective.get_absolute_url())
    verified = {"What_was_verified": "All three trucks carry a tested meter.", "Verified_by": "Mara Gerr"}
    move(page, "It worked: close", "Closed", **verified)
    page = days.on(201, manager, action.get_absolute_url())
    move(page, "Mark as done", "Done, to be checked")
    verified = {"What_was_verified": "Ten miles were cleaned and filmed.", "Verified_by": "Mara Gerr"}
    move(page, "Close after the check", "Closed", **verified)

    # The management review looks at it and decides on a change.
    page = days.on(250, manager)
    add(page, "Management reviews")
    create(page, "Review of the year", environment, safety, Due=ahead(0))
    page.get_by_role("link", name="Agenda").click()
    expect(page.get_by_role("region", name="Audit")).to_contain_text("Audit of the collection crew")
    look(page, "year-agenda")
    page.get_by_role("link", name="Back to MR-").click()
    page.get_by_role("link", name="Enter who takes part").click()
    page.get_by_text("Mara Gerr").last.click()
    page.get_by_role("button", name="Save").click()
    move(page, "It was held", "Held, minutes to approve")
    page.get_by_role("link", name="Enter a decision").first.click()
    page.get_by_label("About").select_option(label="Audits")
    page.get_by_label("What was decided").fill("Every truck carries what a list at its door names")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_role("link", name="a change from “Every truck").click()
    page.get_by_label("What changes").fill("A list at the door of each truck. The crew checks it each morning.")
    page.get_by_role("button", name="Create").click()
    page = days.on(252, manager, Review.objects.get().get_absolute_url())
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Minutes").fill("The board looked at all topics.")
    expect_saved(page)
    page.get_by_role("link", name="Back to").click()
    move(page, "Approve the minutes", "Minutes approved", Approved_by="Board of directors")

    # Each area says what the change means for it. It asks for a new edition of the document.
    change = PlannedChange.objects.get()
    page = days.on(253, dana, change.get_absolute_url())
    move(page, "Ask the areas", "Areas are answering")
    for area, says in {"Environmental": "Absorbents are on board.", "Safety": "The meter is on the list."}.items():
        page.get_by_role("link", name=f"Answer for {area}").click()
        page.get_by_text("Yes", exact=True).click()
        page.get_by_label("What it means").fill(says)
        page.get_by_role("button", name="Save the answer").click()
    move(days.on(255, manager, change.get_absolute_url()), "Approve", "Approved")
    page = days.on(256, contributor, first.get_absolute_url())
    page.get_by_role("link", name="Start a new edition").click()
    page.get_by_role("button", name="Start a new edition").click()
    page.get_by_label("Text").fill("Check the list at the door.\nLay out the cones.\nClean upstream.")
    expect_saved(page)
    page.get_by_role("link", name="Back to").click()
    page.get_by_text("Link another record").click()
    page.get_by_label("This record").select_option(label="came from")
    page.get_by_label("Number of the other record").fill(change.number)
    page.get_by_role("button", name="Link", exact=True).click()
    move(page, "Send for review", "In review")
    second = Document.objects.get(edition=2)
    approve(days, 258, manager, second)
    read(days, 259, viewer, second)
    assert Document.objects.get(pk=first.pk).status == "replaced"

    # Luis carries the change out. Mara looks a month later, and her chain is closed.
    move(days.on(270, luis, change.get_absolute_url()), "Mark as carried out", "Carried out, to be checked")
    page = days.on(300, manager, change.get_absolute_url())
    verified = {"What_was_verified": "The lists hang, and are used.", "Verified_by": "Mara Gerr"}
    move(page, "Close after the check", "Closed", **verified)
    chain = page.get_by_role("region", name="Where it came from, what it led to")
    expect(chain).to_contain_text("Review of the year")
    expect(chain).to_contain_text("How we clean sewers")
    look(page, "year-change")
    page = days.on(301, manager, Objective.objects.get().get_absolute_url())
    move(page, "Mark as reached", "Reached")
    look(page, "year-objective")

    # The next gap analysis fills itself from what is in force. Mara confirms what she sees.
    analysis = start(utility, manager, as_of=timezone.localdate())
    page = days.on(330, manager, reverse("ims:today", args=[utility.pk]))
    look(page, "year-today")
    page.get_by_role("button", name=f"Fill in {analysis}").click()
    expect(page.get_by_text("filled in from your system")).to_be_visible()
    said = {each.element.slug: each for each in Finding.objects.filter(analysis=analysis).select_related("element")}
    for slug, evidence in {
        "objectives-and-targets": "Halve the sewer overflows",
        "management-programs": "Clean the worst ten miles of sewer",
        "training-awareness-competence": "Cleaning sewers with the jet truck",
        "document-control": "How we clean sewers",
        "auditing": "Audit of the collection crew",
        "management-review": "Review of the year",
        "corrective-preventive-action": "One crew has no gas meter",
        "change-management": "Every truck carries what a list at its door names",
    }.items():
        assert (said[slug].rating, set(said[slug].areas)) == (Finding.Rating.MULTIPLE, {"E", "S"}), slug
        assert evidence in said[slug].evidence
    assert said["vision"].rating is None  # nothing was entered, which does not say that nothing exists
    look(page, "year-analysis")

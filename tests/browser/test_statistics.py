"""The figures of a cycle and the hours: axe finds nothing, they fit a telephone, and hours are given in a browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from recognition.models import Application, Seat, Submission
from tests.applications import pass_decision, pass_panel, review
from tests.browser.conftest import look
from tests.factories import UtilityFactory

Status = Application.Status
pytestmark = pytest.mark.usefixtures("visits")
# Of other utilities: state, size, the way it went and how many days ago each step was.
OTHERS = [
    ("CO", "large", [(40, "submitted"), (31, "completeness"), (24, "compliance"), (12, "panel")]),
    ("WY", "small", [(38, "submitted"), (33, "completeness"), (30, "returned"), (9, "incomplete")]),
    ("TX", "large", [(36, "submitted"), (30, "completeness"), (22, "compliance"), (7, "not_eligible")]),
    ("NY", "small", [(21, "submitted"), (20, "withdrawn")]),
    ("NY", "large", [(3, "submitted")]),
    ("ME", "", []),
]


def address(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


def apply(cycle, n: int, state: str, size: str, way: list[tuple[int, str]], content: dict) -> Application:
    utility, now = UtilityFactory(name=f"Utility {n}", state=state), timezone.now()
    stage = way[-1][1] if way else "draft"
    application = Application.objects.create(
        utility=utility, cycle=cycle, status=stage, created_at=now - timedelta(days=60 - 4 * n), resubmit_by=now
    )
    before = "draft"
    for days, after in way:
        application.events.create(at=now - timedelta(days=days), from_status=before, to_status=after)
        before = after
    if way:
        facts = {"content": content, "size": size, "words": 1, "counted_attributes": 4, "counted_boxes": 2}
        Submission.objects.create(application=application, number=1, **facts)
    return application


@pytest.fixture
def busy(at, staff, official, panelists, cycle) -> Application:
    """A cycle with one application recognized, one with a running panel, others along the way."""
    first = at(Status.PANEL)
    pass_panel(first, staff, panelists[:3])
    pass_decision(first, official)
    content = first.submission.content
    others = [apply(cycle, n, *about, content) for n, about in enumerate(OTHERS)]
    due = timezone.localdate() + timedelta(days=9)
    seats = [Seat.assign(others[0], member, by=staff, due=due) for member in panelists[1:]]
    Seat.objects.filter(pk=seats[0].pk).update(assigned_at=timezone.now() - timedelta(days=8))
    seats[0].refresh_from_db()
    review(seats[0], "partly")
    seats[1].recuse(conflict="personal", reason="A relative works there.")
    return first


def test_statistics(visits, busy, staff, cycle):
    page = visits(staff, address("cycle", cycle.pk))
    look(page, "cycle")
    page.goto(visits.url + address("cycles"))
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Statistics: {cycle}")
    expect(page.get_by_role("img", name="From start to recognition: started 7")).to_be_visible()
    expect(page.get_by_role("region", name="By state, as a table")).to_contain_text("Oregon")
    look(page, "statistics")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all tables (Excel)").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_statistics_without_applications(visits, staff, cycle):
    look(visits(staff, address("statistics", cycle.pk)), "statistics-empty")


def test_statistics_of_who_has_a_part_in_it(visits, busy, staff, cycle):
    at_panel = Application.objects.get(status="panel")
    Seat.objects.create(application=at_panel, member=staff, due=timezone.localdate())
    page = visits(staff, address("statistics", cycle.pk))
    expect(page.get_by_text("1 application is not included in these figures")).to_be_visible()
    look(page, "statistics-left-out")


def test_an_applicant_reports_hours_once(visits, at, manager):
    application = at(Status.SUBMITTED)
    page = visits(manager, application.get_absolute_url())
    look(page, "hours-applicant")
    visits.expected.append("status of 422")
    page.get_by_label("Total hours of everyone").fill("a week")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter hours such as 1.5, 1:30 or 90 min.")
    look(page, "hours-error")
    page.get_by_label("Total hours of everyone").fill("19:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You reported 19.5 hours. Thank you.")).to_be_visible()
    expect(page.get_by_label("Total hours of everyone")).to_be_hidden()
    look(page, "hours-reported")


def test_reviewers_log_their_hours(visits, at, staff, panelists):
    application = at(Status.RECOGNIZED)
    page = visits(staff, application.get_absolute_url())
    page.get_by_label("Your hours on the completeness review").fill("15 min")
    page.get_by_role("button", name="Save your hours on the completeness review").click()
    expect(page.get_by_role("region", name="Hours so far")).to_contain_text("0.25")
    look(page, "hours-staff")
    page = visits(panelists[0], application.get_absolute_url())
    expect(page.get_by_label("Your hours on the panel review")).to_be_visible()
    look(page, "hours-panel")
    page = visits(staff, address("burden"))
    expect(page.get_by_role("region", name="Reported hours and the estimate")).to_contain_text("0.25")
    look(page, "burden-reported")

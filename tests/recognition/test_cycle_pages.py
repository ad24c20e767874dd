"""Every queue, dashboard and outbox page of a cycle asks the database as much for 40 rows of each stage as for 3."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import STATUS, Email

from accounts.models import Membership, Role, User, Utility
from letters.models import Delivery, Message
from recognition.models import (
    Announcement,
    Application,
    ApplicationEvent,
    ComplianceCheck,
    Decision,
    PanelProposal,
    PaperLetter,
    PlannedPanel,
    PlannedSeat,
    Rating,
    Recipient,
    Recognition,
    Recommendation,
    Seat,
    StaffNote,
    Submission,
)
from recognition.models.announcement import digest_of
from tests.applications import put_in_review, whole_content
from tests.database import analyze

pytestmark = pytest.mark.django_db
Status = Application.Status
AT_PANEL = (Status.PANEL, Status.RECOMMENDED, Status.NOT_RECOMMENDED, Status.RECOGNIZED, Status.NOT_RECOGNIZED)
DECIDED = (Status.NOT_RECOMMENDED, Status.RECOGNIZED, Status.NOT_RECOGNIZED)  # those not recommended: not released
NOW = timezone.now()

# Page → who opens it, and the most queries that it may make.
PAGES = {
    "home of the staff": ("staff", "/", 15),
    "home of the official": ("official", "/", 15),
    "home of compliance": ("compliance", "/", 15),
    "home of a reviewer": ("reviewer", "/", 15),
    "queue: completeness": ("staff", "queue completeness", 15),
    "queue: region": ("staff", "queue region", 15),
    "queue: panel": ("staff", "queue panel", 15),
    "queue: decisions": ("official", "queue decisions", 15),
    "queue: all": ("staff", "queue all", 15),
    "queue: compliance": ("compliance", "queue compliance", 15),
    "my reviews": ("reviewer", "queue my-reviews", 15),
    "declarations": ("reviewer", "declare_all", 15),
    "cycle": ("staff", "of cycle", 15),
    "progress": ("staff", "of progress", 15),
    "panels": ("staff", "of panels", 19),  # with a proposal: its list, its filters, and who gets how many
    "reviewers": ("staff", "of reviewers", 15),
    "strictness": ("staff", "of strictness", 15),
    "decisions": ("official", "of decisions", 15),
    "outbox": ("official", "of outbox", 15),
    "outbox, for the staff": ("staff", "of outbox", 15),
    "letters to mail": ("staff", "of letters", 15),
    "letters and certificates": ("staff", "of documents", 15),
    "notices": ("staff", "of notices", 15),
    "letters to applicants": ("staff", "group letter", 15),
    "certificates": ("staff", "group certificate", 15),
    "press texts": ("staff", "group press", 15),
    "statistics": ("staff", "of statistics", 15),
    "screening": ("compliance", "of screening", 15),
    "messages": ("staff", "messages", 15),
    "a draft message": ("staff", "message", 20),
    "emails": ("staff", "emails", 15),
    "application": ("staff", "application", 15),
    "application, from a queue": ("staff", "application ?in=panel", 15),
}


@pytest.fixture
def grow(cycle, staff, official, panelists):
    """``grow(n)``: up to ``n`` applications at each stage, with all that the pages show of them."""
    reviewer = panelists[0]
    proposal = PanelProposal.objects.create(cycle=cycle, by=staff, status="assigned", progress=100)
    made = Announcement.objects.create(subject="S", body="B", by=staff, digest=digest_of("S", "B"), whom="All")
    put_in_review(cycle)
    content, done = whole_content(), []

    def grown(n: int) -> None:
        numbers, start = range(len(done), n), len(done)
        done.extend(numbers)
        each = [(status, number) for status in Status.values for number in numbers]
        utilities = Utility.objects.bulk_create(
            Utility(
                name=f"Town {status} {number:02}",
                city="Bend",
                state="OR" if number % 2 else "TX",
                systems=["wastewater"],
            )
            for status, number in each
        )
        people = User.objects.bulk_create(
            User(email=f"{status}{number}@example.org", name=f"Mo {number}") for status, number in each[::2]
        )  # every second can be reached by email
        Membership.objects.bulk_create(
            Membership(user=person, utility=utility, role=Role.MANAGER)
            for person, utility in zip(people, utilities[::2], strict=True)
        )
        rows = Application.objects.bulk_create(
            Application(
                utility=utility, cycle=cycle, status=status, handler=staff, status_since=NOW, resubmit_by=cycle.closes
            )
            for utility, (status, _) in zip(utilities, each, strict=True)
        )
        Submission.objects.bulk_create(
            Submission(application=row, number=1, content=content, words=9, counted_attributes=4, counted_boxes=2)
            for row in rows
            if row.status != Status.DRAFT
        )
        ApplicationEvent.objects.bulk_create(row.noted(by=staff, why="Noted") for row in rows)
        StaffNote.objects.bulk_create(StaffNote(application=row, by=staff, text="Read it.") for row in rows)
        ComplianceCheck.objects.bulk_create(
            ComplianceCheck(application=row, kind="criminal", source="ECHO", checked_on=NOW.date(), result="clear")
            for row in rows
        )
        at_panel = [row for row in rows if row.status in AT_PANEL]
        others = User.objects.bulk_create(
            User(email=f"other{number}@example.org", name=f"Reviewer {number}") for number in numbers
        )
        is_open = {row.pk: row.status == Status.PANEL for row in at_panel}
        seats = Seat.objects.bulk_create(
            Seat(
                application=row,
                member=member,
                due=NOW.date() - timedelta(days=1),
                lead=member == reviewer,
                proposal=proposal,
                declared_at=None if is_open[row.pk] and place % 2 else NOW,
                submitted_at=None if is_open[row.pk] else NOW,
            )
            for place, row in enumerate(at_panel)
            for member in (reviewer, others[place % len(others)])
        )
        Rating.objects.bulk_create(
            Rating(seat=seat, criterion="attributes.product-quality", value="met" if seat.submitted_at else "")
            for seat in seats
        )
        planned = PlannedPanel.objects.bulk_create(
            PlannedPanel(proposal=proposal, application=row, need=2) for row in at_panel if is_open[row.pk]
        )
        PlannedSeat.objects.bulk_create(PlannedSeat(panel=each, member=reviewer, lead=True) for each in planned)
        advised = [row for row in at_panel if not is_open[row.pk]]
        Recommendation.objects.bulk_create(
            Recommendation(application=row, recommends=row.status != Status.NOT_RECOMMENDED, reasons="Read.")
            for row in advised
        )
        Decision.objects.bulk_create(
            Decision(
                application=row,
                recognize=row.status == Status.RECOGNIZED,
                recommended=row.status != Status.NOT_RECOMMENDED,
                reason="Read.",
                by=official,
                subject="S",
                body="B",
                released_at=None if row.status == Status.NOT_RECOMMENDED else NOW,
            )
            for row in advised
            if row.status in DECIDED
        )
        Recognition.objects.bulk_create(
            Recognition(application=row, since=NOW.date(), until=NOW.date() + timedelta(days=1000))
            for row in rows
            if row.status == Status.RECOGNIZED
        )
        PaperLetter.objects.bulk_create(
            PaperLetter(key=f"decided:{row.pk}", application=row, subject="S", body="B", address="A")
            for row in rows[1::2]
        )
        Recipient.objects.bulk_create(
            Recipient(announcement=made, application=row, stage=row.status, way="email" if place % 2 == 0 else "paper")
            for place, row in enumerate(rows)
        )
        emails = Email.objects.bulk_create(
            Email(from_email="a@example.org", to=[person.email], subject="S", message="B", status=STATUS.failed)
            for person in people
        )
        Delivery.objects.bulk_create(Delivery(email=email, status="failed") for email in emails)
        for row, email in zip(rows[::2], emails, strict=True):
            message = Message(key=f"x:{email.pk}", about=row, email=email)
            message.save()
        for number in numbers:
            Announcement.objects.create(
                subject="S", body="B", by=staff, status="done", sent_at=NOW, digest=f"{start}{number}", whom="All"
            )
        analyze()

    return grown


def address(what: str, cycle) -> str:
    name, _, more = what.partition(" ")
    first = Application.objects.filter(cycle=cycle, status=Status.PANEL).order_by("pk")[0]
    if name == "/":
        return name
    if name == "of":
        return reverse(f"recognition:{more}", args=[cycle.pk])
    if name == "group":
        return reverse("recognition:notice_group", args=[cycle.pk, more])
    if name == "queue":
        return reverse("recognition:queue", args=[more])
    if name == "message":
        return reverse("recognition:message", args=[Announcement.objects.get(status="draft").pk])
    if name == "application":
        return first.get_absolute_url() + more
    return reverse("accounts:emails" if name == "emails" else f"recognition:{name}")


def test_pages_ask_as_much_for_many_rows_as_for_few(grow, cycle, staff, official, compliance, panelists, as_):
    people = {"staff": staff, "official": official, "compliance": compliance, "reviewer": panelists[0]}
    browsers = {page: as_(people[who]) for page, (who, _, _) in PAGES.items()}

    def costs() -> dict[str, int]:
        found = {}
        for page, (_, what, _) in PAGES.items():
            url = address(what, cycle)
            with CaptureQueriesContext(connection) as asked:
                assert browsers[page].get(url).status_code == 200, page
            found[page] = len(asked)
        return found

    grow(3)
    costs()  # the first time also writes into the session
    few = costs()
    grow(40)
    many = costs()
    assert {page: n for page, n in many.items() if n != few[page]} == {}
    assert {page: n for page, n in many.items() if n > PAGES[page][2]} == {}


def test_an_outbox_of_a_thousand_shows_one_page_of_them(cycle, official, as_):
    put_in_review(cycle)
    utilities = Utility.objects.bulk_create(
        Utility(name=f"Town {number:04}", city="Bend", state="OR", systems=["wastewater"]) for number in range(1000)
    )
    rows = Application.objects.bulk_create(
        Application(utility=utility, cycle=cycle, status=Status.RECOMMENDED) for utility in utilities
    )
    Recommendation.objects.bulk_create(
        Recommendation(application=row, recommends=True, reasons="Read.") for row in rows
    )
    Decision.objects.bulk_create(
        Decision(application=row, recognize=True, recommended=True, by=official, subject="S", body="B") for row in rows
    )
    analyze()
    browser, outbox = as_(official), reverse("recognition:outbox", args=[cycle.pk])
    browser.get(outbox)
    with CaptureQueriesContext(connection) as asked:
        text = browser.get(outbox).text
    assert len(asked) <= 15
    assert text.count("Town 0") == 25 * text.count("Town 0024"), "one page, each as often"
    assert "Town 0025" not in text
    assert "Release 1,000 decisions" in text or "Release 1000 decisions" in text
    assert "Town 0999" in browser.get(outbox, {"page": 40}).text

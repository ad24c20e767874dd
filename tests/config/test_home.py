"""The first page: what this is for; signed in, what waits for me."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Claim, StaffGroup
from assessments.models import GapAnalysis
from recognition.criteria.completeness import Outcome
from recognition.models import Application, Cycle, Decision, Edition, Seat
from reports.models import Report
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.django_db


def words(browser) -> str:
    answer = browser.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_visitor_reads_what_this_is_for(client):
    page = words(client)
    assert "<title>One management system out of many initiatives · Headworks</title>" in page
    assert "<svg" in page
    assert page.count("<h1") == 1
    assert "your attention" not in page


def test_who_belongs_nowhere_is_led_to_a_utility(as_):
    person = UserFactory(name="Nora New")
    page = words(as_(person))
    assert "Welcome, Nora New" in page
    assert "caught up" not in page
    assert "the first step is to join yours" in page
    assert f'<a class="usa-button" href="{reverse("accounts:search")}">Find or register your utility' in page
    Claim.objects.ask(UtilityFactory(name="Elm Water"), person, "")
    assert "You asked to join Elm Water" in words(as_(person))


def test_an_administrator_finds_the_administration(as_):
    link = f'href="{reverse("admin:index")}"'
    page = words(as_(UserFactory(is_staff=True)))
    assert link in page
    assert "You’re all caught up" in page, "who is there to administer is not asked to join a utility"
    assert link not in words(as_(UserFactory()))


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_a_first_analysis_waits_for_who_may_start_it(request, as_, utility, role):
    page = words(as_(request.getfixturevalue(role)))
    assert "1 item needs your attention" in page
    assert "First gap analysis for Riverbend Water and Sewer" in page
    assert reverse("assessments:start", args=[utility.pk]) in page


def test_nothing_waits_for_a_viewer(as_, viewer, analysis):
    page = words(as_(viewer))
    assert "You’re all caught up" in page
    assert "Your role: viewer" in page
    assert analysis.name not in page


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_unanswered_elements_wait(request, as_, analysis, role):
    person = request.getfixturevalue(role)
    assert "18 of 18 elements still need an answer" in words(as_(person))
    analysis.findings.exclude(element__slug="vision").update(rating=0)
    page = words(as_(person))
    assert "1 of 18 elements still needs an answer" in page
    assert analysis.get_absolute_url() in page
    assert "First gap analysis" not in page


def test_an_answered_one_waits_for_its_manager(as_, analysis, manager, contributor):
    analysis.findings.update(rating=0)
    assert "Review it and mark it complete" in words(as_(manager))
    assert "A manager can mark it complete" in words(as_(contributor))


def test_a_complete_one_waits_for_nobody_but_leads_on(as_, analysis, manager, viewer):
    analysis.findings.update(rating=0)
    GapAnalysis.objects.visible_to(manager).get().complete(by=manager)
    page = words(as_(manager))
    assert analysis.name not in page.partition("<main")[2].partition("</main")[0]
    assert "Integration at Riverbend Water and Sewer" in page
    assert "You’re all caught up" in words(as_(viewer))


def test_who_asks_to_join_waits_for_a_manager_alone(as_, utility, manager, contributor):
    Claim.objects.create(utility=utility, user=UserFactory(name="Nell Brook"))
    assert "Nell Brook wants to join Riverbend Water and Sewer" in words(as_(manager))
    assert "Nell Brook" not in words(as_(contributor))


def test_a_report_that_could_not_be_made_waits_for_who_asked(as_, analysis, viewer, manager):
    report = Report.objects.create(
        kind="gap-analysis", object_id=analysis.pk, title="Gap analysis: <b>x</b>", requested_by=viewer
    )
    Report.objects.filter(pk=report.pk).update(status="failed", error="It broke.")
    page = words(as_(viewer))
    assert "This report couldn’t be created" in page
    assert "Gap analysis: &lt;b&gt;x&lt;/b&gt;" in page
    assert reverse("reports:report", args=[report.pk]) in page
    assert "be created" not in words(as_(manager))


def test_what_is_anothers_is_not_shown(as_, analysis, stranger):
    assert analysis.name not in words(as_(stranger))
    assert "Riverbend Water and Sewer</a>" not in words(as_(stranger))


def test_each_utility_is_shown_with_my_role(as_, manager, utility):
    MembershipFactory(user=manager, utility=UtilityFactory(name="Another & Co"), role="viewer")
    page = words(as_(manager))
    assert "Another &amp; Co" in page
    assert "Your role: viewer" in page
    assert "Your role: manager" in page


# The recognition program.


@pytest.fixture
def entry(analysis, utility, manager):
    """A draft of the utility in a cycle that closes in ten days; its gap analysis is out of the way."""
    GapAnalysis.objects.all().delete()
    now = timezone.now()
    cycle = Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=now - timedelta(days=7),
        closes=now + timedelta(days=10),
    )
    return Application.start(utility=utility, cycle=cycle, by=manager)


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_a_draft_waits_with_its_days_and_what_is_missing(request, as_, entry, role):
    page = words(as_(request.getfixturevalue(role)))
    assert "Riverbend Water and Sewer, Recognition 2027" in page
    missing = len(entry.checked().deficiencies)
    assert f"{missing} items are missing. 10 days left" in page
    assert entry.get_absolute_url() in page


def test_a_complete_draft_waits_for_its_manager(as_, entry, manager, contributor, monkeypatch):
    monkeypatch.setattr(
        "recognition.waiting.check_content", lambda content, photos, cycle: Outcome("small", 4, 2, 4, 2, 9, [], [])
    )
    assert "Ready to submit." in words(as_(manager))
    assert "Ready for a manager to submit." in words(as_(contributor))


def test_a_returned_application_waits_with_its_date(as_, entry, manager, viewer):
    due = entry.end_of(timezone.localdate() + timedelta(days=3))
    Application.objects.update(status="returned", resubmit_by=due)
    page = words(as_(manager))
    assert "returned to you" in page
    assert f"resubmit it by {entry.in_its_zone(due)}" in page
    assert "returned to you" not in words(as_(viewer))


@pytest.mark.parametrize("over", ["draft", "returned"])
def test_what_is_too_late_waits_for_nobody(as_, entry, manager, over):
    Cycle.objects.update(closes=timezone.now())
    Application.objects.update(status=over, resubmit_by=timezone.now())
    assert "submit it by" not in words(as_(manager))


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_an_application_stays_in_sight_after_submission(request, as_, entry, role):
    Application.objects.update(status="submitted")
    browser = as_(request.getfixturevalue(role))
    for page in (words(browser), browser.get(reverse("accounts:utility", args=[entry.utility_id])).text):
        assert f'<a href="{entry.get_absolute_url()}">Riverbend Water and Sewer, Recognition 2027</a>' in page
        assert "Submitted" in page


def test_the_page_of_a_utility_lists_its_analyses(as_, analysis, utility, viewer):
    page = as_(viewer).get(reverse("accounts:utility", args=[utility.pk])).text
    assert f'<a href="{analysis.get_absolute_url()}">{analysis}</a>' in page
    assert "0 answered" in page


def in_group(group: StaffGroup):
    person = UserFactory()
    person.groups.add(Group.objects.get(name=group))
    return person


QUEUES = {
    StaffGroup.PROGRAM: {
        "submitted": "1 application to check for completeness",
        "resubmitted": "1 application to check for completeness",
        "completeness": "1 application in completeness review",
    },
    StaffGroup.COMPLIANCE: {"compliance": "1 application in compliance review"},
    StaffGroup.OFFICIAL: {"recommended": "1 application to decide", "not_recommended": "1 application to decide"},
    StaffGroup.PANEL: {},
}


@pytest.mark.parametrize("group", QUEUES)
def test_each_staff_role_sees_how_much_waits_for_it_and_nothing_else(as_, entry, group):
    person = in_group(group)
    browser = as_(person)
    for status in Application.Status:
        Application.objects.update(status=status, resubmit_by=entry.cycle.closes)
        page = words(browser)
        said = QUEUES[group].get(status)
        if said:
            assert said in page, status
        else:
            assert "Your queues are empty" in page, status
        assert "Find or register your utility" not in page
    MembershipFactory(user=person, utility=entry.utility, role="viewer")
    for status in QUEUES[group]:
        Application.objects.update(status=status)
        assert QUEUES[group][status] not in words(browser), "the own utility's is not theirs to review"


def test_a_decision_in_the_outbox_waits_for_the_official(as_, entry):
    Application.objects.update(status="recommended")
    Decision.objects.create(application=entry, recognize=True, recommended=True, subject="s", body="b")
    page = words(as_(in_group(StaffGroup.OFFICIAL)))
    assert "1 application in the outbox" in page
    assert reverse("recognition:outbox", args=[entry.cycle.pk]) in page
    assert "to decide" not in page
    Decision.objects.update(released_at=timezone.now())
    assert "in the outbox" not in words(as_(in_group(StaffGroup.OFFICIAL)))


def test_a_review_waits_for_its_member_alone(as_, entry):
    Application.objects.update(status="panel")
    member, other = in_group(StaffGroup.PANEL), in_group(StaffGroup.PANEL)
    due = timezone.localdate() + timedelta(days=5)
    seat = Seat.objects.create(application=entry, member=member, due=due)
    browser = as_(member)
    page = words(browser)
    assert "Your review of Riverbend Water and Sewer" in page
    assert f"First declare whether you have a conflict of interest. Due {due:%B %-d}." in page
    assert seat.get_absolute_url() in page
    assert "Your review of" not in words(as_(other))
    Seat.objects.update(declared_at=timezone.now())
    seat.ratings.create(criterion="attributes.product-quality", value="met")
    rating = seat.ratings.create(criterion="attributes.financial-viability")
    assert "1 of 2 criteria still needs your rating" in words(browser)
    seat.ratings.filter(pk=rating.pk).update(value="met")
    Seat.objects.update(due=timezone.localdate() - timedelta(days=1))
    page = words(browser)
    assert "Everything is rated. Check your review and submit it. It was due" in page
    Seat.objects.update(submitted_at=timezone.now())
    assert "Your review of" not in words(browser)


def test_the_first_page_costs_the_same_for_three_as_for_one(as_, entry):
    person = in_group(StaffGroup.PROGRAM)
    person.groups.add(*Group.objects.all())
    browser = as_(person)

    def one_more() -> None:
        """A draft of an own utility, and another's application at each stage, with a seat on its panel."""
        MembershipFactory(user=person, utility=(own := UtilityFactory()))
        Application.start(utility=own, cycle=entry.cycle, by=person)
        for status in ("submitted", "completeness", "compliance", "panel", "recommended"):
            given = Application.objects.create(utility=UtilityFactory(), cycle=entry.cycle, status=status)
            if status == "panel":
                Seat.objects.create(application=given, member=person, due=timezone.localdate())

    one_more()
    words(browser)
    with CaptureQueriesContext(connection) as one:
        words(browser)
    one_more()
    one_more()
    with CaptureQueriesContext(connection) as three:
        page = words(browser)
    assert page.count("Your review of") == 6  # each told twice: to see, and to hear
    assert len(three) == len(one)

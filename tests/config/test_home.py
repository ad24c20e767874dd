"""The first page: what this is for; signed in, what waits for me."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import Claim, StaffGroup
from assessments.models import Finding, GapAnalysis
from config.models import Visit
from ims.models import Action, Person
from recognition.criteria.completeness import Outcome
from recognition.criteria.models import rules_of
from recognition.models import Application, Cycle, Decision, Edition, Seat
from reports.models import Report
from tests.factories import GapAnalysisFactory, MembershipFactory, UserFactory, UtilityFactory
from workflow import waiting as registry
from workflow.waiting import Waiting

pytestmark = pytest.mark.django_db


def words(browser) -> str:
    answer = browser.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def items(page: str) -> str:
    """The part of the page that lists what needs attention."""
    return page.partition('<ul class="list panel waiting">')[2].partition("</ul>")[0]


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
    assert analysis.name not in items(page)


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_unanswered_elements_wait(request, as_, analysis, role):
    person = request.getfixturevalue(role)
    assert "18 of 18 elements still need an answer" in words(as_(person))
    analysis.findings.exclude(element__slug="vision").update(rating=0)
    page = words(as_(person))
    assert "1 of 18 elements still needs an answer" in page
    assert analysis.get_absolute_url() in page
    assert "First gap analysis" not in page


def test_of_many_first_analyses_three_are_listed_and_the_others_counted(as_, catalog, contributor):
    for n in range(4):
        MembershipFactory(user=contributor, utility=UtilityFactory(name=f"Utility {n}"))
    page = items(words(as_(contributor)))
    assert page.count("<b>First gap analysis for ") == 3
    assert "2 more utilities without a gap analysis" in page
    assert f'href="{reverse("accounts:list")}"' in page
    assert "5 items need your attention" in words(as_(contributor))


def test_of_very_many_analyses_ten_are_listed_and_the_others_counted(as_, catalog, contributor, manager):
    others = [MembershipFactory(user=contributor).utility for _ in range(12)]
    for other in others:
        GapAnalysisFactory(utility=other, by=manager, name="Begun", areas=["E"])
    page = items(words(as_(contributor)))
    assert page.count("<b>Begun</b>") == 10
    assert "<b>2 more gap analyses in progress</b>" in page
    for other in others:
        MembershipFactory(utility=other, user=manager, role="manager")
    for begun in GapAnalysis.objects.visible_to(manager).filter(name="Begun"):
        begun.findings.update(rating=0)
        begun.complete(by=manager)
    page = items(words(as_(contributor)))
    assert page.count("<b>Integration at ") == 10
    assert "<b>2 more utilities with a complete gap analysis</b>" in page


def test_an_answered_one_waits_for_its_manager(as_, analysis, manager, contributor):
    analysis.findings.update(rating=0)
    assert "Review it and mark it complete" in words(as_(manager))
    assert "A manager can mark it complete" in words(as_(contributor))


def test_a_complete_one_waits_for_nobody_but_leads_on(as_, analysis, manager, viewer):
    analysis.findings.update(rating=0)
    GapAnalysis.objects.visible_to(manager).get().complete(by=manager)
    page = words(as_(manager))
    assert analysis.name not in items(page)
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
        signatory_name="Dana Whitfield",
        signatory_title="Director",
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
        "recognition.applying.waiting.check_content",
        lambda content, photos, cycle: Outcome("small", 4, 2, 4, 2, 9, [], []),
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
        "region": "1 application with the EPA Region",
        "panel": "1 application without a panel",
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


# Late first, then by date.


@pytest.fixture
def no_sources(monkeypatch):
    monkeypatch.setattr(registry, "_sources", [])


def test_late_comes_first_then_by_date_then_the_rest(no_sources, as_, viewer):
    today = timezone.localdate()

    def days(n: int) -> dict[str, Any]:
        return {"by": today + timedelta(days=n), "is_late": n < 0}

    registry.source(order=1)(lambda user: [Waiting("Whenever", "", "Open", "/")])
    registry.source(order=2)(
        lambda user: [Waiting(f"In {n}", f"{-n} days late", "Review", "/x", **days(n)) for n in (9, -2, 3, -7)]
    )
    page = words(as_(viewer))
    assert re.findall(r"<b>(Whenever|In -?\d)</b>", page) == ["In -7", "In -2", "In 3", "In 9", "Whenever"]
    assert "5 items need your attention" in page
    assert "2 are late." in page
    assert page.count('class="waiting__late"') == 2
    assert "7 days late" in page, "in words too"
    assert '<a class="usa-button" href="/x">Review<span class="usa-sr-only">: In -7</span></a>' in page


@pytest.mark.parametrize(
    ("late", "on_time", "said"),
    [
        (0, 0, "Nothing needs your attention."),
        (0, 1, "Nothing is late."),
        (1, 0, "One is late."),
        (2, 1, "2 are late."),
        (3, 0, "All of them are late."),
    ],
)
def test_the_first_line_says_what_is_late(no_sources, as_, viewer, late, on_time, said):
    items = [Waiting("Late", "", "Open", "/", is_late=True)] * late + [Waiting("In time", "", "Open", "/")] * on_time
    registry.source(order=1)(lambda user: items)
    assert said in words(as_(viewer))


@pytest.mark.parametrize(("hour", "greeting"), [(6, "Good morning"), (12, "Good afternoon"), (20, "Good evening")])
def test_the_greeting_goes_by_the_clock_of_the_reader(as_, viewer, hour, greeting):
    with time_machine.travel(datetime(2026, 6, 19, hour, 5, tzinfo=ZoneInfo(settings.TIME_ZONE))):
        assert f"{greeting}, Vic." in words(as_(viewer))
        viewer.name = ""
        viewer.save()
        assert f"{greeting}. " in words(as_(viewer))


def test_of_very_many_records_ten_are_listed_and_all_are_counted(as_, catalog, utility, viewer, manager):
    owner, today = Person.objects.of(utility).get(user=viewer), timezone.localdate()
    for n in range(15):
        Action.open_in(utility, by=manager, title=f"Action {n}", owner=owner, due=today + timedelta(days=n - 12))
    page = words(as_(viewer))
    assert "15 items need your attention" in page
    assert "12 are late." in page
    assert page.count("you own it") == 10
    assert "2 more records of yours</b><small>late" in page
    assert "3 more records of yours</b><small>due in the next 14 days" in page
    assert "12 days late · you own it</small>" in page
    Action.objects.exclude(title="Action 12").update(owner=None)
    assert "due today · you own it" in words(as_(viewer))
    assert "more records" not in words(as_(viewer))


def test_the_utility_is_named_to_who_has_several(as_, catalog, utility, viewer, manager):
    owner = Person.objects.of(utility).get(user=viewer)
    Action.open_in(utility, by=manager, title="Clean", owner=owner, due=timezone.localdate())
    MembershipFactory(user=viewer, role="viewer")
    assert "due today · you own it · Riverbend Water and Sewer</small>" in words(as_(viewer))


# The coverage.


def complete(utility, by, year: int, areas: list[str], scope: list[str]) -> GapAnalysis:
    started = GapAnalysisFactory(utility=utility, by=by, as_of=date(year, 3, 31), areas=scope)
    started.findings.update(rating=2 if len(areas) > 1 else 1, areas=areas)
    analysis = GapAnalysis.objects.visible_to(by).get(pk=started.pk)
    analysis.complete(by=by)
    return analysis


def test_the_coverage_now_and_before(as_, catalog, utility, manager, viewer, stranger):
    assert "Coverage</h2>" not in words(as_(viewer))
    first = complete(utility, manager, 2024, ["E"], ["E", "S"])
    page = words(as_(viewer))
    assert "<p>18 of 36 cells</p>" in page
    assert reverse("assessments:results", args=[first.pk]) in page
    assert "Coverage moved" not in page, "one figure is no line"
    complete(utility, manager, 2025, ["E", "S"], ["E", "S"])
    assert "<p>36 of 36 cells, 18 in March 2024</p>" in words(as_(viewer))
    last = complete(utility, manager, 2026, ["E", "S"], ["E", "S", "Q"])
    page = words(as_(viewer))
    assert "<p>36 of 54 cells, 36 of 36 in March 2025</p>" in page
    assert "<title>Coverage moved from 18 of 36 cells in March 2024 to 36 of 54 in March 2026.</title>" in page
    assert re.findall(r"<td>(\d+ of \d+)</td>", page) == ["36 of 54", "36 of 36", "18 of 36"]
    assert f'{reverse("assessments:results", args=[last.pk])}">Results' in page
    assert reverse("assessments:compare", args=[utility.pk]) in page
    assert "Coverage</h2>" not in words(as_(stranger))


def test_the_counted_coverage_is_that_of_the_results(catalog, utility, manager, analysis):
    Finding.objects.filter(analysis=analysis, element__component="plan").update(rating=2, areas=["E", "Q"])
    (counted,) = GapAnalysis.objects.filter(pk=analysis.pk).with_coverage()
    overall = analysis.results.overall
    assert (counted.covered, counted.cells) == (overall.covered, overall.cells)


def test_the_rules_that_a_query_brings_are_those_of_the_edition(entry):
    edition = Edition.objects.get()
    (row,) = Application.objects.annotate(rules=rules_of("cycle__edition"))
    assert edition.criteria_from(row.rules) == edition.criteria
    assert edition.criteria.categories


# What the page costs.


MAX_QUERIES = 15


def a_lot(utility, by, cycle, owner=None) -> None:
    """Records, comments, analyses in progress and complete, and an application."""
    today = timezone.localdate()
    for n in range(4):
        record = Action.open_in(
            utility, by=by, title=f"Action {n}", owner=owner, due=today + timedelta(days=40 * n - 4)
        )
        record.comments.create(by=by, text="Well.")
    GapAnalysisFactory(utility=utility, by=by)
    for year in (2025, 2026):
        complete(utility, by, year, ["E"], ["E", "S"])
    Application.objects.filter(utility=utility).exists() or Application.start(utility=utility, cycle=cycle, by=by)


@pytest.mark.parametrize("who", ["manager", "contributor", "viewer", "five utilities"])
def test_the_home_of_a_member_costs_the_same_at_two_sizes(
    request, as_, entry, utility, manager, django_assert_max_num_queries, who
):
    Application.objects.all().delete()
    person = request.getfixturevalue("viewer" if who == "five utilities" else who)
    others = [MembershipFactory(user=person).utility for _ in range(4)] if who == "five utilities" else []
    someone = MembershipFactory(utility=utility, role="manager").user
    for other in others:
        MembershipFactory(utility=other, user=someone, role="manager")
    sizes = []
    for _ in range(2):
        for each in [utility, *others]:
            a_lot(each, someone, entry.cycle, Person.objects.of(each).get(user=person))
        Claim.objects.create(utility=utility, user=UserFactory())
        browser = as_(person)
        words(browser)
        with django_assert_max_num_queries(MAX_QUERIES) as captured:
            words(browser)
        sizes.append(len(captured))
        Visit.objects.update(at=timezone.now() - timedelta(days=2))
        with django_assert_max_num_queries(MAX_QUERIES):
            words(browser)  # the first page of a visit
    assert sizes[0] == sizes[1]


def test_the_home_of_staff_costs_the_same_at_two_sizes(as_, entry, django_assert_max_num_queries):
    person = in_group(StaffGroup.PROGRAM)
    person.groups.add(*Group.objects.all())
    browser, sizes = as_(person), []
    for n in (1, 2):
        for status in ("submitted", "completeness", "compliance", "panel", "recommended"):
            given = Application.objects.create(utility=UtilityFactory(), cycle=entry.cycle, status=status)
            if status == "panel":
                Seat.objects.create(application=given, member=person, due=timezone.localdate())
        words(browser)
        with django_assert_max_num_queries(MAX_QUERIES) as captured:
            page = words(browser)
        assert page.count("Your review of") == 2 * n  # each told twice: to see, and to hear
        sizes.append(len(captured))
    assert sizes[0] == sizes[1]
    assert "Our year" not in page, "staff without a utility have no year"


def test_the_home_of_a_panel_member_costs_the_same_at_two_sizes(as_, entry, django_assert_max_num_queries):
    person, sizes = in_group(StaffGroup.PANEL), []
    MembershipFactory(user=person, role="viewer")
    browser = as_(person)
    for n in (1, 3):
        for _ in range(n):
            given = Application.objects.create(utility=UtilityFactory(), cycle=entry.cycle, status="panel")
            Seat.objects.create(application=given, member=person, due=timezone.localdate())
        Visit.objects.update(at=timezone.now() - timedelta(days=2))
        with django_assert_max_num_queries(MAX_QUERIES):
            words(browser)  # the first page of a visit
        with django_assert_max_num_queries(MAX_QUERIES) as captured:
            words(browser)
        sizes.append(len(captured))
    assert sizes[0] == sizes[1]

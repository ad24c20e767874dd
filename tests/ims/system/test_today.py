"""Our system today: what living records say of each element, and a gap analysis that is filled from them."""

from datetime import timedelta
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import GapAnalysis
from ims.check.periods import Every, moved, start
from ims.closed import ClosedRegister
from ims.models import CorrectiveAction, Measure, Objective, Quarter, Record, Requirement, Statement
from ims.system.coverage import Held, proposal
from ims.system.today import Today, fill
from initiatives.models import Initiative
from tests.factories import GapAnalysisFactory, UtilityFactory
from workflow.models import WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()


def held(number, areas="", lacks="", initiatives=()):
    return Held(number, "A title", "Documents", f"/{number}/", list(areas), list(initiatives), lacks)


# What records propose.


@pytest.mark.parametrize(
    ("records", "scope", "rating", "areas"),
    [
        ([], "ES", None, ""),  # nothing was entered: that does not say that nothing exists
        ([held("A", "E")], "ES", 1, "E"),
        ([held("A", "E"), held("B", "E")], "ES", 1, "E"),
        ([held("A", "E"), held("B", "S")], "ESQ", 2, "ES"),
        ([held("A", "SE")], "ES", 2, "ES"),  # one record for several areas
        ([held("A", "EF")], "ES", 1, "E"),  # finance is not in scope
        ([held("A", "F")], "ES", None, ""),
        ([held("A")], "ES", None, ""),  # names no area
        ([held("A", "ES", lacks="It was withdrawn.")], "ES", 0, ""),
        ([held("A", "E"), held("B", "S", lacks="It was withdrawn.")], "ES", 1, "E"),
    ],
)
def test_the_rating_and_areas_of_an_element(records, scope, rating, areas):
    found = proposal(records, list(scope))
    assert (found.rating, "".join(found.areas)) == (rating, areas)


def test_the_reason_names_the_records():
    assert proposal([held("A", "E")], ["E"]).why == "A."
    assert proposal([held(name, "E") for name in "ABCDE"], ["E"]).why == "A, B, C and 2 more."
    gone = proposal([held("A", "E", lacks="It was withdrawn.")], ["E"])
    assert gone.why == "A, but none counts: It was withdrawn."
    assert proposal([held("A")], ["E"]).why == "A, but no record names an area in scope."


def test_the_initiatives_are_those_of_living_records():
    records = [
        held("A", "E", initiatives=["cmom"]),
        held("B", "E", initiatives=["iso-14001", "cmom"]),
        held("C", "E", lacks="Old.", initiatives=["nbp-ems"]),
    ]
    assert proposal(records, ["E"]).initiatives == ["cmom", "iso-14001"]


# The page.


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


def line(utility, slug):
    return next(each for each in Today(utility).lines if each.element.slug == slug)


@pytest.fixture
def policy(catalog, utility, manager) -> Statement:
    made = Statement.open_in(utility, by=manager, title="Policy", text="We comply.", areas=["E", "S"], every=12)
    found = seen(made, manager)
    found.move("in-force", by=manager, signed_by="The board", signed_on=TODAY)
    return seen(made, manager)


@pytest.mark.django_db
def test_a_record_counts_while_it_lives(policy, utility):
    assert line(utility, "policy-statements").proposal.rating == 2
    Record.objects.filter(pk=policy.pk).update(due=TODAY - timedelta(days=1))
    proposed = line(utility, "policy-statements").proposal
    assert proposed.rating == 0
    assert "Its review was due on" in proposed.why


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "slug"),
    [("policy", "policy-statements"), ("commitment", "management-commitment"), ("vision", "vision")],
)
def test_a_statement_serves_the_element_of_its_kind(policy, utility, kind, slug):
    Statement.objects.filter(pk=policy.pk).update(status="draft")
    Statement.objects.filter(pk=policy.pk).update(kind=kind)
    Statement.objects.filter(pk=policy.pk).update(status="in-force")
    assert [each.number for each in Today(utility).held[slug]] == [policy.number]


@pytest.mark.django_db
@pytest.mark.parametrize(("ago", "rating"), [(1, 2), (2, 2), (3, 0)])
def test_a_quarterly_report_with_a_summary_serves_reporting(catalog, utility, manager, ago, rating):
    Measure.open_in(utility, by=manager, title="Overflows", areas=["E", "Q"], initiatives=["cmom"])
    assert line(utility, "reporting").proposal.rating is None
    first = moved(start(TODAY, Every.QUARTER), Every.QUARTER, -ago)
    Quarter.objects.create(utility=utility, first=first, summary="We met nine targets.")
    proposed = line(utility, "reporting").proposal
    assert (proposed.rating, proposed.areas) == (rating, ["E", "Q"] if rating else [])
    assert proposed.initiatives == (["cmom"] if rating else [])  # those that its living measures name


@pytest.mark.django_db
def test_another_utility_and_closed_registers_say_nothing(policy, utility, manager, viewer, as_):
    other = UtilityFactory()
    CorrectiveAction.open_in(other, by=manager, title="Elsewhere", areas=["E"])
    secret = CorrectiveAction.open_in(utility, by=manager, title="Robin Marsh fell", areas=["S"])
    assert line(utility, "corrective-preventive-action").proposal.rating == 1
    ClosedRegister.close(utility, "corrective", [], by=manager)
    assert line(utility, "corrective-preventive-action").proposal.rating is None
    assert secret.title not in as_(viewer).get(reverse("ims:today", args=[utility.pk])).text
    assert line(other, "policy-statements").proposal.rating is None


@pytest.mark.django_db
def test_the_page_tells_what_would_change(policy, utility, manager, as_):
    analysis = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S", "Q"])
    finding = analysis.findings.get(element__slug="policy-statements")
    type(finding).objects.filter(pk=finding.pk).update(rating=1, areas=["Q"])
    assert line(utility, "policy-statements").differs
    page = as_(manager).get(reverse("ims:today", args=[utility.pk]))
    assert "1 would be rated differently than in" in page.text
    assert "The latest analysis says: supports a single area (Quality)." in page.text
    type(finding).objects.filter(pk=finding.pk).update(rating=2, areas=["E", "S"])
    assert not line(utility, "policy-statements").differs


@pytest.mark.django_db
def test_strangers_do_not_see_it(utility, catalog, stranger, as_):
    assert as_(stranger).get(reverse("ims:today", args=[utility.pk])).status_code == 404


# Filling.


def send(browser, analysis, **options):
    return browser.post(reverse("ims:fill_in", args=[analysis.utility_id, analysis.pk]), **options)


@pytest.mark.django_db
def test_open_rows_are_filled_and_wait_to_be_confirmed(policy, utility, manager, as_):
    analysis = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"])
    page = send(as_(manager), analysis, follow=True)
    assert "1 row filled in from your system. Look at each and confirm it." in page.text
    row = analysis.findings.get(element__slug="policy-statements")
    assert (row.rating, row.areas, row.to_confirm) == (2, ["E", "S"], True)
    assert row.evidence == f"{policy.number} Policy (Commitments, vision and policies)"
    assert row.evidence_items.get().url.endswith(policy.get_absolute_url())
    change = row.history.get()
    assert (change.by, change.before["rating"], change.after["rating"]) == (manager, None, 2)
    others = analysis.findings.exclude(pk=row.pk)
    assert not others.filter(rating__isnull=False).exists()


@pytest.mark.django_db
def test_what_a_person_answered_stays(policy, utility, manager, as_):
    analysis = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"])
    rows = analysis.findings.filter(element__slug="policy-statements")
    rows.update(rating=0, evidence="None yet.")
    assert "Nothing was changed" in send(as_(manager), analysis, follow=True).text
    assert rows.values_list("rating", "evidence").get() == (0, "None yet.")
    assert not rows.get().evidence_items.exists()


@pytest.mark.django_db
def test_twice_fills_once(policy, utility, manager, as_):
    analysis = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"])
    for _ in range(2):
        send(as_(manager), analysis)
    row = analysis.findings.get(element__slug="policy-statements")
    assert row.evidence_items.count() == 1
    assert row.history.count() == 1


@pytest.mark.django_db
def test_only_initiatives_in_place_are_taken(policy, utility, manager):
    Record.objects.filter(pk=policy.pk).update(initiatives=["cmom", "iso-14001"])
    analysis = GapAnalysisFactory(
        utility=utility, by=manager, areas=["E", "S"], initiatives=Initiative.objects.filter(slug="cmom")
    )
    fill(GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk), Today(utility), by=manager)
    assert analysis.findings.get(element__slug="policy-statements").initiatives == ["cmom"]


@pytest.mark.django_db
def test_a_complete_one_and_a_viewer_fill_nothing(policy, utility, manager, viewer, as_):
    made = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"])
    made.findings.update(rating=0)
    complete = GapAnalysis.objects.visible_to(manager).get(pk=made.pk)
    complete.complete(by=manager)
    assert "Nothing was changed." in send(as_(manager), complete, follow=True).text
    with pytest.raises(WrongState):
        fill(complete, Today(utility), by=manager)
    draft = GapAnalysisFactory(utility=utility, by=manager, areas=["E", "S"])
    assert send(as_(viewer), draft).status_code == 403
    with pytest.raises(NotAllowed):
        fill(GapAnalysis.objects.visible_to(viewer).get(pk=draft.pk), Today(utility), by=viewer)
    assert not draft.findings.filter(rating__isnull=False).exists()


@pytest.mark.django_db
def test_an_analysis_of_another_utility_is_not_filled(policy, utility, manager, stranger, as_):
    theirs = GapAnalysisFactory(utility=stranger.memberships.get().utility, by=stranger, areas=["E"])
    address = reverse("ims:fill_in", args=[utility.pk, theirs.pk])
    assert as_(manager).post(address).status_code == 404


# Size.


@pytest.mark.django_db
def test_the_page_takes_as_many_queries_for_many_records(policy, utility, manager, as_):
    browser, page = as_(manager), reverse("ims:today", args=[utility.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for n in range(12):
        for model in (Objective, Requirement, CorrectiveAction, Measure):
            model.open_in(utility, by=manager, title=f"Number {n}", areas=["E"])
    assert queries() == few


@pytest.mark.django_db
def test_five_thousand_records_propose_within_a_second(catalog, utility, manager):
    first = Requirement.open_in(utility, by=manager, title="Rule 0", areas=["E", "S"])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ims_record (version, utility_id, register, number, title, areas, initiatives, units, status,
                                    is_open, restricted, created_at, reminded_on)
            SELECT 1, utility_id, register, 'REQ-2020-' || n, 'Rule ' || n || ' of ' || n / 2 || 'a', areas,
                   ARRAY[CASE WHEN n %% 2 = 0 THEN 'cmom' ELSE 'iso-14001' END], units, 'in-force',
                   true, false, now(), now()
            FROM ims_record, generate_series(1, 4999) n WHERE id = %s
            """,
            [first.pk],
        )
        cursor.execute(
            """
            INSERT INTO ims_requirement (record_id, kind, citation, asks, department, tracked)
            SELECT id, 'federal', '', '', '', '' FROM ims_record WHERE number LIKE 'REQ-2020-%%'
            """
        )
    begun = process_time()
    today = Today(utility)
    proposed = next(each for each in today.lines if each.element.slug == "legal-and-other-requirements").proposal
    assert (proposed.rating, len(proposed.living)) == (2, 4999)
    assert today.figures.records == 4999
    assert len(today.doubles) == 2499  # "Rule 4 of 2a" and "Rule 5 of 2a"
    took = process_time() - begun
    assert took < 1.5, "half a second on an idle machine; make bench says how long it takes"

"""The first page: what this is for; signed in, what waits for me."""

import pytest
from django.urls import reverse

from accounts.models import Claim
from assessments.models import GapAnalysis
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
    assert "waits for you" not in page


def test_who_belongs_nowhere_is_led_to_a_utility(as_):
    page = words(as_(UserFactory()))
    assert "Nothing waits for you" in page
    assert "You do not belong to a utility yet" in page
    assert reverse("accounts:search") in page


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_a_first_analysis_waits_for_who_may_start_it(request, as_, utility, role):
    page = words(as_(request.getfixturevalue(role)))
    assert "1 thing waits for you" in page
    assert "A first gap analysis for Riverbend Water and Sewer" in page
    assert reverse("assessments:start", args=[utility.pk]) in page


def test_nothing_waits_for_a_viewer(as_, viewer, analysis):
    page = words(as_(viewer))
    assert "Nothing waits for you" in page
    assert "You are its viewer" in page
    assert analysis.name not in page


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_unanswered_elements_wait(request, as_, analysis, role):
    person = request.getfixturevalue(role)
    assert "18 of 18 elements wait for an answer" in words(as_(person))
    analysis.findings.exclude(element__slug="vision").update(rating=0)
    page = words(as_(person))
    assert "1 of 18 elements waits for an answer" in page
    assert analysis.get_absolute_url() in page
    assert "A first gap analysis" not in page


def test_an_answered_one_waits_for_its_manager(as_, analysis, manager, contributor):
    analysis.findings.update(rating=0)
    assert "Look it over and mark it complete" in words(as_(manager))
    assert "A manager can mark it complete" in words(as_(contributor))


def test_a_complete_one_waits_for_nobody(as_, analysis, manager):
    analysis.findings.update(rating=0)
    GapAnalysis.objects.visible_to(manager).get().complete(by=manager)
    assert "Nothing waits for you" in words(as_(manager))


def test_who_asks_to_join_waits_for_a_manager_alone(as_, utility, manager, contributor):
    Claim.objects.create(utility=utility, user=UserFactory(name="Nell Brook"))
    assert "Nell Brook asks to join Riverbend Water and Sewer" in words(as_(manager))
    assert "Nell Brook" not in words(as_(contributor))


def test_a_report_that_could_not_be_made_waits_for_who_asked(as_, analysis, viewer, manager):
    report = Report.objects.create(
        kind="gap-analysis", object_id=analysis.pk, title="Gap analysis: <b>x</b>", requested_by=viewer
    )
    Report.objects.filter(pk=report.pk).update(status="failed", error="It broke.")
    page = words(as_(viewer))
    assert "This report could not be made" in page
    assert "Gap analysis: &lt;b&gt;x&lt;/b&gt;" in page
    assert reverse("reports:report", args=[report.pk]) in page
    assert "could not be made" not in words(as_(manager))


def test_what_is_anothers_is_not_shown(as_, analysis, stranger):
    assert analysis.name not in words(as_(stranger))
    assert "Riverbend Water and Sewer</a>" not in words(as_(stranger))


def test_each_utility_is_shown_with_my_role(as_, manager, utility):
    MembershipFactory(user=manager, utility=UtilityFactory(name="Another & Co"), role="viewer")
    page = words(as_(manager))
    assert "Another &amp; Co" in page
    assert "You are its viewer" in page
    assert "You are its manager" in page

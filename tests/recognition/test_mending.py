"""What can be mended after a step: a violation that surfaces late, more time, outcomes that were a mistake, withdrawing
from the panel on, a paper draft that should not be. Each says why, in the timeline and to the applicant."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from files.models import StoredFile
from recognition.models import (
    Application,
    ComplianceCheck,
    Cycle,
    Decision,
    DiscardedDraft,
    Recognition,
    Unfinished,
)
from recognition.models.review import (
    find_incomplete,
    find_not_eligible,
    reopen,
    return_for_completion,
)
from recognition.tasks import close_late
from tests.assessments.test_races import at_once
from tests.uploads import upload
from workflow.models import WrongState

Status = Application.Status
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def address(name: str, application) -> str:
    return reverse(f"recognition:{name}", args=[application.pk])


def record(application, by, result: str, kind: str = "administrative") -> ComplianceCheck:
    note = "An overflow in May." if result == "violation" else ""
    facts = {"kind": kind, "source": "ECHO", "checked_on": date(2026, 11, 2), "result": result, "note": note}
    return ComplianceCheck.record(application, by=by, **facts)


def stage() -> str:
    return Application.objects.get().status


def subjects() -> list[str]:
    return [email.subject.split(":")[0] for email in Email.objects.filter(to=["manager@example.org"]).order_by("pk")]


# A violation that surfaces late (CWA 501(e)(1)).


@pytest.mark.parametrize("status", [Status.PANEL, Status.RECOMMENDED])
def test_a_violation_that_surfaces_late_ends_the_application(at, compliance, as_, status):
    application, browser = at(status), as_(compliance)
    form = {"kind": "administrative", "administrative-source": "ECHO", "administrative-checked_on": "2026-11-02"}
    form |= {"administrative-result": "violation", "administrative-note": "An overflow in May."}
    browser.post(address("compliance_record", application), form)
    page = browser.get(address("compliance", application)).text
    assert "Write the letter: not eligible" in page
    letter = {"finding": "An overflow into the creek."}
    assert "can&#x27;t be recognized" in browser.post(address("not_eligible", application), letter).text
    browser.post(address("not_eligible", application), letter | {"confirmed": "1"})
    assert stage() == "not_eligible"
    event = application.events.last()
    assert (event.by, event.to_status, event.why) == (compliance, "not_eligible", "An overflow into the creek.")
    assert subjects()[-1] == "Application not eligible in this cycle"


def test_a_violation_bars_the_award_on_decision_day(at, compliance, official, as_):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)
    record(application, compliance, "violation")
    assert "violation recorded: not released" in as_(official).get(address("outbox", application.cycle)).text
    assert Decision.objects.release(application.cycle, by=official) == 0
    assert stage() == "recommended"
    with pytest.raises(IntegrityError, match="a violation bars the award"), transaction.atomic():
        Recognition.issue(application)  # recognition_not_with_a_violation
    find_not_eligible(application, by=compliance, finding="An overflow.")
    assert stage() == "not_eligible"
    assert not Decision.objects.exists(), "its decision is undone"
    assert "The decision was undone before its release" in {event.why for event in application.events.all()}


def test_nobody_decides_to_recognize_despite_a_violation(at, compliance, official):
    application = at(Status.RECOMMENDED)
    record(application, compliance, "violation")
    with pytest.raises(WrongState, match="501"):
        Decision.make(application, by=official, recognize=True)
    record(application, compliance, "clear")  # it was another utility's
    Decision.make(application, by=official, recognize=True)
    assert Decision.objects.release(application.cycle, by=official) == 1


def test_after_the_release_nothing_is_recorded(at, compliance):
    with pytest.raises(WrongState):
        record(at(Status.RECOGNIZED), compliance, "violation")


@pytest.mark.django_db(transaction=True)
def test_a_finding_and_a_release_at_once_end_in_one_outcome(at, compliance, official):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)

    def find() -> None:
        record(application, compliance, "violation")
        find_not_eligible(application, by=compliance, finding="An overflow.")

    at_once(find, lambda: Decision.objects.release(application.cycle, by=official))
    assert (stage() == "recognized") == Recognition.objects.exists()
    assert stage() in ("recognized", "not_eligible")


# Closed by mistake.


@pytest.mark.parametrize("status", [Status.COMPLIANCE, Status.PANEL, Status.RECOMMENDED])
def test_not_eligible_by_mistake_leads_back_to_where_it_was(at, compliance, as_, status):
    application, browser = at(status), as_(compliance)
    if status == Status.COMPLIANCE:
        record(application, compliance, "clear", "criminal")
    record(application, compliance, "violation")
    find_not_eligible(application, by=compliance, finding="An overflow.")
    why = {"why": "The overflow was another utility’s."}
    if status != Status.COMPLIANCE:
        with pytest.raises(Unfinished):
            reopen(application, by=compliance, **why)
        record(application, compliance, "clear")
    assert "another utility’s" in browser.post(address("reopen", application), why).text
    assert stage() == "not_eligible", "a preview reopens nothing"
    browser.post(address("reopen", application), why | {"confirmed": "1"})
    assert stage() == status
    event = application.events.filter(from_status="not_eligible").last()
    assert (event.by, event.why) == (compliance, why["why"])
    assert subjects()[-1] == "Application reopened"
    if status == Status.RECOMMENDED:
        assert application.recommendation.recommends


def test_incomplete_by_mistake_leads_back_to_the_checklist_and_can_be_closed_again(at, staff, as_, manager):
    application = at(Status.COMPLETENESS)
    find_incomplete(application, by=staff, why="Half of it is missing.")
    as_(staff).post(address("reopen", application), {"why": "It was in the mail.", "confirmed": "1"})
    assert stage() == "completeness"
    assert "It was in the mail." in as_(manager).get(application.get_absolute_url()).text
    application.refresh_from_db()
    find_incomplete(application, by=staff, why="It is still missing.")
    closed = "Application closed as incomplete"
    assert subjects()[-3:] == [closed, "Application reopened", closed]


def test_one_that_was_late_gets_another_date(at, staff, as_):
    application = at(Status.COMPLETENESS)
    application.submission.checklist.update(met=True)
    application.submission.checklist.filter(name="prompts").update(met=False, reason="One is missing.")
    return_for_completion(application, by=staff, due=timezone.localdate() + 5 * DAY, letter="")
    with time_machine.travel(timezone.now() + 9 * DAY, tick=False):
        close_late()
        assert stage() == "incomplete"
        browser, today = as_(staff), timezone.localdate()
        assert browser.post(address("reopen", application), {"why": "A flood.", "due": f"{today}"}).status_code == 422
        sent = {"why": "A flood.", "due": f"{today + 6 * DAY}", "confirmed": "1"}
        browser.post(address("reopen", application), sent)
        application.refresh_from_db()
        assert (application.status, application.resubmit_by) == ("returned", application.end_of(today + 6 * DAY))
        assert application.is_editable


def test_what_is_closed_stays_so_once_the_cycle_is_decided(at, staff):
    application = at(Status.COMPLETENESS)
    find_incomplete(application, by=staff, why="Half of it is missing.")
    Cycle.objects.update(status="decided")
    with pytest.raises(WrongState, match="decided"):
        reopen(application, by=staff, why="A mistake.")
    assert stage() == "incomplete"


def test_who_reopens(at, staff, compliance, official, manager, stranger, as_):
    application = at(Status.COMPLETENESS)
    find_incomplete(application, by=staff, why="Half of it is missing.")
    for person, status in ((compliance, 404), (official, 404), (manager, 403), (stranger, 404)):
        answer = as_(person).post(address("reopen", application), {"why": "x", "confirmed": "1"})
        assert answer.status_code == status
    assert stage() == "incomplete"


# More time, a withdrawal, a draft that should not be.


def test_a_returned_application_gets_a_later_date(at, staff, as_):
    application = at(Status.COMPLETENESS)
    application.submission.checklist.update(met=True)
    application.submission.checklist.filter(name="prompts").update(met=False, reason="One is missing.")
    return_for_completion(application, by=staff, due=timezone.localdate() + 5 * DAY, letter="")
    browser, day = as_(staff), timezone.localdate() + 20 * DAY
    early = {"until": f"{timezone.localdate() + 2 * DAY}T17:00", "why": "A flood.", "confirmed": "1"}
    assert browser.post(address("extend", application), early).status_code == 422
    browser.post(address("extend", application), {"until": f"{day}T17:00", "why": "A flood.", "confirmed": "1"})
    application.refresh_from_db()
    assert timezone.localtime(application.resubmit_by, application.utility.zone).date() == day
    assert application.extended_until is None
    assert "A flood." in application.events.last().why
    assert subjects()[-1].startswith("Deadline extended")


@pytest.mark.parametrize("status", [Status.PANEL, Status.RECOMMENDED])
def test_a_utility_withdraws_until_the_release(at, manager, official, as_, status):
    application = at(status)
    if status == Status.RECOMMENDED:
        Decision.make(application, by=official, recognize=True)
    as_(manager).post(address("withdraw", application), {"why": "We merge."})
    assert stage() == "withdrawn"
    assert not Decision.objects.exists()
    assert Decision.objects.release(application.cycle, by=official) == 0 if status == Status.RECOMMENDED else True
    assert subjects()[-1] == "Application withdrawn"


def test_nobody_withdraws_what_was_released(at, manager):
    with pytest.raises(WrongState):
        at(Status.RECOGNIZED).withdraw(by=manager, why="Too late.")


def test_a_paper_draft_by_mistake_is_deleted_with_a_reason(as_, staff, utility, cycle, manager, own_folder):
    draft = Application.enter_on_paper(utility=utility, cycle=cycle, scan=upload("scan.pdf"), by=staff)
    browser = as_(staff)
    browser.post(address("discard", draft), {"why": " "})
    assert Application.objects.exists()
    browser.post(address("discard", draft), {"why": "The scan is another utility’s."})
    assert not Application.objects.exists()
    assert not StoredFile.objects.exists(), "nor is its scan kept"
    kept = DiscardedDraft.objects.get()
    assert (kept.utility, kept.cycle, kept.by, kept.why) == (utility, cycle, staff, "The scan is another utility’s.")
    assert "another utility’s" in browser.get(reverse("recognition:paper_enter", args=[utility.pk])).text
    with pytest.raises(IntegrityError, match="discarded_draft_has_a_reason"), transaction.atomic():
        DiscardedDraft.objects.update(why="")
    Application.start(utility=utility, cycle=cycle, by=manager)  # the utility can apply itself


def test_revoking_needs_the_official(at, staff, official, as_):
    application = at(Status.RECOGNIZED)
    form = {"why": "It was bought.", "confirmed": "1"}
    assert as_(staff).post(address("revoke", application), form).status_code == 403
    assert Recognition.objects.get().state == "valid"
    as_(official).post(address("revoke", application), form)
    assert Recognition.objects.get().state == "revoked"

"""A report's status moves only along its table, and only for the worker that holds the lease."""

import itertools
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from files.models import StoredFile
from reports.models import ERROR_TOO_MANY_ATTEMPTS, LEASE, MAX_ATTEMPTS, Report
from tests.reports import slow_kind
from workflow.models import WrongState

ALLOWED = {
    ("requested", "running"),
    ("running", "done"),
    ("running", "failed"),
    ("running", "requested"),
    ("running", "gathering"),
    ("gathering", "requested"),
    ("done", "requested"),
    ("done", "failed"),
    ("failed", "requested"),
}


def in_status(report: Report, status: str, done) -> Report:
    if status == "done":
        return done(report)
    if status != "requested":
        report.start()
    if status == "failed":
        report.fail("It broke.")
    if status == "gathering":
        report.gather()
    return report


def changes_for(report: Report, status: str) -> dict:
    """What else a row of this status must hold."""
    file = StoredFile.keep_made("A.pdf", "application/pdf", b"%PDF-", by=None) if status == "done" else None
    return {"file": file, "leased_until": timezone.now() + LEASE if status == "running" else None}


@pytest.mark.parametrize(("start", "to"), list(itertools.product(Report.Status.values, repeat=2)))
def test_every_pair_of_statuses(report, done, start, to):
    in_status(report, start, done)
    events = report.events.count()
    if (start, to) in ALLOWED:
        report._move(to, **changes_for(report, to))
    else:
        with pytest.raises(WrongState):
            report._move(to, **changes_for(report, to))
    report.refresh_from_db()
    moved = (start, to) in ALLOWED
    assert report.status == (to if moved else start)
    assert report.events.count() == events + moved
    if moved:
        last = report.events.last()
        assert (last.from_status, last.to_status) == (start, to)


def test_only_one_of_two_workers_takes_a_report_up(report):
    other = Report.objects.get(pk=report.pk)
    report.start()
    with pytest.raises(WrongState):
        other.start()
    report.refresh_from_db()
    assert report.attempts == 1


def test_a_heartbeat_renews_the_lease_and_tells_more(report, silent):
    report.start()
    silent(report)
    assert report.heartbeat(40, "Laying out pages")
    report.refresh_from_db()
    assert (report.progress, report.doing) == (40, "Laying out pages")
    assert report.leased_until > timezone.now() + LEASE / 2


@pytest.mark.parametrize("late", ["heartbeat", "finish", "fail"])
def test_a_worker_that_lost_its_lease_can_do_nothing_more(report, silent, late):
    report.start()
    silent(report)
    Report.objects.abandoned().requeue()
    second = Report.objects.get(pk=report.pk)
    second.start()
    if late == "heartbeat":
        assert report.heartbeat(99, "Nearly there") is False
    elif late == "finish":
        with pytest.raises(WrongState):
            report.finish(StoredFile.keep_made("A.pdf", "application/pdf", b"%PDF-", by=None))
    else:
        with pytest.raises(WrongState):
            report.fail("Mine broke.")
    second.refresh_from_db()
    assert (second.status, second.progress, second.file, second.error) == ("running", 0, None, "")


def test_a_silent_workers_report_goes_back_to_be_sent(report, silent):
    report.start()
    silent(report)
    Report.objects.abandoned().requeue()
    report.refresh_from_db()
    assert (report.status, report.queued_at, report.lease, report.progress) == ("requested", None, "", 0)
    assert report.events.last().why == "the worker fell silent"


def test_a_report_whose_worker_lives_is_not_given_back(report):
    report.start()
    Report.objects.abandoned().requeue()
    with pytest.raises(WrongState):
        report.requeue()
    report.refresh_from_db()
    assert report.status == "running"


def test_two_sweeps_at_once_give_it_back_once(report, silent):
    report.start()
    silent(report)
    first, second = Report.objects.abandoned(), Report.objects.abandoned()
    assert len(first) == len(second) == 1  # both have read the row
    first.requeue()
    second.requeue()
    assert report.events.filter(to_status="requested").count() == 1


def test_a_report_that_stops_its_worker_every_time_ends_failed(report, silent):
    for _ in range(MAX_ATTEMPTS):
        report.start()
        silent(report)
        Report.objects.abandoned().requeue()
        report.refresh_from_db()
    assert (report.status, report.error, report.attempts) == ("failed", ERROR_TOO_MANY_ATTEMPTS, MAX_ATTEMPTS)


def test_trying_again_counts_from_the_start_and_says_who(report, viewer):
    report.start()
    report.fail("It broke.")
    assert report.try_again(by=viewer) == report
    report.refresh_from_db()
    assert (report.status, report.attempts, report.error, report.finished_at) == ("requested", 0, "", None)
    assert report.events.last().by == viewer


def test_trying_again_leads_to_a_newer_request_for_the_same(report, utility, viewer):
    report.start()
    report.fail("It broke.")
    newer = Report.request(slow_kind.NAME, utility, viewer)
    assert newer != report
    assert report.try_again(by=viewer) == newer
    report.refresh_from_db()
    assert report.status == "failed"


def test_what_was_never_sent_or_lost_is_sent_again(report):
    assert not Report.objects.unsent().exists()
    Report.objects.update(queued_at=timezone.now() - timedelta(hours=1))
    assert report in Report.objects.unsent()
    Report.objects.update(queued_at=None)
    assert report in Report.objects.unsent()


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("report_progress_percent", {"progress": 101}),
        ("report_file_when_done", {"status": "done"}),
        ("report_leased_while_running", {"status": "running"}),
        ("report_leased_while_running", {"leased_until": "2026-01-01T00:00Z"}),
    ],
)
def test_the_database_refuses(report, constraint, broken):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(**broken)


def test_the_database_refuses_a_file_before_the_report_is_done(report):
    file = StoredFile.keep_made("A.pdf", "application/pdf", b"%PDF-", by=None)
    with pytest.raises(IntegrityError, match="report_file_when_done"), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(file=file)


def test_the_database_refuses_a_second_unfinished_one(report):
    with pytest.raises(IntegrityError, match="report_once_while_unfinished"), transaction.atomic():
        Report.objects.create(
            kind=report.kind, object_id=report.object_id, requested_by=report.requested_by, title="Again"
        )

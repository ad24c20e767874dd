"""Reports go after 90 days, and only then."""

from datetime import timedelta

from django.utils import timezone

from files.models import StoredFile
from reports import tasks
from reports.models import Report


def finished_days_ago(report: Report, days: int) -> None:
    Report.objects.filter(pk=report.pk).update(finished_at=timezone.now() - timedelta(days=days))


def test_an_old_report_goes_with_its_file(report, done, settings, django_capture_on_commit_callbacks):
    finished_days_ago(done(report), 91)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.delete_expired()
    assert not Report.objects.exists()
    assert not StoredFile.objects.exists()
    assert not [path for path in (settings.LOCAL_DIR / "files").rglob("*") if path.is_file()]


def test_one_of_89_days_stays(report, done):
    finished_days_ago(done(report), 89)
    tasks.delete_expired()
    assert Report.objects.get().file == StoredFile.objects.get()


def test_the_time_is_a_setting(report, done, settings):
    settings.REPORT_RETENTION_DAYS = 7
    finished_days_ago(done(report), 8)
    tasks.delete_expired()
    assert not Report.objects.exists()


def test_a_failed_one_goes_too_and_an_unfinished_one_is_still_made(report):
    Report.objects.update(requested_at=timezone.now() - timedelta(days=400))
    tasks.delete_expired()
    report.refresh_from_db()
    report.start()
    report.fail("It broke.")
    finished_days_ago(report, 91)
    tasks.delete_expired()
    assert not Report.objects.exists()


def test_the_person_reads_until_when(report, done):
    assert report.kept_until is None
    done(report)
    assert report.kept_until == report.finished_at + timedelta(days=90)


def test_the_sweeper_gives_back_and_sends(report, silent, sent_tasks):
    report.start()
    silent(report)
    tasks.sweep()
    tasks.sweep()
    assert [(sent.task, sent.args) for sent in sent_tasks] == [("reports.tasks.make", (report.pk,))]
    report.refresh_from_db()
    assert report.status == "requested"
    assert report.queued_at is not None

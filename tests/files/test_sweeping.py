"""A kept file that no row points to any more goes, row and bytes, after a day."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection, models
from django.db.models.signals import pre_delete
from django.utils import timezone

from accounts.models import User
from assessments.models import Evidence, Finding
from config.celery import app
from files import tasks
from files.models import StoredFile
from reports.models import Report
from tests.factories import GapAnalysisFactory, UserFactory


@pytest.fixture
def old(db, own_folder):
    """``old()``: a file of two days ago that nothing points to."""

    def keep(**changes) -> StoredFile:
        file = StoredFile.keep_made("a.pdf", "application/pdf", b"%PDF-1.7", by=None)
        StoredFile.objects.filter(pk=file.pk).update(**{"kept_at": timezone.now() - timedelta(days=2)} | changes)
        return file

    return keep


@pytest.fixture
def sweep(django_capture_on_commit_callbacks):
    def run() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            tasks.delete_unused()

    return run


@pytest.fixture
def finding(catalog) -> Finding:
    return GapAnalysisFactory().findings.first()


def made_report(by: User, file: StoredFile) -> Report:
    report = Report.objects.create(kind="gap-analysis", object_id=1, title="R", requested_by=by)
    report.start()
    report.finish(file)
    return report


def bytes_of(own_folder) -> list:
    return [path for path in own_folder.rglob("*") if path.is_file()]


def test_a_file_without_an_owner_goes_and_twice_is_no_fault(old, sweep, own_folder):
    old(), old()
    sweep()
    sweep()
    assert not StoredFile.objects.exists()
    assert bytes_of(own_folder) == []


def test_two_sweeps_at_once_meet_no_fault(old, sweep, own_folder, monkeypatch):
    """The other one was quicker with the row that this one has in hand."""
    rule = StoredFile.discard

    def after_the_other(self):
        StoredFile.objects.filter(pk=self.pk).delete()
        rule(self)

    old()
    monkeypatch.setattr(StoredFile, "discard", after_the_other)
    sweep()
    assert not StoredFile.objects.exists()
    assert bytes_of(own_folder) == []


def test_one_of_today_may_be_attached_in_a_moment(old, sweep, own_folder):
    old(kept_at=timezone.now() - timedelta(hours=23))
    sweep()
    assert StoredFile.objects.count() == len(bytes_of(own_folder)) == 1


def test_evidence_and_reports_keep_theirs(old, sweep, own_folder, finding):
    evidence = Evidence.objects.create(finding=finding, file=old())
    report = made_report(UserFactory(), old())
    old()
    sweep()
    assert set(StoredFile.objects.all()) == {evidence.file, report.file}
    assert len(bytes_of(own_folder)) == 2


def test_the_reports_of_a_deleted_person_leave_no_files(old, sweep, own_folder):
    person = UserFactory()
    made_report(person, old())
    person.delete()
    sweep()
    assert not StoredFile.objects.exists()
    assert bytes_of(own_folder) == []


def test_one_that_was_attached_after_the_look_stays(old, own_folder, finding, django_capture_on_commit_callbacks):
    file = old()
    seen = StoredFile.objects.unused()
    assert list(seen) == [file]
    Evidence.objects.create(finding=finding, file=file)
    with django_capture_on_commit_callbacks(execute=True):
        seen.discard()
    assert StoredFile.objects.get() == file
    assert len(bytes_of(own_folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_is_attached_while_it_is_deleted_stays_with_its_bytes(old, own_folder, finding):
    """Past Django's own look at what points to it, the foreign key decides when the deletion is committed."""

    def attach(**_) -> None:
        Evidence.objects.create(finding=finding, file=file)
        connection.close()

    def attach_elsewhere(**_) -> None:
        other = threading.Thread(target=attach)
        other.start()
        other.join()

    file, alone = old(), old()
    pre_delete.connect(attach_elsewhere, sender=StoredFile, dispatch_uid="attach")
    try:
        StoredFile.objects.unused().filter(pk=file.pk).discard()
    finally:
        pre_delete.disconnect(sender=StoredFile, dispatch_uid="attach")
    tasks.delete_unused()
    assert Evidence.objects.get().file == StoredFile.objects.get() == file != alone
    assert len(bytes_of(own_folder)) == 1


def test_whatever_points_to_a_file_protects_it():
    """Else a sweep that is overtaken could take a row's file, or the row itself, away."""
    fields = StoredFile._meta.get_fields(include_hidden=True)
    pointing = [field for field in fields if field.auto_created and field.is_relation]
    assert {relation.related_model for relation in pointing} >= {Evidence, Report}
    assert {relation.on_delete for relation in pointing} == {models.PROTECT}


def test_every_task_of_the_schedule_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()} <= app.tasks.keys()
    assert "files.tasks.delete_unused" in {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()}


def test_looking_is_one_query_however_many(old, django_assert_num_queries):
    old(), old(), old()
    with django_assert_num_queries(1):
        assert len(StoredFile.objects.unused()) == 3

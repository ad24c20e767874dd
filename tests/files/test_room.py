"""Where there is no room: the disk, the bucket, the database, or what one utility may keep."""

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone
from psycopg2.errors import DiskFull

from files import tasks
from files.models import RefusedFile, StoredFile
from files.uploads import is_full
from ims.models import Action, Record, RecordAttachment
from recognition.models import Application, ComplianceCheck
from tests.uploads import PDF, upload

NO_ROOM = "no room for files at the moment"
MB = 1024 * 1024


@pytest.fixture
def action(utility, manager) -> Action:
    made = Action.open_in(utility, by=manager, title="Clean the sewers of Oak Street")
    return Action.objects.visible_to(manager).get(pk=made.pk)


@pytest.fixture
def add(as_, manager, action):
    """``add(file)``: the answer to a file that the manager adds to the action."""
    address = reverse("ims:add_file", args=[action.utility_id, "actions", action.number])
    return lambda file: as_(manager).post(address, {"file": file})


def files_in(folder) -> list:
    return [path for path in folder.rglob("*") if path.is_file()]


class AlmostFull(FileSystemStorage):
    """Has room for the first bytes of a file only."""

    def _save(self, name, content):
        with open(self._ensured(name), "wb") as file:
            file.write(content.read(5))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _ensured(self, name) -> str:
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path


@pytest.fixture
def almost_full(settings, own_folder):
    options = {"BACKEND": "tests.files.test_room.AlmostFull", "OPTIONS": {"location": own_folder}}
    settings.STORAGES = settings.STORAGES | {"default": options}


@pytest.mark.django_db
def test_a_full_disk_is_said_and_nothing_half_stays(almost_full, own_folder, add, action):
    answer = add(upload())
    assert answer.status_code == 422
    assert NO_ROOM in answer.text
    assert not StoredFile.objects.exists()
    assert not RecordAttachment.objects.exists()
    assert not action.history.filter(after__has_key="links_and_files").exists()
    assert files_in(own_folder) == []


@pytest.mark.django_db
def test_what_else_was_typed_stays_in_the_form(almost_full, as_, compliance, at):
    application = at(Application.Status.COMPLIANCE)
    typed = {"source": "A letter of May 4", "checked_on": "2026-05-04", "result": "clear", "note": "They were kind."}
    sent = {"kind": "criminal"} | {f"criminal-{name}": value for name, value in typed.items()}
    sent["criminal-attachment"] = upload()
    answer = as_(compliance).post(reverse("recognition:compliance_record", args=[application.pk]), sent)
    assert answer.status_code == 422
    for words in (NO_ROOM, "A letter of May 4", "They were kind."):
        assert words in answer.text
    assert not ComplianceCheck.objects.exists()


@pytest.mark.django_db
def test_a_disk_that_is_full_while_the_upload_comes_in(add, monkeypatch, settings, own_folder):
    """Larger uploads are received into a temporary file."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10

    def write(self, data, start):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryFileUploadHandler.receive_data_chunk", write)
    answer = add(upload())
    assert answer.status_code == 422
    assert NO_ROOM in answer.text
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_file_was_stored_takes_the_file_with_it(own_folder, add, action, monkeypatch):
    full = OperationalError("could not extend file")
    full.__cause__ = DiskFull()
    monkeypatch.setattr(Record, "_attached", lambda *_: (_ for _ in ()).throw(full))
    assert not is_full(OperationalError("the server closed the connection"))
    assert add(upload()).status_code == 422
    monkeypatch.setattr(Record, "_attached", lambda *_: (_ for _ in ()).throw(KeyError("a fault")))
    with pytest.raises(KeyError):
        add(upload())
    assert files_in(own_folder) == []
    assert not StoredFile.objects.exists()


class FromBucket(Exception):
    """As botocore's ClientError tells what S3 said."""

    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code}}


def test_a_full_bucket_is_known():
    assert is_full(FromBucket("QuotaExceeded"))
    assert not is_full(FromBucket("AccessDenied"))


@pytest.mark.django_db
def test_contents_without_a_row_go_after_a_day(own_folder, manager):
    kept = own_folder / StoredFile.keep(upload(), by=manager).content.name
    lost, recent = kept.with_name("lost"), kept.with_name("recent")
    for path in (lost, recent):
        path.write_bytes(PDF)
    two_days_ago = time.time() - timedelta(days=2).total_seconds()
    for path in (kept, lost):
        os.utime(path, (two_days_ago, two_days_ago))
    tasks.delete_unused()
    assert sorted(files_in(own_folder)) == sorted([kept, recent])
    assert kept.parent.relative_to(own_folder).as_posix() == f"{timezone.now():%Y/%m}"


# --- What one utility may keep -------------------------------------------------------------------


def large(size: int) -> SimpleUploadedFile:
    return upload(content=PDF + bytes(size - len(PDF)))


@pytest.mark.django_db
def test_more_than_a_utility_may_keep_is_refused_in_words(settings, own_folder, add, action, as_, manager):
    assert settings.UTILITY_MAX_BYTES == 2000 * MB
    settings.UTILITY_MAX_BYTES = 2 * MB
    assert add(large(MB + 1)).status_code == 302
    answer = add(large(MB))
    assert answer.status_code == 422
    assert "Riverbend Water and Sewer may keep 2 MB of files here, and 2 MB are used" in answer.text
    assert add(large(MB - 1)).status_code == 302, "to the last byte"
    assert len(files_in(own_folder)) == 2
    page = as_(manager).get(reverse("accounts:utility", args=[action.utility_id])).text
    assert "<dt>Files</dt><dd>2 MB of 2 MB used</dd>" in page
    RecordAttachment.objects.visible_to(manager).first().discard(by=manager)
    assert add(large(MB)).status_code == 302, "there is room again"


@pytest.mark.django_db
def test_files_of_others_and_of_the_program_do_not_count(settings, own_folder, manager, utility, stranger):
    settings.UTILITY_MAX_BYTES = len(PDF)
    StoredFile.keep(upload(), by=stranger, utility=stranger.memberships.get().utility)
    StoredFile.keep_made("report.pdf", "application/pdf", PDF, by=manager)
    StoredFile.keep(upload(), by=manager, utility=utility)
    with pytest.raises(RefusedFile, match="There is no room for it"):
        StoredFile.keep(upload(), by=manager, utility=utility)


@pytest.mark.django_db(transaction=True)
def test_uploads_at_one_moment_do_not_go_past_it(settings, own_folder, manager, utility):
    settings.UTILITY_MAX_BYTES = 2 * len(PDF)
    start = Barrier(6)

    def one() -> bool:
        try:
            start.wait(timeout=20)
            StoredFile.keep(upload(), by=manager, utility=utility)
        except RefusedFile:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: one(), range(6)))
    assert sorted(outcomes) == [False] * 4 + [True] * 2
    assert len(files_in(own_folder)) == StoredFile.objects.count() == 2

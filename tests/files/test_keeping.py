"""A kept file: its name, its bytes, how it is served, how it goes."""

import contextlib
import hashlib

import pytest
from django.db import transaction

from files.models import RefusedFile, StoredFile
from tests.uploads import EXE, PDF, PNG, upload

pytestmark = pytest.mark.django_db


def keep(name: str = "policy.pdf", content: bytes = PDF, by=None) -> StoredFile:
    return StoredFile.keep(upload(name, content), by=by)


def stored_bytes(file: StoredFile) -> bytes:
    with file.content.open("rb") as content:
        return content.read()


def test_a_kept_file_is_described_from_its_bytes(manager):
    file = keep(by=manager)
    assert (file.name, file.content_type, file.size, file.kept_by) == (
        "policy.pdf",
        "application/pdf",
        len(PDF),
        manager,
    )
    assert file.sha256 == hashlib.sha256(PDF).hexdigest()
    assert stored_bytes(file) == PDF
    assert str(file) == "policy.pdf"


def test_a_refused_file_leaves_nothing_behind(own_folder):
    with pytest.raises(RefusedFile):
        keep("policy.pdf", EXE)
    assert not StoredFile.objects.exists()
    assert not [path for path in own_folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "sent", ["../../etc/policy.pdf", "/etc/policy.pdf", "C:\\papers\\policy.pdf", "..\\policy.pdf"]
)
def test_a_name_loses_its_folders(sent):
    file = upload("x.pdf", PDF)
    file._name = sent  # past Django's own stripping
    assert StoredFile.keep(file, by=None).name == "policy.pdf"


def test_a_very_long_name_is_cut():
    file = upload("x.pdf", PDF)
    file._name = "p" * 300 + ".pdf"
    assert StoredFile.keep(file, by=None).name == "p" * 255


def test_nothing_that_a_person_typed_is_part_of_the_path(own_folder):
    first, second = keep(), keep()
    assert first.content.name != second.content.name
    assert "policy" not in first.content.name
    assert own_folder in (own_folder / first.content.name).resolve().parents


def test_what_this_program_made_is_kept_as_it_says(settings, manager):
    settings.FILE_MAX_BYTES = 3
    file = StoredFile.keep_made("Gap analysis.pdf", "application/pdf", PDF, by=manager)
    assert (file.size, stored_bytes(file), file.content_type) == (len(PDF), PDF, "application/pdf")


@pytest.mark.parametrize(("inline", "disposition"), [(False, "attachment"), (True, "inline")])
def test_no_browser_runs_what_it_is_sent(inline, disposition):
    answer = keep("plant.png", PNG).response(inline=inline)
    assert b"".join(answer.streaming_content) == PNG
    answer.file_to_stream.close()
    assert answer["Content-Disposition"] == f'{disposition}; filename="plant.png"'
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_name_cannot_add_a_header():
    file = keep()
    file.name = 'a"\r\nX-Evil: 1.pdf'
    answer = file.response()
    answer.file_to_stream.close()
    assert "X-Evil" not in answer
    assert "\n" not in answer["Content-Disposition"]


def test_discarding_deletes_row_and_bytes(own_folder, django_capture_on_commit_callbacks):
    file = keep()
    path = own_folder / file.content.name
    with django_capture_on_commit_callbacks(execute=True):
        file.discard()
        assert path.exists(), "not before the row is gone for good"
    assert not path.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_discarding_that_is_taken_back_keeps_the_bytes(own_folder):
    file = keep()
    path = own_folder / file.content.name

    class ChangedMind(Exception):
        """What undoes the transaction."""

    with contextlib.suppress(ChangedMind), transaction.atomic():
        file.discard()
        raise ChangedMind
    assert path.exists()
    assert StoredFile.objects.count() == 1

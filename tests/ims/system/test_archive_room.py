"""An archive that comes back counts among the files that its utility may keep."""

import errno

import pytest
from django.core.files.storage import FileSystemStorage

from files.models import StoredFile
from ims.models import ArchiveImport, Record
from ims.system.archive.opening import Refused
from ims.tasks import take_in as worker
from tests.ims.system.archive_parts import keep

pytestmark = pytest.mark.django_db


def test_an_archive_that_is_too_large_for_the_utility_is_refused(content, empty, manager, settings):
    settings.UTILITY_MAX_BYTES = len(content) - 1
    with pytest.raises(Refused, match="There is no room for it"):
        keep(empty, content, manager)
    assert not StoredFile.objects.filter(utility=empty).exists()


def test_its_files_count_and_the_zip_no_longer_does(content, empty, manager, settings):
    settings.UTILITY_MAX_BYTES = len(content)
    kept = keep(empty, content, manager)
    assert StoredFile.objects.used_by(empty) == len(content)
    kept.confirm(by=manager)
    worker(kept.pk)
    assert ArchiveImport.objects.get(pk=kept.pk).error == ""
    assert StoredFile.objects.used_by(empty) == len(b"Twice a year.")


@pytest.mark.parametrize("what", ["no longer room", "a full disk"])
def test_what_has_no_room_while_it_comes_in_leaves_nothing(
    content, empty, manager, settings, monkeypatch, own_folder, what
):
    kept = keep(empty, content, manager)
    kept.confirm(by=manager)
    before = {path for path in own_folder.rglob("*") if path.is_file()}
    if what == "a full disk":
        save = FileSystemStorage._save

        def half(self, name, file):
            save(self, name, file)
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(FileSystemStorage, "_save", half)
    else:
        settings.UTILITY_MAX_BYTES = 3
    worker(kept.pk)
    assert "no room" in ArchiveImport.objects.get(pk=kept.pk).error
    assert not Record.objects.filter(utility=empty).exists()
    assert {path for path in own_folder.rglob("*") if path.is_file()} <= before

"""An archive that comes back: uploaded, shown, confirmed, and imported by a worker."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from files.models import RefusedFile, StoredFile, require_room, storing
from ims.system.archive.checking import Checked, checked
from ims.system.archive.opening import Refused, opened
from ims.system.archive.tables import is_empty, tables
from ims.system.archive.unpacking import NOT_EMPTY, People, unpack
from reports.models import PRIORITY, ZIP
from workflow import queue
from workflow.models import WrongState

logger = logging.getLogger(__name__)

MAX_SECONDS = 3000
KEPT = timedelta(days=7)  # without being confirmed
MAX_NAMES = 12  # that the page shows
UNDER_WAY = "An archive is being imported already."
ERROR_INTERNAL = (
    "Something went wrong. Nothing was imported. People who run this site find the details in its log, import {}."
)
NO_LONGER = "The person who asked for it is no longer a manager. Nothing was imported."
TOO_LONG = "It took too long and was stopped. Nothing was imported."


class ArchiveImportQuerySet(OfUtilityQuerySet["ArchiveImport"]):
    def visible_to(self, user: User) -> Self:
        """Only managers see what is brought back, since it may have closed registers."""
        return super().visible_to(user).filter(my_role=Role.MANAGER).select_related("utility", "by")

    def forgotten(self) -> Self:
        """Returns those that nobody confirmed for so long that nobody will."""
        return self.filter(confirmed_at=None, at__lt=timezone.now() - KEPT)

    def discard(self) -> None:
        for each in self:
            each._discard()

    def waiting(self) -> Self:
        """Returns those that are confirmed and not finished."""
        return self.filter(confirmed_at__isnull=False, finished_at=None)


class ArchiveImport(OfUtility, models.Model):
    """``told`` says what is in the archive, as the page shows it. ``error`` is empty if everything was imported."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+", editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    name = models.CharField(max_length=255)
    file = models.OneToOneField(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    told = models.JSONField(default=dict, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)

    objects = ArchiveImportQuerySet.as_manager()
    utility_id: int

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["utility"], condition=Q(finished_at=None), name="archive_import_one"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(confirmed_at__isnull=False), name="archive_import_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None, file__isnull=False) | Q(finished_at__isnull=False, file=None),
                name="archive_import_file_until_finished",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("ims:coming_back", args=[self.utility_id, self.pk])

    @property
    def state(self) -> str:
        if self.finished_at:
            return "failed" if self.error else "done"
        return "waiting" if self.confirmed_at else "shown"

    @classmethod
    def keep(cls, utility: Utility, upload: UploadedFile, *, by: User) -> "ArchiveImport":
        """Checks and keeps an upload; one that nobody confirmed makes way. Raises Refused."""
        if not is_empty(utility):
            raise Refused(NOT_EMPTY)
        with opened(upload) as (archive, data):
            shown = summary(checked(archive, data), data, People.of(utility, by))
        upload.seek(0)
        try:
            return cls._kept(utility, upload, shown, by)
        except RefusedFile as error:
            raise Refused(str(error)) from error

    @classmethod
    @storing()
    def _kept(cls, utility: Utility, upload: UploadedFile, shown: dict[str, Any], by: User) -> "ArchiveImport":
        """Raises Refused; RefusedFile if there is no room for the ZIP, or for the files in it."""
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            path = Path(folder) / "archive.zip"
            with path.open("wb") as target:
                target.writelines(upload.chunks())
            Utility.objects.select_for_update(no_key=True).get(pk=utility.pk)
            for former in cls.objects.select_for_update().filter(utility=utility, finished_at=None):
                if former.confirmed_at:
                    raise Refused(UNDER_WAY)
                former._discard()
            require_room(utility, shown["bytes"])
            name = str(upload.name or "archive.zip")[:255]
            file = StoredFile.keep_made_file(name, ZIP, path, by=by, utility=utility)
            return cls.objects.create(utility=utility, by=by, name=name, file=file, told=shown)

    @transaction.atomic
    def confirm(self, *, by: User) -> None:
        """Sends it to a worker; also again, if the queue was away. Raises NotAllowed, WrongState if one has it."""
        row = self._unless_a_worker_has_it()
        row.confirmed_at, row.by = timezone.now(), by
        row.save(update_fields=["confirmed_at", "by"])
        transaction.on_commit(lambda: queue.send("ims.tasks.take_in", self.pk, priority=PRIORITY))

    @transaction.atomic
    def discard(self) -> None:
        """Removes it with its file. Raises NotAllowed; WrongState if a worker has it."""
        self._unless_a_worker_has_it()._discard()

    def _unless_a_worker_has_it(self) -> "ArchiveImport":
        self.require_manager()
        rows = ArchiveImport.objects.select_for_update(of=("self",), skip_locked=True)
        row = rows.filter(pk=self.pk, finished_at=None).first()
        if row is None:
            raise WrongState("It is being imported, or that is finished already.")
        return row

    @transaction.atomic
    def _discard(self) -> None:
        file = self.file
        self.delete()
        if file:
            file.discard()

    @classmethod
    def carry_out(cls, pk: int) -> None:
        """Takes it in, if it waits and no other worker does.

        Its row is locked meanwhile; a worker that dies lets go of it, and nothing has changed.
        """
        error = ""
        try:
            with transaction.atomic():
                waiting = cls.objects.select_for_update(of=("self",), skip_locked=True).waiting()
                found = waiting.select_related("utility", "by", "file").filter(pk=pk).first()
                if found is None:
                    return
                found._take_in()
                found._finish("")
        except Refused as refused:
            error = str(refused)
        except SoftTimeLimitExceeded:
            logger.exception("archive import %s took too long", pk)
            error = TOO_LONG
        except Exception:
            logger.exception("archive import %s broke", pk)
            error = ERROR_INTERNAL.format(pk)
        if error:
            with transaction.atomic():
                for row in cls.objects.select_for_update().filter(pk=pk, finished_at=None):
                    row._finish(error)

    def _take_in(self) -> None:
        is_manager = self.by and Utility.objects.managed_by(self.by).filter(pk=self.utility_id).exists()
        if self.file is None or self.by is None or not is_manager:
            raise Refused(NO_LONGER)
        # The ZIP goes once its files are there, so the utility needs no room for both.
        StoredFile.objects.filter(pk=self.file.pk).update(utility=None)
        with self.file.content.open("rb") as source, opened(source) as (archive, data):
            unpack(self.utility, checked(archive, data), archive, by=self.by)

    def _finish(self, error: str) -> None:
        file, self.file = self.file, None
        self.error, self.finished_at = error, timezone.now()
        self.save(update_fields=["file", "error", "finished_at"])
        if file:
            file.discard()


def _day(moment: Any) -> str:
    """Returns the day on which an archive says that it was made, in words; empty if it says nothing like it."""
    try:
        return f"{datetime.fromisoformat(moment):%B %-d, %Y}"
    except (TypeError, ValueError):
        return ""


def summary(found: Checked, data: Mapping[str, Any], people: People) -> dict[str, Any]:
    """Returns what the page says before anything comes in."""
    accounts = [found.accounts[row["user"] - 1] for row in found.rows["ims.person"] if row.get("user")]
    strangers = [author.name or author.email for author in accounts if people.member(author) is None]
    readers = [found.accounts[row["user"] - 1] for row in found.rows["ims.closedregister_readers"]]
    counted = [(table.name, len(found.rows[table.label]), table.is_register) for table in tables().values()]
    return {
        "utility": str(data.get("utility", ""))[:200],
        "made_at": _day(data.get("made_at")),
        "registers": sorted([name, n] for name, n, is_register in counted if is_register and n),
        "others": sorted([name, n] for name, n, is_register in counted if not is_register and n),
        "records": sum(n for _, n, is_register in counted if is_register),
        "files": len(found.files),
        "bytes": sum(each["size"] for each in found.files),
        "members": len(accounts) - len(strangers),
        "strangers": strangers[:MAX_NAMES],
        "more_strangers": max(len(strangers) - MAX_NAMES, 0),
        "readers": sum(people.member(author) is None for author in readers),
        "dropped": found.dropped,
    }

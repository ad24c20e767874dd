"""Stored files: rows with names, types and contents, and which uploads they take."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any, Self

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, models, transaction
from django.http import FileResponse
from django.utils import timezone

from accounts.models import User, Utility
from files.checks import ALLOWED, is_locked, looks_like
from files.uploads import full, is_full


class RefusedFile(Exception):
    """The upload was not stored. The message tells its sender why and what to do."""


MB = 1024 * 1024

ACCEPT = ",".join(ALLOWED)  # for the accept attribute of file inputs
KEPT = "PDF, Office document, image, email, text or CSV, up to 10 MB."  # for the help text of file inputs


def checked(upload: UploadedFile) -> str:
    """Returns the content type of ``upload``, which its extension and its bytes must agree on.

    Raises RefusedFile if its size, extension or content is not allowed.
    """
    ending = PurePath(upload.name or "").suffix.lower()
    if not upload.size:
        raise RefusedFile(f"“{upload.name}” is empty. Choose the file again.")
    if upload.size > settings.FILE_MAX_BYTES:
        limit = settings.FILE_MAX_BYTES // (1024 * 1024)
        raise RefusedFile(f"“{upload.name}” is larger than {limit} MB. Make it smaller or add a link instead.")
    if ending not in ALLOWED:
        raise RefusedFile(
            f"“{upload.name}” is not an accepted file type. Save or print it as a PDF, or use an Office document, "
            "image, email (.msg or .eml), text or CSV file."
        )
    if is_locked(upload, ending):
        raise RefusedFile(f"“{upload.name}” is protected by a password. Save it without one and choose it again.")
    if not looks_like(upload, ending):
        raise RefusedFile(f"“{upload.name}” does not match its file extension. Save it again as {ending[1:].upper()}.")
    return ALLOWED[ending][0]


def random_path(instance: "StoredFile", filename: str) -> str:
    """Returns a path that nobody can guess and that contains nothing a person typed."""
    return f"{timezone.now():%Y/%m}/{secrets.token_urlsafe(24)}"


# A file is stored first and then attached to its row. No request or task takes this long in between.
ATTACHED_WITHIN = timedelta(days=1)

_stored: ContextVar[list[str] | None] = ContextVar("stored", default=None)


@contextmanager
def storing() -> Iterator[None]:
    """A transaction that stores files: if it fails, their contents go too. Raises RefusedFile if there is no room."""
    outer, mine = _stored.get(), []  # type: ignore[var-annotated]
    token = _stored.set(mine)
    try:
        with transaction.atomic():
            yield
    except BaseException as error:
        for name in mine:
            with suppress(Exception):  # an unreachable storage; ``delete_without_row`` finds it later
                default_storage.delete(name)
        if is_full(error):
            raise RefusedFile(full()) from error
        raise
    else:
        if outer is not None:  # which may still fail
            outer += mine
    finally:
        _stored.reset(token)


def require_room(utility: Utility, size: int) -> None:
    """Raises RefusedFile if ``size`` more bytes are too many for the utility.

    Others who store something of this utility wait until the transaction ends, so that they count it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('room for files'), %s)", [utility.pk])
    used = StoredFile.objects.used_by(utility)
    if used + size > settings.UTILITY_MAX_BYTES:
        raise RefusedFile(
            f"There is no room for it: {utility} may keep {settings.UTILITY_MAX_BYTES // MB:,} MB of files here, and"
            f" {in_megabytes(used)} are used. Remove files that nobody needs, or add a link instead."
        )


def in_megabytes(size: int) -> str:
    """Returns the size in whole megabytes, as what is used of them."""
    return f"{-(-size // MB):,} MB"


def delete_without_row() -> None:
    """Deletes contents that no row knows of: their transaction failed, and so did deleting them then."""
    today = timezone.now()
    for month in (today, today - timedelta(days=31)):
        folder = f"{month:%Y/%m}"
        with suppress(FileNotFoundError):
            names = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
            known = set(StoredFile.objects.filter(content__startswith=folder).values_list("content", flat=True))
            for name in set(names) - known:
                if default_storage.get_modified_time(name) < today - ATTACHED_WITHIN:
                    default_storage.delete(name)


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def used_by(self, utility: Utility) -> int:
        """Returns how many bytes the utility's files have."""
        return int(self.filter(utility=utility).aggregate(sum=models.Sum("size"))["sum"] or 0)

    def unused(self) -> Self:
        """Returns files that no row refers to: their row was deleted with a person, or never saved after a crash."""
        found = self.filter(kept_at__lt=timezone.now() - ATTACHED_WITHIN)
        for relation in StoredFile._meta.get_fields(include_hidden=True):  # hidden: related_name="+"
            if isinstance(relation, models.ManyToOneRel):
                owners = relation.related_model._base_manager.filter(**{relation.field.name: models.OuterRef("pk")})
                found = found.exclude(models.Exists(owners))
        return found

    def discard(self) -> None:
        """Deletes rows and contents. Keeps a file that a row refers to by now, which the database checks at commit."""
        for file in self:
            with suppress(models.ProtectedError, IntegrityError), transaction.atomic():
                file.discard()


class StoredFile(models.Model):
    name = models.CharField(max_length=255, help_text="original file name")
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    content = models.FileField(upload_to=random_path, max_length=200)
    kept_at = models.DateTimeField(default=timezone.now, editable=False)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    utility = models.ForeignKey(
        Utility,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="whose share of the space it takes; empty for reports, which expire, and for files of staff",
    )

    objects = StoredFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    @storing()
    def _keep(cls, content: File, *, utility: Utility | None, **known: Any) -> "StoredFile":
        """Stores the content, then the row. Raises RefusedFile if there is no room."""
        if utility:
            require_room(utility, known["size"])
        row = cls(utility=utility, **known)
        name = random_path(row, row.name)
        stored = _stored.get()
        assert stored is not None  # noqa: S101  # storing() sets it
        stored.append(name)  # before it is written: a full disk keeps a part of it
        row.content = default_storage.save(name, content, max_length=200)
        row.save()
        return row

    @classmethod
    def keep(cls, upload: UploadedFile, *, by: User, utility: Utility | None = None) -> "StoredFile":
        """Checks and stores an upload. Raises RefusedFile."""
        content_type = checked(upload)
        digest = hashlib.sha256()
        for chunk in upload.chunks():
            digest.update(chunk)
        upload.seek(0)
        name = PurePath((upload.name or "file").replace("\\", "/")).name[:255]
        return cls._keep(
            upload,
            utility=utility,
            name=name,
            content_type=content_type,
            size=upload.size or 0,
            sha256=digest.hexdigest(),
            kept_by=by,
        )

    @classmethod
    def keep_made(
        cls, name: str, content_type: str, data: bytes, *, by: User, utility: Utility | None = None
    ) -> "StoredFile":
        """Stores a file that this program made, such as a report: its type is known, and no upload limit applies."""
        return cls._keep(
            ContentFile(data, name=name),
            utility=utility,
            name=name[:255],
            content_type=content_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            kept_by=by,
        )

    @classmethod
    def keep_made_file(
        cls, name: str, content_type: str, path: Path, *, by: User, utility: Utility | None = None
    ) -> "StoredFile":
        """Like ``keep_made``, for a file on disk. Reads it in chunks, so that it need not fit in memory."""
        with path.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
            data.seek(0)
            return cls._keep(
                File(data, name=name),
                utility=utility,
                name=name[:255],
                content_type=content_type,
                size=path.stat().st_size,
                sha256=digest,
                kept_by=by,
            )

    def discard(self) -> None:
        """Deletes the row now and its content after the commit."""
        storage, name = self.content.storage, str(self.content.name)
        self.delete()
        transaction.on_commit(lambda: storage.delete(name), robust=True)

    def response(self, *, inline: bool = False) -> FileResponse:
        """Returns a response whose headers keep browsers from running the file or showing it as a page of this site."""
        response = FileResponse(
            self.content.open("rb"), as_attachment=not inline, filename=self.name, content_type=self.content_type
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response

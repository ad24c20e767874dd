"""Stored files: rows with names, types and contents, and which uploads they take."""

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Self

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.http import FileResponse
from django.utils import timezone

from accounts.models import User
from files.checks import ALLOWED, is_locked, looks_like


class RefusedFile(Exception):
    """The upload was not stored. The message tells its sender why and what to do."""


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


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
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

    objects = StoredFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def keep(cls, upload: UploadedFile, *, by: User) -> "StoredFile":
        """Checks and stores an upload. Raises RefusedFile."""
        content_type = checked(upload)
        digest = hashlib.sha256()
        for chunk in upload.chunks():
            digest.update(chunk)
        upload.seek(0)
        name = PurePath((upload.name or "file").replace("\\", "/")).name[:255]
        return cls.objects.create(
            name=name,
            content_type=content_type,
            size=upload.size or 0,
            sha256=digest.hexdigest(),
            content=upload,
            kept_by=by,
        )

    @classmethod
    def keep_made(cls, name: str, content_type: str, data: bytes, *, by: User) -> "StoredFile":
        """Stores a file that this program made, such as a report: its type is known, and no upload limit applies."""
        return cls.objects.create(
            name=name[:255],
            content_type=content_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            content=ContentFile(data, name=name),
            kept_by=by,
        )

    @classmethod
    def keep_made_file(cls, name: str, content_type: str, path: Path, *, by: User) -> "StoredFile":
        """Like ``keep_made``, for a file on disk. Reads it in chunks, so that it need not fit in memory."""
        with path.open("rb") as data:
            return cls.objects.create(
                name=name[:255],
                content_type=content_type,
                size=path.stat().st_size,
                sha256=hashlib.file_digest(data, "sha256").hexdigest(),
                content=File(data, name=name),
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

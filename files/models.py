"""Stored files: the checks that an upload must pass, and the rows with names, types and contents."""

import hashlib
import re
import secrets
import zipfile
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


class RefusedFile(Exception):
    """The upload was not stored. The message tells its sender why and what to do."""


_OLE = re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_JPEG = re.compile(rb"\xff\xd8\xff")
_OOXML, _ODF = "[Content_Types].xml", "mimetype"  # the member that makes a ZIP an office document
# Extension → (content type, pattern of its first bytes or required ZIP member; None is plain text)
ALLOWED: dict[str, tuple[str, re.Pattern[bytes] | str | None]] = {
    ".pdf": ("application/pdf", re.compile(rb"%PDF-")),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _OOXML),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _OOXML),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _OOXML),
    ".odt": ("application/vnd.oasis.opendocument.text", _ODF),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", _ODF),
    ".odp": ("application/vnd.oasis.opendocument.presentation", _ODF),
    ".doc": ("application/msword", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".ppt": ("application/vnd.ms-powerpoint", _OLE),
    ".png": ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ".jpg": ("image/jpeg", _JPEG),
    ".jpeg": ("image/jpeg", _JPEG),
    ".gif": ("image/gif", re.compile(rb"GIF8[79]a")),
    ".webp": ("image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ".txt": ("text/plain", None),
    ".csv": ("text/csv", None),
}
ACCEPT = ",".join(ALLOWED)  # for the accept attribute of file inputs
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<?php")


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
            f"“{upload.name}” is not an accepted file type. Use PDF, Office documents, images, text or CSV."
        )
    content_type, expected = ALLOWED[ending]
    if not _looks_like(upload, expected):
        raise RefusedFile(f"“{upload.name}” does not match its file extension. Save it again as {ending[1:].upper()}.")
    return content_type


def _looks_like(upload: UploadedFile, expected: re.Pattern[bytes] | str | None) -> bool:
    if isinstance(expected, str):
        return _has_part(upload, expected)
    upload.seek(0)
    start = upload.read(64 * 1024)
    upload.seek(0)
    if expected:
        return bool(expected.match(start))
    return b"\0" not in start and not start.lstrip().lower().startswith(_MARKUP)


def _has_part(upload: UploadedFile, part: str) -> bool:
    """Returns whether the ZIP has the member ``part``. Reads only its list of members and unpacks nothing."""
    try:
        with zipfile.ZipFile(upload) as archive:
            return part in archive.namelist()
    except zipfile.BadZipFile:
        return False
    finally:
        upload.seek(0)


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

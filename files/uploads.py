"""Receives uploads. One that the disk has no room for is refused by every form, which keeps what else was typed."""

import errno
import io
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from psycopg2.errors import DiskFull

FULL = (
    "The file was not stored, because this site has no room for files at the moment. Nothing else was lost. Try again"
    " later, or write to {contact}."
)
_CODES = {errno.ENOSPC, errno.EDQUOT}
# What S3 and the programs that serve like it say.
_BUCKET = {"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "EntityTooLargeForQuota"}


def full() -> str:
    return FULL.format(contact=settings.CONTACT_EMAIL)


def is_full(error: BaseException | None) -> bool:
    """Returns whether ``error``, or what led to it, says that a disk, a bucket or the database has no room left."""
    while error is not None:
        answer = getattr(error, "response", None)  # of botocore
        code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
        is_disk = isinstance(error, OSError) and error.errno in _CODES
        if is_disk or code in _BUCKET or isinstance(error, DiskFull):
            return True
        error = error.__cause__ or error.__context__
    return False


class NoRoom(UploadedFile):
    """An upload that could not be received. Whoever asks how large it is, as form fields do, gets a refusal."""

    @property
    def size(self) -> int:
        raise ValidationError(full(), code="full")

    @size.setter
    def size(self, value: int) -> None:
        """Its size is of no use."""


class Handler(TemporaryFileUploadHandler):
    """Writes an upload to a temporary file, and goes on without it where the disk is full."""

    is_lost = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.is_lost = False
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._lose(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.is_lost:
            try:
                super().receive_data_chunk(raw_data, start)
            except OSError as error:
                self._lose(error)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.is_lost:
            try:
                return super().file_complete(file_size)
            except OSError as error:
                self._lose(error)
        return NoRoom(io.BytesIO(), self.file_name, self.content_type)

    def _lose(self, error: OSError) -> None:
        if not is_full(error):
            raise error
        self.is_lost = True
        with suppress(AttributeError, OSError):  # there may be none
            self.file.close()

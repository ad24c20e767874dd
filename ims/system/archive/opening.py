"""Opens the ZIP that somebody brings, and refuses what is not a whole archive of Headworks. Changes nothing."""

import hashlib
import json
import lzma
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Any
from zipfile import BadZipFile, LargeZipFile, ZipFile

from django.conf import settings

from ims.system.archive.contents import FORMAT, VERSION
from ims.system.archive.paper import JSON, XLSX

MAX_ENTRIES = 100_000
NOT_OURS = "This is not an archive that Headworks made: choose the ZIP that you downloaded here."
CHANGED_BOOK = (
    "system.xlsx in this ZIP was changed. It is for reading only: changes in it would not come back. "
    "Choose the ZIP as it was downloaded, and make the changes here afterward."
)
NEWER = "This archive was made by a newer Headworks. Ask who runs this site to update it, then try again."
CODECS = (zlib.error, lzma.LZMAError, struct.error)  # what reading a broken ZIP may raise too
PARTS = ("accounts", "files", "tables")


class Refused(Exception):
    """The archive is not taken. The message says why; nothing was changed."""


@contextmanager
def opened(source: IO[bytes]) -> Iterator[tuple[ZipFile, dict[str, Any]]]:
    """Opens a ZIP: yields it and what its system.json says. Raises Refused."""
    with _refusing_damage():
        archive = ZipFile(source)
    with archive:
        _refuse_odd(archive)
        yield archive, _exact(archive)


def read(archive: ZipFile, name: str) -> bytes:
    """Returns the content of a part. Raises Refused if it is damaged."""
    with _refusing_damage():
        return archive.read(name)


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, LargeZipFile, EOFError, OSError, ValueError, NotImplementedError, *CODECS) as error:
        raise Refused("This ZIP is damaged or not whole. Download it again.") from error


def _refuse_odd(archive: ZipFile) -> None:
    """Refuses by the ZIP's own list, before anything is unpacked."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > settings.ARCHIVE_MAX_UNPACKED:
        raise Refused("This ZIP is too large when unpacked.")
    if len(names) != len({name.casefold() for name in names}):
        raise Refused("This ZIP has two files of one name.")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\x00" in name or ":" in name:
            raise Refused("This ZIP has a file whose name leads out of it.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("This ZIP is locked with a password.")
    if JSON not in names or XLSX not in names:
        raise Refused(NOT_OURS)
    if archive.getinfo(JSON).file_size > settings.ARCHIVE_MAX_EXACT:
        raise Refused("This archive has more records than this site can take in.")


def _exact(archive: ZipFile) -> dict[str, Any]:
    try:
        text = read(archive, JSON).decode()
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # also a number with too many digits
        raise Refused(NOT_OURS) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Refused(NOT_OURS)
    if data.get("version") != VERSION:
        raise Refused(NEWER)
    if "\\u0000" in text and has_nul(data):
        raise Refused("This archive has characters that no text has.")
    kinds = (list, list, dict)
    if not all(isinstance(data.get(part), kind) for part, kind in zip(PARTS, kinds, strict=True)):
        raise Refused(NOT_OURS)
    if hashlib.sha256(read(archive, XLSX)).hexdigest() != data.get("workbook"):
        raise Refused(CHANGED_BOOK)
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(has_nul(key) or has_nul(each) for key, each in value.items())
    return isinstance(value, list) and any(has_nul(each) for each in value)

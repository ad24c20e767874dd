"""Tells from a file's bytes whether it is what its extension says."""

import codecs
import re
import zipfile
from typing import IO

_OLE = re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_JPEG = re.compile(rb"\xff\xd8\xff")
_TIFF = re.compile(rb"II\*\0|MM\0\*")
# The header of a PDF may follow a byte order mark, blank lines, or lines of text from a scanner or printer.
_PDF = re.compile(rb"(?:\xef\xbb\xbf)?+(?!\s*#!)(?:[\t\x1b\x20-\x3b\x3d-\x7e\x80-\xff]*[\r\n]+)*[\t ]*%PDF-")
_PDF_WITHIN = 1024  # bytes, where readers look for it
_OOXML, _ODF = "[Content_Types].xml", "mimetype"  # the member that makes a ZIP an office document
# Extension → (content type, pattern of its first bytes or required ZIP member; None is plain text)
ALLOWED: dict[str, tuple[str, re.Pattern[bytes] | str | None]] = {
    ".pdf": ("application/pdf", _PDF),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _OOXML),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _OOXML),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _OOXML),
    ".odt": ("application/vnd.oasis.opendocument.text", _ODF),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", _ODF),
    ".odp": ("application/vnd.oasis.opendocument.presentation", _ODF),
    ".doc": ("application/msword", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".ppt": ("application/vnd.ms-powerpoint", _OLE),
    ".msg": ("application/vnd.ms-outlook", _OLE),
    ".eml": ("message/rfc822", re.compile(rb"(?:\xef\xbb\xbf)?(?:From .*\r?\n)?[A-Za-z][A-Za-z0-9-]*:[ \t\r\n]")),
    ".png": ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ".jpg": ("image/jpeg", _JPEG),
    ".jpeg": ("image/jpeg", _JPEG),
    ".tif": ("image/tiff", _TIFF),
    ".tiff": ("image/tiff", _TIFF),
    ".gif": ("image/gif", re.compile(rb"GIF8[79]a")),
    ".webp": ("image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ".txt": ("text/plain", None),
    ".csv": ("text/csv", None),
}
_START = 64 * 1024  # bytes
_MARKUP = ("<!doctype", "<html", "<script", "<?php")


def looks_like(file: IO[bytes], ending: str) -> bool:
    """Returns whether the bytes are of the type that the extension names."""
    expected = ALLOWED[ending][1]
    if isinstance(expected, str):
        return expected in _members(file)
    start = _read(file, _START)
    if expected is None:
        return _is_text(start)
    return bool(expected.match(start[:_PDF_WITHIN]))


def is_locked(file: IO[bytes], ending: str) -> bool:
    """Returns whether it is an Office document that opens only with a password."""
    expected = ALLOWED[ending][1]
    if expected not in (_OOXML, _ODF, _OLE):
        return False
    data = _read(file)
    if _OLE.match(data):
        streams = ("EncryptedPackage", "EncryptedSummary")  # how .docx and so on are locked, and .ppt
        return any(name.encode("utf-16-le") in data for name in streams) or _is_locked_doc(data) or _is_locked_xls(data)
    return expected == _ODF and b"encryption-data" in _manifest(file)


def _is_locked_doc(data: bytes) -> bool:
    """Whether the header of a Word file, at the start of a sector, has the flag fEncrypted."""
    return any(data[at : at + 2] == b"\xec\xa5" and data[at + 11] & 1 for at in range(512, len(data) - 11, 512))


def _is_locked_xls(data: bytes) -> bool:
    """Whether the record FILEPASS follows the first record of an Excel workbook."""
    return bool(re.search(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}\x2f\x00", data, re.DOTALL))


def _read(file: IO[bytes], size: int = -1) -> bytes:
    file.seek(0)
    data = file.read(size)
    file.seek(0)
    return data


def _is_text(start: bytes) -> bool:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif len(start) > 1 and not any(start[1::2]):
        encoding = "utf-16-le"
    elif len(start) > 1 and not any(start[::2]):
        encoding = "utf-16-be"
    else:
        encoding = "latin-1"  # any encoding will do to find markup
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(start)  # may end within a character
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not text.lstrip("\ufeffï»¿ \t\r\n\f\v").lower().startswith(_MARKUP)


def _members(file: IO[bytes]) -> list[str]:
    """Returns the members of a ZIP; none if it is not one. Unpacks nothing."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return []
    finally:
        file.seek(0)


def _manifest(file: IO[bytes]) -> bytes:
    """Returns the beginning of an OpenDocument file's manifest."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open("META-INF/manifest.xml") as manifest:
            return manifest.read(1024 * 1024)
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError, OSError):
        return b""
    finally:
        file.seek(0)

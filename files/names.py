"""Names of files in a ZIP, which must be valid on every system that unpacks it."""

import re
from pathlib import PurePath
from zipfile import ZIP_STORED, ZipInfo

from django.utils import timezone

MAX_LENGTH = 120  # characters
ENDING = 10  # characters of an ending, with its dot
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # devices of Windows


def plain(name: str, longest: int = MAX_LENGTH) -> str:
    """Returns a file name that is valid on every system and can't lead out of the folder it is unpacked in.

    What is too long is cut before its ending.
    """
    clean = re.sub(r'[\x00-\x1f\x7f\\/:*?"<>|]+', "-", name).strip(" .") or "document"
    clean = f"_{clean}" if RESERVED.match(clean) else clean
    stem, ending = _split(clean)
    return stem[: longest - len(ending)].rstrip(" .") + ending


def untaken(name: str, taken: set[str], longest: int = MAX_LENGTH) -> str:
    """Returns a plain name that is none of the ``taken`` ones, whatever their case, and adds it to them."""
    found, n = plain(name, longest), 1
    while found.casefold() in taken:
        n += 1
        mark = f" ({n})"
        stem, ending = _split(plain(name, longest - len(mark)))
        found = f"{stem}{mark}{ending}"
    taken.add(found.casefold())
    return found


def _split(name: str) -> tuple[str, str]:
    """Returns the name without its ending, and the ending; what is too long to be one is none."""
    ending = PurePath(name).suffix
    return (name.removesuffix(ending), ending) if len(ending) <= ENDING else (name, "")


def in_zip(path: str, compression: int = ZIP_STORED) -> ZipInfo:
    """Returns the entry of a file that is added to a ZIP now."""
    entry = ZipInfo(path, timezone.localtime().timetuple()[:6])
    entry.compress_type = compression
    return entry

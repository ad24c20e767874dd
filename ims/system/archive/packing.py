"""Writes the archive of a utility: README.txt, system.xlsx, system.json and the files."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.utils import timezone

from accounts.models import User, Utility
from files.models import StoredFile
from files.names import plain
from ims.system.archive import tables as described
from ims.system.archive.contents import FORMAT, KEY, VERSION, Contents, collected
from ims.system.archive.paper import JSON, README, XLSX, readme, workbook
from ims.system.archive.tables import tables

ARCHIVE = "archive"  # the kind of report
Tell = Callable[[int, str], None]


def pack(utility: Utility, by: User, path: Path, tell: Tell = lambda percent, words: None) -> None:
    """Writes the ZIP to ``path``. ``tell`` gets how far it is, in percent and words."""
    tell(5, "Collecting the records")
    found, stored = collected(utility)
    with ZipFile(path, "w") as archive:
        tell(25, "Adding the files")
        lost = _add_files(archive, found, stored, tell)
        tell(55, "Writing the workbook")
        book = workbook(found)
        tell(85, "Writing the exact form")
        archive.writestr(_entry(README), readme(utility, by, found, lost).encode())
        archive.writestr(_entry(XLSX), book, ZIP_STORED)  # compressed itself
        archive.writestr(_entry(JSON), _exact(utility, by, found, book))


def _exact(utility: Utility, by: User, found: Contents, book: bytes) -> bytes:
    told = {
        "format": FORMAT,
        "version": VERSION,
        "utility": str(utility),
        "made_at": timezone.now().isoformat(),
        "made_by": {"name": by.name, "email": by.email},
        "workbook": hashlib.sha256(book).hexdigest(),
        "accounts": [each._asdict() for each in found.accounts],
        "files": [{name: each[name] for name in ("name", "size", "sha256", "path")} for each in found.files],
        "withheld": found.withheld,
        "tables": found.rows,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _add_files(archive: ZipFile, found: Contents, stored: list[StoredFile], tell: Tell) -> list[str]:
    """Adds the files and says in ``found`` where each is. Returns the paths of those that the storage has lost.

    The attachments of those are left out, so that one lost file does not hold up everything.
    """
    lost: dict[int, str] = {}
    taken: set[str] = set()
    for place, (told, file) in enumerate(zip(found.files, stored, strict=True), start=1):
        if place % 20 == 0:
            tell(25 + 30 * place // len(stored), f"Adding the files: {place:,} of {len(stored):,}")
        path = _path(told["folder"], told["name"], place, taken)
        try:
            source = file.content.open("rb")
        except OSError:
            lost[place] = path
            continue
        with source, archive.open(_entry(path), "w") as target:
            shutil.copyfileobj(source, target)
        told["path"] = path
    _leave_out(found, lost)
    return list(lost.values())


def _path(folder: str, name: str, place: int, taken: set[str]) -> str:
    path = f"files/{plain(folder)}/{plain(name)}"
    if path.casefold() in taken:
        path = f"files/{plain(folder)}/{place}-{plain(name)}"
    taken.add(path.casefold())
    return path


def _leave_out(found: Contents, lost: dict[int, str]) -> None:
    """Removes the lost files, and the rows that are about them, and counts the others anew."""
    if not lost:
        return
    left = [place for place in range(1, len(found.files) + 1) if place not in lost]
    anew = {place: number for number, place in enumerate(left, start=1)}
    found.files = [found.files[place - 1] for place in left]
    for table in tables().values():
        for field in table.fields:
            if described.is_file(field):
                rows = [row for row in found.rows[table.label] if row[field.name] not in lost]
                for key, row in enumerate(rows, start=1):
                    row[KEY], row[field.name] = key, anew.get(row[field.name])
                found.rows[table.label] = rows


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, timezone.localtime().timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    return entry

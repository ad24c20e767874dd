"""Writes the archive of a utility: README.txt, system.xlsx, system.json and the files."""

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

from accounts.models import User, Utility
from files.models import StoredFile
from files.names import in_zip, plain, untaken
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
        archive.writestr(in_zip(README, ZIP_DEFLATED), readme(utility, by, found, lost).encode())
        archive.writestr(in_zip(XLSX), book)  # compressed itself
        archive.writestr(in_zip(JSON, ZIP_DEFLATED), _exact(utility, by, found, book))


def _exact(utility: Utility, by: User, found: Contents, book: bytes) -> bytes:
    data = {
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
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _add_files(archive: ZipFile, found: Contents, stored: list[StoredFile], tell: Tell) -> list[str]:
    """Adds the files and says in ``found`` where each is. Returns the paths of those that the storage has lost.

    The attachments of those are left out, so that one lost file does not hold up everything.
    """
    lost: dict[int, str] = {}
    taken: dict[str, set[str]] = defaultdict(set)
    for place, (entry, file) in enumerate(zip(found.files, stored, strict=True), start=1):
        if place % 20 == 0:
            tell(25 + 30 * place // len(stored), f"Adding the files: {place:,} of {len(stored):,}")
        folder = plain(entry["folder"])
        path = f"files/{folder}/{untaken(entry['name'], taken[folder])}"
        try:
            source = file.content.open("rb")
        except OSError:
            lost[place] = path
            continue
        with source, archive.open(in_zip(path, ZIP_DEFLATED), "w") as target:
            shutil.copyfileobj(source, target)
        entry["path"] = path
    _leave_out(found, lost)
    return list(lost.values())


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

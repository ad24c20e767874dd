"""Bundles: creates the rows of their parts and puts the finished parts into a ZIP."""

import logging
import shutil
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zipfile import ZipFile

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from files.models import StoredFile
from files.names import in_zip, plain
from reports import kinds, zips
from reports.models import Report

if TYPE_CHECKING:
    from reports.rendering import Volume

logger = logging.getLogger(__name__)

# Documents in one PDF for printing. Its pages are kept in memory until it is written.
VOLUME = 100
MISSING = "failed documents.txt"
ERROR_LAYOUT = "It was created but could not be added to the combined PDF."


class NothingMade(Exception):
    """No part can be put into the ZIP. The message is for the person who waits."""


def sync_parts(report: Report, wanted: Sequence[kinds.Part]) -> None:
    """Makes the parts of ``report`` match ``wanted``.

    Adds missing parts, keeps existing ones with their files, and deletes those that are no longer wanted.
    """
    rows = {(row.kind, row.object_id): row for row in _rows(report, wanted)}
    moved = []
    for part in report.parts.all():
        row = rows.pop((part.kind, part.object_id), None)
        if row is None:
            part.discard()
        elif (part.order, part.place, part.title) != (row.order, row.place, row.title):
            part.order, part.place, part.title = row.order, row.place, row.title
            moved.append(part)
    Report.objects.bulk_update(moved, ["order", "place", "title"], batch_size=500)
    Report.objects.bulk_create(rows.values(), batch_size=500, ignore_conflicts=True)


def _rows(report: Report, wanted: Sequence[kinds.Part]) -> Iterator[Report]:
    taken = set()
    for order, part in enumerate(wanted):
        folder, name = plain(part.folder), plain(part.filename)
        if (folder, name.casefold()) in taken:  # two utilities with the same name
            name = f"{name} ({order + 1})"
        taken.add((folder, name.casefold()))
        yield Report(
            parent=report,
            requested_by=report.requested_by,
            kind=part.kind,
            object_id=part.object_id,
            title=f"{kinds.get(part.kind).label}: {part.filename}"[:300],
            order=order,
            place=f"{folder}/{name}.pdf",
        )


def put_together(report: Report, name: str) -> StoredFile:
    """Stores the ZIP of the finished parts, built on disk. Raises NothingMade, or WrongState if the lease was lost."""

    def write(path: Path) -> None:
        with ZipFile(path, "w") as archive:  # not compressed: PDFs already are
            _fill(archive, report, path.parent)

    return zips.stored(report, name, write)


def _fill(archive: ZipFile, report: Report, folder: Path) -> None:
    parts = list(report.parts.select_related("file").order_by("order", "pk"))
    made = [part for part in parts if part.status == Report.Status.DONE]
    done = 0
    for name, volume in _volumes(made):
        _bind(archive, report, folder / f"{name}.pdf", volume, done, len(made))
        done += len(volume)
    if not archive.namelist():
        raise NothingMade(_why_nothing(parts))
    if missing := list(report.missing):
        archive.writestr(in_zip(MISSING), _list_of(missing))


def _volumes(parts: list[Report]) -> Iterator[tuple[str, list[Report]]]:
    """Yields the name and the parts of each PDF for printing: parts of one folder, in order."""

    def folder(part: Report) -> str:
        return part.place.partition("/")[0]

    for name, group in groupby(sorted(parts, key=folder), key=folder):
        in_folder = list(group)
        for number, start in enumerate(range(0, len(in_folder), VOLUME), start=1):
            yield f"{name}-{number}", in_folder[start : start + VOLUME]


def _bind(archive: ZipFile, report: Report, path: Path, parts: list[Report], done: int, of: int) -> None:
    """Adds ``parts`` one by one and as one PDF for printing. ``done`` of all ``of`` parts were added before."""
    from reports import rendering  # imported here because web processes don't need WeasyPrint's 50 MB

    volume = rendering.Volume()
    for n, part in enumerate(parts, start=done + 1):
        report.report_progress(90 * n // of, f"Combining {n:,} of {of:,}")
        try:
            made = _laid_out(volume, part, report)
        except (SoftTimeLimitExceeded, OperationalError, InterfaceError, MemoryError):
            raise  # not this part's fault
        except Exception:
            logger.exception("part %s of bundle %s could not be put in", part.pk, report.pk)
            part.take_back(ERROR_LAYOUT)
        else:
            with made, archive.open(in_zip(part.place), "w") as target:
                shutil.copyfileobj(made, target)
    if len(volume):
        volume.write(path, f"{report.title}: {path.stem}")
        archive.write(path, f"to print/{path.name}")
        path.unlink()


def _laid_out(volume: "Volume", part: Report, report: Report) -> IO[bytes]:
    """Adds ``part`` to ``volume``. Returns its own PDF, open for reading."""
    kind = kinds.single(part.kind)
    subject = kind.find(report.requested_by, part.object_id)
    if part.file is None or subject is None:
        raise LookupError(f"{part.title} is gone")
    context = kind.context(subject)
    made = part.file.content.open("rb")
    try:
        volume.add(part.title, kind.template, context)
    except BaseException:
        made.close()
        raise
    return made


def _list_of(missing: list[Report]) -> str:
    return "".join(f"{part.title}\r\n    {part.error}\r\n\r\n" for part in missing)


def _why_nothing(parts: list[Report]) -> str:
    if not parts:
        return "There are no documents to create yet."
    return (
        f"None of the {len(parts):,} documents could be created."
        if len(parts) > 1
        else "The document could not be created."
    )

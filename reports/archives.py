"""A report as a ZIP: its PDF, its Excel file, and the files that go with it."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from files.models import StoredFile
from files.names import in_zip
from reports import rendering, zips
from reports.kinds import Enclosure, Kind
from reports.models import Report
from workflow.spreadsheets import as_workbook

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MAX_BYTES = 500 * MEGABYTE  # of all files together
TOO_MUCH = f"The files of one ZIP are at most {MAX_BYTES // MEGABYTE} MB together."
ERROR_MISSING = "It is missing in the storage."


def pack(report: Report, kind: Kind, subject: Any, name: str) -> StoredFile:
    """Stores the ZIP, built on disk. A file that can't be added is named in the report instead.

    Raises WrongState if the lease was lost.
    """

    def write(path: Path) -> None:
        with ZipFile(path, "w") as archive:  # not compressed: most files already are
            left_out = _enclose(archive, report, kind.enclosures(subject) if kind.enclosures else ())
            report.report_progress(60, "Laying out pages")
            context = kind.context(subject, left_out)
            archive.writestr(in_zip(f"{name}.pdf"), rendering.pdf(rendering.pages(kind.template, context)))
            if kind.sheets:
                archive.writestr(in_zip(f"{name}.xlsx"), as_workbook(kind.sheets(context)))

    return zips.stored(report, name, write)


def _enclose(archive: ZipFile, report: Report, enclosures: Sequence[Enclosure]) -> dict[str, str]:
    """Adds the files one by one. Returns the paths of those that are left out, each with why."""
    left_out, n_bytes = {}, 0
    for n, each in enumerate(enclosures, start=1):
        report.report_progress(5 + 50 * n // len(enclosures), f"Adding file {n:,} of {len(enclosures):,}")
        size = each.file.size if each.file else 0
        if each.file is None or n_bytes + size > MAX_BYTES:
            left_out[each.place] = each.why or TOO_MUCH
        elif _added(archive, each.place, each.file):
            n_bytes += size
        else:
            left_out[each.place] = ERROR_MISSING
    return left_out


def _added(archive: ZipFile, place: str, file: StoredFile) -> bool:
    """Copies a file in chunks, so that it need not fit in memory. Returns False if its content is gone."""
    try:
        content = file.content.open("rb")
    except FileNotFoundError:
        logger.warning("stored file %s has no content", file.pk)
        return False
    with content, archive.open(in_zip(place), "w") as target:
        shutil.copyfileobj(content, target)
    return True

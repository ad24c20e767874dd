"""Downloads ECHO's weekly files to temporary files and reads them from their ZIPs as streams, in bounded memory.

Of a file's million rows, only the recent ones of the wanted identifiers are kept.
"""

import codecs
import csv
import io
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

import httpx
from django.conf import settings

from echo import reading, weekly
from echo.reading import CWA, SDWA, Reading
from echo.weekly import Period

EXPORTER, NPDES, WATER = "echo_exporter.zip", "npdes_downloads.zip", "SDWA_latest_downloads.zip"
MAX_LINE = 1_000_000  # characters; a file without line ends is not a CSV
MAX_ROWS = 2_000  # kept for one identifier
TELL_EVERY = 20_000  # rows between progress reports
MAX_DOWNLOAD_SECONDS = 2 * 60 * 60  # seconds

Row = Mapping[str, str]
Heard = Callable[[float, int], None]  # the fraction of the bytes that is done, 0 to 1, and the number of rows


class BrokenFile(Exception):
    """The file can't be downloaded or read; the message says why. The other files are still read."""


@dataclass(frozen=True)
class File:
    """A CSV in a ZIP. ``keys`` maps a service to its column of identifiers, ``read`` to the function for its rows.

    ``keeps`` returns whether a row is in the period and raises ValueError for a row with malformed dates.
    ``dated`` is a column of quarters whose latest value the reading needs.
    """

    name: str
    archive: str
    keys: dict[str, str]
    columns: tuple[str, ...]
    read: dict[str, Callable[[list[Row], Period, int], Reading]]
    keeps: Callable[[Row, Period], bool] = weekly.always
    dated: str = ""


FILES = [
    File(
        "ECHO_EXPORTER.csv",
        EXPORTER,
        {CWA: "NPDES_IDS", SDWA: "SDWA_IDS"},
        (
            "REGISTRY_ID",
            "CWA_COMPLIANCE_STATUS",
            "CWA_SNC_FLAG",
            "CWA_QTRS_WITH_NC",
            "CWA_13QTRS_COMPL_HISTORY",
            "CWA_FORMAL_ACTION_COUNT",
            "CWA_DATE_LAST_FORMAL_ACTION",
            "SDWA_COMPLIANCE_STATUS",
            "SDWA_SNC_FLAG",
            "SDWA_FORMAL_ACTION_COUNT",
        ),
        {CWA: weekly.facility_cwa, SDWA: weekly.facility_sdwa},
    ),
    File(
        "NPDES_QNCR_HISTORY.csv",
        NPDES,
        {CWA: "NPDES_ID"},
        ("YEARQTR", "HLRNC", *weekly.COUNTED),
        {CWA: weekly.quarters},
        weekly.of_late_quarter,
        "YEARQTR",
    ),
    File(
        "NPDES_SE_VIOLATIONS.csv",
        NPDES,
        {CWA: "NPDES_ID"},
        ("SINGLE_EVENT_VIOLATION_DATE", "VIOLATION_DESC"),
        {CWA: weekly.events},
        weekly.of_late_event,
    ),
    File(
        "NPDES_FORMAL_ENFORCEMENT_ACTIONS.csv",
        NPDES,
        {CWA: "NPDES_ID"},
        ("ENF_TYPE_DESC", "SETTLEMENT_ENTERED_DATE"),
        {CWA: weekly.actions},
        weekly.of_late_action,
    ),
    File(
        "SDWA_VIOLATIONS_ENFORCEMENT.csv",
        WATER,
        {SDWA: "PWSID"},
        (
            "VIOLATION_ID",
            "NON_COMPL_PER_BEGIN_DATE",
            "NON_COMPL_PER_END_DATE",
            "VIOLATION_CATEGORY_CODE",
            "IS_HEALTH_BASED_IND",
            "VIOLATION_STATUS",
            "CALCULATED_RTC_DATE",
            "ENFORCEMENT_DATE",
            "ENF_ACTION_CATEGORY",
        ),
        {SDWA: weekly.violations},
        weekly.of_open_violation,
    ),
]
ARCHIVES = list(dict.fromkeys(file.archive for file in FILES))


@dataclass
class Kept:
    """What a file has for one identifier: its recent rows, the number of all, and of those that can't be read."""

    rows: list[Row] = field(default_factory=list)
    seen: int = 0
    refused: int = 0


@dataclass
class Extract:
    """What was read from one file. ``made`` is the file's date in the ZIP."""

    file: File
    made: date
    rows: int = 0
    refused: int = 0
    newest: int = 0
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)  # (service, identifier) → its rows

    def reading(self, service: str, number: str, period: Period) -> Reading:
        """Returns what the file suggests for one number."""
        kept = self.kept.get((service, number))
        if kept is None:
            return reading.unknown("Not in the file.")
        if kept.refused:
            return reading.unknown(f"{kept.refused} of its rows could not be read.")
        if len(kept.rows) >= MAX_ROWS:
            return reading.unknown(f"It has {kept.seen:,} rows, more than the limit for one number.")
        return self.file.read[service](kept.rows, period, self.newest)


def extract(path: Path, file: File, wanted: Mapping[str, set[str]], period: Period, heard: Heard) -> Extract:
    """Reads the rows of the ``wanted`` numbers (service → numbers). Raises BrokenFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = _member(archive, file.name)
            with archive.open(member) as stream:
                return _extract(file, member, stream, wanted, period, heard)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BrokenFile(f"The file is damaged or not a ZIP file ({type(error).__name__}).") from error


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    for member in archive.infolist():
        if member.filename.rsplit("/", 1)[-1].casefold() == name.casefold():
            # zipfile stops reading at the size declared here, even if the stream is longer.
            if member.file_size > settings.ECHO_MAX_CSV_BYTES:
                raise BrokenFile(f"Unpacked it would be {member.file_size / 1e9:.1f} GB, which is too large.")
            return member
    raise BrokenFile("It is not in the ZIP file.")


def _extract(
    file: File, member: zipfile.ZipInfo, stream: IO[bytes], wanted: Mapping[str, set[str]], period: Period, heard: Heard
) -> Extract:
    records = csv.reader(_lines(stream))
    head = [name.strip().upper() for name in next(records, [])]
    if missing := [name for name in (*file.keys.values(), *file.columns) if name not in head]:
        raise BrokenFile(f"Columns are missing: {', '.join(missing)}.")
    found = Extract(file, date(*member.date_time[:3]))
    keys = [(service, head.index(column), wanted.get(service, set())) for service, column in file.keys.items()]
    places = {name: head.index(name) for name in (*file.keys.values(), *file.columns)}
    dated = places.get(file.dated)
    everyone = {number: service for service, numbers in wanted.items() if service in file.keys for number in numbers}
    size = max(member.file_size, 1)
    for record in _records(records):
        if found.rows % TELL_EVERY == 0:
            heard(stream.tell() / size, found.rows)
        found.rows += 1
        if record is None or len(record) != len(head):
            found.refused += 1
            _mark(found, record or [], everyone)
            continue
        if dated is not None:
            found.newest = max(found.newest, _quarter(record[dated], period))
        for service, place, numbers in keys:
            for number in record[place].split():
                if number in numbers:
                    _keep(found, (service, number), {name: record[at] for name, at in places.items()}, period)
    heard(1, found.rows)
    return found


def _keep(found: Extract, key: tuple[str, str], row: Row, period: Period) -> None:
    kept = found.kept.setdefault(key, Kept())
    kept.seen += 1
    try:
        is_late = found.file.keeps(row, period)
    except ValueError:
        found.refused += 1
        kept.refused += 1
        return
    if is_late and len(kept.rows) < MAX_ROWS:
        kept.rows.append(row)


def _mark(found: Extract, record: list[str], everyone: Mapping[str, str]) -> None:
    """Counts a broken row for the numbers that occur in it, so that they are not reported as having no rows."""
    for value in record[:200]:
        if service := everyone.get(value.strip()):
            found.kept.setdefault((service, value.strip()), Kept()).refused += 1


def _quarter(value: str, period: Period) -> int:
    """Returns the quarter as a running number; 0 if malformed or in the future. Fiscal quarters run one ahead."""
    if not (len(value) == 5 and value.isascii() and value.isdigit() and value[4] in "1234"):
        return 0
    quarter = int(value[:4]) * 4 + int(value[4]) - 1
    return quarter if quarter <= period.quarter + 1 else 0


def _records(records: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """Yields each record that is not empty; None for one that is not valid CSV."""
    while True:
        try:
            if record := next(records):
                yield record
        except StopIteration:
            return
        except csv.Error:
            yield None


def _latin(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  # the handler is used only to decode
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin-1", _latin)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yields lines decoded as UTF-8, invalid bytes as latin-1. Raises BrokenFile for a line that is too long."""
    text = io.TextIOWrapper(io.BufferedReader(stream, 1 << 18), "utf-8-sig", "latin-1", newline="")  # type: ignore[type-var]
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise BrokenFile(f"A line is longer than {MAX_LINE:,} characters.")
        yield line.replace("\0", "") if "\0" in line else line


@contextmanager
def archive(name: str, folder: Path | None, heard: Heard) -> Iterator[Path]:
    """Yields the path of a ZIP, in ``folder`` or downloaded to a temporary file. Raises BrokenFile."""
    if folder:
        if not (path := folder / name).is_file():
            raise BrokenFile("It is not in the folder.")
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="headworks-", suffix=".zip") as target:
        _download(name, target, heard)
        yield Path(target.name)


def _download(name: str, target: Any, heard: Heard) -> None:
    """Downloads the ZIP ``name`` to ``target``. Raises BrokenFile."""
    address, begun = settings.ECHO_BULK_URL.rstrip("/") + "/" + name, time.monotonic()
    try:
        with httpx.stream("GET", address, timeout=settings.ECHO_TIMEOUT_SECONDS, follow_redirects=False) as response:
            if response.status_code != 200:
                raise BrokenFile(f"It could not be downloaded (status {response.status_code}).")
            declared = response.headers.get("Content-Length", "")
            size = int(declared) if declared.isascii() and declared.isdigit() else settings.ECHO_MAX_ZIP_BYTES
            _write(response, target, max(size, 1), heard, begun)
    except httpx.TimeoutException as error:
        raise BrokenFile("The download was interrupted.") from error
    except httpx.HTTPError as error:
        raise BrokenFile(f"It could not be downloaded ({type(error).__name__}).") from error


def _write(response: httpx.Response, target: Any, size: int, heard: Heard, begun: float) -> None:
    written = 0
    for piece in response.iter_raw(1 << 20):
        written += len(piece)
        if written > settings.ECHO_MAX_ZIP_BYTES or time.monotonic() - begun > MAX_DOWNLOAD_SECONDS:
            raise BrokenFile(
                f"The download was stopped after {written / 1e9:.1f} GB because it was too large or too slow."
            )
        target.write(piece)
        heard(min(written / size, 1), 0)
    target.flush()

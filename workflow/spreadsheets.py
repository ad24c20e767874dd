"""Writes rows of values as CSV and Excel files in which text stays text: no formula runs, no number loses a zero.

Opens the Excel files that people send.
"""

import csv
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django.utils import timezone

# First characters of a text that a spreadsheet would run as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # not allowed in an Excel file
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how an Excel file writes a character, as _x000D_ for a carriage return
NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?(E[+-]?[0-9]+)?", re.IGNORECASE)
SHOWN_DIGITS = 11  # Excel shows a number with more digits as 1.23E+11
MAX_WIDTH = 60  # characters, for an Excel column
MAX_CELL = 32_767  # characters, Excel's limit
MAX_UNPACKED = 40 * 1024 * 1024  # bytes

Rows = Iterable[Iterable[Any]]  # the first row is the header


def as_csv(rows: Rows, name: str) -> bytes:
    text = StringIO()
    csv.writer(text).writerows([_csv_value(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # with a byte order mark, which tells Excel that it is UTF-8


def _csv_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    if value.startswith(FORMULA):
        return f"'{value}"
    return f'="{value}"' if _changes_in_excel(value) else value


def _changes_in_excel(text: str) -> bool:
    """Returns whether Excel would read the text as a number and show another: 010106001, 12E456789, 2.10."""
    number = text.strip()
    return bool(NUMBER.fullmatch(number)) and (len(number) > SHOWN_DIGITS or f"{float(number):.15g}" != number)


def as_xlsx(rows: Rows, name: str) -> bytes:
    """Returns a workbook with one sheet called ``name``."""
    return as_workbook({name: rows})


def as_workbook(sheets: Mapping[str, Rows]) -> bytes:
    """Returns a workbook with a sheet per name. Dates and numbers keep their type; everything else is text."""
    # Imported here because most web processes never need openpyxl.
    from openpyxl import Workbook

    book, content = Workbook(write_only=True), BytesIO()
    for name, rows in sheets.items():
        _fill(book.create_sheet(name[:31]), rows)
    book.save(content)
    return content.getvalue()


def _fill(sheet: Any, rows: Rows) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    bold = Font(bold=True)
    known = [[_xlsx_value(value) for value in row] for row in rows]
    sheet.freeze_panes = "A2"
    for number, column in enumerate(zip(*known, strict=True), start=1):
        width = max(len(str(value)) for value in column) + 2
        sheet.column_dimensions[get_column_letter(number)].width = min(width, MAX_WIDTH)
    for number, row in enumerate(known):
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell in cells:
            if number == 0:
                cell.font = bold
            if isinstance(cell.value, str):
                cell.data_type = "s"  # text, even if it looks like a formula
            elif isinstance(cell.value, datetime):
                zone = cell.value.replace(tzinfo=timezone.get_current_timezone())
                cell.number_format = f'yyyy-mm-dd hh:mm "{zone:%Z}"'
        sheet.append(cells)


def _xlsx_value(value: Any) -> Any:
    if isinstance(value, datetime):  # Excel has no time zones
        return timezone.localtime(value).replace(microsecond=0, tzinfo=None)
    return escaped(value) if isinstance(value, str) else value


def escaped(text: str) -> str:
    """Returns the text as an Excel file holds it: _x000D_ that a person typed is not a carriage return."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", CONTROL.sub("", lines))


def unescaped(text: str) -> str:
    """Returns the text of a cell; openpyxl leaves the characters that the file escapes as they are."""
    pairs = ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).encode("utf-16", "surrogatepass")
    lines = pairs.decode("utf-16", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", lines)


class Unreadable(Exception):
    """The file as a whole can't be read; the message says why."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where. ``place``: the row's number in its table or sheet, from 1. ``name``: of the entry."""

    table: str
    place: int | None
    field: str
    words: str
    name: str = ""

    def __str__(self) -> str:
        where = [self.table, f"row {self.place}" if self.place else "", self.name, self.field]
        return f"{', '.join(part for part in where if part)}: {self.words}"


@contextmanager
def opened(content: bytes, *, results: bool = False) -> Iterator[Any]:
    """Opens an Excel file to read its cells; with ``results``, a formula's last result instead of the formula.

    Raises Unreadable, also if reading its cells fails.
    """
    # Imported here because most web processes never need openpyxl.
    from openpyxl import load_workbook

    _refuse_bombs_and_macros(content)
    try:
        yield load_workbook(BytesIO(content), read_only=True, data_only=results)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises many types of errors for broken files
        raise Unreadable("The Excel file can’t be read.") from error


def _refuse_bombs_and_macros(content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
                raise Unreadable("The Excel file is too large when unpacked.")
            if any("vbaproject" in part.filename.lower() for part in parts.infolist()):
                raise Unreadable("The Excel file contains macros. Save it as an Excel workbook without macros (.xlsx).")
            if any(b"<!DOCTYPE" in parts.read(part).replace(b"\x00", b"") for part in parts.infolist()):
                raise Unreadable("The Excel file declares XML entities, which are not allowed.")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        raise Unreadable("The Excel file can’t be read.") from None


KINDS = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}

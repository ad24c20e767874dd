"""Writes rows of values as CSV and Excel files in which text that a person typed never runs as a formula."""

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django.utils import timezone

# First characters of a text that a spreadsheet would run as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not allowed in an Excel file
WIDEST = 60  # characters, for an Excel column

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
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


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

    known = [[_xlsx_value(value) for value in row] for row in rows]
    sheet.freeze_panes = "A2"
    for number, column in enumerate(zip(*known, strict=True), start=1):
        width = max(len(str(value)) for value in column) + 2
        sheet.column_dimensions[get_column_letter(number)].width = min(width, WIDEST)
    for number, row in enumerate(known):
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell in cells:
            cell.font = Font(bold=number == 0)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # text, even if it looks like a formula
        sheet.append(cells)


def _xlsx_value(value: Any) -> Any:
    if isinstance(value, datetime):  # Excel has no time zones
        return timezone.localtime(value).replace(microsecond=0, tzinfo=None)
    return CONTROL.sub("", value) if isinstance(value, str) else value


KINDS = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}

"""Tables of readings that people paste or send as a file: which cell is the value of which measure and period.

Everything becomes a grid of texts first, so that a pasted table, a CSV file and an Excel file are read the same way.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from ims.check.numbers import NotANumber, exact, number
from ims.check.periods import is_period
from workflow.spreadsheets import FORMULA, Unreadable, opened, unescaped

MAX_PASTED = 20_000  # values in one input
SHAPES = (
    "Nothing that looks like readings was found. Use two columns for one measure (period and value), or a table with "
    "the measures down the side and the periods across the top, or the other way around."
)
HEADINGS = {
    "measure": ("number", "measure", "indicator", "title"),
    "period": ("period", "date", "month", "quarter", "year"),
    "value": ("value", "reading", "result"),
    "note": ("note", "notes", "comment"),
}
HEADER = ["Number", "Measure", "Period", "Value", "Note"]  # of what is exported
Grid = list[list[str]]
Row = tuple[int, list[str]]  # its number, from 1, and its cells


@dataclass(frozen=True)
class Line:
    """A value and where it is from. ``measure`` is a number or title, empty for the measure that was chosen."""

    place: int
    measure: str
    period: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Read:
    """What was found in a grid. ``ignored`` are the headings of columns that were not read."""

    lines: list[Line]
    ignored: list[str]


def pasted(text: str, *, one: bool) -> Grid:
    """Returns the cells of a pasted text. ``one``: it has the readings of one measure, perhaps without tabs."""
    if "\t" in text or not one:
        return _separated(text, "\t" if "\t" in text else ",")
    return [_in_two(line) for line in text.splitlines()]


def _in_two(line: str) -> list[str]:
    """Splits "Mar 2026 1,234.5" where a period ends and a number begins; else where a period ends."""
    found: list[str] = []
    for gap in re.finditer(r"[\s,;:=]+", line):
        before, after = line[: gap.start()].strip(), line[gap.end() :].strip()
        if not is_period(before):
            continue
        try:
            number(after, percent=True)
        except NotANumber:
            found = found or [before, after]
        else:
            return [before, after]
    return found or [line.strip()]


def _separated(text: str, delimiter: str) -> Grid:
    return [[cell.strip() for cell in row] for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter)]


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def from_csv(content: bytes) -> Grid:
    """Raises Unreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = text.lstrip().partition("\n")[0]
    try:
        grid = _separated(text, max("\t;,", key=first.count))
    except csv.Error as error:
        raise Unreadable("The CSV file can’t be read.") from error
    return [[_from_formula(cell) for cell in row] for row in grid]


def _from_formula(cell: str) -> str:
    """Undoes what workflow.spreadsheets does to texts that a spreadsheet would run or change."""
    if match := re.fullmatch(r'="(.*)"', cell, re.DOTALL):
        return match[1]
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def from_xlsx(content: bytes) -> Grid:
    """Reads the first sheet; of a formula its last result. Raises Unreadable."""
    with opened(content) as book:
        grid, formulas = _cells(book)
    if not formulas:
        return grid
    with opened(content, results=True) as book:
        grid, _ = _cells(book)
    for row, column in formulas:
        if column >= len(grid[row]) or not grid[row][column]:
            raise Unreadable(
                f"The formula in row {row + 1}, column {column + 1} has no result. Open the file in Excel and save it."
            )
    return grid


def _cells(book: Any) -> tuple[Grid, list[tuple[int, int]]]:
    grid: Grid = []
    formulas = []
    for cells in book.worksheets[0].iter_rows():
        formulas += [(len(grid), place) for place, cell in enumerate(cells) if cell.data_type == "f"]
        grid.append([_text(cell) for cell in cells])
        if len(grid) * max(map(len, grid[-1:])) > MAX_PASTED * 10:
            raise Unreadable(f"The first sheet is too large: up to {MAX_PASTED:,} values can be read.")
    return grid, formulas


def _text(cell: Any) -> str:
    value = cell.value
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).upper()
    if isinstance(value, int | float):
        plain = Decimal(f"{value:.15g}")  # Excel keeps 15 digits
        return f"{plain * 100:f} %" if "%" in (cell.number_format or "") else f"{plain:f}"
    return unescaped(str(value)).strip()


def read(grid: Grid, *, one: bool) -> Read:
    """Finds the readings in a grid. ``one``: they are of one measure, which was chosen. Raises Unreadable."""
    rows = [(place, [_one_line(cell) for cell in row]) for place, row in enumerate(grid, start=1) if any(row)]
    if not rows:
        raise Unreadable("Paste the readings, or choose a file.")
    found = _with_headings(rows, grid) or _periods_across(rows, one) or _periods_down(rows, one) or _plain(rows, one)
    if found is None or not found.lines:
        raise Unreadable(SHAPES)
    if len(found.lines) > MAX_PASTED:
        raise Unreadable(f"These are {len(found.lines):,} values. Up to {MAX_PASTED:,} can be read at once.")
    return found


def _with_headings(rows: Sequence[Row], grid: Grid) -> Read | None:
    """Reads a list with the headings Period and Value, such as an export. A note keeps its lines and spaces."""
    heads = [cell.casefold() for cell in rows[0][1]]
    at = {
        name: next(heads.index(word) for word in words if word in heads)
        for name, words in HEADINGS.items()
        if any(word in heads for word in words)
    }
    if not {"period", "value"} <= at.keys():
        return None

    def cell(row: Sequence[str], name: str) -> str:
        return _at(row, at.get(name, len(row)))

    lines = [
        Line(place, cell(row, "measure"), cell(row, "period"), cell(row, "value"), cell(grid[place - 1], "note"))
        for place, row in rows[1:]
    ]
    known = {word for words in HEADINGS.values() for word in words}
    return Read([line for line in lines if line.value], [head for head in rows[0][1] if head.casefold() not in known])


def _periods_across(rows: Sequence[Row], one: bool) -> Read | None:
    """Reads a table with the periods in its first row and a measure in each of the others."""
    heads = rows[0][1]
    at = [place for place, head in enumerate(heads) if is_period(head)]
    if len(rows) < 2 or not (_heads_of_one(rows, at) if one else _heads_of_several(heads, at)):
        return None
    lines = [
        Line(place, "" if one else _at(row, 0), heads[column], value)
        for place, row in rows[1:]
        for column in at
        if (value := _at(row, column))
    ]
    return Read(lines, [head for place, head in enumerate(heads) if place and head and place not in at])


def _heads_of_one(rows: Sequence[Row], at: list[int]) -> bool:
    """A value such as 2024 looks like a year, so two years are headings only if no period is below the first."""
    sure = [place for place in at if not rows[0][1][place].isdigit()]
    return len(sure) > 1 or (len(at) > 1 and not sure and not is_period(_at(rows[1][1], 0)))


def _heads_of_several(heads: Sequence[str], at: list[int]) -> bool:
    """A measure, its period and its value are no headings."""
    return bool(at) and 0 not in at and not (at == [1] and _is_number(_at(heads, 2)))


def _periods_down(rows: Sequence[Row], one: bool) -> Read | None:
    """Reads a table with the measures in its first row and a period in each of the others."""
    heads = rows[0][1]
    if one or len(rows) < 2 or is_period(heads[0]) or not is_period(_at(rows[1][1], 0)):
        return None
    lines = [
        Line(place, head, _at(row, 0), value)
        for place, row in rows[1:]
        for column, head in enumerate(heads)
        if column and head and (value := _at(row, column))
    ]
    return Read(lines, [])


def _plain(rows: Sequence[Row], one: bool) -> Read | None:
    """Reads columns without headings: period, value and note; before them the measure, unless it was chosen."""
    if not one:
        lines = [Line(place, *(_at(row, column) for column in range(4))) for place, row in rows]
        return Read([line for line in lines if line.value], []) if is_period(lines[0].period) else None
    lines = [Line(place, "", *(_at(row, column) for column in range(3))) for place, row in rows]
    if len(lines) > 1 and not is_period(lines[0].period) and not _is_number(lines[0].value):
        lines = lines[1:]  # headings
    if not any(is_period(line.period) for line in lines):
        return None
    return Read([line for line in lines if line.value or not is_period(line.period)], [])


def _is_number(text: str) -> bool:
    try:
        number(text, percent=True)
    except NotANumber:
        return False
    return True


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def as_text(lines: Sequence[Line]) -> str:
    """Returns the lines as a table with headings that ``pasted`` and ``read`` read again."""
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow([HEADER[0], *HEADER[2:]])
    writer.writerows([line.measure, line.period, line.value, line.note] for line in lines)
    return text.getvalue()


def exported(readings: Sequence[Any]) -> Iterator[list[Any]]:
    """Yields rows for a file that can be imported again without a change: headings, then a row for each reading.

    A number of more than 15 digits is text, because Excel keeps no more.
    """
    yield HEADER
    for reading in readings:
        digits = exact(reading.value)
        value = Decimal(digits) if len(digits.strip("-").replace(".", "")) <= 15 else digits
        yield [reading.measure.number, reading.measure.title, str(reading), value, reading.note]

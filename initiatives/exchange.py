"""Writes the whole catalog to one file and reads such a file.

**YAML**: ``{table: [row, …]}``, each row in its plain form (pdca.entries), in the format of the data files.
**XLSX**: a sheet for each table, a column for each field. Texts, numbers and booleans are cells of their type. Values
with parts (lists, passages, records) are YAML in one text cell, which a person can edit and which loses nothing.

Only published values are exported, not drafts. A retired entry also has ``retired_on``. An import leaves fields and
rows alone that the file does not have.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

from initiatives.catalog import TABLES, CatalogTable
from pdca.entries import content_fields, plain
from workflow.spreadsheets import escaped, unescaped

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED = 40 * 1024 * 1024
MAX_ROWS, MAX_COLUMNS, MAX_DEPTH = 5_000, 100, 12
LONGEST_CELL = 32_767  # characters, Excel's limit
RETIRED = "retired_on"


class TooLong(Exception):
    """A field does not fit into a cell of Excel; YAML has no such limit."""


class Unreadable(Exception):
    """The file as a whole can't be read; the message says why."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where. ``place``: the row's number in its table or sheet, from 1."""

    table: str
    place: int | None
    field: str
    words: str

    def __str__(self) -> str:
        where = [self.table, f"row {self.place}" if self.place else "", self.field]
        return f"{', '.join(part for part in where if part)}: {self.words}"


@dataclass
class Contents:
    """What a file holds: table → [(place, row in its plain form)], and the faults of what could not be read."""

    rows: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


# Export.


def rows_of(table: CatalogTable) -> list[dict[str, Any]]:
    """Returns every published row in its plain form, in the order of the site."""
    rows: Any = table.model._default_manager.prefetch_related(*(many.name for many in table.model._meta.many_to_many))
    if not table.has_entries:
        return [plain(row) for row in rows.all()]
    return [
        entry.plain() | ({RETIRED: entry.retired_on.isoformat()} if entry.retired_on else {}) for entry in rows.known()
    ]


def columns_of(table: CatalogTable) -> list[str]:
    return [column.name for column in content_fields(table.model)] + ([RETIRED] if table.has_entries else [])


def as_yaml() -> bytes:
    return _dumped({table.name: rows_of(table) for table in TABLES}).encode()


def _dumped(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=116)
    return text


def as_xlsx() -> bytes:
    """Returns the workbook. Raises TooLong."""
    from openpyxl import Workbook  # imported here because most web processes never need openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheets = {table.name: cells_of(table) for table in TABLES}
    book, content = Workbook(write_only=True), io.BytesIO()
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "B2"
        for number, name in enumerate(rows[0], start=1):
            sheet.column_dimensions[get_column_letter(number)].width = max(14, min(len(name) + 4, 40))
        for number, row in enumerate(rows):
            cells = [WriteOnlyCell(sheet, value) for value in row]
            for cell in cells:
                cell.font, cell.alignment = Font(bold=number == 0), Alignment(vertical="top")
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # text, even if it looks like a formula
            sheet.append(cells)
    book.save(content)
    return content.getvalue()


def cells_of(table: CatalogTable) -> list[list[Any]]:
    """Returns the rows of the table's sheet, the header first. Raises TooLong."""
    columns = columns_of(table)
    found = [columns]
    for row in rows_of(table):
        found.append([cell_of(row.get(name)) for name in columns])
        for name, value in zip(columns, found[-1], strict=True):
            if len(str(value)) > LONGEST_CELL:
                raise TooLong(f"{row[table.key]}: {name} does not fit into an Excel cell. Use the YAML file.")
    return found


def cell_of(value: Any) -> Any:
    """Returns the cell of a plain value; None for an empty text or list."""
    if isinstance(value, (list, dict)):
        value = _dumped(value).rstrip("\n") if value else None
    if isinstance(value, str):
        value = escaped(value)
    return value if value != "" else None


FILES = {
    "yaml": ("application/yaml; charset=utf-8", as_yaml),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}


# Import.


def read(content: bytes) -> Contents:
    """Reads YAML or XLSX, recognized by the first bytes. Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable(f"The file is larger than {MAX_BYTES // 1024**2} MB.")
    return _read_xlsx(content) if content.startswith(b"PK") else _read_yaml(content)


def _read_yaml(content: bytes) -> Contents:
    try:
        document = load_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("This is neither a YAML file in UTF-8 nor an Excel file.") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an invalid date or number
        raise Unreadable(f"The YAML can’t be read: {_told(error)}") from None
    if not isinstance(document, dict) or not all(isinstance(rows, list) for rows in document.values()):
        raise Unreadable("The file must have a list of rows for each table: “initiatives:”, “elements:” and so on.")
    found = Contents()
    for name, rows in document.items():
        kept = found.rows.setdefault(str(name), [])
        for place, row in enumerate(rows, start=1):
            if isinstance(row, dict):
                kept.append((place, {str(column): value for column, value in row.items()}))
            else:
                found.faults.append(Fault(str(name), place, "", "This is not a row with fields."))
    return found


def load_yaml(text: str) -> Any:
    """Loads plain values. Refuses aliases and deep nesting, so that a small text can't become a large value."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("it uses an alias, which is not supported")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _told(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{getattr(error, 'problem', None) or error}{f', line {mark.line + 1}' if mark else ''}."


def _read_xlsx(content: bytes) -> Contents:
    from openpyxl import load_workbook

    _refuse_bombs(content)
    found = Contents()
    try:
        book = load_workbook(io.BytesIO(content), read_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the size that the file declares may be wrong
            _read_sheet(sheet, found)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises many types of errors for broken files
        raise Unreadable("The Excel file can’t be read.") from error
    return found


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
            if unpacked > MAX_UNPACKED:
                raise Unreadable("The Excel file is too large when unpacked.")
            if any(b"<!DOCTYPE" in parts.read(part).replace(b"\x00", b"") for part in parts.infolist()):
                raise Unreadable("The Excel file declares XML entities, which are not allowed.")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError):
        raise Unreadable("The Excel file can’t be read.") from None


def _read_sheet(sheet: Any, found: Contents) -> None:
    kept = found.rows.setdefault(sheet.title, [])
    head: list[str] = []
    for place, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        if place > MAX_ROWS:
            raise Unreadable(f"The sheet “{sheet.title}” has more than {MAX_ROWS} rows.")
        if place == 1:
            head = [unescaped(str(cell.value or "")).strip() for cell in cells]
        elif any(cell.value is not None for cell in cells):
            kept.append((place, dict(_read_cells(sheet.title, place, head, cells, found))))


def _read_cells(table: str, place: int, head: list[str], cells: Any, found: Contents) -> Iterator[tuple[str, Any]]:
    """Yields (field, value) for each cell. A cell that can't be read is added to the faults and left out."""
    kinds = kinds_of(table)
    empty = [None] * (len(head) - len(cells))
    for name, cell in zip(head, [*cells, *empty], strict=False):
        value = cell.value if cell is not None else None
        if isinstance(value, str):
            value = unescaped(value)
        if not name or (name == RETIRED and value is None):
            continue
        if cell is not None and cell.data_type == "f":
            found.faults.append(Fault(table, place, name, "This is a formula. Enter its text or number instead."))
        elif isinstance(value, (datetime, date)):
            yield name, f"{value:%Y-%m-%d}"
        elif name in kinds and not isinstance(kinds[name], str):
            try:
                yield name, load_yaml(str(value)) if value is not None else kinds[name]
            except (yaml.YAMLError, ValueError) as error:
                found.faults.append(Fault(table, place, name, f"The YAML in this cell can’t be read: {_told(error)}"))
        else:
            yield name, "" if value is None else value


def kinds_of(name: str) -> dict[str, Any]:
    """Returns field → empty value for the table's fields that hold a list or a dict."""
    table = next((table for table in TABLES if table.name == name), None)
    kinds: dict[str, Any] = {}
    for column in content_fields(table.model) if table else []:
        if column.many_to_many:
            kinds[column.name] = []
        elif isinstance(empty := column.get_default(), (list, dict)):
            kinds[column.name] = empty
    return kinds

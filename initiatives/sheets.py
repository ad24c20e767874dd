"""Writes the whole catalog to one Excel file and reads such a file.

Each table has a sheet with a row for each entry. Each list of a table has a sheet of its own, named ``table.field``: a
row for each item, with the entry's key, its position and the item's parts (``initiatives.asks``: slug, position,
element, text, source and so on). A passage is columns of the table's sheet (``plan_note.text``, ``plan_note.source``,
``plan_note.note``). A list within an item (the initiatives of a step) is one cell with a line for each.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from initiatives.catalog import TABLES, CatalogTable
from initiatives.contents import MOVED, RETIRED, VERSION, Contents, Row, TooLong, columns_of, rows_of
from pdca.entries import content_fields
from workflow.shapes.columns import Shaped
from workflow.shapes.values import LISTS, Grid, Listing, Passage, Reasons, Records
from workflow.spreadsheets import MAX_CELL, Fault, Unreadable, escaped, opened, unescaped

MAX_ROWS, MAX_COLUMNS = 5_000, 100
POSITION = "position"
PASSAGE = ("text", "source", "note")

Cells = list[Any]  # of one item, without the entry's key and the position


# Which columns and sheets a table has.


@dataclass(frozen=True)
class List:
    """A field whose items are the rows of a sheet."""

    table: CatalogTable
    field: str
    shape: Any  # None for chosen codes: an ArrayField or many-to-many rows

    @property
    def sheet(self) -> str:
        return f"{self.table.name}.{self.field}"

    def columns(self, width: int) -> list[str]:
        """Returns the columns of an item; ``width`` is that of the widest grid."""
        if isinstance(self.shape, Records):
            return [key.name for key in self.shape.keys]
        if isinstance(self.shape, Grid):
            return [str(number) for number in range(1, width + 1)]
        if isinstance(self.shape, Listing):
            return ["item", "source", "note"]
        return ["field", "reason"] if isinstance(self.shape, Reasons) else ["item"]

    def items_of(self, value: Any) -> list[Cells]:
        """Returns the cells of each item of a plain value."""
        if isinstance(self.shape, Records):
            return [[_lines(record.get(key.name)) for key in self.shape.keys] for record in value]
        if isinstance(self.shape, Grid):
            return [list(row) for row in value]
        if isinstance(self.shape, Listing):
            about = [value.get("source"), value.get("note")]  # once, beside the first item
            items = value.get("items", [])
            return [[item, *(about if number == 0 else (None, None))] for number, item in enumerate(items)]
        if isinstance(self.shape, Reasons):
            return [[name, reason] for name, reason in value.items()]
        return [[item] for item in value]

    def value_of(self, items: list[Cells], head: list[str]) -> Any:
        """Returns the plain value of an entry's items, whose columns are ``head``."""
        named = [dict(zip(head, cells, strict=False)) for cells in items]
        if isinstance(self.shape, Records):
            return [self._record(cells) for cells in named]
        if isinstance(self.shape, Grid):
            width = max((n for cells in items for n, cell in enumerate(cells, start=1) if cell is not None), default=0)
            return [[_text(cell) for cell in cells[:width]] for cells in items]
        if isinstance(self.shape, Listing):
            value = {"items": [_text(cells.get("item")) for cells in named]}
            about = {name: [_text(cells[name]) for cells in named if cells.get(name)] for name in ("source", "note")}
            return value | {name: said[0] for name, said in about.items() if said} if items else {}
        if isinstance(self.shape, Reasons):
            return {_text(cells.get("field")): _text(cells.get("reason")) for cells in named}
        return [_text(cells.get("item")) for cells in named]

    def _record(self, cells: dict[str, Any]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for key in self.shape.keys:
            cell = cells.get(key.name)
            if cell is None or cell == "":
                continue
            if key.kind in LISTS:
                record[key.name] = [line for line in _text(cell).split("\n") if line.strip()]
            elif key.kind == "number":
                record[key.name] = int(float(cell)) if re.fullmatch(r"-?\d{1,9}(\.0)?", str(cell)) else cell
            else:
                record[key.name] = _text(cell)
        return record


def _lines(part: Any) -> Any:
    return "\n".join(part) if isinstance(part, list) else part


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return f"{cell:%Y-%m-%d}" if isinstance(cell, (datetime, date)) else str(cell)


def lists_of(table: CatalogTable) -> dict[str, List]:
    """Returns field → its list, for the fields that have a sheet of their own."""
    found = {}
    for column in content_fields(table.model):
        if column.many_to_many or isinstance(column.get_default(), list):
            found[column.name] = List(table, column.name, getattr(column, "shape", None))
        elif isinstance(column, Shaped) and not isinstance(column.shape, Passage):
            found[column.name] = List(table, column.name, column.shape)
    return found


def _passages_of(table: CatalogTable) -> list[str]:
    shaped = (column for column in content_fields(table.model) if isinstance(column, Shaped))
    return [column.name for column in shaped if isinstance(column.shape, Passage)]


# Export.


def as_xlsx() -> bytes:
    """Returns the workbook. Raises TooLong."""
    from openpyxl import Workbook  # imported here because most web processes never need openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    written = [sheet for table in TABLES for sheet in _sheets_of(table)]
    book, content = Workbook(write_only=True), io.BytesIO()
    bold, top = Font(bold=True), Alignment(vertical="top")
    for title, rows in written:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "B2"
        for number, name in enumerate(rows[0], start=1):
            sheet.column_dimensions[get_column_letter(number)].width = max(14, min(len(name) + 4, 40))
        for number, row in enumerate(rows):
            cells = [WriteOnlyCell(sheet, value) for value in row]
            for cell in cells:
                cell.alignment = top
                if number == 0:
                    cell.font = bold
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # text, even if it looks like a formula
            sheet.append(cells)
    book.save(content)
    return content.getvalue()


def _sheets_of(table: CatalogTable) -> Iterator[tuple[str, list[Cells]]]:
    """Yields (title, rows with the header first) for the table and each of its lists. Raises TooLong."""
    entries, lists, passages = rows_of(table), lists_of(table), _passages_of(table)
    head: list[str] = []
    for name in [*columns_of(table), VERSION]:
        if name not in lists:
            head += [f"{name}.{part}" for part in PASSAGE] if name in passages else [name]
    rows = []
    for entry in entries:
        flat = entry | {f"{name}.{part}": entry[name].get(part) for name in passages for part in PASSAGE}
        rows.append([_cell(entry[table.key], name, flat.get(name)) for name in head])
    yield table.name, [head, *rows]
    for each in lists.values():
        items = [(entry[table.key], each.items_of(entry[each.field])) for entry in entries]
        width = max((len(cells) for _, listed in items for cells in listed), default=0)
        if width > MAX_COLUMNS - 2:
            raise TooLong(f"{each.sheet}: a row of more than {MAX_COLUMNS - 2} cells does not fit. Use the YAML file.")
        lines = [
            [key, position, *(_cell(key, each.field, cell) for cell in cells)]
            for key, listed in items
            for position, cells in enumerate(listed, start=1)
        ]
        yield each.sheet, [[table.key, POSITION, *each.columns(width)], *lines]


def _cell(key: str, name: str, value: Any) -> Any:
    """Returns the cell of a plain value; None for an empty text."""
    if isinstance(value, str):
        value = escaped(value)
        if len(value) > MAX_CELL:
            raise TooLong(f"{key}: {name} does not fit into an Excel cell. Use the YAML file.")
    return value if value != "" else None


# Import.


def read(content: bytes) -> Contents:
    """Raises Unreadable."""
    found, sheets = Contents(), {}
    known = {table.name for table in TABLES} | {each.sheet for table in TABLES for each in lists_of(table).values()}
    with opened(content) as book:
        for sheet in book.worksheets:
            if sheet.title in known:
                sheet.reset_dimensions()  # the size that the file declares may be wrong
                sheets[sheet.title] = _read_sheet(sheet, found)
            else:
                table, _, name = sheet.title.partition(".")
                words = MOVED.get((table, name), "The catalog has no such table or list.")
                found.faults.append(Fault(sheet.title, None, "", words))
    for table in TABLES:
        _read_table(table, sheets, found)
    return found


@dataclass
class Sheet:
    head: list[str]
    rows: list[tuple[int, dict[str, Any], list[Fault]]]  # number, column → cell, cells that can't be read


def _read_sheet(sheet: Any, found: Contents) -> Sheet:
    kept = Sheet([], [])
    for place, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        if place > MAX_ROWS:
            raise Unreadable(f"The sheet “{sheet.title}” has more than {MAX_ROWS} rows.")
        if place == 1:
            kept.head = [unescaped(str(cell.value or "")).strip() for cell in cells]
            for name in {name for name in kept.head if name and kept.head.count(name) > 1}:
                found.faults.append(Fault(sheet.title, 1, name, "There are two columns with this name."))
        elif any(cell.value is not None for cell in cells):
            faults: list[Fault] = []
            values = dict.fromkeys(filter(None, kept.head))
            for name, cell in zip(kept.head, cells, strict=False):
                if cell.data_type == "f":
                    words = "This is a formula. Enter its text or number instead."
                    faults.append(Fault(sheet.title, place, name, words))
                elif name:
                    values[name] = unescaped(cell.value) if isinstance(cell.value, str) else cell.value
            kept.rows.append((place, values, faults))
    return kept


def _read_table(table: CatalogTable, sheets: dict[str, Sheet], found: Contents) -> None:
    """Puts the rows of the table's sheet and of the sheets of its lists together."""
    lists, passages = lists_of(table), _passages_of(table)
    rows = found.rows[table.name] = []
    by_key: dict[str, Row] = {}
    own = sheets.get(table.name, Sheet([], []))
    for name in lists:
        if name in own.head:
            words = f"This list has a sheet of its own: {lists[name].sheet}."
            found.faults.append(Fault(table.name, 1, name, words))
    for place, cells, faults in own.rows:
        values = {name: _plain(cell) for name, cell in cells.items() if name not in lists}
        if cells.get(RETIRED) is None:
            values.pop(RETIRED, None)
        for name in passages:
            parts = {part: values.pop(f"{name}.{part}") for part in PASSAGE if f"{name}.{part}" in values}
            if parts:
                values[name] = {part: _text(said) for part, said in parts.items() if said not in (None, "")}
        row = Row(table.name, place, values)
        for fault in faults:
            row.unread.setdefault(fault.field.partition(".")[0], []).append(fault)
        rows.append(row)
        by_key.setdefault(str(values.get(table.key)), row)
    for each in lists.values():
        if each.sheet in sheets:
            _read_list(each, sheets[each.sheet], rows, by_key, found)
    for each in lists.values():
        if isinstance(each.shape, Grid):
            for row in rows:  # a cell at the end of a row may be empty
                width = len(row.values.get(each.shape.head, []))
                grid = row.values.get(each.field, [])
                row.values |= {each.field: [[*cells, *[""] * (width - len(cells))] for cells in grid]} if grid else {}


def _plain(cell: Any) -> Any:
    return f"{cell:%Y-%m-%d}" if isinstance(cell, (datetime, date)) else "" if cell is None else cell


def _read_list(each: List, sheet: Sheet, rows: list[Row], by_key: dict[str, Row], found: Contents) -> None:
    key = each.table.key
    columns = [name for name in sheet.head if name not in (key, POSITION, "")]
    if key not in sheet.head:
        found.faults.append(Fault(each.sheet, 1, key, "This column is missing."))
        return
    for name in set(columns) - set(each.columns(MAX_COLUMNS)):
        found.faults.append(Fault(each.sheet, 1, name, "Unknown column."))
    for row in (row for row in rows if row.table == each.table.name):  # an entry without items has an empty list
        row.values[each.field], row.lines[each.field] = each.value_of([], columns), (each.sheet, [])
    items: dict[str, list[tuple[float, int, Cells]]] = {}
    for place, cells, faults in sheet.rows:
        slug, position = _text(cells[key]), cells.get(POSITION)
        listed = items.setdefault(slug, [])
        if not slug:
            faults.append(Fault(each.sheet, place, key, "Enter the key of the entry that this row belongs to."))
        if position is not None and (isinstance(position, bool) or not isinstance(position, (int, float))):
            faults.append(Fault(each.sheet, place, POSITION, "This must be a number, or empty."))
            position = None
        empty = not isinstance(each.shape, Grid) and all(cells[name] is None for name in columns)
        if empty and not faults:
            faults.append(Fault(each.sheet, place, "", "This row is empty. Fill it in or delete it."))
        if slug not in by_key:
            by_key[slug] = Row(each.sheet, place, {key: slug})
            rows.append(by_key[slug])
        if faults:
            by_key[slug].unread.setdefault(each.field, []).extend(faults)
        before = listed[-1][0] if listed else 0.0
        if not empty:
            at = before if position is None else float(position)
            listed.append((at, place, [cells[name] for name in columns]))
    for slug, listed in items.items():
        listed.sort(key=lambda item: item[:2])
        row = by_key[slug]
        row.values[each.field] = each.value_of([cells for _, _, cells in listed], columns)
        row.lines[each.field] = (each.sheet, [place for _, place, _ in listed])

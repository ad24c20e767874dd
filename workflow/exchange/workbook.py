"""Writes the workbook of an exchange, and reads what came back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from django import forms

from workflow.exchange.rows import Column, Exchange, Kind, X
from workflow.spreadsheets import MAX_CELL, Fault, Unreadable, escaped, opened, unescaped

FORMAT = "headworks-rows-1"
EXPORTED = "Exported"  # the hidden sheet
CHOICES = "Choices"  # the sheet with lists that are too long for a cell's validation
VERSION = re.compile(r"[0-9]{1,9}")
MAX_ROWS, MAX_COLUMNS = 20_000, 200
MAX_CHOICES_LENGTH = 255  # characters of the choices in a cell's validation, Excel's limit
GRAY, BLUE = "F0F0F0", "D9E8F6"
MAX_DIGITS = 15  # of a number in Excel
FIRST_DATE = date(1900, 3, 1)  # Excel counts a February 29 in 1900, so earlier dates are texts
FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.NUMBER: "General"}
LAST_ROW = 1_048_576


# Export.


def written(exchange: Exchange) -> bytes:
    from openpyxl import Workbook  # imported here because most web processes never need openpyxl

    book, content = Workbook(write_only=True), BytesIO()
    rows = [(row, [_fitting(text) for text in exchange.texts(row)]) for row in exchange.rows.values()]
    listed = [column for column in exchange.columns if not _fits_validation(_offered(column))]
    _write_rows(book.create_sheet(exchange.sheet), exchange, [texts for _, texts in rows], listed)
    _write_about(book.create_sheet("About"), exchange)
    if listed:
        _write_choices(book.create_sheet(CHOICES), listed)
    hidden = book.create_sheet(EXPORTED)
    hidden.sheet_state = "veryHidden"
    hidden.append(_texts(hidden, [FORMAT, exchange.identity, _fitting(exchange.title)]))
    hidden.append(_texts(hidden, ["", *(column.name for column in exchange.columns)]))
    hidden.append(_texts(hidden, ["", *(escaped(column.heading) for column in exchange.columns)]))
    for row, texts in rows:
        hidden.append(_texts(hidden, [str(row.version), *texts]))
    book.save(content)
    return content.getvalue()


def _fitting(text: str) -> str:
    """Returns the text as an Excel file holds it. A text of a locked column may have to be cut."""
    text = escaped(text)
    return text if len(text.encode("utf-16-le")) // 2 <= MAX_CELL else f"{text[:15_000]} …"


def _texts(sheet: Any, texts: list[str]) -> list[Any]:
    """Returns cells that stay text, also when a person edits them."""
    from openpyxl.cell import WriteOnlyCell

    cells = [WriteOnlyCell(sheet, text or None) for text in texts]
    for cell, text in zip(cells, texts, strict=True):
        cell.number_format = "@"
        if text:
            cell.data_type = "s"  # also if it looks like a formula
            cell.quotePrefix = text.startswith("'")  # else Excel drops the apostrophe when the cell is edited
    return cells


def _offered(column: Column) -> list[str]:
    return (
        [X]
        if column.choice
        else [escaped(words) for value, words in column.choices.items() if value not in column.closed]
    )


def _fits_validation(offered: list[str]) -> bool:
    listed = ",".join(offered)
    return len(listed) <= MAX_CHOICES_LENGTH and listed.count(",") <= max(len(offered) - 1, 0) and '"' not in listed


def _write_choices(sheet: Any, columns: list[Column]) -> None:
    from itertools import zip_longest

    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(column.width, 30)
    head = _texts(sheet, [escaped(column.heading) for column in columns])
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for line in zip_longest(*(_offered(column) for column in columns), fillvalue=""):
        sheet.append(_texts(sheet, list(line)))


def _write_rows(sheet: Any, exchange: Exchange, rows: list[list[str]], listed: list[Column]) -> None:
    """``listed``: the columns whose choices are on a sheet of their own."""
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    # Without a password: it keeps people from mistakes. Columns and rows can still be made wider or filtered.
    protection = sheet.protection
    protection.sheet, protection.formatColumns, protection.formatRows = True, False, False
    protection.insertRows = protection.deleteRows = not exchange.may_add
    top, middle = Alignment(vertical="top", wrap_text=True), Alignment("center", "top", wrap_text=True)
    bold, blue, gray = Font(bold=True), PatternFill("solid", BLUE), PatternFill("solid", GRAY)
    free = Protection(locked=False)
    for number, column in enumerate(exchange.columns, start=1):
        letter = get_column_letter(number)
        dimension = sheet.column_dimensions[letter]
        dimension.width = column.width
        if exchange.may_add and not column.locked:  # the cells below, for new rows
            dimension.protection, dimension.alignment = free, top
            dimension.number_format = FORMATS.get(column.kind, "@")
        last = LAST_ROW if exchange.may_add else len(rows) + 1
        _validate(sheet, column, f"{letter}2:{letter}{last}", listed)
    head = _texts(sheet, [escaped(column.heading) for column in exchange.columns])
    for cell in head:
        cell.font, cell.fill, cell.alignment, cell.protection = bold, blue, top, Protection(locked=True)
    sheet.append(head)
    for row in rows:
        cells = _texts(sheet, row)
        for cell, column in zip(cells, exchange.columns, strict=True):
            cell.alignment = middle if column.choice else top
            if column.locked:
                cell.fill = gray
            else:
                cell.protection = free
                _as_native(cell, column.kind)
        sheet.append(cells)


def _validate(sheet: Any, column: Column, cells: str, listed: list[Column]) -> None:
    """Offers the choices of a column in its cells. A cell with several names can't have a list."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    offered = _offered(column)
    if not offered or column.many or column.locked:
        return
    formula = f'"{",".join(offered)}"'
    if column in listed:
        letter = get_column_letter(listed.index(column) + 1)
        formula = f"{CHOICES}!${letter}$2:${letter}${len(offered) + 1}"
    validation = DataValidation("list", formula1=formula, allow_blank=True, showErrorMessage=True)
    validation.error, validation.errorTitle = "Choose from the list, or empty the cell.", column.heading[:32]
    validation.add(cells)
    sheet.data_validations.append(validation)


def _as_native(cell: Any, kind: Kind) -> None:
    """Makes a date or a number of the text, where Excel keeps it exactly."""
    if kind not in FORMATS:
        return
    cell.number_format = FORMATS[kind]
    if not cell.value:
        return
    if kind is Kind.DATE and date.fromisoformat(cell.value) >= FIRST_DATE:
        cell.value = date.fromisoformat(cell.value)
        cell.number_format = FORMATS[kind]  # openpyxl has set its own
    elif kind is Kind.NUMBER and len(Decimal(cell.value).normalize().as_tuple().digits) <= MAX_DIGITS:
        cell.value = Decimal(cell.value)


def _write_about(sheet: Any, exchange: Exchange) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 90
    for label, text in exchange.about():
        cells = _texts(sheet, [escaped(label), _fitting(text)])
        cells[0].font = Font(bold=True)
        for cell in cells:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        sheet.append(cells)


# Import.


@dataclass
class Contents:
    """``rows``: key → (row's number, texts by column); ``exported``: key → (version, texts by column).

    ``added``: the rows without a key, where they are new ones: (row's number, texts by column).
    """

    columns: list[Column]
    exported: dict[str, tuple[int, dict[str, str]]]
    rows: dict[str, tuple[int, dict[str, str]]]
    faults: list[Fault]
    added: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def read(exchange: Exchange, content: bytes) -> Contents:
    """Raises Unreadable, also for a file of other rows."""
    wanted = (exchange.sheet, EXPORTED)
    with opened(content) as book:
        sheets = {sheet.title: list(_filled(sheet)) for sheet in book.worksheets if sheet.title in wanted}
    contents = _read_exported(exchange, sheets.get(EXPORTED, []))
    if exchange.sheet not in sheets:
        raise Unreadable(f"The sheet “{exchange.sheet}” is missing. Give it back its name.")
    head, *rows = sheets[exchange.sheet] or [(1, ())]
    at = _read_head(exchange, contents, *head)
    key_column = contents.columns[0]
    if key_column.name in at:
        for place, cells in rows:
            _read_row(exchange, contents, place, cells, at)
        for key in () if exchange.may_add else contents.exported.keys() - contents.rows.keys():
            words = "This row is missing. Rows can’t be deleted here: put it back, or download the file again."
            contents.faults.append(Fault(exchange.sheet, None, "", words, exchange.name_of(exchange.rows[key])))
    return contents


def _filled(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yields the rows that have something in a cell, each with its number."""
    sheet.reset_dimensions()  # the size that the file declares may be wrong
    number, last = 0, None
    for place, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        if cells is last:  # rows that the file leaves out, up to a million, are all the same tuple
            continue
        number, last = number + 1, cells
        if number > MAX_ROWS:
            raise Unreadable(f"The sheet “{sheet.title}” has more than {MAX_ROWS:,} rows.")
        if any(cell.value not in (None, "") for cell in cells):
            yield place, cells


def _read_exported(exchange: Exchange, rows: list[tuple[int, tuple[Any, ...]]]) -> Contents:
    """Reads the hidden sheet. Raises Unreadable."""
    texts = [[_text(cell, Kind.TEXT) for cell in cells] for _, cells in rows]
    if len(texts) < 3 or texts[0][0] != FORMAT or texts[1][1] != exchange.columns[0].name:
        raise Unreadable(
            "This file does not say what was exported. It was not downloaded here, or the program that saved it left "
            "out a hidden sheet. Download the Excel file again and make your changes in it."
        )
    if texts[0][1] != exchange.identity:
        raise Unreadable(f"This file belongs to {texts[0][2][:300]}. Import it there.")
    known = {column.name: column for column in exchange.columns}
    named = [(name, heading) for name, heading in zip(texts[1][1:], texts[2][1:], strict=True) if name]
    columns = [
        replace(known[name], heading=heading) if name in known else _gone(exchange, name, heading)
        for name, heading in named
    ]
    exported = {}
    for version, *line in texts[3:]:
        if line[0] in exchange.rows and VERSION.fullmatch(version):
            exported[line[0]] = (int(version), {name: text for (name, _), text in zip(named, line, strict=False)})
    return Contents(columns, exported, {}, [])


def _gone(exchange: Exchange, name: str, heading: str) -> Column:
    """Returns a column that the sheet no longer has. A choice is still read; any other must be as it was."""
    column = Column(name, heading)
    is_choice = isinstance(exchange.form.fields.get(column.field), forms.MultipleChoiceField) and column.choice
    in_one_cell = any(known.name == column.field for known in exchange.columns)
    return column if is_choice and not in_one_cell else replace(column, locked=True)


def _read_head(exchange: Exchange, contents: Contents, place: int, cells: tuple[Any, ...]) -> dict[str, int]:
    """Returns column → its position in the sheet."""
    head = [" ".join(_text(cell, Kind.TEXT).split()) for cell in cells]
    names = {" ".join(column.heading.split()): column.name for column in contents.columns}
    missing = [heading for heading in names if heading not in head]
    words = dict.fromkeys(missing, "This column is missing. Put it back, or give it back its name.")
    for heading in filter(None, head):
        if heading not in names:
            words[heading] = "This is not a column of the sheet. Delete it, or give it back its name."
        elif head.count(heading) > 1:
            words[heading] = "There are two columns with this name. Delete one of them."
    contents.faults += [Fault(exchange.sheet, place, heading, each) for heading, each in words.items()]
    return {name: head.index(heading) for heading, name in names.items() if heading in head}


def _read_row(exchange: Exchange, contents: Contents, place: int, cells: tuple[Any, ...], at: dict[str, int]) -> None:
    key_column, word = contents.columns[0], exchange.key_word
    key = _text(cells[at[key_column.name]], Kind.TEXT).strip()
    words = ""
    if not key and exchange.may_add:
        texts = dict.fromkeys((column.name for column in contents.columns), "")
        _read_cells(exchange, contents, place, cells, at, texts, "")
        if any(text.strip() for text in texts.values()):
            contents.added.append((place, texts))
        return
    advice = "leave it empty for a new row" if exchange.may_add else "delete the row if you added it"
    if not key:
        words = f"This row has no {word}. Put back the {word} that was there, or {advice}."
    elif key not in contents.exported:
        words = f"No row has the {word} “{key[:80]}”. Put back the {word} that was there, or {advice}."
    elif key in contents.rows:
        words = f"There are two rows with the {word} “{key}”. Delete one of them."
    name = exchange.name_of(exchange.rows[key]) if key in exchange.rows else ""
    if words:
        contents.faults.append(Fault(exchange.sheet, place, key_column.heading, words, name))
        return
    texts = dict(contents.exported[key][1])
    _read_cells(exchange, contents, place, cells, at, texts, name)
    contents.rows[key] = (place, texts)


def _read_cells(
    exchange: Exchange,
    contents: Contents,
    place: int,
    cells: tuple[Any, ...],
    at: dict[str, int],
    texts: dict[str, str],
    name: str,
) -> None:
    """Adds to ``texts`` what the cells of a row have."""
    for column in contents.columns:
        if column.name in at:
            cell = cells[at[column.name]]
            if words := _unfit(cell, column.kind):
                contents.faults.append(Fault(exchange.sheet, place, column.heading, words, name))
            else:
                texts[column.name] = _text(cell, column.kind)


def _unfit(cell: Any, kind: Kind) -> str:
    """Returns why the content of a cell can't be taken; empty if it can."""
    if cell.data_type == "f":
        return "This is a formula. Enter its text instead."
    if cell.data_type == "e":
        return f"This is the error {cell.value}. Enter a text instead."
    if (isinstance(cell.value, (date, time)) or cell.data_type == "d") and kind is not Kind.DATE:
        return "The spreadsheet made a date of this. Format the cell as text and enter it again."
    return ""


def _text(cell: Any, kind: Kind) -> str:
    value = cell.value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.15g}" if kind is not Kind.NUMBER else f"{Decimal(f'{value:.15g}'):f}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return unescaped(value) if isinstance(value, str) else "" if value is None else str(value)

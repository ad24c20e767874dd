"""The Excel file of an exchange, as a person edits it."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

Edit = Callable[[Workbook], None]


def cells(content: bytes, sheet: str = "Rows") -> dict[str, dict[str, Any]]:
    """Code → heading → value."""
    head, *rows = load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True)
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows}


def place(book: Workbook, code: str, heading: str) -> Any:
    """The cell of a row and a column."""
    sheet = book["Rows"]
    column = next(cell.column for cell in sheet[1] if cell.value == heading)
    return next(sheet.cell(row[0].row, column) for row in sheet.iter_rows(min_row=2) if row[0].value == code)


def saved(book: Workbook) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def edited(content: bytes, changes: dict[tuple[str, str], Any] | None = None, *more: Edit) -> bytes:
    """The file after a person entered ``changes``: (code, heading) → value, and did ``more`` with it."""
    book = load_workbook(BytesIO(content))
    for (code, heading), value in (changes or {}).items():
        place(book, code, heading).value = value
        if isinstance(value, str):
            place(book, code, heading).data_type = "s"  # as in a cell that is formatted as text
    for edit in more:
        edit(book)
    return saved(book)


def sent(content: bytes, name: str = "rows.xlsx") -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, content)}

"""Writes the whole catalog to one file and reads such a file.

**YAML**: ``{table: [row, …]}``, in the format of the data files. **XLSX**: see initiatives.sheets.
An import leaves fields and rows alone that the file does not have.
"""

import re
from typing import Any

import yaml

from initiatives import sheets
from initiatives.catalog import TABLES
from initiatives.contents import MAX_BYTES, Contents, Row, TooLong, rows_of
from workflow.spreadsheets import Fault, Unreadable

MAX_DEPTH = 12
MAX_ROWS = 5_000  # of a YAML file, as of a sheet
MAX_VALUES = 200_000  # of a YAML file; the whole catalog has about 10,000
LONG_NUMBER = re.compile(r"[-+]?[0-9.][-+0-9_:.a-fx]{99,}")  # also one of base 60, which takes hours to work out

__all__ = ["MAX_BYTES", "TooLong", "Unreadable"]


def as_yaml() -> bytes:
    text: str = yaml.dump(
        {table.name: rows_of(table) for table in TABLES},
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
        allow_unicode=True,
        width=116,
    )
    return text.encode()


FILES = {
    "yaml": ("application/yaml; charset=utf-8", as_yaml),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sheets.as_xlsx),
}


def read(content: bytes) -> Contents:
    """Reads YAML or XLSX, recognized by the first bytes. Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable(f"The file is larger than {MAX_BYTES // 1024**2} MB.")
    return sheets.read(content) if content.startswith(b"PK") else _read_yaml(content)


def _read_yaml(content: bytes) -> Contents:
    try:
        document = load_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("This is neither a YAML file in UTF-8 nor an Excel file.") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an invalid date or number
        raise Unreadable(f"The YAML can’t be read: {_reason(error)}") from None
    if not isinstance(document, dict) or not all(isinstance(rows, list) for rows in document.values()):
        raise Unreadable("The file must have a list of rows for each table: “initiatives:”, “elements:” and so on.")
    if sum(map(len, document.values())) > MAX_ROWS:
        raise Unreadable(f"The file has more than {MAX_ROWS:,} rows.")
    found = Contents()
    for name, rows in document.items():
        kept = found.rows.setdefault(str(name), [])
        for place, row in enumerate(rows, start=1):
            if isinstance(row, dict):
                kept.append(Row(str(name), place, {str(column): value for column, value in row.items()}))
            else:
                found.faults.append(Fault(str(name), place, "", "This is not a row with fields."))
    return found


def load_yaml(text: str) -> Any:
    """Loads plain values. Refuses aliases and deep nesting, so that a small text can't become a large value."""
    depth = 0
    for n, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if n > MAX_VALUES:
            raise yaml.YAMLError("it has more values than any catalog")
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and LONG_NUMBER.fullmatch(event.value):
            raise yaml.YAMLError("it has a number with too many digits")
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("it uses an alias, which is not supported")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{getattr(error, 'problem', None) or error}{f', line {mark.line + 1}' if mark else ''}."

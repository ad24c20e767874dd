"""What a file of the catalog holds: the rows of each table in their plain form (pdca.entries), and their faults.

Only published values are exported, not drafts. A retired entry also has ``retired_on``. ``exported_version`` identifies
the values of the row as exported, so that an import can tell whether the catalog changed since.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from initiatives.catalog import CatalogTable
from pdca.entries import content_fields, plain, plain_then
from workflow.spreadsheets import Fault

# Lists that older exports have within a table, and what to say of them.
MOVED = {
    ("elements", "opportunities"): "Integration opportunities are a table of their own now: “opportunities”. "
    "Export the catalog again and make these changes there."
}

MAX_BYTES = 5 * 1024 * 1024
RETIRED, VERSION = "retired_on", "exported_version"


class TooLong(Exception):
    """A field does not fit into a cell of Excel; YAML has no such limit."""


@dataclass
class Row:
    """``lines``: for a list on a sheet of its own, the sheet and the row of each of its items."""

    table: str  # or the sheet of a list, if the table's own sheet does not have the row
    place: int
    values: dict[str, Any]
    lines: dict[str, tuple[str, list[int]]] = field(default_factory=dict)
    unread: dict[str, list[Fault]] = field(default_factory=dict)  # field → why it could not be read


@dataclass
class Contents:
    rows: dict[str, list[Row]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def rows_of(table: CatalogTable) -> list[dict[str, Any]]:
    """Returns every published row in its plain form, in the order of the site."""
    rows: Any = table.model._default_manager.prefetch_related(*(many.name for many in table.model._meta.many_to_many))
    shown = [values_of(row) for row in (rows.known() if table.has_entries else rows.all())]
    return [values | {VERSION: version_of(values)} for values in shown]


def values_of(row: Any) -> dict[str, Any]:
    return plain(row) | _retired(row)


def values_then(record: Any) -> dict[str, Any]:
    """Returns what ``values_of`` returned when the history record was written."""
    return plain_then(record) | _retired(record)


def _retired(row: Any) -> dict[str, str]:
    on = getattr(row, RETIRED, None)
    return {RETIRED: on.isoformat()} if on else {}


def version_of(values: Mapping[str, Any]) -> str:
    """Returns a hash of the values that are not empty, so that a field added later changes no version."""
    said = {name: value for name, value in values.items() if value not in (None, "", False, [], {})}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]


def columns_of(table: CatalogTable) -> list[str]:
    return [column.name for column in content_fields(table.model)] + ([RETIRED] if table.has_entries else [])


def kinds_of(table: CatalogTable) -> dict[str, Any]:
    """Returns field → empty value for the table's fields that hold a list or a dict."""
    kinds: dict[str, Any] = {}
    for column in content_fields(table.model):
        if column.many_to_many:
            kinds[column.name] = []
        elif isinstance(empty := column.get_default(), (list, dict)):
            kinds[column.name] = empty
    return kinds

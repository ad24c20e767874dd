"""The cells of a list, as its django-tables2 columns define them.

tables2 finds out anew for each cell which field it shows and what its column's functions take, and works out the cell's
attributes. Here each column is asked once, so a page of rows takes a third of the time.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Model
from django.utils.encoding import force_str
from django_tables2 import Table
from django_tables2.columns import BoundColumn
from django_tables2.rows import BoundRow
from django_tables2.utils import signature

Known = dict[str, Any]  # what a column's function may ask for: value, record, column, bound_column, bound_row, table


class Cells:
    """One column of a list: ``header`` and the CSS class ``css``, and the cell of any record."""

    def __init__(self, table: Table, bound: BoundColumn, model: type[Model]):
        self.header = str(bound.header)
        self.css = bound.attrs["td"]["class"] or ""
        self._table, self._bound = table, bound
        self._render, self._value = _asked(bound.render), _asked(bound.value)
        field = bound.accessor.get_field(model)
        *self._path, last = bound.accessor.bits
        self._last = f"get_{last}_display" if getattr(field, "choices", None) else last

    def shown(self, record: Any) -> Any:
        """Returns what a page shows: text, HTML if it is marked as safe; the column's default if there is nothing."""
        value = self._of(record)
        if value in self._bound.column.empty_values:
            return self._bound.default
        known = self._known(record, value)
        content = self._render(known)
        return self._bound.link(content, **known) if self._bound.link else content

    def value(self, record: Any) -> Any:
        """Returns what an exported file gets, None if there is nothing."""
        value = self._of(record)
        return None if value in self._bound.column.empty_values else self._value(self._known(record, value))

    def _of(self, record: Any) -> Any:
        found = record
        for name in (*self._path, self._last):
            found = getattr(found, name, None)
            if callable(found) and not getattr(found, "do_not_call_in_templates", False):
                found = found()
            if found is None:
                return None
        return found

    def _known(self, record: Any, value: Any) -> Known:
        return {
            "value": value,
            "record": record,
            "column": self._bound.column,
            "bound_column": self._bound,
            "bound_row": BoundRow(record, self._table),
            "table": self._table,
        }


def _asked(function: Callable[..., Any]) -> Callable[[Known], Any]:
    """Returns ``function`` as one of what is known, from which it gets the arguments that it names."""
    names, rest = signature(function)
    if rest:
        return lambda known: function(**known)
    return lambda known: function(*(known[name] for name in names))


def shown(table: Table, records: Iterable[Model]) -> Iterator[list[tuple[Cells, Any]]]:
    """Yields a row for each record: each column of the page with its cell."""
    model = table.data.data.model
    columns = [Cells(table, each, model) for each in table.columns]
    for record in records:
        yield [(each, each.shown(record)) for each in columns]


def values(table: Table) -> Iterator[list[Any]]:
    """Yields the header and a row for each record of ``table``, for a file."""
    rows = table.data.data
    exported = (each for each in table.columns.iterall() if not each.column.exclude_from_export)
    columns = [Cells(table, each, rows.model) for each in exported]
    yield [each.header for each in columns]
    for record in rows:
        yield [force_str(each.value(record), strings_only=True) for each in columns]

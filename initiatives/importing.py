"""Imports a file into the catalog, all or nothing, after a dry run that shows what would change.

The dry run makes every change and rolls it back, so it shows exactly what the import will do.
"""

import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.safestring import SafeString

from accounts.models import User
from initiatives.catalog import TABLES, CatalogTable
from initiatives.exchange import RETIRED, Contents, Fault, columns_of, kinds_of
from pdca import loading
from pdca.differences import differences
from pdca.entries import OWN, assign, content_fields, plain, tidy
from pdca.index import refresh
from pdca.models import Area, Component, Element
from pdca.references import unknown_in
from workflow.shapes.columns import Shaped

# Gap analyses rely on these tables: they take no new rows, and these columns can't change.
FIXED: dict[Any, list[str]] = {Area: ["order"], Component: ["order"], Element: ["order", "component"]}


@dataclass
class Change:
    """``before`` is empty for a new row. ``kind``: new, changed, published or retired."""

    table: CatalogTable
    key: str
    title: str
    kind: str
    before: dict[str, Any]
    after: dict[str, Any]
    has_draft: bool

    @property
    def differences(self) -> list[tuple[str, SafeString]]:
        shown = differences(self.table.model, self.before, self.after)
        return [(label, said) for label, said in shown if said]


@dataclass
class Plan:
    """What an import does, or why it does nothing. ``left``: table → the keys of rows that are not in the file."""

    changes: list[Change] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def token(self) -> str:
        """A hash of the plan, used to detect that the catalog changed after the dry run."""
        said = [[change.table.name, change.key, change.kind, change.before, change.after] for change in self.changes]
        known = json.dumps([said, self.unchanged, self.left, [vars(fault) for fault in self.faults]], default=str)
        return hashlib.sha256(known.encode()).hexdigest()

    @property
    def tables(self) -> list[dict[str, Any]]:
        """For each table: its name, its changes, the number of unchanged rows, the keys that are not in the file."""
        return [
            {
                "name": table.name,
                "changes": [change for change in self.changes if change.table is table],
                "unchanged": self.unchanged.get(table.name, 0),
                "left": self.left.get(table.name, []),
            }
            for table in TABLES
        ]


def dry_run(contents: Contents) -> Plan:
    with transaction.atomic():
        plan = _bring(contents, by=None, why="")
        transaction.set_rollback(True)
    return plan


def carry_out(contents: Contents, token: str, *, by: User | None, why: str) -> tuple[Plan, bool]:
    """Imports unless there are faults or the plan no longer has this token. Returns the plan and whether it ran."""
    with transaction.atomic():
        loading.one_at_a_time()
        plan = _bring(contents, by=by, why=why)
        done = not plan.faults and plan.token == token
        if done:
            refresh()
        else:
            transaction.set_rollback(True)
    return plan, done


def _bring(contents: Contents, *, by: User | None, why: str) -> Plan:
    plan = Plan(faults=list(contents.faults))
    known = {table.name for table in TABLES}
    plan.faults += [Fault(name, None, "", "The catalog has no such table.") for name in contents.rows.keys() - known]
    brought: list[tuple[CatalogTable, int, Any]] = []
    for table in TABLES:
        brought += Bringing(table, plan, by, why).bring(contents.rows.get(table.name, []))
    for table, place, row in brought:  # last, because a row may refer to one of a later table
        plan.faults += [Fault(table.name, place, name, wrong) for name, wrong in unknown_in(row)]
    return plan


class Bringing:
    """Imports the rows of one table."""

    def __init__(self, table: CatalogTable, plan: Plan, by: User | None, why: str) -> None:
        self.table, self.plan, self.by, self.why = table, plan, by, why
        rows = table.model._default_manager.select_for_update()
        self.existing: dict[str, Any] = {getattr(row, table.key): row for row in rows}
        self.fields = {column.name: column for column in content_fields(table.model)}
        self.kinds = kinds_of(table.name)
        self.seen: set[str] = set()

    def bring(self, rows: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[CatalogTable, int, Any]]:
        self.plan.unchanged[self.table.name] = 0
        for place, given in rows:
            values = tidy(given)
            faults = list(self._faults(values))
            row = None if faults else self._row(values, faults)
            self.plan.faults += [Fault(self.table.name, place, name, words) for name, words in faults]
            if row is not None and not faults:
                yield self.table, place, row
        self.plan.left[self.table.name] = [key for key in self.existing if key not in self.seen]

    def _faults(self, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yields (field, message) for each fault that can be found before the row is built."""
        key = values.get(self.table.key)
        if not isinstance(key, str) or not key:
            yield self.table.key, "Every row needs one of its own."
            return
        if key in self.seen:
            yield self.table.key, f"“{key}” appears twice."
        self.seen.add(key)
        for name in values.keys() - set(columns_of(self.table)):
            yield name, "Unknown field."
        fixed = FIXED.get(self.table.model, [])
        if fixed and self.existing and key not in self.existing:
            yield self.table.key, f"“{key}” does not exist, and no rows can be added to this table."
        for name, column in self.fields.items():
            if name in values:
                yield from ((name, words) for words in self._faults_of(column, values[name]))
            if name in fixed and key in self.existing and name in values:
                now = getattr(self.existing[key], column.attname)
                if values[name] != now:
                    yield name, f"This must stay {now} because gap analyses depend on it."
        if (on := values.get(RETIRED)) is not None and _day(on) is None:
            yield RETIRED, "This must be a date (year-month-day)."

    def _faults_of(self, column: Any, value: Any) -> Iterator[str]:
        if value is None or isinstance(value, (list, dict)) != (column.name in self.kinds):
            yield "This value is not valid for the field."
        elif isinstance(column, Shaped):
            yield from column.shape.faults(value)
        elif column.many_to_many:
            known = column.related_model._default_manager.values_list("pk", flat=True)
            yield from (f"“{key}” does not exist." for key in value if key not in list(known))

    def _row(self, values: dict[str, Any], faults: list[tuple[str, str]]) -> Any:
        """Returns the row, saved if it changed. If it is not valid, adds to ``faults`` and returns None."""
        row: Any = self.existing.get(values[self.table.key]) or self.table.model()
        before = {} if row._state.adding else plain(row)
        was = (getattr(row, "published", True), getattr(row, RETIRED, None))
        many = {name: sorted(set(value)) for name, value in values.items() if self._is_many(name)}
        assign(row, {name: copy.deepcopy(values[name]) for name in values.keys() & self.fields.keys() - many.keys()})
        if self.table.has_entries:
            row.published, row.retired_on = True, _day(values.get(RETIRED)) or row.retired_on
        try:
            row.full_clean(exclude=OWN)
        except ValidationError as error:
            for name, wrongs in error.message_dict.items():
                faults += [("" if name == NON_FIELD_ERRORS else name, wrong) for wrong in wrongs]
            return None
        except (TypeError, ValueError, OverflowError):
            faults.append(("", "A value in this row is not valid for its field."))
            return None
        after = plain(row) | many
        kind = self._kind(row, before, after, was)
        if kind:
            has_draft = bool(getattr(row, "draft", None))
            self.plan.changes.append(
                Change(self.table, values[self.table.key], str(row), kind, before, after, has_draft)
            )
            self._keep(row, after)
        else:
            self.plan.unchanged[self.table.name] += 1
        return row

    def _is_many(self, name: str) -> bool:
        return name in self.fields and bool(self.fields[name].many_to_many)

    def _kind(self, row: Any, before: dict[str, Any], after: dict[str, Any], was: tuple[bool, Any]) -> str:
        if not before:
            return "new"
        if not was[0]:
            return "published"
        if getattr(row, RETIRED, None) != was[1]:
            return "retired"
        return "changed" if before != after else ""

    def _keep(self, row: Any, after: dict[str, Any]) -> None:
        """Saves the row but keeps its draft, which holds only the fields that somebody changed."""
        if self.table.has_entries:
            row.write(after, by=self.by, why=self.why)
        else:
            row._history_user, row._change_reason = self.by, self.why[:100]
            row.save()


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None

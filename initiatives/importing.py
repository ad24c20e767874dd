"""Imports a file into the catalog, all or nothing, after a dry run that shows what would change.

The dry run makes every change and rolls it back, so it shows exactly what the import will do.
"""

import copy
import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.safestring import SafeString

from accounts.models import User
from initiatives.catalog import TABLES, CatalogTable
from initiatives.contents import (
    MOVED,
    RETIRED,
    VERSION,
    Contents,
    Row,
    columns_of,
    kinds_of,
    values_of,
    values_then,
    version_of,
)
from pdca import loading
from pdca.differences import differences
from pdca.entries import OWN, assign, content_fields, plain, tidy
from pdca.index import refresh
from pdca.models import Area, Component, Element
from pdca.references import slugs_of, unknown_in
from workflow.shapes.columns import Shaped
from workflow.shapes.values import Records
from workflow.spreadsheets import Fault

# Gap analyses rely on these tables: they take no new rows, and these columns can't change.
FIXED: dict[Any, list[str]] = {Area: ["order"], Component: ["order"], Element: ["order", "component"]}
ALL = "all"  # among the rows to import although they changed since the export


@dataclass
class Change:
    """``before`` is empty for a new row. ``kind``: new, changed, published or retired.

    ``since``: "changed" or "deleted", if that happened in the catalog after the file was exported. ``exported`` is then
    the row as exported, empty if the history does not have it.
    """

    table: CatalogTable
    key: str
    title: str
    kind: str
    before: dict[str, Any]
    after: dict[str, Any]
    has_draft: bool
    since: str = ""
    exported: dict[str, Any] = field(default_factory=dict)
    skipped: bool = False

    @property
    def address(self) -> str:
        return f"{self.table.name}:{self.key}"

    @property
    def differences(self) -> list[tuple[str, SafeString]]:
        return self._shown(self.before, self.after)

    @property
    def differences_since(self) -> list[tuple[str, SafeString]]:
        """What changed in the catalog since the export."""
        return self._shown(self.exported, self.before) if self.exported and self.since == "changed" else []

    def _shown(self, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, SafeString]]:
        return [(label, said) for label, said in differences(self.table.model, before, after) if said]


@dataclass
class Plan:
    """What an import does, or why it does nothing. ``left``: table → the keys of rows that are not in the file.

    ``kept``: table → rows that changed since the export, but not in the file. ``unmarked`` counts the rows of the file
    without ``exported_version``.
    """

    changes: list[Change] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unmarked: int = 0

    @property
    def token(self) -> str:
        """A hash of the plan, used to detect that the catalog changed after the dry run."""
        said = [
            [change.address, change.kind, change.since, change.before, change.after, change.exported]
            for change in self.changes
        ]
        known = json.dumps([said, self.unchanged, self.kept, self.left], default=str)
        return hashlib.sha256(known.encode()).hexdigest()

    @property
    def done(self) -> list[Change]:
        return [change for change in self.changes if not change.skipped]

    @property
    def conflicts(self) -> list[Change]:
        return [change for change in self.changes if change.since]

    @property
    def tables(self) -> list[dict[str, Any]]:
        """For each table: its name, its changes, the number of unchanged rows, the keys that are not in the file."""
        return [
            {
                "name": table.name,
                "changes": [change for change in self.changes if change.table is table and not change.since],
                "unchanged": self.unchanged.get(table.name, 0),
                "kept": self.kept.get(table.name, 0),
                "left": self.left.get(table.name, []),
            }
            for table in TABLES
        ]


def dry_run(contents: Contents) -> Plan:
    """Tries to import every row, since one may need another, and marks those that are skipped unless selected."""
    with transaction.atomic():
        plan = _bring(contents, by=None, why="", over=[ALL])
        transaction.set_rollback(True)
    for change in plan.changes:
        change.skipped = bool(change.since)
    return plan


def carry_out(
    contents: Contents, token: str, *, by: User | None, why: str, over: Collection[str] = ()
) -> tuple[Plan, bool]:
    """Imports unless there are faults or the plan no longer has this token. Returns the plan and whether it ran.

    ``over``: the addresses of rows to import although they changed since the export, or ``ALL``.
    """
    with transaction.atomic():
        loading.one_at_a_time()
        plan = _bring(contents, by=by, why=why, over=over)
        done = not plan.faults and plan.token == token
        if done:
            refresh()
        else:
            transaction.set_rollback(True)
    return plan, done


def _bring(contents: Contents, *, by: User | None, why: str, over: Collection[str]) -> Plan:
    plan = Plan(faults=list(contents.faults))
    known = {table.name for table in TABLES}
    plan.faults += [Fault(name, None, "", "The catalog has no such table.") for name in contents.rows.keys() - known]
    brought: list[Brought] = []
    for table in TABLES:
        brought += Bringing(table, plan, by, why, over).bring(contents.rows.get(table.name, []))
    slugs = cache(slugs_of)
    for one in brought:  # last, because a row may refer to one of a later table
        for name, words in unknown_in(one.row, slugs):
            if name not in one.wrong:
                one.said.append((name, words))
        plan.faults += one.faults()
    return plan


@dataclass
class Brought:
    """A row of the file, the row of the catalog that it became, and what is wrong as (field, message)."""

    given: Row
    row: Any
    name: str
    said: list[tuple[str, str]]

    @property
    def wrong(self) -> set[str]:
        return {name for name, _ in self.said} | self.given.unread.keys()

    def faults(self) -> Iterator[Fault]:
        for faults in self.given.unread.values():
            yield from (replace(fault, name=self.name) for fault in faults)
        known = {(fault.table, fault.place, fault.field) for faults in self.given.unread.values() for fault in faults}
        for fault in (fault for name, words in self.said for fault in self._placed(name, words)):
            if (fault.table, fault.place, fault.field) not in known:
                yield fault

    def _placed(self, name: str, words: str) -> Iterator[Fault]:
        """Yields the faults of a field: those of a record at its row, where records have a sheet."""
        sheet, places = self.given.lines.get(name, ("", []))
        shape = getattr(self.row._meta.get_field(name), "shape", None) if sheet else None
        records = shape.faults_at(self.given.values[name]) if isinstance(shape, Records) else ()
        at = [(place, key) for place, key, said in records if said == words and place]
        if at:
            place, key = at[0]
            yield Fault(sheet, places[place - 1], key, words, self.name)
        elif sheet:
            yield Fault(sheet, places[0] if places else None, name, words, self.name)
        else:
            yield Fault(self.given.table, self.given.place, name, words, self.name)


class Bringing:
    """Imports the rows of one table."""

    def __init__(self, table: CatalogTable, plan: Plan, by: User | None, why: str, over: Collection[str]) -> None:
        self.table, self.plan, self.by, self.why, self.over = table, plan, by, why, over
        many = (column.name for column in table.model._meta.many_to_many)
        rows: Any = table.model._default_manager.select_related().prefetch_related(*many)
        self.existing: dict[str, Any] = {getattr(row, table.key): row for row in rows.select_for_update(of=["self"])}
        self.fields = {column.name: column for column in content_fields(table.model)}
        self.kinds = kinds_of(table)
        self.seen: set[str] = set()

    @cached_property
    def ever(self) -> set[str]:
        """The keys of all rows that there are and were."""
        return set(self.table.model.history.values_list(self.table.key, flat=True))  # type: ignore[attr-defined]

    def bring(self, rows: list[Row]) -> Iterator[Brought]:
        self.plan.unchanged[self.table.name] = self.plan.kept[self.table.name] = 0
        for given in rows:
            values = tidy(given.values)
            version = values.pop(VERSION, None)
            self.plan.unmarked += version in (None, "")
            key = values.get(self.table.key)
            existing = self.existing.get(key) if isinstance(key, str) else None
            row: Any = existing or self.table.model()
            said = list(self._faults(values))
            one = Brought(given, row, self._name(values, existing), said)
            if self.table.key not in one.wrong:
                self._take(one, values, "" if version is None else str(version))
            yield one
        self.plan.left[self.table.name] = [key for key in self.existing if key not in self.seen]

    def _name(self, values: dict[str, Any], existing: Any) -> str:
        """Returns what people call the entry, for messages."""
        given = (values.get(name) for name in ("name", "title", "term", self.table.key))
        return str(existing or next((name for name in given if isinstance(name, str) and name), ""))

    def _faults(self, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yields (field, message) for each fault that can be found before the row is built."""
        key = values.get(self.table.key)
        if not isinstance(key, str) or not key:
            yield self.table.key, "Every row needs one of its own."
        else:
            if key in self.seen:
                yield self.table.key, f"“{key}” appears twice."
            self.seen.add(key)
        fixed = FIXED.get(self.table.model, [])
        if fixed and self.existing and key not in self.existing:
            yield self.table.key, f"“{key}” does not exist, and no rows can be added to this table."
        for name in sorted(values.keys() - set(columns_of(self.table))):
            yield name, MOVED.get((self.table.name, name), "Unknown field.")
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

    def _take(self, one: Brought, values: dict[str, Any], version: str) -> None:
        """Builds the row from the values that are not wrong, and saves it if nothing is wrong and it changed.

        Of a row that changed since the export, only what the file changed is taken, as far as the history tells.
        """
        row: Any = one.row
        before = {} if row._state.adding else plain(row)
        since, exported = self._since(row, values[self.table.key], version)
        if exported and not one.wrong:
            now = values_of(row)
            changed = [name for name in now.keys() | exported.keys() if now.get(name) != exported.get(name)]
            if all(name in values and self._same(name, values[name], now) for name in changed):
                since = ""  # the file has what was changed, for example because it was imported before
            values = {name: value for name, value in values.items() if not self._same(name, value, exported)}
            if not values.keys() - {self.table.key}:
                self.plan.kept[self.table.name] += 1
                return
        was = (getattr(row, "published", True), getattr(row, RETIRED, None))
        right = {name: value for name, value in values.items() if name in self.fields and name not in one.wrong}
        many = {name: sorted(set(value)) for name, value in right.items() if self._is_many(name)}
        assign(row, {name: copy.deepcopy(right[name]) for name in right.keys() - many.keys()})
        if self.table.has_entries:
            row.published, row.retired_on = True, _day(values.get(RETIRED)) or row.retired_on
        if not one.wrong and not self._kind(row, before, plain(row) | many, was):
            self.plan.unchanged[self.table.name] += 1  # and not validated, which takes most of the time
            return
        self._validate(one)
        if one.wrong:
            return
        after = plain(row) | many
        kind = self._kind(row, before, after, was)
        if not kind:
            self.plan.unchanged[self.table.name] += 1
            return
        has_draft = bool(getattr(row, "draft", None))
        key = getattr(row, self.table.key)
        change = Change(self.table, key, str(row), kind, before, after, has_draft, since, exported)
        change.skipped = bool(since) and change.address not in self.over and ALL not in self.over
        self.plan.changes.append(change)
        if not change.skipped:
            self._keep(row, after)

    def _validate(self, one: Brought) -> None:
        wrong = one.wrong
        try:
            one.row.full_clean(exclude=OWN | wrong)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                field_name = "" if name == NON_FIELD_ERRORS else name
                one.said += [(field_name, words) for words in messages if field_name not in wrong]
        except (TypeError, ValueError, OverflowError):
            one.said.append(("", "A value in this row is not valid for its field."))

    def _since(self, row: Any, key: str, version: str) -> tuple[str, dict[str, Any]]:
        """Returns what happened to the row after it was exported, and the row as exported if the history has it."""
        if not version:
            return "", {}
        if row._state.adding:
            return ("deleted" if key in self.ever else ""), {}
        if version_of(values_of(row)) == version:
            return "", {}
        records = (values_then(record) for record in row.history.all())
        return "changed", next((values for values in records if version_of(values) == version), {})

    def _same(self, name: str, value: Any, known: dict[str, Any]) -> bool:
        """Returns whether the file's value of a field is the one in ``known``."""
        if name == self.table.key:
            return False
        if name == RETIRED:
            return _day(value) == _day(known.get(name))
        if self._is_many(name):
            value = sorted(set(value))
        return bool(value == known.get(name))

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

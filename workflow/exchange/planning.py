"""What a file changes in the rows as they are now.

An import is planned twice: for the preview, and again when it is carried out, with the rows locked. ``Plan.token``
tells whether the two are the same.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser

from workflow.changes import pieces
from workflow.conflicts import words
from workflow.exchange.rows import Column, Exchange
from workflow.exchange.workbook import read
from workflow.saving import errors_of
from workflow.spreadsheets import Fault, escaped, unescaped

Texts = Mapping[str, str]  # column → cell


@dataclass(frozen=True)
class Difference:
    """A field in words: as exported, as it is now, and in the file. For a text ``pieces`` has what the file changes."""

    label: str
    exported: str
    now: str
    given: str
    pieces: list[tuple[str, str]]


@dataclass(frozen=True)
class RowChange:
    """What a file changes in a row. ``changes``: field → new value. ``is_conflict``: the row changed since the export.

    It has only the fields that the file changed, so a conflicting row keeps what others changed in other fields.
    """

    key: str
    name: str
    row: Any
    changes: dict[str, Any]
    differences: list[Difference]
    is_conflict: bool


@dataclass(frozen=True)
class Addition:
    """A new row, from the row ``place`` of the sheet. ``lines``: what it has, (label, words)."""

    place: int
    values: dict[str, Any]
    lines: list[tuple[str, str]]
    alike: list[Any]  # the rows that it could repeat


@dataclass
class Plan:
    """What an import does, or why it does nothing.

    ``kept``: names of rows that changed since, but not in the file. ``there``: names of rows that have all that a row
    without a key has, as after a second import of one file; it is not added again.
    """

    changes: list[RowChange] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    added: list[Addition] = field(default_factory=list)
    there: list[str] = field(default_factory=list)

    @property
    def token(self) -> str:
        """A hash of the changes and of the versions that they replace."""
        known: list[Any] = [[each.key, each.row.version, each.is_conflict, each.changes] for each in self.changes]
        known += [each.values for each in self.added]
        return hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()

    @property
    def conflicts(self) -> list[RowChange]:
        return [each for each in self.changes if each.is_conflict]

    @property
    def others(self) -> list[RowChange]:
        return [each for each in self.changes if not each.is_conflict]


def planned(exchange: Exchange, content: bytes) -> Plan:
    """Returns what the file changes, or all its faults. Raises Unreadable."""
    contents = read(exchange, content)
    plan = Plan(faults=contents.faults)
    for key, row in exchange.rows.items():
        if key in contents.rows:
            place, texts = contents.rows[key]
            version, exported = contents.exported[key]
            _Planning(exchange, plan, contents.columns, place, key, row).plan(texts, exported, version)
    for place, texts in contents.added:
        _Planning(exchange, plan, contents.columns, place, "", None).add(texts)
    plan.faults.sort(key=lambda fault: fault.place or 0)
    return plan


def carry_out(
    exchange: Exchange, content: bytes, token: str, *, over: Collection[str], by: AbstractBaseUser
) -> tuple[Plan, list[RowChange] | None]:
    """Saves the changes and adds the new rows, of the conflicts only those whose keys are in ``over``.

    Returns the plan and the changes that were saved.

    Saves nothing, and returns None, if there are faults or the plan no longer has this token. Must run in a
    transaction in which the rows are locked, and which is rolled back if Stale or WrongState is raised.
    """
    plan = planned(exchange, content)
    if plan.faults or plan.token != token:
        return plan, None
    chosen = [each for each in plan.changes if not each.is_conflict or each.key in over]
    for each in chosen:
        exchange.save(each.row, each.changes, by=by)
    for row in plan.added:
        exchange.add(row.values, by=by)
    return plan, chosen


@dataclass
class _Planning:
    """Plans one row of the file. ``row`` is None for a new one."""

    exchange: Exchange
    found: Plan
    columns: list[Column]
    place: int
    key: str
    row: Any

    def plan(self, texts: Texts, exported: Texts, version: int) -> None:
        is_conflict = self.row.version != version
        if fields := self._changed_in_file(texts, exported):
            if words := self.exchange.why_closed(self.row):
                self._fault("", words)
                return
            self._check(fields, texts, exported, is_conflict)
        elif is_conflict:
            self.found.kept.append(self.exchange.name_of(self.row))

    def _fault(self, column: str, words: str) -> None:
        name = self.exchange.name_of(self.row) if self.row else "new row"
        fault = Fault(self.exchange.sheet, self.place, column, words, name)
        self.found.faults.append(fault)

    def _changed_in_file(self, texts: Texts, exported: Texts) -> set[str]:
        """Returns the fields that the file changes, without those whose cells have faults."""
        fields: set[str] = set()
        wrong: set[str] = set()
        for column in self.columns:
            text, before = texts[column.name], exported[column.name]
            if text == before:
                continue
            if column.locked:
                shown = f"“{before[:80]}{'…' if len(before) > 80 else ''}”" if before else "an empty cell"
                self._fault(column.heading, f"This column can’t be changed here. It was {shown}.")
                continue
            try:
                value = column.value(text)
            except ValueError as error:
                self._fault(column.heading, str(error))
                wrong.add(column.field)
                continue
            try:
                changed = value != column.value(before)
            except ValueError:  # exported like this, under other choices
                changed = True
            if changed:
                fields.add(column.field)
        return self.exchange.with_partners(fields) - self.exchange.with_partners(wrong)

    def _check(self, fields: set[str], texts: Texts, exported: Texts, is_conflict: bool) -> None:
        """Checks the new values with the row's form, and adds the change to the plan."""
        of_form = self.exchange.form.fields
        now = {
            name: self.exchange.value_of(self.row, name) for name, each in of_form.items() if not each.widget.is_hidden
        }
        try:
            given = now | {name: self._value(name, texts, now[name]) for name in fields}
        except ValueError as error:  # in a cell that was exported like this, under other choices
            self._fault("", str(error))
            return
        before = {name: self._exported(name, exported, now[name]) for name in fields}
        form = self._valid(fields, given, now)
        if form is None:
            return
        new = {name: form.cleaned_data[name] for name in fields}
        changed = [name for name in of_form if name in fields and not _same(new[name], now[name])]
        if not changed:
            return  # it already has what the file says
        change = RowChange(
            key=self.key,
            name=self.exchange.name_of(self.row),
            row=self.row,
            changes={name: new[name] for name in of_form if name in self.exchange.with_partners(changed)},
            differences=[_difference(self.exchange.form, name, before[name], now[name], new[name]) for name in changed],
            is_conflict=is_conflict,
        )
        self.found.changes.append(change)

    def add(self, texts: Texts) -> None:
        """Checks a new row, and adds it to the plan."""
        fields = set()
        is_wrong = False
        for column in self.columns:
            if not texts[column.name].strip():
                continue
            if column.locked:
                is_wrong = True
                self._fault(column.heading, "This can’t be entered for a new row. Empty the cell.")
                continue
            try:
                column.value(texts[column.name])
                fields.add(column.field)
            except ValueError as error:
                is_wrong = True
                self._fault(column.heading, str(error))
        if is_wrong:
            return
        empty = self.exchange.empty()
        given = empty | {name: self._value(name, texts, empty[name] or []) for name in fields}
        form = self._valid(fields, given, empty)
        if form is None:
            return
        new = {name: form.cleaned_data[name] for name in self.exchange.form.fields if name in fields}
        alike = list(self.exchange.alike(form.cleaned_data))
        for row in alike:
            if all(_same(value, self.exchange.value_of(row, name)) for name, value in form.cleaned_data.items()):
                self.found.there.append(self.exchange.name_of(row))
                return
        lines = [(str(form[name].label), words(form.fields[name], value)) for name, value in new.items()]
        self.found.added.append(Addition(self.place, new, lines, alike))

    def _valid(self, fields: set[str], given: Mapping[str, Any], now: Mapping[str, Any]) -> forms.BaseForm | None:
        """Returns the row's form with the values ``given``, or None if it has faults."""
        if gone := self._not_offered(fields, given):
            for column in gone:
                self._fault(column.heading, "This can no longer be chosen. Empty the cell.")
            return None
        for column in self.columns:
            if not column.closed or column.field not in fields:
                continue
            chosen, known = _listed(given[column.field]), _listed(now[column.field])
            if closed := [each for each in chosen if each in column.closed and each not in known]:
                names = ", ".join(f"“{column.choices[each]}”" for each in closed)
                self._fault(column.heading, f"{names} can no longer be chosen. Remove it from the cell.")
                return None
        form = self.exchange.bound(self.row, dict(given))
        errors = errors_of(form)
        for error in errors:
            self._fault(error["label"], error["message"])
        return None if errors else form

    def _exported(self, name: str, exported: Texts, now: Any) -> Any:
        """Returns the value of a field as exported, or its text if that says nothing under today's choices."""
        try:
            return self._value(name, exported, now)
        except ValueError:
            return exported[name]

    def _value(self, name: str, texts: Texts, now: Any) -> Any:
        """Returns the value of a field in ``texts``. A choice that has no column in the file stays as it is ``now``."""
        own = [column for column in self.columns if column.field == name and not column.locked]
        if not own:
            return now
        if not own[0].choice:
            return own[0].value(texts[name])
        known = {column.choice for column in own}
        chosen = [column.choice for column in own if column.value(texts[column.name])]
        return chosen + [each for each in now if each not in known]

    def _not_offered(self, fields: set[str], given: Mapping[str, Any]) -> list[Column]:
        """Returns the columns of what the file chooses although it is no longer offered."""
        offered = {column.name for column in self.exchange.columns}
        gone = [each for each in self.columns if each.field in fields and each.name not in offered and not each.locked]
        return [each for each in gone if each.choice in given[each.field]]


def _difference(form: forms.BaseForm, name: str, exported: Any, now: Any, given: Any) -> Difference:
    field = form.fields[name]
    return Difference(
        label=str(form[name].label),
        exported=words(field, exported),
        now=words(field, now),
        given=words(field, given),
        pieces=pieces(now, given) if not hasattr(field, "choices") and isinstance(given, str) else [],
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _same(one: Any, other: Any) -> bool:
    """Returns whether two values differ in nothing that a person or a file could tell."""
    if isinstance(one, str):
        return unescaped(escaped(one)).strip() == unescaped(escaped(other or "")).strip()
    return bool(sorted(one) == sorted(other or []) if isinstance(one, list) else one == other)

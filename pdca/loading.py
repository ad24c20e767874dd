"""Loads reference data from YAML files into rows without undoing what an administrator changed.

Each row keeps in ``loaded`` the value of every field as it was last loaded. A field takes a new value only if the row
still has that last loaded value; otherwise somebody has edited it, and the edit stays. Rows that are in no file are
left alone. Rows that are in a file and were deleted are created again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.db import connection, models

DATA = Path(__file__).parent / "data"


@dataclass
class Outcome:
    """What a load did: counts of rows, and the edits it kept as ``row: field``."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.kept += other.kept

    def __str__(self) -> str:
        return (
            f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged, {len(self.kept)} edits kept"
        )


def read(path: Path) -> Any:
    """Reads a YAML file with libyaml: the parser in Python takes a second for the larger ones."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def one_at_a_time() -> None:
    """Makes other loaders wait until this transaction ends: two web containers may start together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('load_catalog'))")


def load(model: type[models.Model], key: str, rows: Iterable[Mapping[str, Any]], **within: Any) -> Outcome:
    """Loads ``rows`` (field → plain value; a related row as its key, many as a sorted list of keys) into ``model``.

    Runs inside the caller's transaction. ``key`` names the field that identifies a row among those with the values
    of ``within`` (such as ``edition=3``, the parent's key).
    """
    rows_of_parent = model._default_manager.filter(**within)
    existing = {getattr(row, key): row for row in rows_of_parent.select_for_update()}
    outcome = Outcome()
    for own in rows:
        values = {**within, **own}
        row = existing.get(values[key])
        if row is None:
            _create(model, values)
            outcome.created += 1
        else:
            _update(row, key, values, outcome)
    return outcome


def _create(model: type[models.Model], values: Mapping[str, Any]) -> None:
    row = model(loaded=dict(values))
    many = [name for name in values if _is_many(model, name)]
    for name in values.keys() - set(many):
        _set(row, name, values[name])
    if not many:
        row.save(force_insert=True)
        return
    # One history record, which includes the many-to-many rows.
    row.skip_history_when_saving = True  # type: ignore[attr-defined]
    row.save(force_insert=True)
    for name in many:
        _set(row, name, values[name])
    del row.skip_history_when_saving  # type: ignore[attr-defined]
    row.save()
    if hasattr(row, "history"):
        row.history.update(history_type="+")


def _update(row: Any, key: str, values: Mapping[str, Any], outcome: Outcome) -> None:
    loaded = dict(row.loaded)
    changed = False
    for name, new in values.items():
        now = _get(row, name)
        if now != new:
            if now != _last_loaded(row, name):
                outcome.kept.append(f"{getattr(row, key)}: {name}")
                continue
            _set(row, name, new)
            changed = True
        loaded[name] = new
    if loaded != row.loaded or changed:
        row.loaded = loaded
        row.save()
    if changed:
        outcome.updated += 1
    else:
        outcome.unchanged += 1


def _last_loaded(row: Any, name: str) -> Any:
    """Returns the value last loaded, or the default of a field added since. None for a row made by hand."""
    if name in row.loaded or not row.loaded:
        return row.loaded.get(name)
    return [] if _is_many(type(row), name) else row._meta.get_field(name).get_default()


def _is_many(model: type[models.Model], name: str) -> bool:
    return bool(model._meta.get_field(name).many_to_many)


def _get(row: Any, name: str) -> Any:
    if _is_many(type(row), name):
        return sorted(getattr(row, name).values_list("pk", flat=True))
    return row._meta.get_field(name).value_from_object(row)


def _set(row: Any, name: str, value: Any) -> None:
    if _is_many(type(row), name):
        getattr(row, name).set(value)
    else:
        setattr(row, row._meta.get_field(name).attname, value)

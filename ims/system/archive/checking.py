"""Checks what an archive says, field by field, before any of it is written: its values, and what refers to what."""

import math
import re
from collections import Counter as Count
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from assessments.results import Results
from files.checks import ALLOWED
from ims import registers
from ims.attribution import Author
from ims.check.agenda import TOPICS, Topic
from ims.records import Record
from ims.system.archive import tables as described
from ims.system.archive.contents import KEY, Row
from ims.system.archive.opening import NEWER, NOT_OURS, Refused
from ims.system.archive.tables import Table, tables
from initiatives.models import Initiative
from pdca.models import Element

MAX_SAID = 50
MAX_VERSION = 1_000_000
MAX_NUMBER = 999_999
NUMBER = r"-(?:19|20|21)\d\d-\d{3,6}"
SHA256 = re.compile(r"[0-9a-f]{64}")


def _texts(value: Any, names: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def _is_flat(value: Any) -> bool:
    """Whether it is one value, or a list or names of such."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(each, list | dict) for each in inner)


def _is_seen(value: Any) -> bool:
    topics = [Topic.from_json(each) for each in value]
    lines = [line for topic in topics for line in topic.lines]
    return (
        all(topic.slug in TOPICS and isinstance(topic.more, int) for topic in topics)
        and all(isinstance(words, str) for topic in topics for words in topic.says)
        and all(_texts(vars(line), ("number", "title", "register", "says", "flag")) for line in lines)
    )


def _is_asked(value: Any) -> bool:
    return all(_texts(each, ("initiative", "name", "text")) for each in value)


def _are_weights(value: Any) -> bool:
    """Numbers by the key of a criterion, or by area and then key."""
    return all(
        _are_weights(each) if isinstance(each, dict) else isinstance(each, int) and 0 <= each <= 100
        for each in value.values()
    )


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(len(pair) == 2 and _are_words(pair) for pair in value)


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_manual(value: Any) -> bool:
    """As ``ims.system.manual_content.compose`` says, of elements and registers that are known here."""
    components = dict(Element.objects.values_list("slug", "component"))
    known = {each.slug for each in registers.known()}
    elements = value["elements"]
    parts = [part for each in elements for part in each["parts"]]
    records = [record for part in parts for record in part["records"]]
    return (
        all(_are_pairs(value[name]) for name in ("facts", "functions"))
        and _are_words(value["closed"])
        and all(isinstance(why, str) for why in value["lacking"].values())
        and all(_texts(each, ("slug", "name", "component", "purpose", "words")) for each in elements)
        and all(components.get(each["slug"]) == each["component"] and _are_words(each["notes"]) for each in elements)
        and all(part["register"] in known and isinstance(part["name"], str) for part in parts)
        and all(_texts(record, ("number", "title", "owner", "text")) for record in records)
        and all(_are_words(record["areas"]) and _are_pairs(record["facts"]) for record in records)
    )


# The shapes of what a JSON column has; whatever reads it relies on them.
SHAPES: dict[str, Callable[[Any], Any]] = {
    "ims.review.seen": _is_seen,
    "ims.auditline.asked": _is_asked,
    "ims.workshop.weights": _are_weights,
    "ims.manualedition.content": _is_manual,
    "assessments.gapanalysis.frozen": lambda value: Results.from_json(value) and True,
    "assessments.finding.kept_areas": lambda value: all(isinstance(each, list) for each in value.values()),
}


@dataclass
class Checked:
    """An archive whose values are right. ``rows``: label → rows; a row has its key and the values of its fields.

    What refers to another row still has that row's key, an account or a file its place. ``dropped`` says in words what
    does not come along.
    """

    accounts: list[Author] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)

    def keys(self, label: str) -> set[Any]:
        return {row[KEY] for row in self.rows[label]}


def checked(archive: ZipFile, data: Mapping[str, Any]) -> Checked:
    """Returns what the archive says. Raises Refused with the first thing that is wrong, and where."""
    return _Checking(archive, data).check()


class _Checking:
    def __init__(self, archive: ZipFile, data: Mapping[str, Any]) -> None:
        self.archive, self.data = archive, data
        self.found = Checked()
        self.catalog: dict[Any, dict[str, Any]] = {}
        self.numbers: dict[str, str] = {}  # number of a record → its table
        self.keys: dict[str, set[Any]] = {}

    def check(self) -> Checked:
        if unknown := self.data["tables"].keys() - tables().keys():
            raise Refused(f"{NEWER} It has rows that are unknown here: {_listed(unknown)}.")
        self._check_accounts()
        self._check_files()
        for table in tables().values():
            self.keys[table.label] = self._check_keys(table)
        for table in tables().values():
            self.found.rows[table.label] = self._rows(table)
        self._say_unknown_initiatives()
        self.found.dropped = list(dict.fromkeys(self.found.dropped))[:MAX_SAID]
        return self.found

    def _check_accounts(self) -> None:
        for each in self.data["accounts"]:
            if not _texts(each, ("name", "email")) or len(each["name"]) > 150 or len(each["email"]) > 254:
                raise Refused(NOT_OURS)
            try:
                validate_email(each["email"])
            except ValidationError as error:
                raise Refused(f"The archive names an account by “{each['email'][:60]}”, no email address.") from error
            self.found.accounts.append(Author(each["name"], each["email"]))

    def _check_files(self) -> None:
        names = set(self.archive.namelist())
        for each in self.data["files"]:
            if not _texts(each, ("name", "path", "sha256")) or not isinstance(each.get("size"), int):
                raise Refused(NOT_OURS)
            name, path = each["name"], each["path"]
            if path not in names:
                raise Refused(f"The file {path[:200]} is missing in the ZIP.")
            if self.archive.getinfo(path).file_size != each["size"] or each["size"] > settings.FILE_MAX_BYTES:
                raise Refused(f"The file {path[:200]} is not the one that was put into the archive.")
            if PurePosixPath(name).suffix.lower() not in ALLOWED or not 0 < len(name) <= 255 or "/" in name:
                raise Refused(f"The file {path[:200]} is of a type that is not kept here.")
            if not SHA256.fullmatch(each["sha256"]):
                raise Refused(NOT_OURS)
            self.found.files.append(each)

    def _check_keys(self, table: Table) -> set[Any]:
        rows = self.data["tables"].get(table.label, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused(NOT_OURS)
        keys = [row.get(KEY) for row in rows]
        if not table.is_register:
            if keys != list(range(1, len(keys) + 1)):
                raise Refused(f"{table.name}: rows are missing or twice in the archive.")
            return set(keys)
        number = re.compile(f"{table.model.PREFIX}{NUMBER}", re.ASCII)  # type: ignore[attr-defined]
        for row, key in zip(rows, keys, strict=True):
            if not isinstance(key, str) or not number.fullmatch(key) or row.get("number") != key:
                raise Refused(f"{table.name}: “{str(key)[:40]}” is no number of a record there.")
            if key in self.numbers:
                raise Refused(f"The number {key} is twice in the archive.")
            self.numbers[key] = table.label
        return set(keys)

    def _rows(self, table: Table) -> list[Row]:
        rows = self.data["tables"].get(table.label, [])
        names = {each.name for each in table.fields} | {KEY}
        reads = [(each, self._reader(table, each)) for each in table.fields]
        made, left = [], Count[str]()
        for row in rows:
            if unknown := row.keys() - names:
                raise Refused(f"{NEWER} {table.name} has fields that are unknown here: {_listed(unknown)}.")
            values: Row | None = {KEY: row[KEY]}
            for each, read in reads:
                if each.name not in row:
                    continue  # it is newer than the archive, and gets what a new row gets
                try:
                    values[each.name] = read(row[each.name])  # type: ignore[index]
                except _Unknown as gone:
                    left[str(gone)] += 1
                    values = None
                    break
                except (ValidationError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
                    where = f"{table.name}, {row[KEY]}, {each.verbose_name}"
                    raise Refused(f"{where}: this value can’t be imported. {_words(error)}") from error
            if values is not None:
                made.append(values)
        for what, n in left.items():
            rows_are = "1 row is" if n == 1 else f"{n} rows are"
            self.found.dropped.append(f"{table.name}: {rows_are} about {what}, which the catalog does not have")
        return made

    # How the values of a field are read.

    def _reader(self, table: Table, of: Any) -> Callable[[Any], Any]:
        if table.is_register and of.name == "status":
            return partial(_one_of, set(table.model.Status.values))  # type: ignore[attr-defined]
        if of.name in ("before", "after") and described.is_change(table):
            return partial(self._changed, table)
        if described.is_account(of):
            return partial(self._place, of, len(self.found.accounts))
        if described.is_file(of):
            return partial(self._place, of, len(self.found.files))
        if of.is_relation:
            return partial(self._reference, of)
        if described.is_units(of):
            return self._units
        return partial(value_of, f"{table.label}.{of.name}", of)

    def _place(self, of: Any, last: int, value: Any) -> Any:
        if value is None and of.null:
            return None
        if not isinstance(value, int) or not 1 <= value <= last:
            raise ValueError("It refers to what is not in the archive.")
        return value

    def _reference(self, of: Any, value: Any) -> Any:
        if value is None and of.null:
            return None
        if described.is_catalog(of):
            return self._of_catalog(of, value)
        model = of.related_model
        keys = self.numbers.keys() if model is Record else self.keys[model._meta.label_lower]
        if not isinstance(value, str | int) or isinstance(value, bool) or value not in keys:
            raise ValueError(f"It refers to “{str(value)[:40]}”, which is not in the archive.")
        return value

    def _of_catalog(self, of: Any, value: Any) -> Any:
        """Returns the key of a catalog entry. One that is gone is left empty, or its row does not come along."""
        if of not in self.catalog:
            rows = of.related_model._base_manager.values_list("slug", of.target_field.attname)
            self.catalog[of] = dict(rows)
        if not isinstance(value, str):
            raise ValueError("It is not in the catalog.")
        if value in self.catalog[of]:
            return self.catalog[of][value]
        if not of.null:
            raise _Unknown(f"“{value[:80]}”")
        self.found.dropped.append(f"“{value[:80]}” is not in the catalog here, so nothing refers to it")
        return None

    def _units(self, value: Any) -> list[str]:
        if not all(self.numbers.get(each) == "ims.unit" for each in value):
            raise ValueError("It names a unit that is not in the archive.")
        return list(value)

    def _changed(self, table: Table, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not all(_is_flat(each) for each in value.values()):
            raise ValueError("It is no change.")
        return value

    def _say_unknown_initiatives(self) -> None:
        named = {
            slug
            for table in tables().values()
            for row in self.found.rows[table.label]
            if any(each.name == "initiatives" for each in table.fields)
            for slug in row.get("initiatives", ())
        }
        known = set(Initiative.objects.values_list("slug", flat=True))
        if gone := sorted(named - known):
            self.found.dropped.append(f"Initiatives that the catalog does not have stay by name: {_listed(gone)}")


class _Unknown(Exception):
    """The row is about an entry that the catalog no longer has."""


def value_of(name: str, of: Any, value: Any) -> Any:
    """Returns the value of a field. Raises ValueError, ValidationError or TypeError if it could not have it."""
    if value is None:
        if not of.null:
            raise ValueError("It is empty.")
        return None
    kind = of.get_internal_type()
    if kind == "JSONField":
        shape = SHAPES.get(name)
        if shape and not shape(value):
            raise ValueError("It has another shape.")
        if hasattr(of, "shape"):
            of.validate(value, None)
        return value
    expected: type = {"BooleanField": bool, "ArrayField": list}.get(kind, int if "Integer" in kind else str)
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise ValueError("It is of another kind.")
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        raise ValueError("It is of another kind.")
    python = of.to_python(value)
    if isinstance(python, Decimal) and not math.isfinite(python):
        raise ValueError("It is no number.")
    if kind == "DateTimeField" and python.tzinfo is None:
        raise ValueError("It has no time zone.")
    if of.choices and python not in dict(of.flatchoices) and not (python == "" and (of.blank or of.default == "")):
        raise ValueError(f"“{str(python)[:40]}” is unknown here.")
    if of.name == "version" and not 1 <= python <= MAX_VERSION:
        raise ValueError("It is no version.")
    if of.name == "last" and not 0 <= python <= MAX_NUMBER:
        raise ValueError("It is no number.")
    of.run_validators(python)
    return python


def _one_of(known: set[str], value: Any) -> str:
    if value not in known:
        raise ValueError(f"The status “{str(value)[:40]}” is unknown here.")
    return str(value)


def _listed(names: Any) -> str:
    shown = sorted(str(name)[:60] for name in names)
    return ", ".join(shown[:8]) + (" and more" if len(shown) > 8 else "")


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error) if type(error) is ValueError and "\n" not in str(error) and str(error).endswith(".") else ""

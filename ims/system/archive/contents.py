"""What an archive says: the rows of a utility as plain values, in which nothing is a key of the database.

A record is named by its number, an entry of the catalog by its slug, any other row by its place in its table, an
account by its place in the list of accounts, a file by its place in the list of files; places count from 1.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import User, Utility
from files.models import StoredFile
from ims.attribution import Attribution, Author, column_of
from ims.records import Record
from ims.system.archive import tables as described
from ims.system.archive.tables import Table, tables
from workflow.changes import field_of

FORMAT = "headworks-utility-archive"
VERSION = 1
KEY = "#"  # the name of the key in a row, which no field has

Row = dict[str, Any]


@dataclass
class Contents:
    """``rows``: label of a table → its rows; each has its key and its fields. ``withheld``: label → how many not.

    ``accounts`` are (name, email) of who did what. ``files`` are described by name, size, hash and path in the ZIP.
    """

    accounts: list[Author] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)


def collected(utility: Utility) -> tuple[Contents, list[StoredFile]]:
    """Returns what the archive of a utility says, and the files in the order of ``Contents.files``.

    Queries each table once, then the accounts, the files and the catalog.
    """
    return _Collecting(utility).collect()


class _Collecting:
    def __init__(self, utility: Utility) -> None:
        self.utility = utility
        self.found = Contents()
        self.stored = {table: self._stored(table) for table in tables().values()}
        self.keys = {
            table.model: {
                row[table.key]: row["number"] if table.is_register else place for place, row in enumerate(rows, start=1)
            }
            for table, rows in self.stored.items()
        }
        self.numbers: dict[int, str] = {}
        for table, rows in self.stored.items():
            if table.is_register:
                self.numbers |= {row[table.key]: row["number"] for row in rows}
        self.attributions = Attribution.all_of(utility)
        self.catalog: dict[type, dict[Any, str]] = {}

    def _stored(self, table: Table) -> list[Row]:
        names = [table.key, *(each.attname for each in table.fields)]
        return list(table.rows(self.utility).values(*dict.fromkeys(names)))

    def collect(self) -> tuple[Contents, list[StoredFile]]:
        self._collect_accounts()
        files = self._collect_files()
        for table, rows in self.stored.items():
            write = [(each, self._writer(each)) for each in table.fields]
            self.found.rows[table.label] = [self._row(table, row, write) for row in rows]
            if hidden := table.withheld(self.utility).count() if table.label in described.WITHHELD else 0:
                self.found.withheld[table.label] = hidden
        return self.found, files

    def _row(self, table: Table, row: Row, write: Iterable[tuple[Any, Callable[[Any, Any], Any]]]) -> Row:
        pk = row[table.key]
        made: Row = {KEY: self.keys[table.model][pk]}
        made |= {each.name: writes(row[each.attname], pk) for each, writes in write}
        if described.is_change(table):
            model = self._changed(table, row["row_id"])
            for name in ("before", "after"):
                made[name] = {key: self._changed_value(model, key, value) for key, value in row[name].items()}
        return made

    # Accounts and files have lists of their own.

    def _collect_accounts(self) -> None:
        """Lists everyone who did something, in the order of their email addresses."""
        columns = [(table, each) for table in self.stored for each in table.fields if described.is_account(each)]
        ids = {row[each.attname] for table, each in columns for row in self.stored[table]} - {None}
        users = {user.pk: Author(user.name, user.email) for user in User.objects.filter(pk__in=ids)}
        authors = {*users.values(), *self.attributions.values()}
        self.found.accounts = sorted(authors, key=lambda each: (each.email, each.name))
        place = {author: number for number, author in enumerate(self.found.accounts, start=1)}
        self.accounts = {pk: place[author] for pk, author in users.items()}
        self.authors = {at: place[author] for at, author in self.attributions.items()}

    def _collect_files(self) -> list[StoredFile]:
        columns = [(table, each) for table in self.stored for each in table.fields if described.is_file(each)]
        of_row: dict[int, str] = {}
        for table, each in columns:
            for row in self.stored[table]:
                of_row.setdefault(row[each.attname], self.numbers.get(row.get("record_id", 0), "gap-analyses"))
        files = list(StoredFile.objects.filter(pk__in=of_row.keys() - {None}).order_by("pk"))
        self.files = {file.pk: place for place, file in enumerate(files, start=1)}
        self.found.files = [
            {"name": file.name, "size": file.size, "sha256": file.sha256, "folder": of_row[file.pk]} for file in files
        ]
        return files

    # How the values of a field are written.

    def _writer(self, of: Any) -> Callable[[Any, int], Any]:
        if described.is_account(of):
            column = column_of(of)
            return lambda value, pk: self.accounts[value] if value else self.authors.get((column, pk))
        if described.is_file(of):
            return lambda value, pk: self.files.get(value)
        if of.is_relation:
            keys = self._keys_of(of)
            return lambda value, pk: keys.get(value)
        if described.is_units(of):
            return lambda value, pk: [self.numbers[each] for each in value if each in self.numbers]
        return lambda value, pk: plain(value)

    def _keys_of(self, of: Any) -> Mapping[Any, Any]:
        """Returns how an archive names the rows that a foreign key refers to."""
        model = of.related_model
        if described.is_catalog(of):
            if of not in self.catalog:
                self.catalog[of] = dict(model._base_manager.values_list(of.target_field.attname, "slug"))
            return self.catalog[of]
        return self.numbers if model is Record else self.keys[model]

    def _changed(self, table: Table, pk: int) -> Any:
        """Returns the model of the row that was changed; of a record that of its register."""
        model = described.change_of(table)
        if model is not Record:
            return model
        return next(each.model for each in self.stored if each.is_register and pk in self.keys[each.model])

    def _changed_value(self, model: Any, name: str, value: Any) -> Any:
        """Returns the value before or after a change, in which the history has the keys of other rows."""
        changed = field_of(model, name)
        if described.is_units(changed) and isinstance(value, list):
            return [self.numbers[each] for each in value if each in self.numbers]
        if described.is_foreign_key(changed) and isinstance(value, str | int):
            return self._keys_of(changed).get(value)
        return value


def plain(value: Any) -> Any:
    """Returns a value as JSON has it, without losing anything of it."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date

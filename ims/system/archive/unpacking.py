"""Takes a checked archive into an empty utility: all of it or, if anything is wrong, nothing.

Every row gets a new key before any is written, so what refers to another row can be written in any order. The database
keeps its rules meanwhile, also over what comes in, but for WHILE_IT_HAPPENED.

Nobody is made to have done or approved anything. Only what the archive says of the person who brings it back is tied
to an account; what others did keeps their names as words (ims/attribution.py). A person is matched by email with a
member, so that the records that they own are theirs.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from zipfile import ZipFile

import pgtrigger
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F, Max, Sum

from accounts.models import Membership, User, Utility
from assessments.models import GapAnalysis
from files.models import RefusedFile, StoredFile, checked, random_path, require_room
from files.uploads import full, is_full
from ims.attribution import Attribution, Author, column_of
from ims.closed import ClosedRegister
from ims.people import Person
from ims.plan.harmonize.models import Ballot, Workshop
from ims.records import Counter, Record
from ims.system.archive import tables as described
from ims.system.archive.checking import Checked
from ims.system.archive.contents import KEY, Row
from ims.system.archive.opening import Refused, read
from ims.system.archive.tables import Table, tables
from workflow.changes import field_of

BATCH = 2_000  # rows in one INSERT
# Rules about when something may be entered. What comes back was entered then. Every other rule holds while it comes in.
WHILE_IT_HAPPENED = (
    "ims.Auditor:auditor_before_the_report",
    "ims.AuditLine:audit_line_while_audited",
    "ims.ReviewDecision:decision_while_minutes_are_written",
    "ims.DocumentApprover:document_approver_in_time",
    "ims.DocumentReader:document_reader_in_time",
    "ims.RecordAttachment:document_keeps_its_files",
    "ims.ReadinessRating:ratings_shown_are_kept",
    "ims.Ballot:scored_while_open",
)
# What is written when all rows are there, and what a row has until then: a workshop and a gap analysis are open while
# their parts come in, and nobody with an account has signed anything.
LAST: dict[Any, dict[str, Any]] = {
    Person: {"user_id": None},
    Workshop: {"closed_at": None},
    GapAnalysis: {"status": "draft", "completed_at": None, "frozen": None},
}
NOT_EMPTY = "There are records or gap analyses in this utility already. An archive comes back into an empty one only."
BROKEN = "The archive breaks a rule of Headworks{}. Nothing was imported."


@dataclass(frozen=True)
class People:
    """Whose accounts an archive may name: ``members`` of the utility by email address, and who brings it."""

    by: User
    members: Mapping[str, int]

    @classmethod
    def of(cls, utility: Utility, by: User) -> "People":
        members = Membership.objects.filter(utility=utility).values_list("user__email", "user")
        return cls(by, {email.casefold(): pk for email, pk in members})

    def member(self, author: Author) -> int | None:
        return self.members.get(author.email.casefold())

    def is_by(self, author: Author) -> bool:
        return author.email.casefold() == self.by.email.casefold()


def unpack(utility: Utility, found: Checked, archive: ZipFile, *, by: User) -> None:
    """Imports everything. Raises Refused; then nothing has changed, neither rows nor files."""
    kept: list[str] = []
    try:
        with transaction.atomic():
            Utility.objects.select_for_update().get(pk=utility.pk)  # a record that is being added waits or comes first
            if not described.is_empty(utility):
                raise Refused(NOT_EMPTY)
            _Unpacking(utility, found, archive, by, kept).unpack()
    except BaseException as error:
        for name in kept:
            with suppress(OSError):
                default_storage.delete(name)
        if is_full(error):
            raise Refused(full()) from error
        if isinstance(error, DatabaseError) and not isinstance(error, OperationalError):
            raise Refused(BROKEN.format(_rule(error))) from error
        raise


def _rule(error: DatabaseError) -> str:
    cause: Any = error.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", None)
    return f" ({name.replace('_', ' ')})" if name else ""


class _Unpacking:
    def __init__(self, utility: Utility, found: Checked, archive: ZipFile, by: User, kept: list[str]) -> None:
        self.utility, self.found, self.archive, self.by, self.kept = utility, found, archive, by, kept
        self.people = People.of(utility, by)
        self.keys: dict[Any, dict[Any, int]] = {}  # model → key in the archive → key in the database
        self.numbers: dict[str, int] = {}
        self.attributions: dict[tuple[str, Author], list[int]] = defaultdict(list)
        self.last: dict[Any, list[Any]] = defaultdict(list)

    def unpack(self) -> None:
        self._make_way()
        for table in tables().values():
            self._give_keys(table)
        self._keep_files()
        # The inner transaction ends first, so that an error in it is the one that is seen.
        with pgtrigger.ignore(*WHILE_IT_HAPPENED), transaction.atomic():
            for table in tables().values():
                if table.model is not Counter:
                    self._write(table)
        for model, rows in self.last.items():
            model._base_manager.bulk_update(rows, [_name(model, each) for each in LAST[model]], batch_size=BATCH)
        self._write_counters()
        self._write_authors()
        self._verify()

    def _make_way(self) -> None:
        """Removes the rows of members whom the archive has too; nothing refers to them in an empty utility."""
        authors = (self.found.accounts[row["user"] - 1] for row in self.found.rows["ims.person"] if row.get("user"))
        named = {self.people.member(author) for author in authors}
        Person.objects.filter(utility=self.utility, user__in=named - {None}).delete()

    def _give_keys(self, table: Table) -> None:
        rows = self.found.rows[table.label]
        model = Record if table.is_register else table.model
        new = _next_keys(model, len(rows))
        self.keys[table.model] = {row[KEY]: pk for row, pk in zip(rows, new, strict=True)}
        if table.is_register:
            self.numbers |= self.keys[table.model]

    def _keep_files(self) -> None:
        """Stores the files. Their types follow from their names and contents, not from what the archive says."""
        try:
            require_room(self.utility, sum(each["size"] for each in self.found.files))
        except RefusedFile as error:
            raise Refused(str(error)) from error
        rows = [self._kept_file(each) for each in self.found.files]
        for row, pk in zip(rows, _next_keys(StoredFile, len(rows)), strict=True):
            row.pk = pk
        StoredFile.objects.bulk_create(rows, batch_size=BATCH)
        self.files = [row.pk for row in rows]

    def _kept_file(self, entry: Row) -> StoredFile:
        data = read(self.archive, entry["path"])
        row = StoredFile(
            name=entry["name"], size=len(data), sha256=entry["sha256"], kept_by=self.by, utility=self.utility
        )
        try:
            row.content_type = checked(SimpleUploadedFile(entry["name"], data))
        except RefusedFile as error:
            raise Refused(str(error)) from error
        if row.sha256 != hashlib.sha256(data).hexdigest():
            raise Refused(f"The file {entry['path'][:200]} is not the one that was put into the archive.")
        name = random_path(row, entry["name"])
        self.kept.append(name)  # before it is written: a full disk keeps a part of it
        row.content = default_storage.save(name, ContentFile(data))
        return row

    def _write(self, table: Table) -> None:
        reads = [(each, self._reader(table, each)) for each in table.fields]
        rows = [row for row in (self._made(table, entry, reads) for entry in self.found.rows[table.label]) if row]
        for batch in _batches(rows):
            if table.is_register:
                Record._base_manager.bulk_create(_as_record(row) for row in batch)
                # Django writes no rows of a child table at once; the rows of the parent are there already.
                own = table.model._meta.local_concrete_fields
                table.model._base_manager.all()._insert(batch, fields=own, using=connection.alias)  # type: ignore[attr-defined]
            else:
                table.model._base_manager.bulk_create(batch)

    def _made(self, table: Table, entry: Row, reads: Iterable[tuple[Any, Any]]) -> Any:
        """Returns the row to write; None if it is about a person who is no member, such as a reader of a register."""
        pk = self.keys[table.model][entry[KEY]]
        values: Row = {table.key: pk}
        values |= {each.attname: read(entry[each.name], pk) for each, read in reads if each.name in entry}
        for each, _ in reads:
            if described.is_account(each) and not each.null and values.get(each.attname) is None:
                return None
        if described.is_change(table):
            model = self._changed(table, entry["row"])
            for name in ("before", "after"):
                values[name] = {key: self._changed_value(model, key, value) for key, value in entry[name].items()}
        if table.path == "utility":
            values["utility_id"] = self.utility.pk
        if table.is_register:
            register: Any = table.model
            values |= {"record_id": pk, "register": register.REGISTER, "is_open": values["status"] in register.OPEN}
        row = table.model(**values)
        if until := LAST.get(table.model):
            self._keep_for_last(row, until)
        return row

    def _keep_for_last(self, row: Any, until: Mapping[str, Any]) -> None:
        if any(getattr(row, name) != value for name, value in until.items()):
            self.last[type(row)].append(copy(row))
            for name, value in until.items():
                setattr(row, name, value)

    # How what a row says of others becomes their keys.

    def _reader(self, table: Table, of: Any) -> Any:
        if described.is_account(of):
            return partial(self._account, of)
        if described.is_file(of):
            return lambda value, pk: value and self.files[value - 1]
        if described.is_units(of):
            return lambda value, pk: [self.numbers[each] for each in value]
        if of.is_relation and not described.is_catalog(of):
            keys = self._keys_of(of)
            return lambda value, pk: None if value is None else keys[value]
        return lambda value, pk: value

    def _keys_of(self, of: Any) -> Mapping[Any, int]:
        return self.numbers if of.related_model is Record else self.keys[of.related_model]

    def _account(self, of: Any, place: int | None, pk: int) -> int | None:
        """Returns whose account a field gets. Says of anyone who gets none, in words, who it was."""
        if place is None:
            return None
        author = self.found.accounts[place - 1]
        account = self.people.member(author) if _is_membership(of) else None
        if self.people.is_by(author):
            account = self.by.pk
        if account is None and of.null:
            self.attributions[column_of(of), author].append(pk)
        return account

    def _changed(self, table: Table, key: Any) -> Any:
        model = described.change_of(table)
        if model is not Record:
            return model
        return next(each.model for each in tables().values() if each.is_register and key in self.keys[each.model])

    def _changed_value(self, model: Any, name: str, value: Any) -> Any:
        changed = field_of(model, name)
        if described.is_units(changed) and isinstance(value, list):
            return [self.numbers[each] for each in value if isinstance(each, str) and each in self.numbers]
        if not described.is_foreign_key(changed) or not isinstance(value, str | int):
            return value
        if described.is_catalog(changed):
            rows = changed.related_model._base_manager.filter(slug=value)
            return rows.values_list(changed.target_field.attname, flat=True).first()
        return self._keys_of(changed).get(value)

    # What follows from the rows.

    def _write_counters(self) -> None:
        """The next number of each register goes on after the highest."""
        last: dict[tuple[str, int], int] = defaultdict(int)
        known = [(row["prefix"], row["year"], row["last"]) for row in self.found.rows["ims.counter"]]
        known += [(prefix, int(year), int(n)) for prefix, year, n in (each.split("-") for each in self.numbers)]
        known += Counter.objects.filter(utility=self.utility).values_list("prefix", "year", "last")
        for prefix, year, n in known:
            last[prefix, year] = max(last[prefix, year], n)
        Counter.objects.filter(utility=self.utility).delete()
        Counter.objects.bulk_create(
            Counter(utility=self.utility, prefix=prefix, year=year, last=n) for (prefix, year), n in last.items()
        )

    def _write_authors(self) -> None:
        Attribution.objects.bulk_create(
            Attribution(utility=self.utility, column=column, name=author.name, email=author.email, rows=rows)
            for (column, author), rows in self.attributions.items()
        )

    def _verify(self) -> None:
        """Makes the database check now what it checks at the end of a transaction, and checks what it ignored."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        closed = set(ClosedRegister.objects.filter(utility=self.utility).values_list("register", flat=True))
        records = Record.objects.filter(utility=self.utility)
        if records.filter(register__in=closed, restricted=False).exists():
            raise Refused(BROKEN.format(" (a closed register is open)"))
        ballots = Ballot.objects.filter(participant__workshop__utility=self.utility)
        if ballots.exclude(proposal__workshop=F("participant__workshop")).exists():
            raise Refused(BROKEN.format(" (a score is for a proposal of another workshop)"))
        given = ballots.values("participant", "round").annotate(n=Sum("dots"), most=Max("participant__workshop__dots"))
        if given.filter(n__gt=F("most")).exists():
            raise Refused(BROKEN.format(" (somebody gave more votes than they have)"))
        if ballots.filter(round__gt=F("participant__workshop__round")).exists():
            raise Refused(BROKEN.format(" (a score is of a round that was not held)"))


def _is_membership(of: Any) -> bool:
    """Whether a field says who somebody is, not what somebody did."""
    return column_of(of) in ("ims.person.user", "ims.closedregister_readers.user")


def _name(model: Any, attname: str) -> str:
    return next(str(each.name) for each in model._meta.concrete_fields if each.attname == attname)


def _next_keys(model: Any, n: int) -> list[int]:
    """Returns ``n`` keys that no other row of the table gets."""
    with connection.cursor() as cursor:
        serial = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
        cursor.execute(serial, [model._meta.db_table, model._meta.pk.column, n])
        return sorted(row[0] for row in cursor.fetchall())


def _as_record(row: Any) -> Record:
    return Record(**{each.attname: getattr(row, each.attname) for each in Record._meta.concrete_fields})


def _batches(rows: list[Any]) -> Iterable[list[Any]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch

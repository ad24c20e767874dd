"""The records of a utility, of all registers, and why each of them does not count as living."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, QuerySet, Subquery, When
from django.db.models.expressions import OuterRef

from accounts.models import Utility
from ims import registers
from ims.records import Record
from ims.registers import Register
from ims.system.coverage import Held

SHARED = (
    "id",
    "utility_id",
    "register",
    "number",
    "title",
    "areas",
    "initiatives",
    "units",
    "due",
    "status",
    "is_open",
    "created_at",
)


def living_records(utility: Utility) -> Iterator[tuple[Register, Any]]:
    """Yields the records of a utility by number, each as its register's model, with its register. Makes one query.

    Leaves out closed registers, which are for some people only. A record has the fields of all records, and those
    of its own that its register reads; any other would be one more query.
    """
    known = {register.slug: register for register in registers.known()}
    names = {name for register in known.values() for name in register.reads}
    own = {f"own_{name}": Case(*_reading(name, known)) for name in sorted(names)}
    rows: QuerySet[Record, dict[str, Any]] = (
        Record.objects.filter(utility=utility, restricted=False, register__in=known)
        .order_by("number")
        .values(*SHARED, **own)
    )
    fields = {slug: _fields(register) for slug, register in known.items()}
    for row in rows:
        register = known[row["register"]]
        names_of_row, columns = fields[register.slug]
        record = register.model.from_db("default", names_of_row, [row[column] for column in columns])
        yield register, record


def _reading(name: str, known: dict[str, Register]) -> Iterator[When]:
    for register in known.values():
        if name in register.reads:
            own = register.model._base_manager.filter(pk=OuterRef("pk")).order_by().values(name)
            yield When(register=register.slug, then=Subquery(own))


def _fields(register: Register) -> tuple[list[str], list[str]]:
    """Returns the fields of a register's model that are read, in its order, and the column of each."""
    of_child = {"record_id": "id"} | {name: f"own_{name}" for name in register.reads}
    of_all = {name: name for name in SHARED} | of_child
    names = [field.attname for field in register.model._meta.concrete_fields if field.attname in of_all]
    return names, [of_all[name] for name in names]


def held(register: Register, record: Any) -> Held:
    """Returns a record as coverage and doubles see it."""
    merges = register.merges
    return Held(
        record.number,
        record.title,
        register.name,
        record.get_absolute_url(),
        record.areas,
        record.initiatives,
        register.living(record),
        key=record.pk,
        slug=register.slug,
        units=record.units,
        within=getattr(record, merges.within) if merges and merges.within else "",
        same=getattr(record, merges.same) if merges and merges.same else [],
    )

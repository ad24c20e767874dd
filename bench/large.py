"""The rows of very large systems: lists of 10,000 records, and a system of 5,000 that proposes a gap analysis."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from accounts.models import Membership, Role, System, User, Utility
from assessments.models import GapAnalysis
from ims.models import Action, Communication, Control, CorrectiveAction, Objective, Record, Requirement
from initiatives.models import Initiative
from pdca.models import Area

LONG, SYSTEM = 10_000, 5_000  # records in each list, and in all registers of the system together
AREAS, INITIATIVES = ["E", "S"], ["cmom", "iso-14001"]


@dataclass(frozen=True)
class Large:
    """``lists`` has 10,000 records in each of three registers, ``system`` 5,000 in five."""

    lists: Utility
    system: Utility


def build(by: User) -> Large:
    lists, system = (_utility(name, by) for name in ("City of long lists", "City of many records"))
    long: tuple[type[Record], ...] = (Action, CorrectiveAction, Requirement)
    for model in long:
        _copy(_first(model, lists, by), LONG - 1)
    registers: tuple[type[Record], ...] = (Action, Objective, Requirement, Control, Communication)
    for model in registers:
        first = _first(model, system, by)
        if model is Objective:
            Record.objects.filter(pk=first.pk).update(status="agreed")
        _copy(first, SYSTEM // len(registers) - 1)
    GapAnalysis.start(
        by=by,
        utility=system,
        name="From our system",
        as_of=dt.date.today(),
        areas=list(Area.objects.values_list("code", flat=True)),
        fence_line="The whole utility",
        initiatives=Initiative.objects.filter(slug__in=INITIATIVES),
    )
    return Large(lists, system)


def _utility(name: str, by: User) -> Utility:
    utility = Utility.objects.create(name=name, city="Cedar Flat", state="OR", systems=[System.WASTEWATER])
    Membership.objects.create(user=by, utility=utility, role=Role.MANAGER)
    return utility


def _first(model: type[Record], utility: Utility, by: User) -> Record:
    return model.open_in(utility, by=by, title="Number", areas=AREAS, initiatives=INITIATIVES, due=dt.date.today())


def _copy(record: Record, n: int) -> None:
    """Adds copies of a record in both of its tables, with numbers and due dates of their own."""
    model = type(record)
    new = {
        "number": "number || '-' || n",
        "title": "title || ' ' || n",
        "due": "due + n %% 700 - 100",
    }
    names = _columns(Record)
    values = ", ".join(new.get(name, name) for name in names)
    own = _columns(model)
    table, rest = model._meta.db_table, "".join(f", own.{name}" for name in own)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ims_record ({', '.join(names)})"
            f" SELECT {values} FROM ims_record, generate_series(1, %s) n WHERE id = %s",
            [n, record.pk],
        )
        cursor.execute(
            f"INSERT INTO {table} (record_id{''.join(f', {name}' for name in own)})"
            f" SELECT copy.id{rest} FROM {table} own, ims_record copy"
            " WHERE own.record_id = %s AND copy.utility_id = %s AND starts_with(copy.number, %s)",
            [record.pk, record.utility_id, f"{record.number}-"],
        )


def _columns(model: type[Record]) -> list[str]:
    return [str(field.column) for field in model._meta.local_concrete_fields if not field.primary_key]

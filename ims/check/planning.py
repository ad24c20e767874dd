"""What lines of an input do to the readings as they are now: add, change, nothing, or can't be understood.

An input is planned twice: for the preview, and again when it is carried out, with the measures locked. ``Plan.token``
tells whether the two are the same.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User, Utility
from ims.check.measures import Measure
from ims.check.numbers import NotANumber, number
from ims.check.pasting import Line
from ims.check.periods import NotAPeriod, understood
from ims.check.readings import Reading, require_in_use
from workflow.models import WrongState

MAX_NOTE = 300


class State(StrEnum):
    ADD, CHANGE, SAME, FAULT = "add", "change", "same", "fault"


@dataclass(frozen=True)
class Entry:
    """What a line does. ``before`` is the reading as it is now, ``words`` what is wrong."""

    line: Line
    state: State
    measure: Measure | None = None
    period: date | None = None
    value: Decimal | None = None
    before: Reading | None = None
    words: str = ""

    @property
    def period_name(self) -> str:
        return self.measure.period_name(self.period) if self.measure and self.period else self.line.period


@dataclass(frozen=True)
class Plan:
    entries: list[Entry]

    def of(self, state: State) -> list[Entry]:
        return [entry for entry in self.entries if entry.state == state]

    @cached_property
    def added(self) -> list[Entry]:
        return self.of(State.ADD)

    @cached_property
    def changed(self) -> list[Entry]:
        return self.of(State.CHANGE)

    @cached_property
    def same(self) -> list[Entry]:
        return self.of(State.SAME)

    @cached_property
    def faults(self) -> list[Entry]:
        return self.of(State.FAULT)

    @property
    def n_saved(self) -> int:
        return len(self.added) + len(self.changed)

    @cached_property
    def token(self) -> str:
        rows = [
            (line.measure, line.period, line.value, line.note, entry.state, entry.before.version if entry.before else 0)
            for entry in self.entries
            for line in [entry.line]
        ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


def planned(lines: Sequence[Line], utility: Utility, user: User, *, one: Measure | None = None) -> Plan:
    """Returns what the lines do. ``one`` is the measure of lines that name none. Makes two queries."""
    measures: dict[int, Any] = {row.pk: row for row in Measure.objects.visible_to(user).filter(utility=utility)}
    named: dict[str, list[Measure]] = {"": [one] if one else []}
    for measure in measures.values():
        for name in (measure.number, measure.title):
            named.setdefault(_plain(name), []).append(measure)
    read = [_read(line, named) for line in lines]
    asked = {entry.measure.pk for entry in read if entry.measure}
    known = {}
    for row in Reading.objects.visible_to(user).filter(measure__in=asked):
        row.measure = measures[row.measure_id]
        known[row.measure_id, row.period] = row
    seen: dict[tuple[int, date], int] = {}
    return Plan([_compared(entry, known, seen) for entry in read])


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _read(line: Line, named: dict[str, list[Measure]]) -> Entry:
    """Returns the entry without its comparison with what is there."""
    found = named.get(_plain(line.measure), [])
    in_use = [measure for measure in found if measure.is_open]
    if len(in_use) != 1:
        words = f"No measure has the number or title “{line.measure[:80]}”."
        if len(in_use) > 1:
            words = f"Several measures have the title “{line.measure}”. Use the number."
        elif found:
            words = f"{found[0].number} is retired."
        return Entry(line, State.FAULT, words=words if line.measure or found else "The measure is missing.")
    measure, period = in_use[0], None
    try:
        period = understood(line.period, measure.every)
        value = number(line.value, percent=measure.in_percent)
    except (NotAPeriod, NotANumber) as refused:
        return Entry(line, State.FAULT, measure, period, words=str(refused))
    words = ""
    if period > timezone.localdate():
        words = f"{measure.period_name(period)} has not begun."
    elif len(line.note) > MAX_NOTE:
        words = f"The note has more than {MAX_NOTE} characters."
    return Entry(line, State.FAULT if words else State.ADD, measure, period, value, words=words)


def _compared(entry: Entry, known: dict[tuple[int, date], Reading], seen: dict[tuple[int, date], int]) -> Entry:
    line, measure, period = entry.line, entry.measure, entry.period
    if entry.state == State.FAULT or measure is None or period is None:
        return entry
    key = (measure.pk, period)
    if key in seen:
        words = f"{measure.period_name(period)} is in line {seen[key]} already."
        return Entry(line, State.FAULT, measure, period, words=words)
    seen[key] = line.place
    before = known.get(key)
    if before is None:
        return entry
    is_same = before.value == entry.value and " ".join(line.note.split()) in ("", " ".join(before.note.split()))
    return Entry(line, State.SAME if is_same else State.CHANGE, measure, period, entry.value, before)


@transaction.atomic
def carry_out(
    lines: Sequence[Line], utility: Utility, token: str, *, by: User, why: str = "", one: Measure | None = None
) -> tuple[Plan, bool]:
    """Saves what the lines do, all or nothing. Returns the plan, and whether it was saved.

    It is not saved if it has faults or differs from the one with the ``token``. Raises NotAllowed, WrongState if a
    measure was retired at this moment, or if values change without a reason.
    """
    first = planned(lines, utility, by, one=one)
    require_in_use([entry.measure.pk for entry in first.entries if entry.measure])
    plan = planned(lines, utility, by, one=one)
    if plan.token != token or plan.faults:
        return plan, False
    if plan.changed and not why:
        raise WrongState("Enter the reason for the changes.")
    new = []
    for entry in plan.added:
        if entry.measure and entry.period:
            entry.measure.require_editor()
            new.append(
                Reading(
                    measure=entry.measure, period=entry.period, value=entry.value, note=entry.line.note, entered_by=by
                )
            )
    Reading.objects.bulk_create(new, batch_size=1000)
    for entry in plan.changed:
        if before := entry.before:
            note = entry.line.note or before.note
            before.correct(before.version, by=by, why=why, value=entry.value, note=note)
    return plan, True

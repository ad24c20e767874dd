"""Who carries how much when: the hours of actions, spread over months (guide 2004, §4.1.7, on overloading staff).

The hours of an action are spread evenly over its working days, Monday to Friday, from its start to its due date. If
there are none, all of them count in the month in which it starts. Holidays are not known here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ims.plan.programs.work import Month, Work, working_days

NOBODY = "Nobody yet"
TENTH = Decimal("0.1")


def spread(hours: Decimal, first: date, last: date) -> dict[Month, Fraction]:
    """Returns the hours in each month. They add up exactly."""
    days = Counter(Month.of(day) for day in working_days(first, last)) or Counter([Month.of(first)])
    total = sum(days.values())
    return {month: Fraction(hours) * number / total for month, number in days.items()}


def why_not_counted(work: Work, today: date) -> str:
    """Returns why the hours of an action can't be placed; empty if they can."""
    lacking = [
        name
        for name, value in (("a start date", work.starts), ("a due date", work.due), ("hours", work.hours))
        if value is None
    ]
    if lacking:
        return f"It has no {' and no '.join(each.removeprefix('a ') for each in lacking)}."
    return "It is late, so its dates are over." if work.is_late(today) else ""


def rounded(hours: Fraction) -> Decimal:
    """Returns the hours with one decimal, which is left out if it is 0."""
    tenths = round(hours * 10)
    return Decimal(tenths // 10) if tenths % 10 == 0 else Decimal(tenths) * TENTH


@dataclass
class Load:
    """What a person carries. ``capacity``: hours a month; None if nobody has entered it."""

    owner: int | None
    name: str
    capacity: Decimal | None
    hours: dict[Month, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    def over(self, month: Month) -> Decimal:
        """Returns by how many hours the month exceeds the capacity; 0 if it does not."""
        if self.capacity is None:
            return Decimal(0)
        return rounded(max(self.hours.get(month, Fraction()) - Fraction(self.capacity), Fraction()))


@dataclass(frozen=True)
class Cell:
    """A month of a person."""

    month: Month
    hours: Decimal
    over: Decimal


@dataclass(frozen=True)
class Row:
    """A person in the months that are shown."""

    load: Load
    cells: list[Cell]

    @property
    def overloaded(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.over]


def carried(
    works: Iterable[Work], capacities: Mapping[int, Decimal], today: date
) -> tuple[list[Load], list[tuple[Work, str]]]:
    """Returns what each person carries, by name, and the actions that are not counted, each with the reason."""
    loads: dict[int | None, Load] = {}
    left_out = []
    for work in works:
        if words := why_not_counted(work, today):
            left_out.append((work, words))
            continue
        if work.owner not in loads:
            capacity = capacities.get(work.owner) if work.owner else None
            loads[work.owner] = Load(work.owner, work.owner_name or NOBODY, capacity)
        for month, hours in spread(work.hours, work.starts, work.due).items():  # type: ignore[arg-type]
            loads[work.owner].hours[month] += hours
    return sorted(loads.values(), key=lambda load: (load.owner is None, load.name, load.owner or 0)), left_out


def rows_of(loads: Iterable[Load], months: list[Month]) -> list[Row]:
    """Returns the people who carry something in these months."""
    rows = [
        Row(load, [Cell(month, rounded(load.hours.get(month, Fraction())), load.over(month)) for month in months])
        for load in loads
    ]
    return [row for row in rows if any(cell.hours for cell in row.cells)]

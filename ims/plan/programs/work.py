"""The work that is still ahead, as plain values, and its places in time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple


class Month(NamedTuple):
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.first:%B %Y}"

    @property
    def short(self) -> str:
        return f"{self.first:%b}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def next(self) -> "Month":
        return self.plus(1)

    def plus(self, months: int) -> "Month":
        years, rest = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, rest + 1)

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)


def months_from(first: Month, number: int) -> list[Month]:
    return [first.plus(n) for n in range(number)]


@dataclass(frozen=True)
class Work:
    """An action that is planned or in progress. ``owner``: the key of a person; ``units``: keys of units."""

    pk: int
    number: str
    title: str
    url: str
    owner: int | None
    owner_name: str
    objective: str
    units: tuple[int, ...]
    starts: date | None
    due: date | None
    hours: Decimal | None

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def first(self) -> date | None:
        return self.starts or self.due

    @property
    def last(self) -> date | None:
        return self.due or self.starts

    def is_late(self, today: date) -> bool:
        return self.due is not None and self.due < today

    def until(self, today: date) -> date | None:
        """Returns its last day; what is late lasts at least until today."""
        return max(self.due, today) if self.due else self.starts


@dataclass(frozen=True)
class Collision:
    """Two actions on the same units. ``days`` lie between them; 0 if they overlap, from ``first`` to ``last``."""

    one: Work
    other: Work
    units: tuple[int, ...]
    first: date
    last: date
    days: int

    @property
    def key(self) -> tuple[int, int]:
        return (self.one.pk, self.other.pk) if self.one.pk < self.other.pk else (self.other.pk, self.one.pk)


def collisions(works: Iterable[Work], today: date, within: timedelta) -> list[Collision]:
    """Returns the pairs of actions that share a unit and overlap, or follow each other ``within`` that time.

    Those that overlap come first, each in the order of their dates. Actions without a date have no place in time.
    """
    placed = sorted((work for work in works if work.first and work.units), key=lambda work: (work.first, work.pk))
    found = [
        collision
        for at, one in enumerate(placed)
        for other in placed[at + 1 :]
        if (shared := tuple(unit for unit in one.units if unit in other.units))
        and (collision := _collision(one, other, shared, today)).days <= within.days
    ]
    return sorted(found, key=lambda each: (each.days > 0, each.first, each.key))


def _collision(one: Work, other: Work, units: tuple[int, ...], today: date) -> Collision:
    """``one`` does not begin after ``other``."""
    first, end = other.first, one.until(today)
    if first is None or end is None:
        raise ValueError("an action without dates")
    if first <= end:
        return Collision(one, other, units, first, min(end, other.until(today) or end), 0)
    return Collision(one, other, units, end, first, (first - end).days)


def working_days(first: date, last: date) -> Iterator[date]:
    """Yields the days from Monday to Friday, both ends included."""
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if day.weekday() < 5:
            yield day

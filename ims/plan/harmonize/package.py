"""The budget package: what fits, and what a cut would break (guide 2004, §4.1.6, step 4). Plain functions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

NOTHING = Decimal(0)
Helps = Collection[frozenset[int]]  # pairs of objectives that help each other


@dataclass(frozen=True)
class Part:
    """An objective in the package. ``granted`` is None if it gets its whole cost (dollars)."""

    key: int
    cost: Decimal
    hours: Decimal
    chosen: bool
    granted: Decimal | None = None

    @property
    def gets(self) -> Decimal:
        if not self.chosen:
            return NOTHING
        return self.cost if self.granted is None else self.granted

    @property
    def missing(self) -> Decimal:
        return max(NOTHING, self.cost - self.gets)

    @property
    def is_whole(self) -> bool:
        return self.chosen and not self.missing


@dataclass(frozen=True)
class Cut:
    """A part that is left out or gets less than its cost, and the chosen parts that lose its help."""

    part: Part
    breaks: list[int]


def fitting(parts: Iterable[Part], amount: Decimal | None, hours: Decimal | None) -> set[int]:
    """Returns the parts that fit, going down the ranking. One that does not fit is passed over. None is no limit."""
    fits: set[int] = set()
    for part in parts:
        if (amount is None or part.cost <= amount) and (hours is None or part.hours <= hours):
            fits.add(part.key)
            amount = None if amount is None else amount - part.cost
            hours = None if hours is None else hours - part.hours
    return fits


def breaks(part: Part, parts: Sequence[Part], helps: Helps) -> list[int]:
    """Returns the chosen parts that ``part`` helps, in the order given: what cutting it would break."""
    return [other.key for other in parts if other.chosen and frozenset({part.key, other.key}) in helps]


def cuts(parts: Sequence[Part], helps: Helps) -> list[Cut]:
    """Returns the parts without their whole cost that a chosen part relies on, in the order given."""
    found = [Cut(part, breaks(part, parts, helps)) for part in parts if not part.is_whole]
    return [cut for cut in found if cut.breaks]


@dataclass(frozen=True)
class Lack:
    """What a part that is left out takes more than the package leaves; 0 where it would fit or nothing limits it."""

    dollars: Decimal
    hours: Decimal


def lacks(part: Part, parts: Sequence[Part], amount: Decimal | None, hours: Decimal | None) -> Lack:
    money, time = left(parts, amount), hours_left(parts, hours)
    return Lack(
        NOTHING if money is None else max(NOTHING, part.cost - money),
        NOTHING if time is None else max(NOTHING, part.hours - time),
    )


def left(parts: Iterable[Part], amount: Decimal | None) -> Decimal | None:
    """Returns what the package leaves of ``amount``; negative if it takes more."""
    return None if amount is None else amount - sum((part.gets for part in parts), NOTHING)


def hours_left(parts: Iterable[Part], hours: Decimal | None) -> Decimal | None:
    return None if hours is None else hours - sum((part.hours for part in parts if part.chosen), NOTHING)

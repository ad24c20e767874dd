"""A weighted ranking: what each total consists of, the order, and how far it holds (guide 2004, §4.1.4 and §4.1.6).

Plain functions, exact: no rounding before a page shows a figure. A score is 1 to 5, or an average of such; a weight is
a whole number from 0 to 100. A total is 0 where every score is 1 and 100 where every score is 5.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Generic, TypeVar

LOW, HIGH = 1, 5  # scores
MAX_WEIGHT = 100  # the largest weight

Weights = Mapping[str, int]  # key of a criterion → its weight
Scores = Mapping[str, Fraction | int]  # key of a criterion → the score by it
Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True)
class Part:
    """What one criterion adds to a total: ``points`` of at most ``most``. Both are 0 to 100."""

    key: str
    score: Fraction | int
    weight: int
    points: Fraction
    most: Fraction


@dataclass(frozen=True)
class Place(Generic[Item]):
    """An item in the order. Items with the same total share their ``rank``."""

    rank: int
    item: Item
    total: Fraction


@dataclass(frozen=True)
class Interval:
    """Whole weights from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def is_all(self) -> bool:
        return self.low <= 1 and self.high == MAX_WEIGHT


def parts(scores: Scores, weights: Weights) -> list[Part]:
    """Returns what each criterion with a weight adds. Empty if one of them has no score, or none has a weight."""
    counted = {key: weight for key, weight in weights.items() if weight}
    whole = sum(counted.values())
    if any(key not in scores for key in counted):
        return []
    return [
        Part(
            key, scores[key], weight, Fraction(100 * weight, whole) * _share(scores[key]), Fraction(100 * weight, whole)
        )
        for key, weight in counted.items()
    ]


def _share(score: Fraction | int) -> Fraction:
    return Fraction(score - LOW) / (HIGH - LOW)


def total(scores: Scores, weights: Weights) -> Fraction | None:
    """Returns the sum of the parts, or None if there are none."""
    found = parts(scores, weights)
    return sum((part.points for part in found), Fraction()) if found else None


def whole(total: Fraction) -> int:
    """Returns the total as texts say it; pages round the same way."""
    return floor(total + Fraction(1, 2))


def ranked(items: Mapping[Item, Scores], weights_of: Callable[[Item], Weights]) -> list[Place[Item]]:
    """Returns the items that have a total, the largest first; of equal ones, in the order given."""
    totals = {item: total(scores, weights_of(item)) for item, scores in items.items()}
    return placed({item: value for item, value in totals.items() if value is not None})


def placed(totals: Mapping[Item, Fraction]) -> list[Place[Item]]:
    """Returns the items by their totals, the largest first."""
    places: list[Place[Item]] = []
    for n, item in enumerate(sorted(totals, key=lambda item: -totals[item]), start=1):
        same = bool(places) and places[-1].total == totals[item]
        places.append(Place(places[-1].rank if same else n, item, totals[item]))
    return places


def first_holds(order: Sequence[Scores], weights: Weights, key: str) -> Interval:
    """Returns the weights of ``key``, the other weights as they are, with which no item passes the first of ``order``.

    ``order`` has the scores of the items as ``ranked`` sorts them.
    """
    return _holds([(order[0], other) for other in order[1:]], weights, key)


def order_holds(order: Sequence[Scores], weights: Weights, key: str) -> Interval:
    """Returns the weights of ``key`` with which no item passes another."""
    return _holds(list(zip(order, order[1:], strict=False)), weights, key)


def _holds(pairs: Iterable[tuple[Scores, Scores]], weights: Weights, key: str) -> Interval:
    """Both totals of a pair have the same divisor, so their difference has the sign of ``fixed + weight * slope``."""
    others = {name: weight for name, weight in weights.items() if name != key and weight}
    low, high = Fraction(0 if others else 1), Fraction(MAX_WEIGHT)  # without any weight there is no order
    for above, below in pairs:
        fixed = sum((weight * Fraction(above[name] - below[name]) for name, weight in others.items()), Fraction())
        slope = Fraction(above[key] - below[key])
        if slope > 0:
            low = max(low, -fixed / slope)
        elif slope < 0:
            high = min(high, -fixed / slope)
    return Interval(ceil(low), floor(high))


def moved(before: Sequence[Place[Item]], after: Sequence[Place[Item]]) -> Iterator[tuple[Item, int]]:
    """Yields (item, places up) for each item that both orders have and whose rank differs; down is negative."""
    earlier = {place.item: place.rank for place in before}
    for place in after:
        if earlier.get(place.item, place.rank) != place.rank:
            yield place.item, earlier[place.item] - place.rank

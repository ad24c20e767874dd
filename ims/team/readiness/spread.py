"""What the ratings of one factor say together. Plain functions over plain values.

The guide names the factors and gives no scale. Scale and thresholds here are ours, and the page tells them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

UNKNOWN = 0  # "don't know": it is counted, but it is no rating
WEAK = 3.0  # a median up to this, "partly", is weak
APART = 2  # steps between the lowest and the highest rating from which the team disagrees


@dataclass(frozen=True)
class Spread:
    """The ratings of one factor: 1 to 5 each, ``unknown`` those who don't know."""

    slug: str
    ratings: Sequence[int]
    unknown: int = 0

    @property
    def median(self) -> float | None:
        return float(median(self.ratings)) if self.ratings else None

    @property
    def low(self) -> int:
        return min(self.ratings, default=0)

    @property
    def high(self) -> int:
        return max(self.ratings, default=0)

    @property
    def apart(self) -> int:
        """Steps between the lowest and the highest rating."""
        return self.high - self.low

    @property
    def is_weak(self) -> bool:
        return self.median is not None and self.median <= WEAK

    @property
    def counts(self) -> dict[int, int]:
        """How many chose each value, only those that someone chose."""
        return dict(sorted(Counter(self.ratings).items()))

    @property
    def distance(self) -> float:
        """How far the ratings are from their median on average, in steps."""
        middle = self.median
        return 0.0 if middle is None else fmean(abs(rating - middle) for rating in self.ratings)


def spread(slug: str, values: Iterable[int]) -> Spread:
    """``values`` are ratings, or UNKNOWN."""
    values = list(values)
    return Spread(slug, sorted(value for value in values if value != UNKNOWN), values.count(UNKNOWN))


def weakest_first(found: Iterable[Spread]) -> list[Spread]:
    """Orders by the median, those that nobody rated last. Equal ones stay in their order."""
    return sorted(found, key=lambda each: (each.median is None, each.median or 0))


def most_apart(found: Iterable[Spread]) -> list[Spread]:
    """Returns where the team disagrees most: the widest of those at least APART, by range and then by distance."""
    wide = [each for each in found if each.apart >= APART]
    most = max(((each.apart, each.distance) for each in wide), default=None)
    return [each for each in wide if (each.apart, each.distance) == most]

"""What several people's scores come to: average, spread, and where they disagree. Plain functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from ims.plan.ranking import HIGH, LOW

APART = 3  # points between the lowest and the highest score: people disagree


@dataclass(frozen=True)
class Opinion:
    """The scores of one objective by one criterion: participant → score. There is at least one."""

    given: Mapping[int, int]

    @property
    def average(self) -> Fraction:
        return Fraction(sum(self.given.values()), len(self.given))

    @property
    def low(self) -> int:
        return min(self.given.values())

    @property
    def high(self) -> int:
        return max(self.given.values())

    @property
    def spread(self) -> float:
        """The standard deviation of the scores, in points."""
        mean = self.average
        return sqrt(sum((score - mean) ** 2 for score in self.given.values()) / len(self.given))

    @property
    def counts(self) -> list[tuple[int, int]]:
        """How many people gave each score from 1 to 5."""
        return [(score, sum(each == score for each in self.given.values())) for score in range(LOW, HIGH + 1)]

    @property
    def disagree(self) -> bool:
        return self.high - self.low >= APART


def opinions(scores: Mapping[int, Mapping[str, int]], keys: Iterable[str]) -> dict[str, Opinion]:
    """Returns the opinion by each criterion that somebody scored. ``scores``: participant → key → score."""
    given = {key: {who: each[key] for who, each in scores.items() if key in each} for key in keys}
    return {key: Opinion(each) for key, each in given.items() if each}

"""How far the members of a panel agree, criterion by criterion. Plain values in, plain values out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MET, PARTLY, NOT_MET = "met", "partly", "not_met"


@dataclass(frozen=True)
class Agreement:
    """How often a criterion was found met, partly met, not met. A criterion that someone did not rate counts less."""

    criterion: str
    met: int = 0
    partly: int = 0
    not_met: int = 0

    @property
    def rated(self) -> int:
        return self.met + self.partly + self.not_met

    @property
    def word(self) -> str:
        """ "agree": all the same. "mostly agree": more than half the same, and nobody says the opposite. Else "differ".

        Empty for fewer than two ratings: one person does not agree or differ.
        """
        if self.rated < 2:
            return ""
        most = max(self.met, self.partly, self.not_met)
        if most == self.rated:
            return "agree"
        opposed = self.met and self.not_met
        return "mostly agree" if most * 2 > self.rated and not opposed else "differ"


def table(criteria: Sequence[str], reviews: Iterable[Mapping[str, str]]) -> list[Agreement]:
    """One line for each criterion; a review is criterion → "met", "partly", "not_met", or empty: not rated."""
    reviews = list(reviews)
    lines = []
    for criterion in criteria:
        given = Counter(review.get(criterion, "") for review in reviews)
        lines.append(Agreement(criterion, given[MET], given[PARTLY], given[NOT_MET]))
    return lines


def of_reviews(reviews: Iterable[Any]) -> list[Agreement]:
    """The same of rows as ``SeatQuerySet.reviews`` brings them; all have rated the same criteria."""
    values = [{rating.criterion: rating.value for rating in review.ratings.all()} for review in reviews]
    return table(list(values[0]) if values else [], values)


def in_short(lines: Sequence[Agreement]) -> str:
    """Over all criteria that two or more rated; empty where there is none."""
    words = [line.word for line in lines if line.word]
    if not words:
        return ""
    agreed = words.count("agree")
    if agreed == len(words):
        return f"agree on all {len(words)} criteria" if len(words) > 1 else "agree"
    return f"agree on {agreed} of {len(words)} criteria"

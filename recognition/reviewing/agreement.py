"""How far the members of a panel agree on each criterion. Pure functions on plain values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MET, PARTLY, NOT_MET = "met", "partly", "not_met"


@dataclass(frozen=True)
class Agreement:
    """How many members found a criterion met, partly met, not met. Members who did not rate it are not counted."""

    criterion: str
    met: int = 0
    partly: int = 0
    not_met: int = 0

    @property
    def rated(self) -> int:
        return self.met + self.partly + self.not_met

    @property
    def word(self) -> str:
        """ "agree": all the same. "mostly agree": more than half the same, no "met" next to a "not met". Else "differ".

        Empty for fewer than two ratings.
        """
        if self.rated < 2:
            return ""
        most = max(self.met, self.partly, self.not_met)
        if most == self.rated:
            return "agree"
        opposed = self.met and self.not_met
        return "mostly agree" if most * 2 > self.rated and not opposed else "differ"


def table(criteria: Sequence[str], reviews: Iterable[Mapping[str, str]]) -> list[Agreement]:
    """Returns a line for each criterion. A review is criterion → "met", "partly", "not_met", or empty if not rated."""
    reviews = list(reviews)
    lines = []
    for criterion in criteria:
        given = Counter(review.get(criterion, "") for review in reviews)
        lines.append(Agreement(criterion, given[MET], given[PARTLY], given[NOT_MET]))
    return lines


def of_reviews(reviews: Iterable[Any]) -> list[Agreement]:
    """Returns the table for rows of ``SeatQuerySet.reviews``, which have all rated the same criteria."""
    values = [{rating.criterion: rating.value for rating in review.ratings.all()} for review in reviews]
    return table(list(values[0]) if values else [], values)


def in_short(lines: Sequence[Agreement]) -> str:
    """Returns a phrase about all criteria that two or more members rated; empty if there is none."""
    words = [line.word for line in lines if line.word]
    if not words:
        return ""
    agreed = words.count("agree")
    if agreed == len(words):
        return f"agree on all {len(words)} criteria" if len(words) > 1 else "agree"
    return f"agree on {agreed} of {len(words)} criteria"

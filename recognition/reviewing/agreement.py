"""How far the members of a panel agree on each criterion. Pure functions on plain values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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

    @cached_property
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


def of_ratings(given: Iterable[Mapping[str, Any]]) -> list[Agreement]:
    """Returns the table for {"seat", "criterion", "value"} of all reviews, which have all rated the same criteria."""
    reviews: dict[int, dict[str, str]] = {}
    for rating in given:
        reviews.setdefault(rating["seat"], {})[rating["criterion"]] = rating["value"]
    return table(list(next(iter(reviews.values()), ())), reviews.values())


def in_short(lines: Sequence[Agreement]) -> str:
    """Returns a phrase about all criteria that two or more members rated; empty if there is none."""
    words = [line.word for line in lines if line.word]
    if not words:
        return ""
    agreed = words.count("agree")
    if agreed == len(words):
        return f"agree on all {len(words)} criteria" if len(words) > 1 else "agree"
    return f"agree on {agreed} of {len(words)} criteria"


WORTH = {MET: 1.0, PARTLY: 0.5, NOT_MET: 0.0}
MIN_REVIEWS = 3  # reviews beside others: a difference seen on fewer says nothing of a person


@dataclass(frozen=True)
class Leaning:
    """How far a reviewer's ratings lie from those of the others beside them, on average over ``n`` reviews.

    ``difference`` is between -1 and 1: met counts 1, partly met one half, not met 0. Below 0 is stricter.
    """

    difference: float
    n: int

    @property
    def words(self) -> str:
        """Says it in a phrase; empty for too few reviews."""
        if self.n < MIN_REVIEWS:
            return ""
        points = round(abs(self.difference) * 100)
        way = "stricter" if self.difference < 0 else "milder"
        how = f"{points} {'point' if points == 1 else 'points'} {way} than" if points else "as strict as"
        return f"{how} co-reviewers on average, in {self.n} reviews"


def leanings(given: Iterable[tuple[int, int, str, str]]) -> dict[int, Leaning]:
    """Returns member → leaning. ``given``: (member, application, criterion, rating) of submitted reviews.

    Each rating is compared with the mean of the others on the same criterion of the same application; what nobody else
    rated counts for nothing.
    """
    beside: dict[tuple[int, str], list[tuple[int, float]]] = {}
    for member, application, criterion, value in given:
        if value in WORTH:
            beside.setdefault((application, criterion), []).append((member, WORTH[value]))
    apart: dict[int, list[float]] = {}
    reviews: dict[int, set[int]] = {}
    for (application, _), rated in beside.items():
        total, others = sum(worth for _, worth in rated), len(rated) - 1
        if not others:
            continue
        for member, worth in rated:
            apart.setdefault(member, []).append(worth - (total - worth) / others)
            reviews.setdefault(member, set()).add(application)
    return {member: Leaning(sum(each) / len(each), len(reviews[member])) for member, each in apart.items()}

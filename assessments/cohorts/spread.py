"""When the spread of coverage among similar utilities may be published, so that nobody's figure can be read off.

Plain functions. The rules, each of which a test attacks:

- Cohorts are fixed and no utility is in two of them, so no figure follows from the difference of two cohorts.
- A spread is of five utilities or more that have no person in common.
- It replaces an earlier one only if it differs from *every* earlier one of its cohort by five utilities or more that
  joined, left or have another figure. So no figure follows from the difference of two publications either.
- It has quartiles only, rounded to steps of five percentage points.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from accounts.models import System
from assessments.models import Size

MIN_UTILITIES = 5
STEP = 5  # percentage points

MIXES = {
    "water": "drinking water",
    "wastewater": "wastewater, stormwater or decentralized systems",
    "both": "drinking water together with wastewater, stormwater or decentralized systems",
}

Figures = Mapping[str, float]  # "overall" and each component → the share of cells covered, 0 to 1
Basis = Mapping[str, Figures]  # the key of a utility → its figures


@dataclass(frozen=True)
class Member:
    """A utility that shares its figures; ``people`` are its members."""

    utility: int
    people: frozenset[int]
    figures: Figures


def cohort_of(systems: Collection[str], size: str) -> str:
    """Returns the one cohort of a utility: the mix of its systems and its size."""
    water = System.DRINKING_WATER in systems
    other = any(system != System.DRINKING_WATER for system in systems)
    return f"{'both' if water and other else 'water' if water else 'wastewater'}.{size}"


def words(cohort: str) -> str:
    mix, size = cohort.split(".")
    return f"utilities with {MIXES[mix]} that serve {Size(size).label.lower()} people"


def basis_of(members: Iterable[Member]) -> dict[str, Figures]:
    """Returns the figures that count: of utilities that share a person, only those of the first."""
    found: dict[str, Figures] = {}
    people: set[int] = set()
    for member in sorted(members, key=lambda member: member.utility):
        if people.isdisjoint(member.people):
            people |= member.people
            found[str(member.utility)] = dict(member.figures)
    return found


def may_be_published(basis: Basis, earlier: Iterable[Basis]) -> bool:
    """Returns whether the basis is large enough, and far enough from every basis published earlier."""
    return len(basis) >= MIN_UTILITIES and all(changes(basis, before) >= MIN_UTILITIES for before in earlier)


def changes(basis: Basis, before: Basis) -> int:
    """Returns how many utilities joined, left or have other figures."""
    return sum(basis.get(key) != before.get(key) for key in basis.keys() | before.keys())


def quartiles(basis: Basis) -> dict[str, list[int]]:
    """Returns the three quartiles of each figure, in percent."""
    names = next(iter(basis.values()))
    return {name: _rounded([figures[name] for figures in basis.values()]) for name in names}


def _rounded(shares: Sequence[float]) -> list[int]:
    return [STEP * round(100 * each / STEP) for each in quantiles(shares, n=4, method="inclusive")]

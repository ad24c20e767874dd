"""Suggests one of the three sequencing approaches (guide 2004, §3.2), and the steps of a road map. Plain functions.

The guide describes when each approach suits a utility but gives no figures. The thresholds here are ours, and the page
shows each rule with its figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assessments.models import Approach, When


@dataclass(frozen=True)
class Standing:
    """Where a utility stands: what the rules look at."""

    existing: int  # elements that exist
    elements: int
    single: int  # elements that cover one area while more are in scope
    frameworks: list[str]  # names of continual improvement frameworks in place
    operations: int  # of its value chains inside the fence line; 0 if none are listed
    operations_of_chains: int


@dataclass(frozen=True)
class Rule:
    text: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Fit:
    """An approach with its rules. It fits if all of them hold."""

    approach: Approach
    rules: list[Rule]

    @property
    def fits(self) -> bool:
        return all(rule.holds for rule in self.rules)


def fits(standing: Standing) -> list[Fit]:
    """Returns the approaches, the suggested one first: the first that fits, of areas, operations and planning.

    One always fits, because planning is suggested where neither of the others fits.
    """
    exist = f"{standing.existing} of {standing.elements} elements exist."
    named = ", ".join(standing.frameworks)
    half = Rule("At least half of the elements exist.", exist, 2 * standing.existing >= standing.elements > 0)
    framework = Rule(
        "A continual improvement framework is in place.", f"In place: {named}." if named else "None.", bool(named)
    )
    single = Rule(
        "At least one element covers a single area while more are in scope.",
        f"{standing.single} {'does' if standing.single == 1 else 'do'}.",
        standing.single > 0,
    )
    part = Rule(
        "The fence line leaves out some operations of your value chains.",
        f"{standing.operations} of {standing.operations_of_chains} are inside."
        if standing.operations
        else "No operations are listed.",
        0 < standing.operations < standing.operations_of_chains,
    )
    third = Rule("At least a third of the elements exist.", exist, 3 * standing.existing >= standing.elements > 0)
    areas = Fit(Approach.AREAS, [framework, half, single])
    operations = Fit(Approach.OPERATIONS, [part, third])
    planning = Fit(
        Approach.PLANNING,
        [Rule("Neither of the other two approaches fits.", "", not areas.fits and not operations.fits)],
    )
    return sorted([areas, operations, planning], key=lambda fit: not fit.fits)


class Kind(StrEnum):
    """What a step of a road map does."""

    EXTEND = "extend"  # a component to further areas
    USE = "use"  # an initiative in place, for more
    ADOPT = "adopt"  # a new initiative
    BUILD = "build"  # what no initiative closes
    WIDEN = "widen"  # the fence line


@dataclass(frozen=True)
class Move:
    """A step to be put in order. ``plans`` marks one for the plan component or an initiative strongest there."""

    kind: Kind
    key: str
    aligned: bool = False
    plans: bool = False


_ORDER = {
    Approach.AREAS: (Kind.EXTEND, Kind.USE, Kind.ADOPT, Kind.BUILD, Kind.WIDEN),
    Approach.OPERATIONS: (Kind.WIDEN, Kind.EXTEND, Kind.USE, Kind.ADOPT, Kind.BUILD),
    Approach.PLANNING: (Kind.USE, Kind.ADOPT, Kind.BUILD, Kind.EXTEND, Kind.WIDEN),
}


def in_order(approach: Approach, moves: Sequence[Move]) -> list[Move]:
    """Returns the steps in the order of the approach.

    Starting by planning, everything for Plan comes before the rest. Within a kind, elements that are key to strategic
    alignment come first; otherwise the order given stays.
    """
    kinds = _ORDER[approach]

    def place(move: Move) -> tuple[bool, int, bool]:
        later = approach == Approach.PLANNING and not move.plans
        return later, kinds.index(move.kind), not move.aligned

    return sorted(moves, key=place)


def when(place: int, steps: int) -> When:
    """Returns the third of the road map in which step number ``place`` (from 0) lies."""
    return list(When)[min(2, 3 * place // steps)]

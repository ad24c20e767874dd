"""Which integration opportunities are open to a utility, and why (guide 2004, §1.3 and ch. 4). Plain functions.

An opportunity is open if at least one of these holds at its element:

- two or more of the utility's initiatives have a requirement there, so one component could meet them all;
- one area in scope is covered while others are in scope too, so the component could be extended to them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class InPlace:
    """An initiative in place: the elements where it has a requirement, and the areas that it supports."""

    slug: str
    elements: frozenset[str]
    areas: frozenset[str]


@dataclass(frozen=True)
class At:
    """Where an opportunity lies: its element, and whether that is key to strategic alignment."""

    slug: str
    element: str
    aligned: bool


@dataclass(frozen=True)
class Opening:
    """An opportunity with what speaks for it. ``extends`` is empty unless exactly one area is covered."""

    slug: str
    asking: list[str]  # initiatives in place that have a requirement at the element
    serves: list[str]  # areas in scope that are covered there
    extends: list[str]  # further areas in scope that the component could cover
    areas: list[str]  # areas in scope that taking it up would join

    @property
    def is_open(self) -> bool:
        return len(self.asking) > 1 or bool(self.extends)


def openings(
    places: Iterable[At],
    in_place: Sequence[InPlace],
    *,
    areas: Sequence[str],
    covered: Mapping[str, Collection[str]],
) -> list[Opening]:
    """Returns all opportunities, those that are open first.

    Then come the elements that are key to strategic alignment, then what joins the most initiatives and areas, then
    the order given. ``areas`` are in scope; ``covered`` maps an element to its covered areas.
    """
    found = [(at, _opening(at, in_place, areas, covered.get(at.element, ()))) for at in places]
    found.sort(key=lambda pair: (not pair[1].is_open, not pair[0].aligned, -len(pair[1].asking) - len(pair[1].areas)))
    return [opening for _, opening in found]


def _opening(at: At, in_place: Sequence[InPlace], areas: Sequence[str], covered: Collection[str]) -> Opening:
    asking = [each for each in in_place if at.element in each.elements]
    serves = [area for area in areas if area in covered]
    extends = [area for area in areas if area not in covered] if len(serves) == 1 else []
    supported = {area for each in asking for area in each.areas}
    joins = [area for area in areas if area in serves or area in extends or area in supported]
    return Opening(at.slug, [each.slug for each in asking], serves, extends, joins)

"""Recommends initiatives that close the gaps of an analysis (guide 2004, §1.3.1, Table 1). Plain functions.

A *gap cell* is (element, area in scope) that nothing covers. An initiative *closes* it if it supports the area, and its
strength for the element's component is at most the strength asked for; 1 is strongest.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

Cell = tuple[str, str]  # element, area
Class = tuple[str, str]  # component, area: all cells of a class are closed by the same initiatives
Cost = tuple[int, int]  # how many initiatives are not in place yet, how many there are in all


@dataclass(frozen=True)
class Candidate:
    """An initiative. ``support``: component → strength. It fits any utility if it has no ``systems``."""

    slug: str
    areas: frozenset[str]
    support: Mapping[str, int]
    systems: frozenset[str] = frozenset()

    def strength_at(self, component: str, area: str, most: int) -> int:
        """Returns its strength there, 0 if it does not close the cell."""
        strength = self.support[component]
        return strength if area in self.areas and strength <= most else 0


@dataclass(frozen=True)
class ElementOf:
    """An element with its component; ``aligned`` marks the six that matter most for strategic alignment."""

    slug: str
    component: str
    aligned: bool = False


@dataclass(frozen=True)
class Contribution:
    """The gap cells that one initiative closes, in the order of the gap cells."""

    initiative: str
    cells: list[Cell]


@dataclass(frozen=True)
class Leverage:
    """A component that covers one area (``serves``) and could cover the others in scope (``could_serve``)."""

    element: str
    serves: str
    could_serve: list[str]


@dataclass(frozen=True)
class Recommendations:
    gap_cells: list[Cell]
    ranking: list[Contribution]  # those that close at least one cell: the most first, then by slug
    smallest_set: list[str]  # slugs in alphabetical order
    unclosed: list[Cell]
    leverage: list[Leverage]  # elements key to alignment first


def recommend(
    elements: Sequence[ElementOf],
    candidates: Iterable[Candidate],
    *,
    areas: Sequence[str],
    covered: Mapping[str, Collection[str]],
    in_place: Collection[str] = (),
    systems: Collection[str] = (),
    strength: int = 1,
    exclude: Collection[str] = (),
) -> Recommendations:
    """``areas`` are those in scope. ``covered`` maps an element to its covered areas; those out of scope do not count.

    ``systems`` leaves out candidates that fit none of them; without systems, none is left out.
    """
    fitting = [each for each in candidates if each.slug not in exclude and _fits(each, systems)]
    cells = gap_cells(elements, areas, covered)
    component = {element.slug: element.component for element in elements}
    ranking = []
    for each in fitting:
        closed = [(element, area) for element, area in cells if each.strength_at(component[element], area, strength)]
        if closed:
            ranking.append(Contribution(each.slug, closed))
    ranking.sort(key=lambda one: (-len(one.cells), one.initiative))
    closable = {cell for one in ranking for cell in one.cells}
    weights: dict[Class, int] = {}
    for element, area in cells:
        if (element, area) in closable:
            weights[component[element], area] = weights.get((component[element], area), 0) + 1
    return Recommendations(
        gap_cells=cells,
        ranking=ranking,
        smallest_set=smallest_set(fitting, weights, in_place, strength),
        unclosed=[cell for cell in cells if cell not in closable],
        leverage=leverage(elements, areas, covered),
    )


def _fits(candidate: Candidate, systems: Collection[str]) -> bool:
    return not systems or not candidate.systems or not candidate.systems.isdisjoint(systems)


def gap_cells(
    elements: Sequence[ElementOf], areas: Sequence[str], covered: Mapping[str, Collection[str]]
) -> list[Cell]:
    """Returns the gap cells in the order of the elements and areas."""
    return [(each.slug, area) for each in elements for area in areas if area not in covered.get(each.slug, ())]


def leverage(
    elements: Sequence[ElementOf], areas: Sequence[str], covered: Mapping[str, Collection[str]]
) -> list[Leverage]:
    """Returns the elements of which exactly one area in scope is covered while others are in scope too."""
    found = []
    for each in sorted(elements, key=lambda element: not element.aligned):
        serves = [area for area in areas if area in covered.get(each.slug, ())]
        if len(serves) == 1 and len(areas) > 1:
            found.append(Leverage(each.slug, serves[0], [area for area in areas if area != serves[0]]))
    return found


# The smallest set.


def smallest_set(
    candidates: Iterable[Candidate], weights: Mapping[Class, int], in_place: Collection[str], strength: int
) -> list[str]:
    """Returns the slugs of the best set that closes every class; ``weights`` has the number of cells of each class.

    Best is, in this order: the fewest initiatives that are not in place, the fewest in all, the lowest sum over the
    cells of the best strength that the set has there, the first slugs in alphabetical order. Exact: a search over the
    classes, cut off where the number of initiatives still needed, or the sum, can't be better any more.
    """
    return _Search(candidates, weights, in_place, strength).best()


@dataclass(frozen=True)
class _Option:
    """A candidate as the search sees it: its strength in each class, 0 for none, and the classes it closes as bits."""

    slug: str
    is_new: bool
    strengths: tuple[int, ...]

    @property
    def bits(self) -> int:
        return sum(1 << place for place, strength in enumerate(self.strengths) if strength)


class _Search:
    def __init__(
        self, candidates: Iterable[Candidate], weights: Mapping[Class, int], in_place: Collection[str], strength: int
    ) -> None:
        self.weights = list(weights.values())
        # Of those that differ in nothing but their slugs, only the first can be in the best set.
        options: dict[tuple[bool, tuple[int, ...]], _Option] = {}
        for each in sorted(candidates, key=lambda candidate: candidate.slug):
            strengths = tuple(each.strength_at(component, area, strength) for component, area in weights)
            if any(strengths):
                is_new = each.slug not in in_place
                options.setdefault((is_new, strengths), _Option(each.slug, is_new, strengths))
        self.options = list(options.values())
        self.bits = [option.bits for option in self.options]
        self.closing = [
            [place for place, bits in enumerate(self.bits) if bits >> klass & 1] for klass in range(len(weights))
        ]
        self.needed = cache(self._needed)
        self.found: tuple[int, list[str]] | None = None

    def best(self) -> list[str]:
        every = (1 << len(self.weights)) - 1
        self._search(every, [], frozenset(), self.needed(every))
        assert self.found  # noqa: S101  # each class is closed by a candidate
        return self.found[1]

    def _needed(self, open_classes: int) -> Cost:
        """Returns how many initiatives it takes at least to close these classes."""
        if not open_classes:
            return 0, 0
        costs = []
        for place in self.closing[self._rarest(open_classes)]:
            new, total = self.needed(open_classes & ~self.bits[place])
            costs.append((new + self.options[place].is_new, total + 1))
        return min(costs)

    def _rarest(self, open_classes: int) -> int:
        """Returns the open class that the fewest options close."""
        return min(_places(open_classes), key=lambda klass: len(self.closing[klass]))

    def _search(self, open_classes: int, chosen: list[int], excluded: frozenset[int], left: Cost) -> None:
        """Tries every set that has ``chosen``, none of ``excluded`` and costs ``left`` more."""
        if self.needed(open_classes) > left:
            return
        if not open_classes:
            self._keep(chosen)
            return
        if self.found and self._least(chosen, excluded) > self.found[0]:
            return
        tried: set[int] = set()
        for place in self.closing[self._rarest(open_classes)]:
            if place not in excluded:
                cost = (left[0] - self.options[place].is_new, left[1] - 1)
                if min(cost) >= 0:
                    rest = open_classes & ~self.bits[place]
                    self._search(rest, [*chosen, place], excluded | tried, cost)
            tried.add(place)  # sets with it have all been tried

    def _least(self, chosen: list[int], excluded: frozenset[int]) -> int:
        """Returns a sum of strengths that no set with ``chosen`` and without ``excluded`` stays below."""
        usable = [option.strengths for place, option in enumerate(self.options) if place not in excluded]
        usable += [self.options[place].strengths for place in chosen]
        return sum(
            weight * min((strengths[klass] for strengths in usable if strengths[klass]), default=0)
            for klass, weight in enumerate(self.weights)
        )

    def _keep(self, chosen: list[int]) -> None:
        total = 0
        for klass, weight in enumerate(self.weights):
            total += weight * min(s for place in chosen if (s := self.options[place].strengths[klass]))
        result = total, sorted(self.options[place].slug for place in chosen)
        if self.found is None or result < self.found:
            self.found = result


def _places(bits: int) -> Iterator[int]:
    place = 0
    while bits:
        if bits & 1:
            yield place
        bits >>= 1
        place += 1

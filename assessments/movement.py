"""What moved between the gap analyses of one utility, by element and area. Plain functions over their results."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessments.results import AREA_CODES, AreaInScope, Coverage, Results, Row


@dataclass(frozen=True)
class Cell:
    """An element and area in one analysis."""

    area: AreaInScope
    in_scope: bool
    covered: bool


@dataclass(frozen=True)
class ElementMoved:
    """An element, its cells in each analysis, and the areas gained and lost.

    An area is gained if the first analysis does not cover it and the last one does; lost the other way around. Only
    areas in scope of both count: to leave one out of the scope loses nothing.
    """

    element: Row  # as it was named first
    cells: list[list[Cell]]
    gained: list[AreaInScope]
    lost: list[AreaInScope]

    @property
    def moved(self) -> bool:
        return bool(self.gained or self.lost)


@dataclass(frozen=True)
class AreaMoved:
    """An area with its coverage in each analysis, None where it is out of scope."""

    area: AreaInScope
    coverage: list[Coverage | None]


@dataclass(frozen=True)
class Movement:
    areas: list[AreaInScope]  # in scope in at least one analysis
    elements: list[ElementMoved]
    components: list[list[Coverage]]  # for each component, its coverage in each analysis
    by_area: list[AreaMoved]
    overall: list[Coverage]

    @property
    def rescoped(self) -> list[AreaInScope]:
        """The areas in scope of only one of the first and the last analysis."""
        return [each.area for each in self.by_area if (each.coverage[0] is None) != (each.coverage[-1] is None)]

    @property
    def moved(self) -> list[ElementMoved]:
        return [each for each in self.elements if each.moved]

    @property
    def before(self) -> Coverage:
        return self.overall[0]

    @property
    def after(self) -> Coverage:
        return self.overall[-1]

    @property
    def n_gained(self) -> int:
        return sum(len(each.gained) for each in self.elements)

    @property
    def n_lost(self) -> int:
        return sum(len(each.lost) for each in self.elements)


def movement(results: Sequence[Results]) -> Movement:
    """Takes two or more results, the earliest first."""
    areas = list({area.code: area for one in results for area in one.areas}.values())
    areas.sort(key=lambda area: AREA_CODES.index(area.code))
    rows = {row.slug: row for one in reversed(results) for row in one.rows}
    return Movement(
        areas=areas,
        elements=[_element(row, results, areas) for row in rows.values()],
        components=[list(each) for each in zip(*(one.coverage for one in results), strict=True)],
        by_area=[AreaMoved(area, [_of_area(one, area) for one in results]) for area in areas],
        overall=[one.overall for one in results],
    )


def _element(element: Row, results: Sequence[Results], areas: list[AreaInScope]) -> ElementMoved:
    covered = [{code for row in one.rows if row.slug == element.slug for code in row.areas} for one in results]
    in_both = [area for area in areas if area.code in _scope(results[0]) and area.code in _scope(results[-1])]
    return ElementMoved(
        element,
        cells=[
            [Cell(area, area.code in _scope(one), area.code in codes) for area in areas]
            for one, codes in zip(results, covered, strict=True)
        ],
        gained=[area for area in in_both if area.code in covered[-1] - covered[0]],
        lost=[area for area in in_both if area.code in covered[0] - covered[-1]],
    )


def _scope(results: Results) -> list[str]:
    return [area.code for area in results.areas]


def _of_area(results: Results, area: AreaInScope) -> Coverage | None:
    if area.code not in _scope(results):
        return None
    covered = [row for row in results.rows if area.code in row.areas]
    return Coverage(area.code, area.name, len(covered), len(results.rows), len(covered), len(results.rows))

"""Recommendations for an analysis: the catalog as plain values, and what was found with its names and texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from assessments.models import GapAnalysis
from assessments.recommendations import Candidate, Cell, ElementOf, recommend
from assessments.results import AreaInScope, Results
from initiatives.models import Initiative
from pdca.models import Element, Opportunity


def elements_of(rows: Iterable[Element]) -> list[ElementOf]:
    return [ElementOf(row.slug, row.component_id, row.strategic_alignment) for row in rows]


def candidates_of(initiatives: Iterable[Initiative]) -> list[Candidate]:
    """Takes initiatives with their areas prefetched."""
    return [
        Candidate(
            slug=initiative.slug,
            areas=frozenset(area.code for area in initiative.areas.all()),
            support=initiative.support,
            systems=frozenset(initiative.systems),
        )
        for initiative in initiatives
    ]


@dataclass(frozen=True)
class AtElement:
    """An element with areas, and what an initiative says there: its record of requirements, if it has one."""

    element: Element
    areas: list[AreaInScope]
    asked: dict[str, str] | None = None


@dataclass(frozen=True)
class Offer:
    """An initiative and the gap cells that it closes, by element."""

    initiative: Initiative
    in_place: bool
    closes: int
    at: list[AtElement]


@dataclass(frozen=True)
class Reuse:
    """A component that serves one area, what it could serve, and the guide's first opportunity for its element."""

    element: Element
    serves: AreaInScope
    could_serve: list[AreaInScope]
    opportunity: Opportunity | None


@dataclass(frozen=True)
class Recommended:
    gaps: int
    smallest: list[Offer]
    ranking: list[Offer]
    unclosed: list[AtElement]
    reuse: list[Reuse]
    left_out: list[Initiative]  # because they no longer exist

    @property
    def closable(self) -> int:
        return self.gaps - sum(len(one.areas) for one in self.unclosed)

    @property
    def n_new(self) -> int:
        return sum(not one.in_place for one in self.smallest)


def recommended(analysis: GapAnalysis, results: Results, *, strength: int = 1, with_ended: bool = False) -> Recommended:
    """Makes five queries: elements, their opportunities, initiatives with their areas, those in place.

    ``results`` are the analysis's.
    """
    opportunities = Opportunity.by_element()
    elements = {row.slug: row for row in Element.objects.order_by("order")}
    initiatives = {row.slug: row for row in Initiative.objects.readable().prefetch_related("areas")}
    in_place = set(analysis.initiatives.values_list("slug", flat=True))
    ended = [row for slug, row in initiatives.items() if row.today == Initiative.Today.ENDED and slug not in in_place]
    found = recommend(
        elements_of(elements.values()),
        candidates_of(initiatives.values()),
        areas=[area.code for area in results.areas],
        covered={row.slug: row.areas for row in results.rows},
        in_place=in_place,
        systems=analysis.utility.systems,
        strength=strength,
        exclude=[] if with_ended else [row.slug for row in ended],
    )
    areas = {area.code: area for area in results.areas}

    def at(cells: Sequence[Cell], initiative: Initiative | None = None) -> list[AtElement]:
        asked = initiative.asked if initiative else {}
        return [
            AtElement(elements[slug], [areas[code] for _, code in some], asked.get(slug))
            for slug, some in groupby(cells, key=lambda cell: cell[0])
        ]

    offers = {
        one.initiative: Offer(
            initiatives[one.initiative],
            one.initiative in in_place,
            len(one.cells),
            at(one.cells, initiatives[one.initiative]),
        )
        for one in found.ranking
    }
    return Recommended(
        gaps=len(found.gap_cells),
        smallest=[offers[slug] for slug in found.smallest_set],
        ranking=list(offers.values()),
        unclosed=at(found.unclosed),
        reuse=[
            Reuse(
                elements[one.element],
                areas[one.serves],
                [areas[code] for code in one.could_serve],
                next(iter(opportunities.get(one.element, [])), None),
            )
            for one in found.leverage
        ],
        left_out=[] if with_ended else ended,
    )

"""Recommendations for an analysis: the catalog as plain values, and what was found with its names and texts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from assessments.models import GapAnalysis
from assessments.recommendations import Candidate, Cell, ElementOf, recommend
from assessments.results import AreaInScope, Results
from initiatives.models import Case, Initiative
from pdca.models import Element, Opportunity


def elements_of(rows: Iterable[Element]) -> list[ElementOf]:
    return [ElementOf(row.slug, row.component_id, row.strategic_alignment) for row in rows]


def candidates_of(initiatives: Iterable[Initiative]) -> list[Candidate]:
    """Takes initiatives ``with_area_codes``."""
    return [
        Candidate(
            slug=initiative.slug,
            areas=frozenset(initiative.area_codes),
            support=initiative.support,
            systems=frozenset(initiative.systems),
        )
        for initiative in initiatives
    ]


class Catalog:
    """The catalog as it is now. Each of its tables is read when first asked for, and once."""

    @cached_property
    def elements(self) -> dict[str, Element]:
        return {row.slug: row for row in Element.objects.select_related("component").order_by("order")}

    @cached_property
    def opportunities(self) -> dict[str, Opportunity]:
        rows = {row.slug: row for row in Opportunity.objects.readable()}
        for row in rows.values():
            row.element = self.elements[row.element_id]
        return rows

    @cached_property
    def initiatives(self) -> dict[str, Initiative]:
        """Those that have a page, with the letters of their areas, retired ones too."""
        return {row.slug: row for row in Initiative.objects.known().with_area_codes()}

    @cached_property
    def cases(self) -> list[Case]:
        return list(Case.objects.readable())


class Examples:
    """The case examples for one utility: those with a system of its kind come first."""

    def __init__(self, cases: Iterable[Case], systems: Collection[str]) -> None:
        self.cases = sorted(cases, key=lambda case: not set(systems) & set(case.systems))

    def at(self, element: str) -> Case | None:
        """Returns the first that integrated something at the element."""
        return next((case for case in self.cases if element in case.elements), None)

    def using(self, initiative: str) -> Case | None:
        """Returns the first that integrated the initiative."""
        return next((case for case in self.cases if initiative in case.initiatives), None)


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
    case: Case | None


@dataclass(frozen=True)
class Reuse:
    """A component that serves one area, what it could serve, and the guide's first opportunity for its element."""

    element: Element
    serves: AreaInScope
    could_serve: list[AreaInScope]
    opportunity: Opportunity | None
    case: Case | None


@dataclass(frozen=True)
class Recommended:
    gaps: int
    smallest: list[Offer]
    ranking: list[Offer]
    unclosed: list[AtElement]
    reuse: list[Reuse]
    left_out: list[Initiative]  # because they no longer exist
    examples: Examples

    @property
    def closable(self) -> int:
        return self.gaps - sum(len(one.areas) for one in self.unclosed)

    @property
    def n_new(self) -> int:
        return sum(not one.in_place for one in self.smallest)


def recommended(
    analysis: GapAnalysis,
    results: Results,
    catalog: Catalog | None = None,
    *,
    strength: int = 1,
    with_ended: bool = False,
) -> Recommended:
    """``results`` are the analysis's. Makes no query but those of the catalog and of the initiatives in place."""
    catalog = catalog or Catalog()
    examples = Examples(catalog.cases, analysis.utility.systems)
    elements = catalog.elements
    initiatives = {slug: row for slug, row in catalog.initiatives.items() if row.retired_on is None}
    in_place = {row.slug for row in analysis.catalog_in_place}
    first_at = {row.element_id: row for row in reversed(catalog.opportunities.values())}
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
            examples.using(one.initiative),
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
                first_at.get(one.element),
                examples.at(one.element),
            )
            for one in found.leverage
        ],
        left_out=[] if with_ended else ended,
        examples=examples,
    )

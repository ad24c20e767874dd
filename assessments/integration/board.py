"""What the Integration page of a utility shows: every opportunity, what speaks for it now, and the utility's answer."""

from dataclasses import dataclass

from accounts.models import Utility
from assessments.catalog import Catalog
from assessments.integration.opening import At, InPlace, Opening, openings
from assessments.models import Answer, GapAnalysis
from assessments.results import AreaInScope, Results
from initiatives.models import Initiative
from pdca.models import Opportunity


@dataclass(frozen=True)
class Shown:
    """An opportunity for one utility. ``answer`` is new, without a key, if there is none yet."""

    opportunity: Opportunity
    opening: Opening
    answer: Answer
    asking: list[Initiative]
    serves: list[AreaInScope]
    extends: list[AreaInScope]

    @property
    def is_answered(self) -> bool:
        return bool(self.answer.choice)

    @property
    def is_ahead(self) -> bool:
        """Whether an action could bring it about: it is open now and not answered, or the utility took it up."""
        return self.answer.choice == Answer.Choice.TAKEN_UP or (self.opening.is_open and not self.is_answered)


@dataclass(frozen=True)
class Board:
    shown: list[Shown]

    @property
    def open(self) -> list[Shown]:
        """Those open now that nobody has answered."""
        return [each for each in self.shown if each.opening.is_open and not each.is_answered]

    @property
    def answered(self) -> list[Shown]:
        return [each for each in self.shown if each.is_answered]

    @property
    def others(self) -> list[Shown]:
        """Those that are neither open now nor answered."""
        return [each for each in self.shown if not each.opening.is_open and not each.is_answered]

    @property
    def n_integrated(self) -> int:
        return sum(each.answer.is_integrated for each in self.shown)

    @property
    def n_set_aside(self) -> int:
        return sum(each.answer.choice == Answer.Choice.NOT_FOR_US for each in self.shown)

    @property
    def n_counted(self) -> int:
        """What the share is of: all that are open now or answered."""
        return len(self.open) + len(self.answered)


def latest(utility: Utility) -> GapAnalysis | None:
    """Returns the latest complete analysis, or without one the latest."""
    # "complete" sorts before "draft"
    return GapAnalysis.objects.filter(utility=utility).order_by("status", "-as_of", "-pk").first()


def board(analysis: GapAnalysis, results: Results, catalog: Catalog | None = None) -> Board:
    """``results`` are the analysis's. Queries the answers, besides the catalog and the initiatives in place."""
    catalog = catalog or Catalog()
    in_place = {row.slug for row in analysis.catalog_in_place}
    rows, initiatives = catalog.opportunities, catalog.initiatives
    answers = {answer.opportunity_id: answer for answer in Answer.objects.filter(utility=analysis.utility_id)}
    areas = {area.code: area for area in results.areas}
    found = openings(
        [At(slug, row.element_id, row.element.strategic_alignment) for slug, row in rows.items()],
        [_in_place(row) for slug, row in initiatives.items() if slug in in_place],
        areas=list(areas),
        covered={row.slug: row.areas for row in results.rows},
    )
    return Board(
        [
            Shown(
                opportunity=rows[opening.slug],
                opening=opening,
                answer=answers.get(opening.slug) or Answer(opportunity=rows[opening.slug], version=0),
                asking=[initiatives[slug] for slug in opening.asking],
                serves=[areas[code] for code in opening.serves],
                extends=[areas[code] for code in opening.extends],
            )
            for opening in found
        ]
    )


def _in_place(initiative: Initiative) -> InPlace:
    return InPlace(initiative.slug, frozenset(initiative.required), frozenset(initiative.area_codes))

"""The findings of all assessments in one order, by the criteria in use or by weights that are tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Utility
from ims.plan import ranking
from ims.plan.assessing import Assessment
from ims.plan.criteria import Criteria, Criterion, scores_of, suggested
from ims.plan.ranking import Part, Place

Kind = Assessment.Kind
# How a suggested objective begins, by the kind of its finding.
BEGINS = {
    Kind.ASPECT: "Reduce the impact",
    Kind.ASSET: "Lower the risk of failure",
    Kind.OVERFLOW: "Reduce overflows",
    Kind.LIMITING: "Remove the limit on performance",
    Kind.CONTROL_POINT: "Keep the control point within its limits",
    Kind.HAZARD: "Control the hazard",
    Kind.QUALITY: "Meet the quality requirement",
    Kind.PRACTICE: "Bring the practice up to the recommended one",
}


@dataclass(frozen=True)
class Row:
    """A finding as the list shows it; ``up`` are the places gained by weights that are tried."""

    place: Place[int]
    finding: Any
    parts: list[tuple[Criterion, Part, str]]  # with the reason, if the weight is an area's own
    up: int


class Ranked:
    """The open findings of a utility, in the order of their totals. Two queries, and up to three for the criteria."""

    def __init__(self, utility: Utility, *, edition: int | None = None, tried: Mapping[str, int] | None = None) -> None:
        self.utility = utility
        self.edition = edition
        self.given = dict(tried or {})

    @cached_property
    def criteria(self) -> Criteria | None:
        """The edition asked for, or the one in use; None as long as the team has kept none."""
        if self.edition:
            return Criteria.objects.full().filter(utility=self.utility, edition=self.edition).first()
        return Criteria.current(self.utility)

    @property
    def criterion_rows(self) -> list[Criterion]:
        return list(self.criteria.rows.all()) if self.criteria else suggested()

    @cached_property
    def kept(self) -> dict[str, int]:
        return {row.key: row.weight for row in self.criterion_rows}

    @cached_property
    def tried(self) -> dict[str, int]:
        """The kept weights, with those that are tried instead."""
        return self.kept | {key: weight for key, weight in self.given.items() if key in self.kept}

    @property
    def is_tried(self) -> bool:
        return self.tried != self.kept

    @cached_property
    def open(self) -> dict[int, tuple[dict[str, int], list[str]]]:
        """Finding → its scores and areas."""
        rows: Any = Assessment.objects.filter(utility=self.utility, is_open=True).order_by("number")
        return {pk: (scores_of(scores), areas) for pk, scores, areas in rows.values_list("pk", "scores", "areas")}

    def weights_of(self, areas: list[str], weights: Mapping[str, int]) -> Mapping[str, int]:
        return self.criteria.weights_for(areas, weights) if self.criteria else weights

    def _places(self, weights: Mapping[str, int]) -> list[Place[int]]:
        by_areas = {
            key: self.weights_of(list(key), weights) for key in {tuple(areas) for _, areas in self.open.values()}
        }
        scores = {pk: scores for pk, (scores, _) in self.open.items()}
        return ranking.ranked(scores, lambda pk: by_areas[tuple(self.open[pk][1])])

    @cached_property
    def places(self) -> list[Place[int]]:
        return self._places(self.tried)

    @cached_property
    def up(self) -> dict[int, int]:
        return dict(ranking.moved(self._places(self.kept), self.places)) if self.is_tried else {}

    @property
    def unranked(self) -> list[int]:
        """Findings without a score by every criterion that counts."""
        return sorted(self.open.keys() - {place.item for place in self.places})

    def rows(self, places: list[Place[int]]) -> list[Row]:
        """Returns the rows of one page. Makes two queries."""
        found: Any = Assessment.objects.select_related("utility", "owner")
        by_pk = found.prefetch_related("objectives").in_bulk([place.item for place in places])
        return [Row(place, by_pk[place.item], self.parts(place.item), self.up.get(place.item, 0)) for place in places]

    def parts(self, pk: int) -> list[tuple[Criterion, Part, str]]:
        scores, areas = self.open[pk]
        parts = {part.key: part for part in ranking.parts(scores, self.weights_of(areas, self.tried))}
        found = []
        for row in self.criterion_rows:
            if row.key in parts:
                own = [each for each in row.area_weights.all() if each.area in areas] if row.pk else []
                why = next((f"{each.area}: {each.why}" for each in own if each.weight == parts[row.key].weight), "")
                found.append((row, parts[row.key], why))
        return found

    def objective_for(self, finding: Assessment) -> dict[str, Any]:
        """Returns the suggested fields of an objective that answers a finding. Its reason says by which weights."""
        place = next((place for place in self.places if place.item == finding.pk), None)
        begins = BEGINS.get(Kind(finding.kind), "Improve")
        why = [finding.found] if finding.found else []
        if place:
            by = f"{self.criteria} of the criteria" if self.criteria else "the suggested criteria"
            on = date_format(timezone.localdate(), "F j, Y")
            points = ranking.whole(place.total)
            why.append(f"Ranked {place.rank} of {len(self.places)} with {points} of 100 by {by} on {on}.")
        return {
            "title": f"{begins}: {finding.title}"[:200],
            "areas": finding.areas,
            "initiatives": finding.initiatives,
            "units": finding.units,
            "owner": finding.owner_id,
            "driver": "risk",
            "why": "\n\n".join(why)[:2000],
        }

"""The plan as a chapter of the report of a gap analysis: objectives with their actions, and what closes each gap.

As of now, as everything in that report that follows from the findings. Members read it who read the records too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import F, Max, Q
from django.utils import timezone

from assessments.models import GapAnalysis
from assessments.results import AreaInScope, Results, Row
from ims.check.numbers import exact
from ims.plan.actions import Action
from ims.plan.objectives import Objective
from pdca.models import Area
from workflow.spreadsheets import Rows

Status = Action.Status


@dataclass(frozen=True)
class Served:
    """An objective, its areas in words and its actions without canceled ones."""

    objective: Objective
    areas: str
    actions: list[Action]

    @property
    def n_closed(self) -> int:
        return sum(action.status == Status.CLOSED for action in self.actions)

    @property
    def target(self) -> str:
        """Such as “from 6.2 to 2 per 100 miles”; empty without a target."""
        one = self.objective
        if one.target is None:
            return ""
        start = "" if one.baseline is None else f"from {intcomma(exact(one.baseline))} to "
        return f"{start}{intcomma(exact(one.target))} {one.unit}".strip()


@dataclass(frozen=True)
class Gap:
    """An element with its areas that nothing covers, and the actions at it, of this or another analysis."""

    row: Row
    areas: list[AreaInScope]
    actions: list[Action]

    @property
    def unanswered(self) -> list[AreaInScope]:
        """The areas that no action is for. One without areas is for all of them."""
        if any(not action.areas for action in self.actions):
            return []
        served = {code for action in self.actions for code in action.areas}
        return [area for area in self.areas if area.code not in served]


@dataclass(frozen=True)
class Plan:
    """``others`` are actions without an objective. Open records come first, then the due date decides."""

    objectives: list[Served]
    others: list[Action]
    gaps: list[Gap]

    def __bool__(self) -> bool:
        return bool(self.objectives or self.others)

    @cached_property
    def actions(self) -> list[Action]:
        return [action for served in self.objectives for action in served.actions] + self.others

    @property
    def n_closed(self) -> int:
        return sum(action.status == Status.CLOSED for action in self.actions)

    @property
    def n_late(self) -> int:
        return sum(action.is_late for action in self.actions)

    @property
    def answered(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.actions]

    @property
    def unanswered(self) -> list[Gap]:
        return [gap for gap in self.gaps if not gap.actions]


def plan_of(analysis: GapAnalysis, results: Results) -> Plan:
    """Makes three queries. A dropped objective is part of the plan only while an action serves it."""
    by_date = ("-is_open", F("due").asc(nulls_last=True), "number")
    rows: Any = Action.objects.filter(utility=analysis.utility_id).exclude(status=Status.CANCELED)
    closed_at = Max("events__at", filter=Q(events__to_status=Status.CLOSED))
    actions: list[Any] = list(rows.annotate(closed_at=closed_at).select_related("owner").order_by(*by_date))
    of_objective: dict[int | None, list[Action]] = {}
    for action in actions:
        of_objective.setdefault(action.objective_id, []).append(action)
    objectives: Any = Objective.objects.filter(utility=analysis.utility_id).select_related("owner").order_by(*by_date)
    names = dict(Area.objects.values_list("code", "short_name"))
    return Plan(
        [
            Served(each, ", ".join(names.get(code, code) for code in each.areas), of_objective.get(each.pk, []))
            for each in objectives
            if each.status != Objective.Status.DROPPED or each.pk in of_objective
        ],
        of_objective.get(None, []),
        list(gaps(results, [action for action in actions if _is_ahead(action, analysis)])),
    )


def _is_ahead(action: Any, analysis: GapAnalysis) -> bool:
    """Whether it can still close a gap of the analysis: what was closed by then left the gap open."""
    return action.status != Status.CLOSED or timezone.localdate(action.closed_at) > analysis.as_of


def gaps(results: Results, actions: Iterable[Action]) -> Iterator[Gap]:
    """Yields the elements with a gap, in their order. An action is at a gap if one of its areas is, or it has none."""
    at: dict[str | None, list[Action]] = {}
    for action in actions:
        at.setdefault(action.element_id, []).append(action)
    for row in results.rows:
        areas = [area for area in results.areas if area.code not in row.areas]
        codes = {area.code for area in areas}
        if areas:
            yield Gap(row, areas, [one for one in at.get(row.slug, ()) if not one.areas or codes & {*one.areas}])


# --- In Excel


def sheets(plan: Plan) -> Mapping[str, Rows]:
    of_record = ["Number", "Title", "Stage", "Owner", "Due", "Days late"]
    own = ["Areas", "What is measured", "Target", "Baseline value", "Target value", "Unit of measure"]
    counted = ["Actions", "Closed actions"]
    return {
        "Plan": [["What", "Value"], *_summary(plan)],
        "Objectives": [[*of_record, *own, *counted], *map(_objective, plan.objectives)],
        "Actions": [[*of_record, "Objective", "Objective’s title"], *_actions(plan)],
        "Gaps in the plan": [["Element", "Gaps", "Number", "Action", "Stage", "No action yet"], *_gaps(plan)],
    }


def _summary(plan: Plan) -> Iterator[list[Any]]:
    if plan:
        yield ["Objectives", len(plan.objectives)]
        yield ["Actions", len(plan.actions)]
        yield ["Actions closed", plan.n_closed]
        yield ["Actions late", plan.n_late]
        yield ["Elements with gaps and an action", len(plan.answered)]
        yield ["Elements with gaps and no action", len(plan.unanswered)]


def _record(record: Any) -> list[Any]:
    late = record.days_late if record.is_late else ""
    return [record.number, record.title, record.status_label, str(record.owner or "Nobody yet"), record.due, late]


def _objective(served: Served) -> list[Any]:
    one = served.objective
    values = [served.areas, one.measure, served.target, one.baseline, one.target, one.unit]
    return [*_record(one), *values, len(served.actions), served.n_closed]


def _actions(plan: Plan) -> Iterator[list[Any]]:
    for served in plan.objectives:
        for action in served.actions:
            yield [*_record(action), served.objective.number, served.objective.title]
    for action in plan.others:
        yield [*_record(action), "", ""]


def _gaps(plan: Plan) -> Iterator[list[Any]]:
    if plan:
        for gap in plan.gaps:
            areas, missing = _named(gap.areas), _named(gap.unanswered)
            for action in gap.actions:
                yield [gap.row.name, areas, action.number, action.title, action.status_label, missing]
            if not gap.actions:
                yield [gap.row.name, areas, "", "", "", missing]


def _named(areas: Iterable[AreaInScope]) -> str:
    return ", ".join(area.short_name for area in areas)

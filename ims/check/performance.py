"""The quarterly performance report (guide 2004, §4.3.2): what it says of each measure, objectives and actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.safestring import SafeString

from ims.check import charts, periods
from ims.check.measures import Measure
from ims.check.periods import LENGTH, Every
from ims.check.quarters import Quarter
from ims.check.readings import Reading, Standing, first_due
from ims.check.trends import RULE
from ims.plan.actions import Action
from ims.plan.objectives import Objective

COMPARED = 16  # readings of each measure: enough for the year before and the trend
CHARTED = 40  # ten years of quarters, three of months
TABLED = 12  # readings in the table beside a chart


@dataclass(frozen=True)
class Value:
    """The value of a measure in a quarter. ``read`` of its ``of`` periods have one; ``name`` names them."""

    value: Decimal
    name: str
    read: int
    of: int


@dataclass(frozen=True)
class Line:
    """A measure in a quarter. ``readings``: its last ones up to the end of the quarter, oldest first."""

    measure: Any
    first: date
    readings: Sequence[Reading]

    @cached_property
    def standing(self) -> Standing:
        return Standing(self.measure, [reading for reading in self.readings if reading.value is not None])

    @cached_property
    def now(self) -> Value | None:
        return self._in(self.first)

    @cached_property
    def before(self) -> Value | None:
        return self._in(periods.moved(self.first, Every.QUARTER, -1))

    @cached_property
    def year_ago(self) -> Value | None:
        return self._in(periods.moved(self.first, Every.QUARTER, -4))

    def periods(self, first: date) -> list[date]:
        """Returns the periods that a quarter's value is made of: its own, or the last year that has ended by then."""
        if self.measure.every == Every.YEAR:
            return [periods.last_ended(periods.moved(first, Every.QUARTER, 1), Every.YEAR)]
        last = periods.last_day(first, Every.QUARTER)
        return list(periods.between(first, last, self.measure.every))

    def _in(self, first: date) -> Value | None:
        asked = self.periods(first)
        found = [each for each in self.standing.readings if each.period in asked]
        value = self.measure.combine([each.value for each in found])
        if value is None:
            return None
        is_year = self.measure.every == Every.YEAR
        name = periods.named(asked[0], Every.YEAR if is_year else Every.QUARTER)
        return Value(value, name, len(found), len(asked))

    @cached_property
    def in_quarter(self) -> list[Reading]:
        asked = self.periods(self.first)
        return [each for each in self.readings if each.period in asked]

    @cached_property
    def met(self) -> str:
        """Whether the target was met; of several periods, in how many. The target is that of one period."""
        goal = self.measure.goal
        values = [each.value for each in self.in_quarter if each.value is not None]
        if not goal.is_set or not values:
            return ""
        n = sum(bool(goal.met(value)) for value in values)
        if len(self.periods(self.first)) == 1:
            return "met" if n else "not met"
        return f"met in {n} of {len(values)} months"

    @property
    def all_met(self) -> bool:
        goal = self.measure.goal
        return all(goal.met(each.value) for each in self.in_quarter if each.value is not None)

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What people wrote beside the readings of the quarter, each with the name of its period."""
        texts = [(str(each), each.note if each.value is not None else each.why) for each in self.in_quarter]
        return [(name, note) for name, note in texts if note]

    @cached_property
    def missing(self) -> list[tuple[str, str]]:
        """The periods that ended in the quarter without a value, each with the reason if one was given."""
        known = {each.period: each for each in self.readings}
        last = periods.last_day(self.first, Every.QUARTER)
        since = min([first_due(self.measure), *known])
        return [
            (self.measure.period_name(period), known[period].why if period in known else "")
            for period in self.periods(self.first)
            if period >= since
            and self.first <= periods.last_day(period, self.measure.every) <= min(last, _yesterday())
            and (period not in known or known[period].value is None)
        ]

    @cached_property
    def chart(self) -> SafeString:
        return charts.line(self.standing)

    @property
    def tabled(self) -> list[Reading]:
        return list(self.standing.readings[-TABLED:])

    def shown(self, value: Value | None) -> str:
        """Returns the number, and which part of the quarter it is if some of it is missing."""
        if value is None:
            return "none"
        part = f" ({value.read} of {value.of} months)" if value.read < value.of else ""
        year = f" ({value.name})" if LENGTH[Every(self.measure.every)] == LENGTH[Every.YEAR] else ""
        return f"{self.measure.shown(value.value)}{part}{year}"

    @property
    def cells(self) -> list[str]:
        return [self.shown(each) for each in (self.now, self.before, self.year_ago)]


def _yesterday() -> date:
    return timezone.localdate() - timedelta(days=1)


@dataclass(frozen=True)
class Report:
    """What happened in a quarter. ``late`` are actions due by its end that are not done today."""

    quarter: Quarter
    lines: list[Line]
    reached: list[Objective]
    done: list[Action]
    late: list[Action]
    today: date

    rule = RULE

    @cached_property
    def with_readings(self) -> list[Line]:
        """The measures that have a value in this or an earlier quarter."""
        return [line for line in self.lines if line.standing.readings]

    @property
    def without_readings(self) -> list[Line]:
        """The measures without any value up to the end of the quarter, unless one was due in it."""
        return [line for line in self.lines if not line.standing.readings and not line.missing]

    @cached_property
    def columns(self) -> list[str]:
        """What the table of the measures has for at least one of them."""
        said: dict[str, list[Any]] = {
            "now": [line.now for line in self.with_readings],
            "before": [line.before for line in self.with_readings],
            "year_ago": [line.year_ago for line in self.with_readings],
            "target": [line.standing.goal_words for line in self.with_readings],
            "trend": [line.standing.trend for line in self.with_readings],
        }
        return [name for name, values in said.items() if any(values)]

    @cached_property
    def missing(self) -> list[tuple[Line, list[tuple[str, str]]]]:
        return [(line, missing) for line in self.lines if (missing := line.missing)]

    @property
    def n_met(self) -> int:
        return sum(line.all_met for line in self.judged)

    @cached_property
    def judged(self) -> list[Line]:
        return [line for line in self.lines if line.met]


def report(quarter: Quarter, *, readings: int = COMPARED) -> Report:
    """Fetches so many of the last ``readings`` of each measure. Makes a fixed number of queries."""
    rows = Reading.objects.filter(period__lte=quarter.last).order_by("-period")[:readings]
    measures: Any = Measure.objects.filter(utility=quarter.utility_id, is_open=True).select_related("owner")
    measures = measures.prefetch_related(Prefetch("readings", rows, to_attr="latest")).order_by("number")
    today = timezone.localdate()
    late: Any = Action.objects.filter(utility=quarter.utility_id, due__lte=quarter.last, due__lt=today)
    late = late.filter(status__in=[Action.Status.PLANNED, Action.Status.UNDER_WAY]).select_related("owner")
    return Report(
        quarter,
        [Line(measure, quarter.first, measure.latest[::-1]) for measure in measures],
        _moved(Objective, quarter, [Objective.Status.REACHED], [Objective.Status.REACHED]),
        _moved(Action, quarter, [Action.Status.DONE], [Action.Status.DONE, Action.Status.CLOSED]),
        list(late.order_by("due", "number")),
        today,
    )


def _moved(model: Any, quarter: Quarter, to: list[str], now: list[str]) -> list[Any]:
    """Returns records that were moved in the quarter and were not moved back."""
    rows = model.objects.filter(utility=quarter.utility_id, status__in=now)
    rows = rows.filter(
        events__to_status__in=to, events__at__date__gte=quarter.first, events__at__date__lte=quarter.last
    )
    return list(rows.select_related("owner").order_by("number").distinct())

"""The round of the year: what recurs or falls due in a utility's system, month by month (guide 2004, §1.3).

The registers say what recurs of their records. What belongs to no single record is added here: the readings of all
measures of one rhythm, the quarterly reports on them, and rounds of readiness.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Any

from django.db.models import Count, Min, TextField
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list, slugify

from accounts.models import CAN_EDIT, User, Utility
from ims import registers
from ims.check.measures import Measure
from ims.check.periods import LENGTH, Every, moved, named, start
from ims.check.quarters import Quarter
from ims.editions import later
from ims.records import concerning
from ims.recurring import YEAR, Recurring, projected
from ims.registers import Register
from ims.team.readiness.models import ReadinessRound

COMPONENTS = ("plan", "do", "check", "act")
LISTED = 30  # lines of a month that are shown; the others are counted
NAMED = 3  # months that a sentence names


class State(Enum):
    SET, EXPECTED, DONE = "set", "expected", "done"


@dataclass(frozen=True)
class Chosen:
    """What of the round is asked for. What names no area concerns all of them."""

    component: str = ""
    area: str = ""
    unit: int | None = None
    owner: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether what belongs to no record is asked for too."""
        return self.unit is None and self.owner is None

    def takes(self, component: str) -> bool:
        return self.component in ("", component)

    def of(self, rows: Any) -> Any:
        """Returns the records that are asked for."""
        rows = rows.filter(concerning(self.area))
        if self.unit is not None:
            rows = rows.filter(units__contains=[self.unit])
        return rows if self.owner is None else rows.filter(owner=self.owner)


@dataclass(frozen=True)
class Dated:
    """One thing on one day. ``key`` stays the same when its day is changed; ``line`` is that of all its days."""

    line: str
    times: int | date  # how many times after the day that is set; the day itself of what no record dates
    day: date
    what: str
    component: str
    url: str
    state: State
    title: str = ""
    source: str = ""
    owner: str = ""
    is_late: bool = False
    version: int = 0
    changed_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.line}-{self.times}"

    @property
    def words(self) -> str:
        return f"{self.what}: {self.title}" if self.title else self.what


@dataclass
class Line:
    """The days of one thing in one month."""

    dated: list[Dated] = field(default_factory=list)

    @property
    def first(self) -> Dated:
        return self.dated[0]

    @property
    def letter(self) -> str:
        return self.first.component[:1].upper()

    @property
    def days(self) -> str:
        return get_text_list([str(each.day.day) for each in self.dated], "and")


@dataclass
class Month:
    first: date
    dated: list[Dated] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.dated)

    @cached_property
    def counts(self) -> Counter[str]:
        """How many things of each component."""
        return Counter(each.component for each in self.dated)

    @cached_property
    def lines(self) -> list[Line]:
        found: dict[tuple[str, State], Line] = defaultdict(Line)
        for each in self.dated:
            found[each.line, each.state].dated.append(each)
        return list(found.values())

    @property
    def shown(self) -> list[Line]:
        return self.lines[:LISTED]

    @property
    def n_more(self) -> int:
        return len(self.lines) - len(self.shown)


class Round:
    """The months from ``first`` on, as a user sees them. Makes a query for each register that recurs, and four more.

    ``for_others`` leaves out the records of closed registers also for those who may see them.
    """

    def __init__(
        self,
        utility: Utility,
        user: User,
        first: date,
        *,
        chosen: Chosen | None = None,
        n_months: int = YEAR,
        for_others: bool = False,
    ) -> None:
        self.utility, self.user, self.first, self.chosen = utility, user, first, chosen or Chosen()
        self.end = later(first, n_months)
        self.n_months, self.for_others = n_months, for_others
        self.today = timezone.localdate()
        self.undated: list[tuple[str, Any]] = []

    @cached_property
    def dated(self) -> list[Dated]:
        found = [*self._records(), *self._measures(), *self._readiness()]
        return sorted(found, key=lambda each: (each.day, COMPONENTS.index(each.component), each.title))

    @cached_property
    def months(self) -> list[Month]:
        found = {first: Month(first) for first in (later(self.first, n) for n in range(self.n_months))}
        for each in self.dated:
            found[each.day.replace(day=1)].dated.append(each)
        return list(found.values())

    @property
    def balance(self) -> str:
        return balance([(f"{month.first:%B}", month.n) for month in self.months])

    # Where it comes from.

    def _rows(self, model: Any) -> Any:
        rows = model.objects.visible_to(self.user).filter(utility=self.utility)
        return self.chosen.of(rows.filter(restricted=False) if self.for_others else rows)

    def _records(self) -> Iterator[Dated]:
        for register in registers.known():
            if register.recurs and self.chosen.takes(register.component):
                texts = [each.name for each in register.model._meta.concrete_fields if type(each) is TextField]
                rows = self._rows(register.model).exclude(status__in=register.aside).select_related(None)
                yield from self._of(register, list(rows.select_related("owner").defer(*texts).order_by("number")))

    def _of(self, register: Register, rows: list[Any]) -> Iterator[Dated]:
        recurring = [(row, each) for row in rows for each in register.recurs(row)]  # type: ignore[misc]
        last: dict[str, date] = {}
        for _, each in recurring:
            if each.day and each.series:
                last[each.series] = max(each.day, last.get(each.series, each.day))
        for row, each in recurring:
            if each.day:
                goes_on = not each.series or each.day == last[each.series]
                yield from self._days(register, row, each, each.day, goes_on=goes_on)
            elif each.months or each.weeks:
                self.undated.append((each.what, row))

    def _days(self, register: Register, row: Any, each: Recurring, first: date, *, goes_on: bool) -> Iterator[Dated]:
        months, weeks = (each.months, each.weeks) if goes_on else (0, 0)
        days = projected(first, self.first, self.end, months=months, weeks=weeks, since=self.today)
        for times, day in days:
            state = State.EXPECTED if times else State.DONE if each.is_done else State.SET
            yield Dated(
                line=f"{register.slug}-{row.pk}-{slugify(each.what)}",
                times=times,
                day=day,
                what=each.what,
                component=register.component,
                url=row.get_absolute_url(),
                state=state,
                title=str(row),
                source=register.name,
                owner=str(row.owner or ""),
                is_late=state is State.SET and day < self.today,
                version=row.version,
                changed_at=row.changed_at or row.created_at,
            )

    def _measures(self) -> Iterator[Dated]:
        """The day after each period of the measures in use, all of one rhythm together; and the reports on quarters."""
        if not self.chosen.takes("check"):
            return
        rows = self._rows(Measure).open().select_related(None).order_by().values("every")
        found = list(rows.annotate(n=Count("pk"), title=Min("title")))
        editor = self.utility.my_role in CAN_EDIT
        to_enter, to_read = ("ims:due", [self.utility.pk]), ("ims:list", [self.utility.pk, Measure.REGISTER])
        name, arguments = to_enter if editor else to_read
        for row in found:
            every = Every(row["every"])
            what = f"Readings of {row['n']} {every.label.lower()} measures"
            what = what if row["n"] > 1 else f"Reading of {row['title']}"
            for day in self._ends(every):
                if day >= self.today:
                    period = f"for {named(moved(day, every, -1), every)}"
                    url = reverse(name, args=arguments)
                    line = f"readings-{self.utility.pk}-{every}"
                    yield Dated(line, day, day, what, "check", url, State.EXPECTED, source=period)
        if found and self.chosen.is_all:
            yield from self._reports()

    def _ends(self, every: Every) -> Iterator[date]:
        """Yields the days on which a period has just ended."""
        day = start(self.first, every)
        while day < self.end:
            if day >= self.first:
                yield day
            day = later(day, LENGTH[every])

    def _reports(self) -> Iterator[Dated]:
        rows = Quarter.objects.filter(utility=self.utility, first__gte=later(self.first, -LENGTH[Every.QUARTER]))
        reported = {row.first: row for row in rows.exclude(summary="")}
        page = reverse("ims:performance", args=[self.utility.pk])
        for day in self._ends(Every.QUARTER):
            quarter = moved(day, Every.QUARTER, -1)
            done = reported.get(quarter)
            if done or day >= self.today:
                what = f"Performance report on {named(quarter, Every.QUARTER)}"
                state, url = (State.DONE, done.get_absolute_url()) if done else (State.EXPECTED, page)
                yield Dated(f"performance-{self.utility.pk}", day, day, what, "check", url, state)

    def _readiness(self) -> Iterator[Dated]:
        if not (self.chosen.is_all and self.chosen.takes("plan")):
            return
        rows = ReadinessRound.objects.visible_to(self.user).filter(utility=self.utility)
        for row in rows.filter(rate_by__gte=self.first, rate_by__lt=self.end):
            state = State.DONE if row.is_shown else State.SET
            late = state is State.SET and row.rate_by < self.today  # type: ignore[operator]
            url = row.get_absolute_url()
            yield Dated(
                *(f"readiness-{row.pk}", 0, row.rate_by, "Readiness to be rated", "plan", url, state),  # type: ignore[arg-type]
                title=row.name,
                is_late=late,
            )


def balance(counts: list[tuple[str, int]]) -> str:
    """Returns which months are the fullest and which are empty: “October has the most, 14; November has none.”"""
    most = max((n for _, n in counts), default=0)
    if not most:
        return "No month has anything."
    fullest, empty = ([name for name, n in counts if n == asked] for asked in (most, 0))
    if len(fullest) == len(counts):
        return f"Every month has {most}."
    full = f"{_months(fullest)} {'has' if len(fullest) == 1 else 'have'} the most, {most}"
    full += "" if len(fullest) == 1 else " each"
    return f"{full}; {_months(empty)} {'has' if len(empty) == 1 else 'have'} none." if empty else f"{full}."


def _months(names: list[str]) -> str:
    return get_text_list(names, "and") if len(names) <= NAMED else f"{len(names)} months"

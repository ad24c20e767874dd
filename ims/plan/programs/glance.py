"""What the page "Programs at a glance" shows of one utility, with a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts.models import User, Utility
from ims.plan.actions import Action
from ims.plan.programs.charts import Groups
from ims.plan.programs.models import Agreement, Capacity
from ims.plan.programs.work import Collision, Month, Work, collisions, months_from
from ims.plan.programs.workload import Load, Row, carried, rows_of
from ims.plan.units import Unit

AHEAD = (Action.Status.PLANNED, Action.Status.UNDER_WAY)  # what is done only needs its check
WITHIN = timedelta(days=183)  # Albany's streets were to be dug up six months after they were paved (guide, §4.1.7)
MAX_MONTHS, SHOWN_MONTHS, BACK = 24, 12, 3  # of the timeline, of the hours, and of the timeline before today
BY = {"objective": "Objective", "owner": "Owner", "unit": "Unit"}


def work_of(action: Action) -> Work:
    return Work(
        pk=action.pk,
        number=action.number,
        title=action.title,
        url=action.get_absolute_url(),
        owner=action.owner_id,
        owner_name=str(action.owner or ""),
        objective=str(action.objective or ""),
        units=tuple(action.units),
        starts=action.starts,
        due=action.due,
        hours=action.hours,
    )


def works_of(utility: Utility, user: User) -> list[Work]:
    """Returns the work ahead, what is due first on top."""
    rows: Any = Action.objects.visible_to(user).filter(utility=utility, status__in=AHEAD)
    return [work_of(action) for action in rows.select_related("objective").order_by("due", "number")]


@dataclass(frozen=True)
class Flag:
    """A collision with the names of its units, and how it was settled if it was."""

    collision: Collision
    units: str
    agreement: Agreement | None
    other: Work | None = None  # than the action of whose page this is

    @property
    def pair(self) -> str:
        return "{}-{}".format(*self.collision.key)

    @property
    def anchor(self) -> str:
        return f"pair-{self.pair}"


def flags(found: Iterable[Collision], units: dict[int, str], agreements: Iterable[Agreement]) -> list[Flag]:
    settled = {agreement.key: agreement for agreement in agreements}
    return [
        Flag(each, ", ".join(units.get(unit, "a unit") for unit in each.units), settled.get(each.key)) for each in found
    ]


def flags_of(action: Action, user: User, today: date) -> list[Flag]:
    """Returns the actions with which an open action collides. Makes three queries, one if it is on no unit."""
    if action.status not in AHEAD or not action.units:
        return []
    rows: Any = Action.objects.visible_to(user).filter(utility=action.utility_id, status__in=AHEAD)
    own = work_of(action)
    others = [work_of(row) for row in rows.filter(units__overlap=action.units).exclude(pk=action.pk)]
    found = [pair for each in others for pair in collisions([own, each], today, timedelta(0)) if not pair.days]
    if not found:
        return []
    units: dict[int, str] = dict(Unit.objects.filter(pk__in=action.units).values_list("pk", "title"))
    agreements = Agreement.objects.valid().filter(Q(first=action.pk) | Q(second=action.pk)).select_related("by")
    return [
        replace(flag, other=flag.collision.other if flag.collision.one.pk == own.pk else flag.collision.one)
        for flag in flags(found, units, agreements)
    ]


class Glance:
    def __init__(self, utility: Utility, user: User, today: date) -> None:
        self.utility, self.today = utility, today
        self.works = works_of(utility, user)
        self.units: dict[int, str] = dict(Unit.objects.filter(utility=utility).values_list("pk", "title"))

    @cached_property
    def flags(self) -> list[Flag]:
        agreements = Agreement.objects.of(self.utility.pk).valid()
        return flags(collisions(self.works, self.today, WITHIN), self.units, agreements)

    @property
    def open_flags(self) -> list[Flag]:
        return [flag for flag in self.flags if not flag.agreement and not flag.collision.days]

    @property
    def close_flags(self) -> list[Flag]:
        return [flag for flag in self.flags if not flag.agreement and flag.collision.days]

    @property
    def settled_flags(self) -> list[Flag]:
        return [flag for flag in self.flags if flag.agreement]

    @property
    def placed(self) -> list[Work]:
        return sorted((work for work in self.works if work.first), key=lambda work: (work.first, work.number))

    @property
    def without_dates(self) -> list[Work]:
        return [work for work in self.works if not work.first]

    def groups(self, by: str) -> Groups:
        """Returns the actions that have a date, by objective, owner or unit; an action on two units is in both."""
        found: dict[str, list[Work]] = defaultdict(list)
        for work in self.placed:
            names = {
                "owner": [work.owner_name or "No owner yet"],
                "unit": [self.units.get(unit, "a unit") for unit in work.units] or ["No unit"],
            }.get(by, [work.objective or "No objective"])
            for name in names:
                found[name].append(work)
        return sorted(found.items(), key=lambda pair: (pair[0].startswith("No "), pair[0]))

    @property
    def months(self) -> list[Month]:
        """Returns the months of the timeline: from the first open action, at most ``BACK`` before this one."""
        this = Month.of(self.today)
        firsts = [Month.of(work.first) for work in self.placed if work.first]
        lasts = [Month.of(work.last) for work in self.placed if work.last]
        first = max(min([this, *firsts]), this.plus(-BACK))
        last = min(max([this.plus(2), *lasts]), first.plus(MAX_MONTHS - 1))
        number = (last.year - first.year) * 12 + last.number - first.number + 1
        return months_from(first, number)

    def by_month(self) -> list[tuple[str, list[tuple[Work, bool]]]]:
        """Returns the actions by the month in which they are due, what is late first: (month, [(work, is late)])."""
        found: dict[str, list[tuple[Work, bool]]] = defaultdict(list)
        for work in sorted(self.placed, key=lambda work: (work.last, work.number)):
            late = work.is_late(self.today)
            found["Late" if late else str(Month.of(work.last or self.today))].append((work, late))
        return list(found.items())

    @cached_property
    def _carried(self) -> tuple[list[Load], list[tuple[Work, str]]]:
        rows = Capacity.objects.filter(person__utility=self.utility).values_list("person", "hours")
        return carried(self.works, {person: hours for person, hours in rows if hours is not None}, self.today)

    @property
    def not_counted(self) -> list[tuple[Work, str]]:
        return self._carried[1]

    @property
    def shown_months(self) -> list[Month]:
        return months_from(Month.of(self.today), SHOWN_MONTHS)

    @cached_property
    def rows(self) -> list[Row]:
        return rows_of(self._carried[0], self.shown_months)

"""The dates that a person's year has: what is due, what recurs, what begins and ends.

An app registers its dates in its ``year.py``, which is imported at startup, like ``admin.py``. One query reads the
dates of all apps, and of each month no more than are shown, however many there are.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Count, F, QuerySet, Value, Window
from django.db.models.functions import RowNumber, TruncMonth
from django.utils import timezone

from workflow import composed

SHOWN = 3  # dates of one component in one month that are named; the others are counted


@dataclass(frozen=True)
class Occasion:
    """What happens on a day: a link, and what is to be said about it. ``utility`` is empty if the link says where."""

    day: date
    what: str
    url: str
    why: str = ""
    utility: str = ""


@dataclass
class Group:
    """``n`` dates of one component (slug; empty for what belongs to none) in one month; ``named`` are the first."""

    component: str
    month: date
    n: int = 0
    named: list[Occasion] = field(default_factory=list)

    @property
    def letter(self) -> str:
        return self.component[:1].upper() or "R"

    @property
    def first(self) -> date:
        return self.named[0].day

    @property
    def n_more(self) -> int:
        return self.n - len(self.named)


Facts = Mapping[str, Any]
Rows = Callable[[Any], "QuerySet[Any]"]
MakeOccasion = Callable[[date, Facts], Occasion]
_sources: dict[str, tuple[Rows, MakeOccasion, bool]] = {}


def source(*, occasion: MakeOccasion, are_few: bool = False) -> Callable[[Rows], Rows]:
    """Decorator for a function that returns the dates that a user may read.

    Its query is composed once for all: see ``composed.rows`` for what it may ask of the user.
    Its rows are annotated with ``day`` (a date), ``component`` (a slug or empty) and ``facts`` (a JSONObject), of which
    ``occasion`` makes the line without a query. ``are_few`` says that a utility has a handful of them at most, so that
    all may be read; then ``facts`` may have ``months``, after how many the same recurs on a day that every month has.
    """

    def add(function: Rows) -> Rows:
        _sources[f"{function.__module__}.{function.__qualname__}"] = function, occasion, are_few
        return function

    return add


def year_for(user: AbstractBaseUser) -> list[Group]:
    """Returns what is ahead in the twelve months from today, by month and component. Makes one query."""
    groups: dict[tuple[date, str], Group] = {}
    rows = composed.rows(_ahead, user) if _sources else []
    end = _a_year_after(timezone.localdate())
    recurring = [(kind, day, *rest) for kind, first, *rest in rows for day in _days(first, rest[-1], end)]
    for kind, day, component, n, place, facts in sorted(recurring, key=_order):
        month = day.replace(day=1)
        group = groups.setdefault((month, component), Group(component, month))
        group.n += n if place == 1 else 0
        if len(group.named) < SHOWN:
            group.named.append(_sources[kind][1](day, facts))
    return list(groups.values())


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """By day; on one day in the order of the sources, then what recurs most often, and always in the same order."""
    kind, day, _, _, place, facts = row
    return day, [*_sources].index(kind), place, facts.get("months") or 0, str(facts)


def _ahead(user: AbstractBaseUser) -> "QuerySet[Any]":
    today = timezone.localdate()
    parts = [_part(name, rows(user), today, are_few) for name, (rows, _, are_few) in _sources.items()]
    return parts[0].union(*parts[1:], all=True).order_by("day")


def _part(name: str, rows: "QuerySet[Any]", today: date, are_few: bool) -> "QuerySet[Any]":
    ahead = rows.filter(day__gte=today, day__lt=_a_year_after(today)).annotate(kind=Value(name)).order_by()
    if are_few:
        ahead = ahead.annotate(n=Value(1), place=Value(1))
    else:
        month: list[Any] = [TruncMonth("day"), F("component")]
        n = Window(Count("pk"), partition_by=month)
        place = Window(RowNumber(), partition_by=month, order_by=["day", "pk"])
        ahead = ahead.annotate(n=n, place=place).filter(place__lte=SHOWN)
    return ahead.values_list("kind", "day", "component", "n", "place", "facts")


def _days(first: date, facts: Facts, end: date) -> Iterator[date]:
    """Yields the day, and those on which it recurs before ``end``."""
    yield first
    if every := facts.get("months"):
        for months in range(first.month - 1 + every, first.month + 12, every):
            day = first.replace(year=first.year + months // 12, month=months % 12 + 1)
            if day < end:
                yield day


def _a_year_after(day: date) -> date:
    """Returns the same day of the next year; February 28 after February 29."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)

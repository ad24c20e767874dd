"""The planned communications over twelve months, and which of them could be joined.

The guide asks to coordinate contacts, so that nobody is contacted several times about what belongs together, and to use
one method or one meeting for several initiatives (guide 2004, §4.2.2). So two communications of different areas or
initiatives meet here if they reach the same audience, or use the same method, in the same month.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import Utility
from ims.do.communication import Communication, Rhythm
from ims.editions import later
from ims.registers import Page, add_page

N_MONTHS = 12
AUDIENCE, METHOD = "audience", "method"


@dataclass(frozen=True)
class Planned:
    """A communication as far as it matters here. ``serves`` are its areas and initiatives, ``months`` first days."""

    key: int
    audience: str
    method: str
    serves: frozenset[str]
    months: frozenset[date]


@dataclass(frozen=True)
class Together:
    """Communications, by their keys, that reach one audience or use one method in each of ``months``."""

    by: str
    value: str
    keys: frozenset[int]
    months: tuple[date, ...]


def months_of(due: date | None, rhythm: str, today: date) -> frozenset[date]:
    """Returns the months, of the twelve from that of ``today``, in which it takes place. What is late is to be now."""
    if due is None:
        return frozenset()
    first = today.replace(day=1)
    end = later(first, N_MONTHS)
    found = {max(due.replace(day=1), first)}
    day, times = due, 0
    while rhythm != Rhythm.ONCE and day < end:
        found.add(day.replace(day=1))
        times += 1
        day = Rhythm(rhythm).after(due, times)
    return frozenset(month for month in found if first <= month < end)


def together(planned: Iterable[Planned], by: str) -> list[Together]:
    """Returns which could be joined, those that meet most often first. ``by`` is "audience" or "method".

    What serves the same areas and initiatives belongs together already; "other" names nothing that is the same.
    """
    cells: dict[tuple[str, date], list[Planned]] = defaultdict(list)
    for each in planned:
        value = getattr(each, by)
        if value != "other":
            for month in each.months:
                cells[value, month].append(each)
    sets: dict[tuple[str, frozenset[int]], list[date]] = defaultdict(list)
    for (value, month), found in sorted(cells.items(), key=lambda cell: cell[0]):
        if len({each.serves for each in found}) > 1:
            sets[value, frozenset(each.key for each in found)].append(month)
    made = [Together(by, value, keys, tuple(months)) for (value, keys), months in sets.items()]
    return sorted(made, key=lambda one: (-len(one.months), one.months[0], one.value))


class Year:
    """What a utility plans to communicate in the twelve months from now. Makes one query.

    ``methods`` leaves out those that already meet in ``audiences``, because they reach the same people.
    """

    def __init__(self, utility: Utility) -> None:
        today = timezone.localdate()
        first = today.replace(day=1)
        self.months = [later(first, n) for n in range(N_MONTHS)]
        rows: Any = Communication.objects.open().filter(utility=utility).select_related("owner")
        self.rows: list[Communication] = list(rows.order_by("due", "number"))
        self.by_key = {row.pk: row for row in self.rows}
        self.planned = [
            Planned(
                row.pk,
                row.audience,
                row.method,
                frozenset([*row.areas, *row.initiatives]),
                months_of(row.due, row.rhythm, today),
            )
            for row in self.rows
        ]
        self.audiences = together(self.planned, AUDIENCE)
        both = {each.keys for each in self.audiences}
        self.methods = [each for each in together(self.planned, METHOD) if each.keys not in both]

    @property
    def without_a_date(self) -> list[Communication]:
        return [row for row in self.rows if row.due is None]

    @property
    def grid(self) -> list[tuple[str, bool, list[tuple[date, int, bool]]]]:
        """Each audience that is reached: (name, is internal, for each month how many and whether they could join)."""
        counts: dict[tuple[str, date], int] = defaultdict(int)
        for each in self.planned:
            for month in each.months:
                counts[each.audience, month] += 1
        joined = {(each.value, month) for each in self.audiences for month in each.months}
        reached = {audience for audience, _ in counts}
        return [
            (
                str(audience.label),
                audience in Communication.INTERNAL,
                [(month, counts[audience, month], (audience, month) in joined) for month in self.months],
            )
            for audience in Communication.Audience
            if audience in reached
        ]

    def lines(self, found: Iterable[Together], without: int | None = None) -> list[tuple[str, list[Any], str]]:
        """Returns (audience or method, communications in order, the months in words), but for one that is known."""
        labels = {AUDIENCE: Communication.Audience, METHOD: Communication.Method}
        return [
            (
                str(labels[each.by](each.value).label),
                [self.by_key[key] for key in self.by_key if key in each.keys and key != without],
                in_words(each.months),
            )
            for each in found
        ]

    def about(self, record: Communication) -> tuple[list[Any], list[Any]]:
        """Returns what could be joined with one: by audience and by method, as ``lines`` does."""
        mine = [[each for each in found if record.pk in each.keys] for found in (self.audiences, self.methods)]
        return self.lines(mine[0], record.pk), self.lines(mine[1], record.pk)


def in_words(months: tuple[date, ...]) -> str:
    """Returns “every month”, a span, or the months: “March, June and September 2027”."""
    if len(months) == N_MONTHS:
        return "every month"
    if len(months) > 2 and months[-1] == later(months[0], len(months) - 1):  # noqa: PLR2004
        return f"{months[0]:%B %Y} to {months[-1]:%B %Y}"
    texts = [
        f"{month:%B}" if place + 1 < len(months) and months[place + 1].year == month.year else f"{month:%B %Y}"
        for place, month in enumerate(months)
    ]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


add_page(
    Page(
        slug="communication-year",
        name="Communication over the year",
        about="Who hears from you in which month, and which communications could be joined.",
        component="do",
        element="communication",
        url_name="ims:communication_year",
    )
)

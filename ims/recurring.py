"""What recurs, and on which days: plain functions over plain values.

A register says what recurs of its records (``Register.recurs``): a review every 12 months, a drill, a session.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ims.editions import later

YEAR, WEEK = 12, 7  # months, days


@dataclass(frozen=True)
class Recurring:
    """``day`` is the one that is set, None if there is none yet; the same recurs after ``months`` or ``weeks``, if any.

    Records with one ``series`` carry on together, as the management reviews of one scope do: only the last recurs.
    """

    what: str  # "Review"
    day: date | None
    months: int = 0
    weeks: int = 0
    is_done: bool = False
    series: str = ""


def review(record: Any) -> list[Recurring]:
    """Returns the review of what is in force, every ``every`` months; of a draft the day by which it is to be ready."""
    if record.status != "in-force":
        return [Recurring("To be ready", record.due)]
    return [Recurring("Review", record.due, months=record.every or 0)]


def projected(
    day: date, first: date, end: date, *, months: int = 0, weeks: int = 0, since: date
) -> Iterator[tuple[int, date]]:
    """Yields what falls on ``first`` or later and before ``end``, as (how many times after ``day``, the date).

    ``day`` itself is 0. What follows is expected only from ``since`` on, each counted from ``day``: the last of January
    is followed by the last of February and then by March 31. Without months and weeks nothing follows.
    """
    if first <= day < end:
        yield 0, day
    if day >= end or not (months or weeks):
        return
    begins = max(first, since)
    times = max(1, _between(day, begins, months, weeks))
    while (on := _after(day, times, months, weeks)) < end:
        if on >= begins:
            yield times, on
        times += 1


def _after(day: date, times: int, months: int, weeks: int) -> date:
    return later(day, times * months) if months else day + timedelta(weeks=times * weeks)


def _between(day: date, begins: date, months: int, weeks: int) -> int:
    """Returns how many times it takes at most to come near ``begins``, so that no past ones are counted through."""
    if months:
        return ((begins.year - day.year) * YEAR + begins.month - day.month) // months
    return (begins - day).days // (WEEK * weeks)

"""Months, quarters and years of readings, and the ways in which people write them.

A period is named by its first day.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import TextChoices

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
FIRST_YEAR, LAST_YEAR = 1950, 2100


class Every(TextChoices):
    MONTH = "month", "Monthly"
    QUARTER = "quarter", "Quarterly"
    YEAR = "year", "Yearly"


LENGTH = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}  # months
RANK = {"month": 1, "quarter": 2, "year": 3}
SAMPLE = {Every.MONTH: "Mar 2026", Every.QUARTER: "Q1 2026", Every.YEAR: "2026"}

_WORD, _YEAR, _SHORT = r"(?P<word>[a-z]{3,9})\.?", r"(?P<year>\d{4})", r"(?P<year>\d{4}|\d{2})"
_QUARTER, _DAY, _MONTH = r"(?P<quarter>[1-4])", r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})"
_FORMS = [
    re.compile(form)
    for form in (
        _YEAR,
        rf"{_YEAR}([-/.]){_MONTH}(\2{_DAY}([t ]00:00(:00)?)?)?",
        rf"{_MONTH}([-/.]){_DAY}\2{_SHORT}",
        rf"{_MONTH}[-/.]{_YEAR}",
        rf"{_WORD}[ ,-]*{_YEAR}",
        rf"{_WORD}( ?'|-)(?P<year>\d{{2}})",  # Mar-26, as Excel shows it; "Mar 26" may be a day
        rf"{_WORD} {_DAY}(st|nd|rd|th)?,? {_YEAR}",
        rf"{_DAY}[ -]{_WORD}[ -]{_SHORT}",
        rf"{_YEAR}[ -]{_WORD}",
        rf"q{_QUARTER}[ /-]*'?{_SHORT}",
        rf"{_QUARTER}q[ /-]*'?{_SHORT}",
        rf"{_YEAR}[ /-]*(q{_QUARTER}|(?P<before>[1-4])q)",
        rf"{_QUARTER}(st|nd|rd|th) (quarter|qtr\.?),?( of)? {_YEAR}",
    )
]


class NotAPeriod(Exception):
    """The text names no period of the asked length; the message says why."""


def start(day: date, every: str) -> date:
    """Returns the first day of the period that ``day`` is in."""
    months = LENGTH[Every(every)]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def moved(first: date, every: str, by: int) -> date:
    """Returns the first day of the period ``by`` periods later, or earlier if it is negative."""
    months = first.year * 12 + first.month - 1 + by * LENGTH[Every(every)]
    return date(months // 12, months % 12 + 1, 1)


def last_day(first: date, every: str) -> date:
    return moved(first, every, 1) - timedelta(days=1)


def last_ended(today: date, every: str) -> date:
    """Returns the last period that ended before ``today``."""
    return moved(start(today, every), every, -1)


def between(first: date, last: date, every: str) -> Iterator[date]:
    """Yields the periods from ``first`` to ``last``, both included."""
    while first <= last:
        yield first
        first = moved(first, every, 1)


def named(first: date, every: str) -> str:
    """Returns March 2026, Q1 2026 or 2026."""
    if every == Every.MONTH:
        return f"{MONTHS[first.month - 1].capitalize()} {first.year}"
    return f"Q{(first.month + 2) // 3} {first.year}" if every == Every.QUARTER else str(first.year)


def short(first: date, every: str) -> str:
    """Returns Mar 2026, Q1 2026 or 2026."""
    return f"{first:%b} {first.year}" if every == Every.MONTH else named(first, every)


def understood(text: str, every: str) -> date:
    """Returns the first day of the period that ``text`` names. A day or a month may stand for a longer period.

    Raises NotAPeriod for what is no date, and for a date that is longer than the period.
    """
    sample = SAMPLE[Every(every)]
    day, precision = _read(text, sample)
    if RANK[precision] > RANK[every]:
        kind = Every(every).label.lower()
        raise NotAPeriod(f"“{text.strip()}” is a {precision}, but this measure is read {kind}. Write it as {sample}.")
    return start(day, every)


def is_period(text: str) -> bool:
    """Returns whether the text names any month, quarter or year."""
    try:
        _read(text, "")
    except NotAPeriod:
        return False
    return True


def _read(text: str, sample: str) -> tuple[date, str]:
    """Returns a day within what the text names, and how precise it is."""
    plain = " ".join(text.replace("’", "'").split()).lower()
    if not plain:
        raise NotAPeriod(f"There is no date. Write it as {sample}.")
    if re.match(r"fy|fiscal", plain):
        raise NotAPeriod(f"“{text.strip()}” is a fiscal year. Write the calendar date, as {sample}.")
    for form in _FORMS:
        if (match := form.fullmatch(plain)) and (found := _day(match.groupdict())):
            if not FIRST_YEAR <= found[0].year <= LAST_YEAR:
                break
            return found
    raise NotAPeriod(f"“{text.strip()[:40]}” is not a date that can be read. Write it as {sample}.")


def _day(parts: dict[str, str | None]) -> tuple[date, str] | None:
    """Returns the day and the precision, which of a day is that of its month; None if there is no such day or month."""
    digits = parts["year"] or ""
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    if quarter := parts.get("quarter") or parts.get("before"):
        return date(year, int(quarter) * 3, 1), "quarter"
    if word := parts.get("word"):
        month = next((place for place, name in enumerate(MONTHS, start=1) if name.startswith(word)), 0)
    elif number := parts.get("month"):
        month = int(number)
    else:
        return date(year, 1, 1), "year"
    try:
        return date(year, month, int(parts.get("day") or 1)), "month"
    except ValueError:
        return None

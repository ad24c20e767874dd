"""How a utility that shares its coverage stands among similar ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import Utility
from assessments.cohorts.publishing import figures_of, latest_complete
from assessments.cohorts.spread import cohort_of, words
from assessments.models import Publication, Sharing
from pdca.models import Component

MONTHS = (1, 4, 7, 10)  # in which, on the first, the spreads are published (see the schedule in config/settings.py)


@dataclass(frozen=True)
class Line:
    """One figure in percent: the utility's own (None without a complete analysis), and the quartiles of the others."""

    name: str
    own: int | None
    low: int
    middle: int
    high: int

    @property
    def width(self) -> int:
        """Between the low and the high quartile, at least wide enough to be seen."""
        return max(1, self.high - self.low)


@dataclass(frozen=True)
class Standing:
    cohort: str  # in words
    published: Publication | None
    lines: list[Line]
    next_on: date


def standing(
    utility: Utility, shared: Sharing | None, components: Iterable[tuple[str, str]] | None = None
) -> Standing | None:
    """Returns None if the utility does not share. Makes up to two queries, and one for ``components``: (slug, name)."""
    if not shared:
        return None
    cohort = cohort_of(utility.systems, shared.size)
    published = Publication.objects.current(cohort)
    lines = _lines(utility, published, components) if published else []
    return Standing(words(cohort), published, lines, next_on())


def _lines(utility: Utility, published: Publication, components: Iterable[tuple[str, str]] | None) -> list[Line]:
    latest = latest_complete(utility)
    own = figures_of(latest) if latest else {}
    names = {"overall": "Overall"} | dict(components or Component.objects.values_list("slug", "name"))
    return [
        Line(name, round(100 * own[slug]) if slug in own else None, *published.quartiles[slug])
        for slug, name in names.items()
        if slug in published.quartiles
    ]


def next_on(today: date | None = None) -> date:
    """Returns the day of the next publication."""
    today = today or timezone.localdate()
    days = [date(year, month, 1) for year in (today.year, today.year + 1) for month in MONTHS]
    return next(day for day in days if day > today)

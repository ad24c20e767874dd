"""Measures of one utility, and their readings."""

from datetime import date
from decimal import Decimal

import pytest

from ims.check.periods import moved
from ims.models import Measure, Reading

TODAY = date(2026, 5, 20)


@pytest.fixture(autouse=True)
def today(time_machine):
    """It is May 20, 2026: April is the last month that ended, Q1 the last quarter."""
    time_machine.move_to(f"{TODAY}T12:00:00-07:00", tick=False)


def add(utility, by, **fields) -> Measure:
    """A measure as ``by`` fetches it."""
    made = Measure.open_in(utility, by=by, **({"title": "Overflows", "unit": "per 100 miles"} | fields))
    return Measure.objects.visible_to(by).get(pk=made.pk)


def fill(measure, *values, first=date(2026, 1, 1)) -> list[Reading]:
    """Readings of periods that follow each other; None leaves one out."""
    pairs = [(moved(first, measure.every, n), value) for n, value in enumerate(values)]
    return Reading.objects.bulk_create(
        Reading(measure=measure, period=period, value=Decimal(value)) for period, value in pairs if value is not None
    )


@pytest.fixture
def measure(catalog, utility, manager) -> Measure:
    """Overflows, monthly, lower is better, at most 2; without readings."""
    return add(utility, manager, target=Decimal(2), areas=["E"])


@pytest.fixture
def read(measure):
    """The measure with January to April 2026: 3.3, 2.9, 2.4 and 1.4."""
    fill(measure, "3.3", "2.9", "2.4", "1.4")
    return measure

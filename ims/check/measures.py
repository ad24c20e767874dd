"""Measures (guide 2004, §4.3.1): what is measured, how often, and the value that is wanted."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ims.check import periods
from ims.check.numbers import DIGITS, PLACES, average, shown
from ims.check.periods import Every
from ims.check.trends import Direction, Goal
from ims.plan.objectives import Objective
from ims.records import Record, extends_record

SHARED = ("title", "areas", "initiatives", "units", "owner")
KEEPS_ITS_PERIODS = pgtrigger.Trigger(
    name="measure_keeps_its_periods",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("every"),
    condition=pgtrigger.AnyChange("every"),
    func="""
        IF EXISTS (SELECT 1 FROM ims_reading r WHERE r.measure_id = NEW.record_id) THEN
            RAISE EXCEPTION 'the measure has readings'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measure_keeps_its_periods';
        END IF;
        RETURN NEW;
    """,
)


def a_number(label: str) -> Any:
    return models.DecimalField(label, max_digits=DIGITS + PLACES, decimal_places=PLACES, null=True, blank=True)


class Measure(Record):
    """What a utility measures. Its readings are in ims/check/readings.py, its register in ims/check/register.py."""

    class Status(models.TextChoices):
        IN_USE = "in-use", "In use"
        RETIRED = "retired", "Retired"

    class Combined(models.TextChoices):
        TOTAL = "total", "Total"
        AVERAGE = "average", "Average"
        LAST = "last", "Last value"

    REGISTER, PREFIX = "measures", "MEA"
    OPEN = frozenset({Status.IN_USE})
    TRANSITIONS = {Status.IN_USE: frozenset({Status.RETIRED}), Status.RETIRED: frozenset({Status.IN_USE})}
    OWN = (
        *("unit", "how", "every", "combined", "direction", "baseline", "target", "lower", "upper", "target_date"),
        *("decimals", "objective"),
    )
    HISTORY = (*SHARED, *OWN)

    record = extends_record()
    unit = models.CharField("unit of measure", max_length=40, blank=True)
    how = models.TextField("how it is measured", max_length=2000, blank=True)
    every = models.CharField("how often", max_length=8, choices=Every.choices, default=Every.MONTH)
    combined = models.CharField(
        "value of several periods",
        max_length=8,
        choices=Combined.choices,
        default=Combined.AVERAGE,
        help_text="How a quarter’s value is made of its months.",
    )
    direction = models.CharField(max_length=8, choices=Direction.choices, default=Direction.LOWER)
    baseline = a_number("baseline")
    target = a_number("target")
    lower = a_number("lowest value wanted")
    upper = a_number("highest value wanted")
    target_date = models.DateField("to be reached by", null=True, blank=True)
    decimals = models.PositiveSmallIntegerField("decimals shown", default=1, validators=[MaxValueValidator(PLACES)])
    objective = models.ForeignKey(
        Objective, null=True, blank=True, on_delete=models.PROTECT, related_name="measures", verbose_name="serves"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lower=None) | Q(upper=None) | Q(lower__lte=F("upper")), name="measure_range_in_order"
            ),
            models.CheckConstraint(condition=Q(decimals__lte=PLACES), name="measure_decimals_fit"),
        ]
        triggers = [KEEPS_ITS_PERIODS]

    @property
    def goal(self) -> Goal:
        """Returns what is wanted. Only a range uses ``lower`` and ``upper``."""
        if self.direction == Direction.RANGE:
            return Goal(self.direction, self.lower, self.upper)
        if self.direction == Direction.LOWER:
            return Goal(self.direction, upper=self.target)
        return Goal(self.direction, lower=self.target)

    @property
    def in_percent(self) -> bool:
        return "%" in self.unit or "percent" in self.unit.lower()

    @property
    def last_period(self) -> date:
        """The last period that has ended."""
        return periods.last_ended(timezone.localdate(), self.every)

    def shown(self, value: Decimal | None) -> str:
        return "" if value is None else shown(value, self.decimals)

    def with_unit(self, value: Decimal) -> str:
        return f"{self.shown(value)} {self.unit}".strip()

    def period_name(self, period: date) -> str:
        return periods.named(period, self.every)

    def combine(self, values: list[Decimal]) -> Decimal | None:
        """Returns the value of several periods from theirs, oldest first; None of none."""
        if not values:
            return None
        if self.combined == self.Combined.TOTAL:
            return sum(values, Decimal(0))
        return average(values) if self.combined == self.Combined.AVERAGE else values[-1]

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        low, high = given.get("lower"), given.get("upper")
        if low is not None and high is not None and low > high:
            yield "lower", "The lowest value is above the highest."
            yield "upper", "The highest value is below the lowest."
        if self.pk and given.get("every", self.every) != self.every and self.readings.exists():
            yield "every", "It has readings already. Retire this measure and add another for the other periods."

"""Readings: the value of a measure in one period. A removed reading stays, without a value and with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.check import periods
from ims.check.measures import Measure, a_number
from ims.check.periods import moved, start
from ims.check.trends import Trend, trend
from ims.records import Record
from workflow.changes import Change, WithHistory
from workflow.models import WrongState

SHOWN = 12  # readings in a sparkline

STARTS_ITS_PERIOD = pgtrigger.Trigger(
    name="reading_starts_its_period",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("measure_id", "period"),
    declare=[("length", "varchar")],
    func="""
        SELECT m.every INTO length FROM ims_measure m WHERE m.record_id = NEW.measure_id FOR SHARE;
        IF NEW.period <> date_trunc(length, NEW.period::timestamp)::date THEN
            RAISE EXCEPTION 'a reading starts its period'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reading_starts_its_period';
        END IF;
        RETURN NEW;
    """,
)


class ReadingQuerySet(OfUtilityQuerySet["Reading"]):
    utility = "measure__utility"


class Reading(OfUtility, WithHistory):
    """``period`` is the first day of the month, quarter or year. ``why`` says why the value was changed or removed."""

    HISTORY = ("value", "note", "why")

    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="readings", editable=False)
    period = models.DateField(editable=False)
    value = a_number("value")
    note = models.CharField(max_length=300, blank=True)
    why = models.CharField("reason for the change", max_length=300, blank=True)
    entered_at = models.DateTimeField(default=timezone.now, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = ReadingQuerySet.as_manager()
    measure_id: int

    class Meta:
        ordering = ["measure", "period"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "period"], name="reading_once_per_period"),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(why=""), name="reading_without_value_has_a_reason"
            ),
        ]
        triggers = [STARTS_ITS_PERIOD]

    def __str__(self) -> str:
        return self.measure.period_name(self.period)

    def get_absolute_url(self) -> str:
        return reverse("ims:reading", args=[self.measure.utility_id, self.measure.number, self.pk])

    @property
    def short(self) -> str:
        return periods.short(self.period, self.measure.every)

    @property
    def shown(self) -> str:
        return self.measure.shown(self.value) if self.value is not None else "no reading"

    @transaction.atomic
    def correct(self, version: int, *, by: User, why: str, value: Decimal | None, note: str) -> None:
        """Changes the value; None removes it. Raises NotAllowed, Stale, WrongState without a reason or if retired."""
        self.require_editor()
        if not why:
            raise WrongState("Enter the reason for the change.")
        require_in_use([self.measure_id])
        self.save_over(version, by=by, value=value, note=note, why=why)


class ReadingChange(Change):
    row = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="history")


def require_in_use(measures: Sequence[int]) -> None:
    """Locks the measures until the end of the transaction. Raises WrongState if one is retired."""
    rows = Record.objects.select_for_update().filter(pk__in=measures).order_by("pk")
    if retired := [row.number for row in rows if not row.is_open]:
        raise WrongState(f"{retired[0]} is retired, so its readings can’t be changed.")


@transaction.atomic
def enter(measure: Measure, period: date, *, value: Decimal | None, by: User, note: str = "", why: str = "") -> Reading:
    """Adds a reading; without a value, ``why`` says why there is none.

    Raises NotAllowed, and WrongState if the measure is retired, the period has not begun or has a reading.
    """
    measure.require_editor()
    require_in_use([measure.pk])
    if period > timezone.localdate():
        raise WrongState(f"{measure.period_name(period)} has not begun.")
    if measure.readings.filter(period=period).exists():
        raise WrongState(f"{measure.period_name(period)} has a reading already. Correct that one.")
    return measure.readings.create(period=period, value=value, note=note, why=why, entered_by=by)


@dataclass(frozen=True)
class Standing:
    """Where a measure stands: its readings that have a value, oldest first."""

    measure: Measure
    readings: Sequence[Reading]

    @classmethod
    def of(cls, measure: Any) -> "Standing":
        """``measure`` was fetched with ``latest``."""
        return cls(measure, measure.latest[::-1])

    @property
    def last(self) -> Reading | None:
        return self.readings[-1] if self.readings else None

    @property
    def values(self) -> list[Decimal]:
        return [reading.value for reading in self.readings if reading.value is not None]

    @property
    def trend(self) -> Trend | None:
        return trend(self.values, self.measure.goal)

    @property
    def met(self) -> bool | None:
        return self.measure.goal.met(self.values[-1]) if self.values else None

    @property
    def goal_words(self) -> str:
        return self.measure.goal.words(self.measure.decimals)


def latest() -> Prefetch:
    """Fetches the last readings of each measure into ``latest``, the last one first."""
    rows = Reading.objects.filter(value__isnull=False).order_by("-period")[:SHOWN]
    return Prefetch("readings", rows, to_attr="latest")


def next_period(measure: Measure, known: Sequence[date]) -> date:
    """Returns the period after the last one known; without any, the last that has ended."""
    return moved(max(known), measure.every, 1) if known else measure.last_period


def first_due(measure: Measure) -> date:
    """Returns the period in which the measure was added: earlier ones are not due."""
    return start(timezone.localdate(measure.created_at), measure.every)


def with_last_period(rows: Any) -> Any:
    """Annotates measures with ``read_to``, the last period with a reading or a reason why there is none."""
    newest = Reading.objects.filter(measure=OuterRef("pk")).order_by("-period").values("period")[:1]
    return rows.annotate(read_to=Subquery(newest))


def open_period(measure: Any) -> date | None:
    """Returns the next period to be read if it has ended. ``measure`` has ``read_to``."""
    period = next_period(measure, [measure.read_to] if measure.read_to else [])
    return period if period <= measure.last_period else None


def due_period(measure: Any) -> date | None:
    """Returns the period of which a reading is due. ``measure`` has ``read_to``."""
    period = open_period(measure)
    return period if measure.read_to or first_due(measure) <= measure.last_period else None

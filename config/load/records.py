"""Records of the registers: ten of each utility, which its manager owns."""

import datetime as dt
from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from config.load.utilities import Place
from ims.models import Action, CorrectiveAction, Objective, Record, RecordEvent, Requirement
from ims.records import Counter

REGISTERS: tuple[type[Record], ...] = (Action, CorrectiveAction, Objective, Requirement)
OF_EACH = (4, 2, 2, 2)  # records, in the order of REGISTERS


def build(places: list[Place]) -> None:
    year = timezone.localdate().year
    for model, n in zip(REGISTERS, OF_EACH, strict=True):
        Counter.objects.bulk_create(
            Counter(utility=place.utility, prefix=model.PREFIX, year=year, last=n) for place in places
        )
        rows = list(_rows(model, n, places, year))
        names = [field.attname for field in Record._meta.local_concrete_fields if not field.primary_key]
        shared = Record.objects.bulk_create(Record(**{name: getattr(row, name) for name in names}) for row in rows)
        for row, record in zip(rows, shared, strict=True):
            row.pk = row.record_id = record.pk  # type: ignore[attr-defined]
        # Django writes no rows of a child table at once; the rows of the parent are there already.
        own = model._meta.local_concrete_fields
        model._base_manager.all()._insert(rows, fields=own, using=connection.alias)  # type: ignore[attr-defined]
        RecordEvent.objects.bulk_create(
            RecordEvent(record=record, by_id=record.created_by_id, from_status="", to_status=record.status)
            for record in shared
        )


def _rows(model: type[Record], n: int, places: list[Place], year: int) -> Iterator[Record]:
    """Yields new records, as ``Record.open_in`` makes them."""
    today, now, status = timezone.localdate(), timezone.now(), model.Status.values[0]
    for at, place in enumerate(places):
        for number in range(1, n + 1):
            yield model(
                utility=place.utility,
                register=model.REGISTER,
                number=f"{model.PREFIX}-{year}-{number:03}",
                title=f"{model._meta.verbose_name} {number}".capitalize(),
                areas=["E", "S"],
                owner=place.person,
                due=today + dt.timedelta(days=(at * 7 + number * 31) % 300 - 30),
                status=status,
                is_open=status in model.OPEN,
                created_by=place.manager,
                changed_by=place.manager,
                changed_at=now,
            )

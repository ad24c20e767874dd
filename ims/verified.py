"""Records that close only with what was verified and by whom."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from ims.records import Record
from ims.triggers import needs

CLOSED = "closed"
ASKS = ("verified", "verified_by")  # of the move that closes


class Verified(models.Model):
    """Stands before Record among the bases of a register's model that has the status ``closed``."""

    verified = models.TextField("what was verified", blank=True, max_length=2000)
    verified_by = models.CharField("verified by", blank=True, max_length=120)

    class Meta:
        abstract = True

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to == CLOSED and not all(given.get(name) for name in ASKS):
            yield None, "Enter what was verified, and by whom."
        of_record: Iterable[tuple[str | None, str]] = super().move_faults(to, given)  # type: ignore[misc]
        yield from of_record


def by_someone(name: str) -> models.CheckConstraint:
    """Returns the constraint ``name``: both fields are empty or neither is."""
    return models.CheckConstraint(
        condition=Q(verified="", verified_by="") | ~Q(verified="") & ~Q(verified_by=""), name=name
    )


def closes_verified(name: str, model: type[Record]) -> None:
    """Makes the database refuse a closed record of a register without what was verified."""
    table = model._meta.db_table
    checked = f"EXISTS (SELECT 1 FROM {table} c WHERE c.record_id = NEW.id AND c.verified <> '')"  # noqa: S608
    needs(name, model.REGISTER, CLOSED, checked)

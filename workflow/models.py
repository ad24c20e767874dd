"""Abstract models for rows with a status, their events, comments, and rows that several people edit."""

from contextlib import nullcontext
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone


class WrongState(Exception):
    """TRANSITIONS does not allow the change, or someone else changed the row first. Nothing was changed."""


class Stale(Exception):
    """The row changed after it was read. ``current`` is the row as it is stored now. Nothing was saved."""

    def __init__(self, current: Any):
        super().__init__(f"{current!r} was changed by someone else")
        self.current = current


def write(row: models.Model, checked: str, condition: models.Q, **changes: Any) -> bool:
    """Writes ``changes`` if the stored row meets ``condition`` on the table that has the field ``checked``.

    Returns whether it did. Fields of a child table (multi-table inheritance) are written after the parent's: the
    update of the parent locks the row, and PostgreSQL evaluates its condition again after waiting for a lock. One
    update over both tables would select the row first and would not.
    """
    table = row._meta.get_field(checked).model
    own = {name: value for name, value in changes.items() if row._meta.get_field(name).model is table}
    rest = {name: value for name, value in changes.items() if name not in own}
    with transaction.atomic() if rest else nullcontext():
        if not table._base_manager.filter(condition, pk=row.pk).update(**own):
            return False
        if rest:
            type(row)._base_manager.filter(pk=row.pk).update(**rest)
    return True


class StateMachine(models.Model):
    """A row whose ``status`` changes only through ``_move``.

    A subclass defines the choices of ``status``, ``TRANSITIONS`` (status → the statuses that may follow it)
    and an ``Event`` subclass whose foreign key to it has ``related_name="events"``.
    """

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {}
    status: Any
    events: Any

    class Meta:
        abstract = True

    def _move(
        self,
        to: str,
        *,
        by: AbstractBaseUser | None = None,
        why: str = "",
        only_if: models.Q | None = None,
        **changes: Any,
    ) -> None:
        """Changes the status to ``to``, together with ``changes``, and writes the event.

        ``only_if`` is an extra condition that the stored row must meet. Raises WrongState if TRANSITIONS does not
        allow the change, or if the stored row has another status than when it was read or does not meet ``only_if``.
        """
        start = self.status
        if to not in self.TRANSITIONS.get(start, frozenset()):
            raise WrongState(f"{self._meta.verbose_name}: {start} → {to} is not in the table")
        with transaction.atomic():
            condition = (only_if or models.Q()) & models.Q(status=start)
            if not write(self, "status", condition, status=to, **changes):
                raise WrongState(f"{self._meta.verbose_name} {self.pk} is no longer {start}")
            self.events.create(by=by, from_status=start, to_status=to, why=why)
        self.status = to
        for name, value in changes.items():
            if not hasattr(value, "resolve_expression"):
                setattr(self, name, value)


class Event(models.Model):
    """A status change: who made it, when, from, to and why. Never changed, and deleted only with its row."""

    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    from_status = models.CharField(max_length=32, editable=False)
    to_status = models.CharField(max_length=32, editable=False)
    why = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"


class Comment(models.Model):
    """A person's comment on a row. A subclass adds the foreign key to that row."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    text = models.TextField(max_length=5000)

    class Meta:
        abstract = True
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Versioned(models.Model):
    """A row that several people may edit. A save succeeds only if the row still has the version that was read."""

    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        abstract = True

    def save_over(self, version: int, *, by: AbstractBaseUser, only_if: models.Q | None = None, **changes: Any) -> Self:
        """Writes ``changes`` in one UPDATE if the stored row still has ``version``.

        Raises Stale with the current row if the version differs, or WrongState if ``only_if`` does not hold.
        ``only_if`` must not span a relation (use Exists): Django would then select the row in a subquery, which
        PostgreSQL does not reevaluate after waiting for a concurrent save, so the version check would miss that save.
        """
        changes |= {"version": version + 1, "changed_at": timezone.now(), "changed_by": by}
        condition = (only_if or models.Q()) & models.Q(version=version)
        if not write(self, "version", condition, **changes):
            current = type(self)._base_manager.filter(pk=self.pk).first()
            if current is None or current.version == version:
                raise WrongState(f"{self._meta.verbose_name} {self.pk} can no longer be edited")
            raise Stale(current)
        for name, value in changes.items():
            setattr(self, name, value)
        return self

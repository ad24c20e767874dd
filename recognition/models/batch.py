"""What is done to many applications of a cycle as a job: one after the other, each in a transaction of its own.

What can't be done is kept with the reason, and the rest goes on.
"""

import logging
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from recognition.models.cycle import Cycle
from recognition.models.resumable import UNFINISHED, Resumable, Stopped
from workflow.models import WrongState

logger = logging.getLogger(__name__)

AT_ONCE = 20  # so many are done while the person waits
IN_THE_LOG = "An error, of which site administrators find the reason in the log."
ONE_AT_A_TIME = Q(status__in=UNFINISHED)  # of a cycle: the condition of a subclass's constraint


class Batch(Resumable):
    """``total`` were to be done, ``done`` are; ``failed`` has each application that was not: ``pk``, ``name``, ``why``.

    A subclass names its task and its cycle, says what is ``left``, and does one.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING, Status.STOPPED}),
        Status.RUNNING: frozenset({Status.DONE, Status.STOPPED, Status.REQUESTED}),
    }

    cycle: Any
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    failed = models.JSONField(default=list, editable=False)

    class Meta:
        abstract = True
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.cycle}, {self.requested_at:%Y-%m-%d}"

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def n_through(self) -> int:
        """How many it is through with: done, or failed."""
        return self.done + len(self.failed)

    @property
    def seen(self) -> str:
        """A text that changes whenever the waiting page has something new to show."""
        return f"{self.pk}-{self.status}-{self.n_through}"

    @classmethod
    def begin(cls, cycle: Cycle, **fields: Any) -> tuple[Self, bool]:
        """Returns the cycle's unfinished one, or a new one, and whether it is new.

        Few are done at once, many by a worker.
        """
        total = cls(cycle=cycle, **fields).left().count()
        batch, is_new = cls._base_manager.get_or_create(
            cycle=cycle, status__in=UNFINISHED, defaults=fields | {"total": total}
        )
        if is_new and total <= AT_ONCE:
            batch.run()
        elif is_new:
            transaction.on_commit(batch.publish)
        return batch, is_new

    def left(self) -> Any:
        """Returns the rows that it still has to do, apart from those that failed."""
        raise NotImplementedError

    def application_of(self, row: Any) -> Any:
        raise NotImplementedError

    def do(self, row: Any) -> bool:
        """Does one. Returns False if there was nothing to do any more. Raises WrongState if it can't be done."""
        raise NotImplementedError

    def run(self) -> None:
        """Does what is left, until it is stopped. Raises WrongState if another worker has it or it is finished."""
        self._move(self.Status.RUNNING, heard_at=timezone.now())
        failed = {each["pk"] for each in self.failed}
        try:
            for row in self.left():
                if self.application_of(row).pk not in failed:
                    self._try(row)
        except Stopped as stopped:
            logger.info("%s %s: %s", self._meta.verbose_name, self.pk, stopped)
        else:
            self._move(self.Status.DONE)
        self.refresh_from_db()

    def _try(self, row: Any) -> None:
        """Does one, or keeps why not, so that one that fails does not keep the others. Raises Stopped."""
        try:
            self._one(row)
        except WrongState as why:
            self._fail(row, str(why))
        except Stopped:
            raise
        except Exception:
            logger.exception("%s %s failed at %s", self._meta.verbose_name, self.pk, row.pk)
            self._fail(row, IN_THE_LOG)

    @transaction.atomic
    def _one(self, row: Any) -> None:
        """Does one and counts it, or neither. Raises WrongState; Stopped once it was stopped."""
        self._step(done=F("done") + (1 if self.do(row) else 0))

    def _fail(self, row: Any, why: str) -> None:
        application = self.application_of(row)
        self.failed.append({"pk": application.pk, "name": str(application.utility), "why": why})
        self._step(failed=self.failed)

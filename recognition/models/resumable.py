"""Jobs in steps that take up where they were left: each step is done once, however often a worker is killed.

Whoever works on one says so in ``heard_at`` after each step. One that is silent for too long goes to another worker.
"""

import logging
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from workflow import queue
from workflow.models import StateMachine, WrongState

logger = logging.getLogger(__name__)

SILENT = timedelta(minutes=2)  # without a word for so long, it has lost its worker
UNFINISHED = ("requested", "running")


class Stopped(Exception):
    """Someone stopped it, or another worker has it."""


class ResumableQuerySet(models.QuerySet[Any]):
    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)

    def resume(self) -> None:
        """Sends again what no worker took up, and what a killed worker left."""
        for job in self.unfinished().filter(heard_at__lt=timezone.now() - SILENT):
            try:
                job.send_again()
            except WrongState as elsewhere:
                logger.info("%s %s is not silent: %s", job._meta.verbose_name, job.pk, elsewhere)


class Resumable(StateMachine):
    """A subclass names its task, which calls ``run``, and has the statuses requested, running and stopped."""

    TASK: ClassVar[str]

    heard_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ResumableQuerySet.as_manager()

    class Meta:
        abstract = True

    def publish(self) -> bool:
        """Returns False if the broker is away; the sweep then sends it later."""
        return queue.send(self.TASK, self.pk)

    def send_again(self) -> None:
        """Puts it back into the queue, unless it has been heard of. Raises WrongState."""
        if self.status == "running":
            silent = Q(heard_at=self.heard_at)
            self._move("requested", only_if=silent, heard_at=timezone.now(), why="Its worker fell silent.")
        else:
            self._stored().update(heard_at=timezone.now())
        self.publish()

    def stop(self, *, by: User) -> None:
        """Ends it after the one that is being done. Raises WrongState if it is finished."""
        self._move("stopped", by=by)

    def _step(self, **changes: Any) -> None:
        """Says that a step was done. Call it within the step's transaction. Raises Stopped once it was stopped."""
        if not self._stored().filter(status="running").update(heard_at=timezone.now(), **changes):
            raise Stopped("it was stopped")

    def _stored(self) -> models.QuerySet[Any]:
        return type(self)._base_manager.filter(pk=self.pk)

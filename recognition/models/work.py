"""Long work that a worker does for a row: in the queue, in progress with what it is doing, finished or failed."""

import logging
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from workflow import queue
from workflow.models import StateMachine, WrongState

logger = logging.getLogger(__name__)

# Work that has reported nothing for this long has lost its worker.
SILENT = timedelta(minutes=5)
LOW_PRIORITY = 9  # last in the queue, for what takes long: no report should wait for it
REQUESTED, RUNNING, FAILED = "requested", "running", "failed"  # the statuses that all work has


class WorkQuerySet(models.QuerySet[Any]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[REQUESTED, RUNNING])

    def silent(self) -> Self:
        return self.filter(status=RUNNING, heard_at__lt=timezone.now() - SILENT)

    def unsent(self) -> Self:
        """Returns requested rows without a worker: the broker was down or lost the task."""
        return self.filter(status=REQUESTED, heard_at__lt=timezone.now() - SILENT)

    def give_up(self) -> None:
        """Fails each of these, unless it has reported meanwhile."""
        for work in self:
            try:
                work.fail(work.ERROR_WORKER_LOST, only_if=Q(heard_at=work.heard_at))
            except WrongState as elsewhere:
                logger.info("%s %s is not silent: %s", work._meta.verbose_name, work.pk, elsewhere)

    def publish(self) -> None:
        """Sends each to the queue again until the broker fails."""
        for work in self:
            if not work.publish():
                return


class Work(StateMachine):
    """A row that a worker does. A subclass adds ``status``, and names the task that takes the row's id."""

    TASK: ClassVar[str]
    PRIORITY: ClassVar[int | None] = None
    ERROR_WORKER_LOST: ClassVar[str]

    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    heard_at = models.DateTimeField(default=timezone.now, editable=False)
    doing = models.CharField(max_length=120, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="percent")
    error = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_finished(self) -> bool:
        return self.status not in (REQUESTED, RUNNING)

    def publish(self) -> bool:
        """Returns False if the broker is down; the sweep then sends the row later."""
        rows: Any = type(self)._base_manager
        rows.filter(pk=self.pk, status=REQUESTED).update(heard_at=timezone.now())
        options = {} if self.PRIORITY is None else {"priority": self.PRIORITY}
        return queue.send(self.TASK, self.pk, **options)

    def start(self) -> None:
        """Raises WrongState if another worker has it or it is finished."""
        self._move(RUNNING, heard_at=timezone.now(), doing="Starting")

    def report_progress(self, doing: str, progress: int, **more: Any) -> None:
        """Saves the progress. Raises WrongState once it was given up."""
        rows: Any = type(self)._base_manager
        running = rows.filter(pk=self.pk, status=RUNNING)
        if not running.update(heard_at=timezone.now(), doing=doing[:120], progress=progress, **more):
            raise WrongState(f"{self._meta.verbose_name} {self.pk} is no longer in progress")

    def fail(self, error: str, *, only_if: Q | None = None, **changes: Any) -> None:
        """Shows ``error`` to the person who waits; details belong in the log. Raises WrongState."""
        self._move(FAILED, only_if=only_if, why=error, error=error, doing="", **changes)

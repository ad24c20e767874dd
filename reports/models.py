"""A report is a row: requested, made by Celery, kept, downloaded."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from files.models import StoredFile
from workflow.models import Event, Guarded

# A worker that makes a report renews its lease this often; a report whose lease ran out is made again.
LEASE = timedelta(seconds=30)
HEARTBEAT = timedelta(seconds=8)
MAX_ATTEMPTS = 5


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: Any) -> "ReportQuerySet":
        """A person sees the reports that he or she asked for."""
        return self.filter(requested_by=user)

    def abandoned(self) -> "ReportQuerySet":
        """Being made, by a worker that no longer says so."""
        return self.filter(status=Report.Status.RUNNING, leased_until__lt=timezone.now())

    def unsent(self) -> "ReportQuerySet":
        """Requested, but no worker took it up: the broker was away, or lost it."""
        return self.filter(status=Report.Status.REQUESTED).filter(
            models.Q(queued_at=None) | models.Q(queued_at__lt=timezone.now() - LEASE)
        )

    def expired(self) -> "ReportQuerySet":
        days = timedelta(days=settings.REPORT_RETENTION_DAYS)
        return self.filter(requested_at__lt=timezone.now() - days)


class Report(Guarded):
    class Status(models.TextChoices):
        REQUESTED = "requested", "Waiting"
        RUNNING = "running", "Being made"
        DONE = "done", "Ready"
        FAILED = "failed", "Could not be made"

    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING}),
        Status.RUNNING: frozenset({Status.DONE, Status.FAILED, Status.REQUESTED}),
        Status.FAILED: frozenset({Status.REQUESTED}),
    }

    kind = models.SlugField(help_text="the name it is registered under")
    object_id = models.PositiveBigIntegerField()
    title = models.CharField(max_length=300)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)
    queued_at = models.DateTimeField(null=True, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="percent")
    doing = models.CharField(max_length=100, blank=True, editable=False, help_text="the present step, in words")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    file = models.OneToOneField(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    error = models.TextField(blank=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(progress__lte=100), name="report_progress_percent"),
            models.CheckConstraint(
                condition=models.Q(status="done", file__isnull=False) | (~models.Q(status="done") & models.Q(file=None)),
                name="report_file_when_done",
            ),
            models.CheckConstraint(
                condition=models.Q(status="running", leased_until__isnull=False)
                | (~models.Q(status="running") & models.Q(leased_until=None)),
                name="report_leased_while_running",
            ),
        ]
        indexes = [models.Index(fields=["status", "leased_until"], name="report_status_lease")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)

    # The making of a report, called by its task. Each step holds only for the worker with the lease.

    def start(self) -> None:
        """Take the report up. Raises WrongState if another worker has it or it is finished."""
        self._move(
            self.Status.RUNNING,
            lease=secrets.token_hex(16),
            leased_until=timezone.now() + LEASE,
            attempts=self.attempts + 1,
            progress=0,
            doing="Starting",
            error="",
        )

    def heartbeat(self, progress: int | None = None, doing: str | None = None) -> bool:
        """Renew the lease and tell the waiting person more; False if the lease was lost."""
        changes: dict[str, Any] = {"leased_until": timezone.now() + LEASE}
        if progress is not None:
            changes["progress"] = progress
        if doing is not None:
            changes["doing"] = doing
        mine = Report.objects.filter(pk=self.pk, status=self.Status.RUNNING, lease=self.lease)
        return bool(mine.update(**changes))

    def finish(self, file: StoredFile) -> None:
        """Raises WrongState if the lease was lost: the file is then not this report's."""
        self._move(
            self.Status.DONE,
            only_if=models.Q(lease=self.lease),
            file=file,
            progress=100,
            doing="",
            leased_until=None,
            finished_at=timezone.now(),
        )

    def fail(self, error: str) -> None:
        self._move(
            self.Status.FAILED,
            only_if=models.Q(lease=self.lease),
            why=error,
            error=error,
            doing="",
            leased_until=None,
            finished_at=timezone.now(),
        )

    def give_back(self) -> None:
        """Its worker fell silent: put it in the queue again. Raises WrongState if it woke up meanwhile."""
        self._move(
            self.Status.REQUESTED,
            only_if=models.Q(lease=self.lease, leased_until__lt=timezone.now()),
            why="the worker fell silent",
            lease="",
            leased_until=None,
            queued_at=None,
            doing="",
            progress=0,
        )

    def try_again(self, *, by: Any) -> None:
        self._move(self.Status.REQUESTED, by=by, attempts=0, queued_at=None, finished_at=None, error="", progress=0)


class ReportEvent(Event):
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="events")

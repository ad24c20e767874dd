"""Data on applicants from EPA's ECHO: answers for one identifier, and a cycle's findings from the bulk files.

These are suggestions: only a ComplianceCheck that a person records counts. Missing or odd data is "unknown".
"""

import logging
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from echo.reading import Verdict
from recognition.models.application import Application
from recognition.models.cycle import Cycle
from workflow import queue
from workflow.models import Event, StateMachine, WrongState

logger = logging.getLogger(__name__)

# A screening that has reported nothing for this long has lost its worker.
SILENT = timedelta(minutes=5)
LOW_PRIORITY = 9  # last in the queue: a screening takes long, and no report should wait for it
ERROR_WORKER_LOST = "The screening was interrupted and its results were not kept. Start it again."


class EchoAnswer(models.Model):
    """One day's answer for one identifier: the raw source and how it was read. Requested at most once a day.

    ``findings`` are plain lines; ``error`` says in words why nothing is known.
    """

    identifier = models.CharField(max_length=12)
    day = models.DateField()
    service = models.CharField(max_length=8, choices=[("cwa", "Clean Water Act"), ("sdwa", "Safe Drinking Water Act")])
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    findings = models.JSONField(default=list)
    error = models.TextField(blank=True)
    raw = models.JSONField(default=dict)
    asked_at = models.DateTimeField("queried at", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "ECHO response"
        ordering = ["-day", "identifier"]
        constraints = [models.UniqueConstraint(fields=["identifier", "day"], name="echo_answer_once_a_day")]

    def __str__(self) -> str:
        return f"{self.identifier}, {self.day}"


class ScreeningQuerySet(models.QuerySet["Screening"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[Screening.Status.REQUESTED, Screening.Status.RUNNING])

    def silent(self) -> Self:
        return self.filter(status=Screening.Status.RUNNING, heard_at__lt=timezone.now() - SILENT)

    def unsent(self) -> Self:
        """Returns requested rows without a worker: the broker was down or lost the task."""
        return self.filter(status=Screening.Status.REQUESTED, heard_at__lt=timezone.now() - SILENT)

    def give_up(self) -> None:
        """Fails each of these, unless it has reported meanwhile."""
        for screening in self:
            try:
                screening.fail(ERROR_WORKER_LOST, only_if=Q(heard_at=screening.heard_at))
            except WrongState as elsewhere:
                logger.info("screening %s is not silent: %s", screening.pk, elsewhere)

    def publish(self) -> None:
        """Sends each to the queue again until the broker fails."""
        for screening in self:
            if not screening.publish():
                return


class Screening(StateMachine):
    """A check of a cycle's applications in ECHO's bulk files. Like a report, a worker makes it and reports progress."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING, Status.FAILED}),
        Status.RUNNING: frozenset({Status.DONE, Status.FAILED}),
    }

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="screenings")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    heard_at = models.DateTimeField(default=timezone.now, editable=False)
    doing = models.CharField(max_length=120, blank=True, editable=False)
    rows = models.PositiveIntegerField("rows read", default=0, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="percent of the bytes")
    files = models.JSONField(default=list, editable=False, help_text="name, rows, rejected rows and date of each file")
    error = models.TextField(blank=True, editable=False)

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(status__in=["requested", "running"]), name="screening_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="screening_progress_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}, {self.requested_at:%Y-%m-%d}"

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)

    @property
    def seen(self) -> str:
        """A text that changes whenever the waiting page has something new to show."""
        return f"{self.pk}-{self.status}-{self.progress}-{self.rows}-{self.doing}"

    @classmethod
    def request(cls, cycle: Cycle, *, by: User) -> "Screening":
        """Returns the cycle's unfinished screening, or a new one, which is sent to the queue on commit."""
        unfinished = [cls.Status.REQUESTED, cls.Status.RUNNING]
        screening, is_new = cls.objects.get_or_create(cycle=cycle, status__in=unfinished, defaults={"by": by})
        if is_new:
            transaction.on_commit(screening.publish)
        return screening

    def publish(self) -> bool:
        """Returns False if the broker is down; the sweep then sends the row later."""
        Screening.objects.filter(pk=self.pk, status=self.Status.REQUESTED).update(heard_at=timezone.now())
        return queue.send("recognition.tasks.screen", self.pk, priority=LOW_PRIORITY)

    def start(self) -> None:
        """Raises WrongState if another worker has it or it is finished."""
        self._move(self.Status.RUNNING, heard_at=timezone.now(), doing="Starting")

    def report_progress(self, doing: str, progress: int, rows: int) -> None:
        """Saves the progress. Raises WrongState once it was given up."""
        running = Screening.objects.filter(pk=self.pk, status=self.Status.RUNNING)
        if not running.update(heard_at=timezone.now(), doing=doing[:120], progress=progress, rows=rows):
            raise WrongState(f"screening {self.pk} is no longer in progress")

    @transaction.atomic
    def finish(self, findings: list["ScreeningFinding"], files: list[dict[str, Any]], rows: int) -> None:
        """Raises WrongState, and stores nothing, once it was given up."""
        ScreeningFinding.objects.bulk_create(findings, batch_size=500)
        self._move(self.Status.DONE, files=files, rows=rows, progress=100, doing="", heard_at=timezone.now())

    def fail(self, error: str, *, only_if: Q | None = None, **changes: Any) -> None:
        """Shows ``error`` to the person who waits; details belong in the log. Raises WrongState."""
        self._move(self.Status.FAILED, only_if=only_if, why=error, error=error, doing="", **changes)


class ScreeningEvent(Event):
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="events")


class ScreeningFinding(models.Model):
    """The finding on one identifier in one file of a screening, from its rows of the last four quarters."""

    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="findings")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="screening_findings")
    identifier = models.CharField(max_length=12)
    file = models.CharField(max_length=60, help_text="ECHO file, such as NPDES_QNCR_HISTORY.csv; empty: in none")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    findings = models.JSONField(default=list, help_text="plain lines")
    raw = models.JSONField(default=list, help_text="the source rows, as in the file")

    class Meta:
        ordering = ["application", "identifier", "file"]
        constraints = [
            models.UniqueConstraint(
                fields=["screening", "application", "identifier", "file"], name="screening_finding_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.identifier}: {self.get_verdict_display()}"


def latest_findings(application: Any) -> models.QuerySet[ScreeningFinding]:
    """Returns the findings of the cycle's last completed screening."""
    last = Screening.objects.filter(cycle=application.cycle_id, status=Screening.Status.DONE)[:1]
    return ScreeningFinding.objects.filter(screening__in=last.values("pk"), application=application)

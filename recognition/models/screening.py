"""Data on applicants from EPA's ECHO: answers for one identifier, and a cycle's findings from the bulk files.

These are suggestions: only a ComplianceCheck that a person records counts. Missing or odd data is "unknown".
"""

from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from echo.reading import Verdict
from recognition.models.application import Application
from recognition.models.cycle import Cycle
from recognition.models.work import LOW_PRIORITY, Work, WorkQuerySet
from workflow.models import Event


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


class Screening(Work):
    """A check of a cycle's applications in ECHO's bulk files. Like a report, a worker makes it and reports progress."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    TASK = "recognition.tasks.screen"
    PRIORITY = LOW_PRIORITY
    ERROR_WORKER_LOST = "The screening was interrupted and its results were not kept. Start it again."
    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING, Status.FAILED}),
        Status.RUNNING: frozenset({Status.DONE, Status.FAILED}),
    }

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="screenings")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)
    rows = models.PositiveIntegerField("rows read", default=0, editable=False)
    files = models.JSONField(default=list, editable=False, help_text="name, rows, rejected rows and date of each file")

    objects = WorkQuerySet.as_manager()

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

    def report_progress(self, doing: str, progress: int, rows: int = 0, **more: Any) -> None:
        """Saves the progress. Raises WrongState once it was given up."""
        super().report_progress(doing, progress, rows=rows, **more)

    @transaction.atomic
    def finish(self, findings: list["ScreeningFinding"], files: list[dict[str, Any]], rows: int) -> None:
        """Raises WrongState, and stores nothing, once it was given up."""
        ScreeningFinding.objects.bulk_create(findings, batch_size=500)
        self._move(self.Status.DONE, files=files, rows=rows, progress=100, doing="", heard_at=timezone.now())


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

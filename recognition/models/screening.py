"""What EPA's ECHO says of an applicant: answers for one identifier, and findings of a whole cycle's bulk files.

It suggests; what counts is a ComplianceCheck that a person records. What is missing or odd is "unknown".
"""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition.models.application import Application
from recognition.models.cycle import Cycle
from workflow.models import Event, Guarded

# A screening that has said nothing for this long has lost its worker.
SILENT = timedelta(minutes=5)


class Verdict(models.TextChoices):
    """What a source suggests."""

    CLEAR = "clear", "No violation found"
    FOUND = "found", "Violation or action found"
    UNKNOWN = "unknown", "Unknown"


class EchoAnswer(models.Model):
    """One day's answer for one identifier: the raw source and how it was read. Asked once a day at most.

    ``findings`` are plain lines; ``error`` says in words why nothing is known.
    """

    identifier = models.CharField(max_length=12)
    day = models.DateField()
    service = models.CharField(max_length=8, choices=[("cwa", "Clean Water Act"), ("sdwa", "Safe Drinking Water Act")])
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    findings = models.JSONField(default=list)
    error = models.TextField(blank=True)
    raw = models.JSONField(default=dict)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-day", "identifier"]
        constraints = [models.UniqueConstraint(fields=["identifier", "day"], name="echo_answer_once_a_day")]

    def __str__(self) -> str:
        return f"{self.identifier}, {self.day}"


class ScreeningQuerySet(models.QuerySet["Screening"]):
    def silent(self) -> Self:
        return self.filter(status=Screening.Status.RUNNING, heard_at__lt=timezone.now() - SILENT)


class Screening(Guarded):
    """A cycle's applications against ECHO's bulk files: a row like a report, made by a worker, with its progress."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Waiting"
        RUNNING = "running", "Under way"
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
    files = models.JSONField(default=list, editable=False, help_text="name, rows, rows refused and date of each file")
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


class ScreeningEvent(Event):
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="events")


class ScreeningFinding(models.Model):
    """One identifier of an application in one file of a screening: what its rows of the last four quarters come to."""

    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="findings")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="screening_findings")
    identifier = models.CharField(max_length=12)
    file = models.CharField(max_length=60, help_text="of ECHO, as NPDES_QNCR_HISTORY.csv; empty: in none")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    findings = models.JSONField(default=list, help_text="plain lines")
    raw = models.JSONField(default=list, help_text="the rows they rest on, as the file has them")

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
    """Those of the last finished screening of the application's cycle."""
    last = Screening.objects.filter(cycle=application.cycle_id, status=Screening.Status.DONE).first()
    return (
        ScreeningFinding.objects.filter(screening=last, application=application)
        if last
        else (ScreeningFinding.objects.none())
    )

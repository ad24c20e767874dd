"""Corrective and preventive action (guide 2004, §4.4.1): what went wrong or could, why, and whether it was cured."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from ims.records import Record, extends_record
from ims.registers import InManual, Move, Register, register
from ims.verified import ASKS, Verified, by_someone, closes_verified


class CorrectiveAction(Verified, Record):
    """One problem, from its report to the check that it does not come back.

    Once the work is done, ``due`` is the day of the check.
    """

    class Status(models.TextChoices):
        REPORTED = "reported", "Reported"
        UNDER_WAY = "under-way", "Being corrected"
        DONE = "done", "Done, to be checked"
        CLOSED = "closed", "Closed"
        CANCELED = "canceled", "Canceled"

    class Kind(models.TextChoices):
        CORRECTIVE = "corrective", "It happened"
        PREVENTIVE = "preventive", "It could happen"

    class Source(models.TextChoices):
        OBSERVATION = "observation", "Observation at work"
        AUDIT = "audit", "Audit"
        MEASURE = "measure", "Measure out of its target"
        COMPLIANCE = "compliance", "Evaluation of compliance"
        COMPLAINT = "complaint", "Complaint"
        INCIDENT = "incident", "Incident or accident"
        DRILL = "drill", "Drill"
        REVIEW = "review", "Management review"

    REGISTER, PREFIX = "corrective", "CA"
    OPEN = frozenset({Status.REPORTED, Status.UNDER_WAY, Status.DONE})
    TRANSITIONS = {
        Status.REPORTED: frozenset({Status.UNDER_WAY, Status.CANCELED}),
        Status.UNDER_WAY: frozenset({Status.DONE, Status.CANCELED}),
        Status.DONE: frozenset({Status.CLOSED, Status.UNDER_WAY}),
        Status.CLOSED: frozenset({Status.UNDER_WAY}),
        Status.CANCELED: frozenset({Status.REPORTED}),
    }
    OWN = ("kind", "source", "found_on", "found", "correction", "causes", "elsewhere", "lines")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    kind = models.CharField("did it happen?", max_length=12, choices=Kind.choices, default=Kind.CORRECTIVE)
    source = models.CharField("how it was noticed", max_length=12, choices=Source.choices, default=Source.OBSERVATION)
    found_on = models.DateField("noticed on", null=True, blank=True)
    found = models.TextField("what was found", blank=True, max_length=4000)
    correction = models.TextField("what was done at once", blank=True, max_length=4000)
    causes = models.TextField(
        "causes",
        blank=True,
        max_length=4000,
        help_text="Ask “why” until the answer is something that you can change. One answer per line.",
    )
    elsewhere = models.TextField(
        "where else it exists", blank=True, max_length=2000, help_text="Other sites, shifts, equipment; or “nowhere”."
    )
    lines = models.TextField("what keeps it from coming back, step by step", blank=True, max_length=5000)
    check_on = models.DateField("check whether it worked on", null=True, blank=True)

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [
            by_someone("corrective_verified_by_someone"),
        ]

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        found_on = given.get("found_on")
        if found_on and found_on > timezone.localdate():
            yield "found_on", "This date is in the future."

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        today = timezone.localdate()
        if self.status == self.Status.REPORTED and to == self.Status.UNDER_WAY and not given.get("causes"):
            yield "causes", "Enter the causes first."
        if to == self.Status.DONE and not (given.get("check_on") and given["check_on"] > today):
            yield "check_on", "Choose a later day, so that there is time to see whether it worked."
        if to == self.Status.CLOSED and self.check_on and self.check_on > today:
            yield None, f"Its check is on {self.check_on:%B %-d, %Y}. Until then it can’t be closed."
        yield from super().move_faults(to, given)

    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Marks it done until the day of its check, which becomes its due date."""
        if to == self.Status.DONE:
            changes["due"] = changes.get("check_on")
        super().move(to, by=by, why=why, **changes)


closes_verified("corrective_closes_checked", CorrectiveAction)
REPORTED, UNDER_WAY = frozenset({CorrectiveAction.Status.REPORTED}), frozenset({CorrectiveAction.Status.UNDER_WAY})
DONE, CLOSED = frozenset({CorrectiveAction.Status.DONE}), frozenset({CorrectiveAction.Status.CLOSED})
register(
    Register(
        model=CorrectiveAction,
        name="Corrective and preventive action",
        one="corrective action",
        about="What went wrong or could: its causes, what was done about them, and a check that it worked.",
        element="corrective-preventive-action",
        component="act",
        fields=CorrectiveAction.OWN,
        columns=("source",),
        in_manual=InManual(("source", "status")),
        leads_to=("actions", "changes"),
        escalates=timedelta(days=14),
        closable=True,
        moves=(
            Move("start", "Correct it", REPORTED, CorrectiveAction.Status.UNDER_WAY, asks=("causes", "elsewhere")),
            Move("finish", "Mark as done", UNDER_WAY, CorrectiveAction.Status.DONE, asks=("check_on",)),
            Move("close", "It worked: close", DONE, CorrectiveAction.Status.CLOSED, asks=ASKS),
            Move("redo", "It did not work", DONE, CorrectiveAction.Status.UNDER_WAY, needs_why=True),
            Move("reopen", "It came back: reopen", CLOSED, CorrectiveAction.Status.UNDER_WAY, needs_why=True),
            Move("cancel", "Cancel", REPORTED | UNDER_WAY, CorrectiveAction.Status.CANCELED, needs_why=True),
            Move(
                "report",
                "Report it again",
                frozenset({CorrectiveAction.Status.CANCELED}),
                CorrectiveAction.Status.REPORTED,
            ),
        ),
        aside=frozenset({CorrectiveAction.Status.CANCELED}),
        living=lambda record: "" if record.status != CorrectiveAction.Status.CANCELED else "It was canceled.",
    )
)

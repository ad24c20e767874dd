"""Deciding many applications of a cycle as a job. What it does not decide still awaits its decision."""

from typing import Any

from django.db import models

from accounts.models import User
from recognition.models.application import Application
from recognition.models.batch import ONE_AT_A_TIME, Batch
from recognition.models.cycle import Cycle
from recognition.models.decision import Decision, ReasonNeeded, in_review
from workflow.models import Event, WrongState

DISSENT = "A member of the panel disagreed. Look at it and decide it separately."
DEPARTS = "It differs from the panel’s recommendation, so it needs a reason."


class Deciding(Batch):
    """``chosen`` are the keys of the applications; ``recognize`` is None for “as the panel recommends”."""

    TASK = "recognition.tasks.decide"

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="decidings")
    chosen = models.JSONField(default=list, editable=False)
    recognize = models.BooleanField(null=True, editable=False)
    reason = models.TextField(blank=True, max_length=5000, editable=False)

    class Meta(Batch.Meta):
        constraints = [
            models.UniqueConstraint(fields=["cycle"], condition=ONE_AT_A_TIME, name="deciding_one_at_a_time")
        ]

    @classmethod
    def request(
        cls, cycle: Cycle, chosen: list[int], *, by: User, recognize: bool | None, reason: str = ""
    ) -> "Deciding":
        """Returns a new one, or the unfinished one if it was asked for the same. Raises WrongState.

        That is outside of the cycle's review, or while others are being decided.
        """
        in_review(cycle)
        asked = {"by": by, "chosen": sorted(chosen), "recognize": recognize, "reason": reason.strip()}
        deciding, is_new = cls.begin(cycle, **asked)
        if not is_new and any(getattr(deciding, name) != value for name, value in asked.items()):
            raise WrongState("Others are being decided. Wait until they are, or stop it.")
        return deciding

    def left(self) -> Any:
        """Returns the chosen applications that it has not decided; with what the decision depends on."""
        if self.by is None:
            return Application.objects.none()
        own = Decision.objects.filter(by=self.by, at__gte=self.requested_at)
        rows = Application.objects.filter(cycle=self.cycle_id, pk__in=self.chosen).of_others(self.by)
        rows = rows.exclude(pk__in=own.values("application"))
        return rows.select_related("utility", "cycle", "recommendation", "decision").order_by("pk")

    def application_of(self, row: Application) -> Application:
        return row

    def do(self, row: Application) -> bool:
        assert self.by is not None  # noqa: S101  # else nothing is left
        recommendation = getattr(row, "recommendation", None)
        if self.recognize is None and recommendation and recommendation.dissent and not hasattr(row, "decision"):
            raise WrongState(DISSENT)
        advised = bool(recommendation and recommendation.recommends)
        recognize = advised if self.recognize is None else self.recognize
        try:
            Decision.make(row, by=self.by, recognize=recognize, reason=self.reason)
        except ReasonNeeded as needed:
            raise WrongState(DEPARTS) from needed
        return True


class DecidingEvent(Event):
    deciding = models.ForeignKey(Deciding, on_delete=models.CASCADE, related_name="events")

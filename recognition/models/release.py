"""The release of a cycle's decisions, with their letters, as a job. What it does not release stays in the outbox."""

from typing import Any

from django.db import models

from accounts.models import User
from recognition.models.application import Application
from recognition.models.batch import ONE_AT_A_TIME, Batch
from recognition.models.cycle import Cycle
from recognition.models.decision import Decision, governing
from workflow.models import Event


class Release(Batch):
    """``upto`` is the newest decision that the person saw: later ones wait for the next release."""

    TASK = "recognition.tasks.release"

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="releases")
    upto = models.PositiveBigIntegerField(editable=False)

    class Meta(Batch.Meta):
        constraints = [models.UniqueConstraint(fields=["cycle"], condition=ONE_AT_A_TIME, name="release_one_at_a_time")]

    @classmethod
    def request(cls, cycle: Cycle, *, by: User, upto: int) -> "Release":
        """Returns the cycle's unfinished release, or a new one.

        Raises WrongState outside of the cycle's review, or if the cycle does not say who signs.
        """
        governing(cycle)
        return cls.begin(cycle, by=by, upto=upto)[0]

    def left(self) -> Any:
        if self.by is None:
            return Decision.objects.none()
        mine = Decision.objects.to_release().manageable_by(self.by).select_related("application__utility")
        return mine.filter(application__cycle=self.cycle_id, pk__lte=self.upto).order_by("pk")

    def application_of(self, row: Decision) -> Application:
        return row.application

    def do(self, row: Decision) -> bool:
        assert self.by is not None  # noqa: S101  # else nothing is left
        return Decision.release_one(row, by=self.by)


class ReleaseEvent(Event):
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="events")

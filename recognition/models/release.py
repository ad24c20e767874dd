"""The release of a cycle's decisions as a job: one decision after the other, each in a transaction of its own.

So it can be stopped, or its worker killed, at any moment: what is released is released once, with its letters, and what
is not stays in the outbox and is taken up again.
"""

import logging
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from recognition.models.cycle import Cycle
from recognition.models.decision import Decision, governing
from workflow import queue
from workflow.models import Event, StateMachine, WrongState

logger = logging.getLogger(__name__)

SILENT = timedelta(minutes=2)  # without a word for so long, it has lost its worker
AT_ONCE = 20  # decisions that are released while the person waits


class ReleaseQuerySet(models.QuerySet["Release"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[Release.Status.REQUESTED, Release.Status.RUNNING])

    def resume(self) -> None:
        """Sends again what no worker took up, and what a killed worker left."""
        for release in self.unfinished().filter(heard_at__lt=timezone.now() - SILENT):
            try:
                release.send_again()
            except WrongState as elsewhere:
                logger.info("release %s is not silent: %s", release.pk, elsewhere)


class Release(StateMachine):
    """``upto`` is the newest decision that the person saw; ``total`` were to be released then, ``done`` are."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING, Status.STOPPED}),
        Status.RUNNING: frozenset({Status.DONE, Status.STOPPED, Status.REQUESTED}),
    }

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="releases")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    heard_at = models.DateTimeField(default=timezone.now, editable=False)
    upto = models.PositiveBigIntegerField(editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    failed = models.JSONField(default=list, editable=False, help_text="utilities whose decision could not be released")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(status__in=["requested", "running"]), name="release_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cycle}, {self.requested_at:%Y-%m-%d}"

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.STOPPED)

    @property
    def seen(self) -> str:
        """A text that changes whenever the waiting page has something new to show."""
        return f"{self.pk}-{self.status}-{self.done}"

    @classmethod
    def request(cls, cycle: Cycle, *, by: User, upto: int) -> "Release":
        """Returns the cycle's unfinished release, or a new one. Few decisions are released at once, many by a worker.

        Raises WrongState outside of the cycle's review, or if the cycle does not say who signs.
        """
        governing(cycle)
        unfinished = [cls.Status.REQUESTED, cls.Status.RUNNING]
        total = cls(cycle=cycle, by=by, upto=upto).left().count()
        release, is_new = cls.objects.get_or_create(
            cycle=cycle, status__in=unfinished, defaults={"by": by, "upto": upto, "total": total}
        )
        if is_new and total <= AT_ONCE:
            release.run()
        elif is_new:
            transaction.on_commit(release.publish)
        return release

    def left(self) -> Any:
        """Returns the decisions that it still has to release."""
        if self.by is None:
            return Decision.objects.none()
        mine = Decision.objects.to_release().manageable_by(self.by)
        return mine.filter(application__cycle=self.cycle_id, pk__lte=self.upto)

    def publish(self) -> bool:
        """Returns False if the broker is away; the sweep then sends it later."""
        return queue.send("recognition.tasks.release", self.pk)

    def send_again(self) -> None:
        """Puts it back into the queue, unless it has been heard of. Raises WrongState."""
        if self.status == self.Status.RUNNING:
            silent = Q(heard_at=self.heard_at)
            self._move(self.Status.REQUESTED, only_if=silent, heard_at=timezone.now(), why="Its worker fell silent.")
        else:
            Release.objects.filter(pk=self.pk).update(heard_at=timezone.now())
        self.publish()

    def run(self) -> None:
        """Releases what is left, until it is stopped. Raises WrongState if another worker has it or it is finished."""
        self._move(self.Status.RUNNING, heard_at=timezone.now())
        for decision in self.left().select_related("application__utility").order_by("pk"):
            try:
                self._one(decision)
            except WrongState as stopped:
                logger.info("release %s: %s", self.pk, stopped)
                self.refresh_from_db()
                return
            except Exception:  # one that fails must not keep the others; it stays in the outbox
                logger.exception("decision %s could not be released", decision.pk)
                self.failed.append(str(decision.application.utility))
                Release.objects.filter(pk=self.pk).update(failed=self.failed, heard_at=timezone.now())
        self._move(self.Status.DONE)
        self.refresh_from_db()

    @transaction.atomic
    def _one(self, decision: Decision) -> None:
        """Releases one decision, and counts it, or neither. Raises WrongState once the release was stopped."""
        by = self.by
        assert by is not None  # noqa: S101  # else nothing is left
        n = 1 if Decision.release_one(decision, by=by) else 0
        running = Release.objects.filter(pk=self.pk, status=self.Status.RUNNING)
        if not running.update(done=F("done") + n, heard_at=timezone.now()):
            raise WrongState("it was stopped")

    def stop(self, *, by: User) -> None:
        """Ends it after the decision that is being released. Raises WrongState if it is finished."""
        self._move(self.Status.STOPPED, by=by)


class ReleaseEvent(Event):
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="events")

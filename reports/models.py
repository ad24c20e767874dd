"""A report is a row: requested, made by Celery, stored, and downloaded."""

import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import User
from files.models import StoredFile
from reports import kinds
from reports.kinds import FileType
from workflow import queue
from workflow.models import Event, StateMachine, WrongState

# A worker renews the lease on its report at every heartbeat. A report whose lease has expired is made again.
LEASE = timedelta(seconds=settings.REPORT_LEASE_SECONDS)
HEARTBEAT = LEASE / 4
MAX_ATTEMPTS = 5
# Stops a report that never ends, whose heartbeat would renew the lease forever.
MAX_SECONDS = 600
# Putting 1,628 documents together takes about four minutes if nothing else runs.
MAX_SECONDS_OF_BUNDLE = 3000
# A request that no worker has taken from the broker is sent again after this time, in case the broker lost it.
# Longer than a lease, because in a long queue each additional message is useless work.
SEND_AGAIN = LEASE * 4
# After the sweeper and email, which are fast (Redis serves 0 first). Parts come last, so that a single report does not
# wait for the thousand parts of a bundle.
PRIORITY = 6
PART_PRIORITY = 9
# What a person has asked for besides comes after everyone's first report.
LATER_PRIORITIES = (7, 8)
MAX_UNFINISHED = 10  # reports of a person at a time; the parts of a bundle don't count
BUNDLES = "bundles"  # the queue of what may take an hour

ERROR_TOO_MANY_ATTEMPTS = (
    f"The report was started {MAX_ATTEMPTS} times and was interrupted each time. It was not restarted."
)


class TooManyReports(Exception):
    """The person has MAX_UNFINISHED reports that are not finished."""

    def __init__(self) -> None:
        super().__init__(
            f"{MAX_UNFINISHED} of your reports are still in progress. Wait until one is ready, then request the next."
        )


ZIP = "application/zip"
UNFINISHED = ("requested", "running", "gathering")


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User, of_kinds: Collection[str] | None = None) -> "ReportQuerySet":
        """Returns the reports that ``user`` requested, and those of others that the user shares, except failed ones.

        Those of a shared kind only as long as the user may read their object and all that they told of it. Without
        parts, which appear only on their bundle's page. Annotated with ``can_delete``.

        Only those ``of_kinds``, if they are named: each kind has a rule of its own about who shares its reports.
        """
        mine = Q(requested_by=user)
        shared = {name: each for name, each in kinds.shared() if of_kinds is None or name in of_kinds}
        visible, deletable = mine & ~Q(kind__in=shared), mine
        for name, sharing in shared.items():
            readable = Q(kind=name, object_id__in=sharing.given(user).values("pk"))
            visible |= readable & (mine | ~Q(status=Report.Status.FAILED))
            deletable |= Q(kind=name, object_id__in=sharing.managed(user).values("pk"))
        rows = self if of_kinds is None else self.filter(kind__in=of_kinds)
        return rows.filter(visible, parent=None).annotate(can_delete=deletable).select_related("requested_by")

    def latest_of(self, kind_name: str, object_id: int) -> "Report | None":
        """Returns the last report requested, for templates/reports/_state.html on the object's page."""
        asked = self.filter(kind=kind_name, object_id=object_id, parent=None)
        return asked.select_related("requested_by", "file").order_by("-requested_at", "-pk").first()

    def unfinished(self) -> "ReportQuerySet":
        return self.filter(status__in=UNFINISHED)

    def gathered(self) -> "ReportQuerySet":
        """Returns the bundles that wait for their parts although all of them are finished."""
        parts = Report.objects.unfinished().filter(parent=OuterRef("pk"))
        return self.filter(~Exists(parts), status=Report.Status.GATHERING)

    def abandoned(self) -> "ReportQuerySet":
        """Returns the reports being made whose worker no longer renews the lease."""
        return self.filter(status=Report.Status.RUNNING, leased_until__lt=timezone.now())

    def unsent(self) -> "ReportQuerySet":
        """Returns the requests that the broker did not get or seems to have lost, oldest first."""
        lost = Q(queued_at__lt=timezone.now() - SEND_AGAIN)
        return self.filter(Q(queued_at=None) | lost, status=Report.Status.REQUESTED).order_by("requested_at")

    def expired(self) -> "ReportQuerySet":
        """Returns the reports past their retention. A part is kept as long as its bundle, even if made earlier."""
        before = timezone.now() - timedelta(days=settings.REPORT_RETENTION_DAYS)
        return self.filter(finished_at__lt=before, parent=None)

    # Each of these may run in two places at the same time. They skip a row that the other one has changed.

    def requeue(self) -> None:
        for report in self:
            with suppress(WrongState):
                report.requeue()

    def resume(self) -> None:
        for report in self:
            with suppress(WrongState):
                report.resume()

    def publish(self) -> None:
        """Sends each to the queue. Stops if the broker does not answer."""
        for report in self:
            if not report.publish():
                return

    def discard(self) -> None:
        for report in self:
            report.discard()


class Report(StateMachine):
    class Status(models.TextChoices):
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        GATHERING = "gathering", "Creating documents"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"

    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.RUNNING}),
        Status.RUNNING: frozenset({Status.DONE, Status.FAILED, Status.REQUESTED, Status.GATHERING}),
        # Only a bundle: its parts are finished, so it can be put together.
        Status.GATHERING: frozenset({Status.REQUESTED}),
        # A bundle, to make its missing parts; a part that could not be put into its bundle.
        Status.DONE: frozenset({Status.REQUESTED, Status.FAILED}),
        Status.FAILED: frozenset({Status.REQUESTED}),
    }

    kind = models.SlugField(help_text="the name it is registered under")
    object_id = models.PositiveBigIntegerField()
    file_type = models.CharField(max_length=4, choices=FileType.choices, default=FileType.PDF, editable=False)
    title = models.CharField(max_length=300)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUESTED, editable=False)
    queued_at = models.DateTimeField(null=True, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="percent")
    doing = models.CharField(max_length=100, blank=True, editable=False, help_text="the current step, in words")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    file = models.OneToOneField(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    error = models.TextField(blank=True, editable=False)
    # A part of a bundle is a separate report, made by any free worker.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="parts", editable=False
    )
    order = models.PositiveIntegerField(default=0, editable=False, help_text="position among the parts, in print order")
    place = models.CharField(max_length=300, blank=True, editable=False, help_text="path in the bundle's ZIP")

    objects = ReportQuerySet.as_manager()
    can_delete: bool

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="report_progress_percent"),
            models.CheckConstraint(
                condition=Q(status="done", file__isnull=False) | (~Q(status="done") & Q(file=None)),
                name="report_file_when_done",
            ),
            models.CheckConstraint(
                condition=Q(status="running", leased_until__isnull=False)
                | (~Q(status="running") & Q(leased_until=None)),
                name="report_leased_while_running",
            ),
            # A double click makes one report.
            models.UniqueConstraint(
                fields=["kind", "object_id", "requested_by", "file_type"],
                condition=Q(status__in=["requested", "running", "gathering"], parent=None),
                name="report_once_while_unfinished",
            ),
            # If two workers both believe that they hold the bundle, its parts are still added once.
            models.UniqueConstraint(fields=["parent", "kind", "object_id"], name="report_once_in_its_bundle"),
        ]
        indexes = [models.Index(fields=["status", "leased_until"], name="report_status_lease")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)

    @property
    def kept_until(self) -> datetime | None:
        return self.finished_at and self.finished_at + timedelta(days=settings.REPORT_RETENTION_DAYS)

    @property
    def is_bundle(self) -> bool:
        return kinds.is_bundle(self.kind)

    @property
    def max_seconds(self) -> int:
        """How long a worker may take."""
        return MAX_SECONDS_OF_BUNDLE if kinds.is_zip(self.kind) else MAX_SECONDS

    @property
    def format(self) -> str:
        return "ZIP" if kinds.is_zip(self.kind) else FileType(self.file_type).label

    @cached_property
    def tally(self) -> dict[str, int]:
        """The numbers of ``all``, ``made``, ``failed`` and ``finished`` parts, and the finished ``percent``."""
        made, failed = (Count("pk", filter=Q(status=status)) for status in (self.Status.DONE, self.Status.FAILED))
        counted = self.parts.aggregate(all=Count("pk"), made=made, failed=failed)
        finished = counted["made"] + counted["failed"]
        return counted | {"finished": finished, "percent": 100 * finished // (counted["all"] or 1)}

    @property
    def percent(self) -> int | None:
        """How much of the current step is done; None if nothing is running."""
        if self.status == self.Status.GATHERING:
            return self.tally["percent"]
        return self.progress if self.status == self.Status.RUNNING else None

    @property
    def missing(self) -> ReportQuerySet:
        """The parts that could not be made."""
        return self.parts.filter(status=self.Status.FAILED).order_by("order", "pk")

    @property
    def seen(self) -> str:
        """A string that changes whenever the waiting page has something new to show."""
        # Whole percents instead of numbers of parts, because a screen reader reads out each change.
        failed = self.tally["failed"] if self.status == self.Status.GATHERING else 0
        return f"{self.status}-{self.percent}-{failed}-{self.attempts}-{'sent' if self.queued_at else 'kept'}"

    # Asking for a report.

    @classmethod
    def request(cls, kind_name: str, object: Any, by: User, file_type: str = FileType.PDF) -> "Report":
        """Returns the unfinished report of ``object`` that ``by`` asked for, or a new one, which is sent on commit.

        Of a kind that is shared also one that a colleague asked for. The caller has checked with the kind's ``find``
        that ``by`` may have it. Raises KeyError for an unknown kind or a type of file that the kind does not offer;
        TooManyReports.
        """
        kind = kinds.get(kind_name)
        if file_type not in kind.file_types:
            raise KeyError(file_type)
        unfinished = cls.objects.unfinished().filter(parent=None)
        alike = unfinished.filter(kind=kind_name, object_id=object.pk, file_type=file_type)
        anyones = alike if kind_name in dict(kinds.shared()) else alike.filter(requested_by=by)
        if under_way := anyones.order_by("pk").first():
            return under_way
        if unfinished.filter(requested_by=by).count() >= MAX_UNFINISHED:
            raise TooManyReports
        report, is_new = cls.objects.get_or_create(  # of two at once, one creates it
            kind=kind_name,
            object_id=object.pk,
            requested_by=by,
            file_type=file_type,
            parent=None,
            status__in=UNFINISHED,
            defaults={"title": kind.title(object)[:300]},
        )
        if is_new:
            transaction.on_commit(report.publish)
        return report

    def publish(self) -> bool:
        """Sends it to the queue. Returns False if the broker is unreachable; the sweeper then sends it later."""
        limits: dict[str, Any] = {"soft_time_limit": self.max_seconds, "time_limit": self.max_seconds + 60}
        if kinds.is_zip(self.kind):
            limits["queue"] = BUNDLES
        if not queue.send("reports.tasks.make", self.pk, priority=self._priority(), **limits):
            return False
        self.queued_at = timezone.now()
        Report.objects.filter(pk=self.pk, status=self.Status.REQUESTED).update(queued_at=self.queued_at)
        return True

    def _priority(self) -> int:
        """Returns a lower priority the more reports of the same person are under way already (0 is the highest)."""
        if self.parent_id:
            return PART_PRIORITY
        earlier = Report.objects.unfinished().filter(requested_by=self.requested_by_id, parent=None, pk__lt=self.pk)
        return (PRIORITY, *LATER_PRIORITIES)[min(earlier.count(), len(LATER_PRIORITIES))]

    def try_again(self, *, by: User) -> "Report":
        """Requests a failed report, or a bundle's missing parts, again. Returns the report that is then under way.

        That is another row if the same report was requested meanwhile. Raises WrongState if there is nothing to make.
        """
        if self.status not in (self.Status.FAILED, self.Status.DONE) or (self.file and not self.is_bundle):
            raise WrongState(f"report {self.pk} has not failed")
        file = self.file
        try:
            with transaction.atomic():
                self._ask_again(by)
                for part in self.missing:
                    part._ask_again(by)
                if file:
                    file.discard()
        except IntegrityError:
            return Report.objects.get(
                kind=self.kind,
                object_id=self.object_id,
                requested_by=self.requested_by_id,
                file_type=self.file_type,
                parent=None,
                status__in=UNFINISHED,
            )
        transaction.on_commit(self.publish)
        return self

    def _ask_again(self, by: User) -> None:
        self._move(
            self.Status.REQUESTED,
            by=by,
            attempts=0,
            queued_at=None,
            finished_at=None,
            error="",
            progress=0,
            file=None,
        )

    def discard(self) -> None:
        """Deletes the report and its parts with their files. A worker that is making one finds its lease lost."""
        with transaction.atomic():
            # Read again, with a lock: a worker may have added a file since this row was read.
            stored = Report.objects.select_for_update(of=["self"]).select_related("file")
            rows = list(stored.filter(Q(pk=self.pk) | Q(parent=self.pk)).order_by("pk"))
            Report.objects.filter(pk=self.pk).delete()
            for row in rows:
                if row.file:
                    row.file.discard()

    # Making a report, called by its task. Each step succeeds only for the worker that holds the lease.

    def start(self) -> None:
        """Takes the lease. Raises WrongState if another worker has it or the report is finished."""
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
        """Renews the lease and updates the progress that the user sees. Returns False if the lease was lost."""
        changes: dict[str, Any] = {"leased_until": timezone.now() + LEASE}
        if progress is not None:
            changes["progress"] = progress
        if doing is not None:
            changes["doing"] = doing
        mine = Report.objects.filter(pk=self.pk, status=self.Status.RUNNING, lease=self.lease)
        return bool(mine.update(**changes))

    def report_progress(self, progress: int, doing: str) -> None:
        """Sends a heartbeat between two steps. Raises WrongState if the lease was lost, which stops the work."""
        if not self.heartbeat(progress, doing):
            raise WrongState("the lease was lost")

    def finish(self, file: StoredFile) -> None:
        """Stores the result. Raises WrongState if the lease was lost; the report then does not own the file."""
        self._move(
            self.Status.DONE,
            only_if=Q(lease=self.lease),
            file=file,
            progress=100,
            doing="",
            leased_until=None,
            finished_at=timezone.now(),
        )

    def fail(self, error: str, *, only_if: Q | None = None) -> None:
        """Records the failure. ``error`` is for the person who waits; details belong in the log."""
        self._move(
            self.Status.FAILED,
            only_if=only_if or Q(lease=self.lease),
            why=error,
            error=error,
            doing="",
            leased_until=None,
            finished_at=timezone.now(),
        )

    def gather(self) -> None:
        """Releases a bundle until its parts are finished. Raises WrongState if the lease was lost."""
        self._move(
            self.Status.GATHERING,
            only_if=Q(lease=self.lease),
            lease="",
            leased_until=None,
            attempts=0,
            doing="",
            progress=0,
        )

    def resume(self) -> None:
        """Queues a bundle to be put together. Raises WrongState if a part is unfinished or another worker did it."""
        unfinished = Report.objects.unfinished().filter(parent=self.pk)
        is_gathered = Q(~Exists(unfinished), status=self.Status.GATHERING)
        self._move(self.Status.REQUESTED, only_if=is_gathered, why="every part is finished", queued_at=None)
        transaction.on_commit(self.publish)

    def take_back(self, error: str) -> None:
        """Marks a finished part as failed, because it could not be put into its bundle. A user can request it again."""
        file = self.file
        with transaction.atomic():
            self._move(self.Status.FAILED, why=error, error=error, file=None, finished_at=timezone.now())
            if file:
                file.discard()

    def requeue(self) -> None:
        """Requeues a report whose lease has expired, or fails it after MAX_ATTEMPTS.

        Raises WrongState if the worker has renewed its lease meanwhile.
        """
        silent = Q(lease=self.lease, leased_until__lt=timezone.now())
        if self.attempts >= MAX_ATTEMPTS:
            self.fail(ERROR_TOO_MANY_ATTEMPTS, only_if=silent)
            return
        self._move(
            self.Status.REQUESTED,
            only_if=silent,
            why="the worker fell silent",
            lease="",
            leased_until=None,
            queued_at=None,
            doing="",
            progress=0,
        )


class ReportEvent(Event):
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="events")

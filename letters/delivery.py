"""What becomes of an email: who sends it now, when it is tried next, and why it was not sent."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone
from post_office.models import STATUS, Email

from workflow.composed import Summed
from workflow.models import Event, StateMachine, WrongState

MINUTE = timedelta(minutes=1)
PAUSES = (MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE)  # after the first attempts that fail
PAUSE = 240 * MINUTE  # after every later one
TRIED_FOR = timedelta(days=3)
DOUBTFUL_AFTER = 10 * MINUTE  # a worker that has been sending for so long was killed; it stops itself much earlier
MAX_AT_ONCE = 200
STOPPED = "The program stopped while it was sending this email, so the email may have arrived."


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        return self.filter(status=Delivery.Status.WAITING)

    def counts(self, late: datetime) -> Summed:
        """Counts those that failed, came back or are in doubt, and those that wait since before ``late``."""
        of_staff = self.exclude(status__in=[Delivery.Status.SENT, Delivery.Status.DISMISSED])
        return of_staff, {
            "failed": Count("pk", filter=Q(status="failed")),
            "bounced": Count("pk", filter=Q(status="bounced")),
            "doubtful": Count("pk", filter=Q(status="doubtful")),
            "waiting": Count("pk", filter=Q(status="waiting", email__created__lt=late)),
        }

    def came_back(self, address: str, *, why: str) -> bool:
        """Marks the newest email to the address that counts as sent as come back. Returns whether there was one."""
        sent = self.filter(status=Delivery.Status.SENT, email__to__iexact=address)
        delivery = sent.select_related("email").order_by("-pk").first()
        if delivery is None:
            return False
        delivery.came_back(why=why)
        return True

    def adopt(self) -> None:
        """Gives every queued email without a delivery one, such as those that Django itself writes."""
        queued = Email.objects.filter(status__in=[STATUS.queued, STATUS.requeued], delivery=None)
        Delivery.objects.bulk_create([Delivery(email=email) for email in queued.only("pk")], ignore_conflicts=True)

    @transaction.atomic
    def claim(self) -> "Delivery | None":
        """Returns the delivery that has been due longest, for this process alone to send; None if none is due."""
        due = self.waiting().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
        delivery = due.select_for_update(skip_locked=True).first()
        if delivery:
            delivery.begin()
        return delivery

    def doubt_abandoned(self) -> None:
        """Marks as doubtful what a worker began to send and never finished."""
        long_ago = timezone.now() - DOUBTFUL_AFTER
        for delivery in self.filter(status=Delivery.Status.SENDING, claimed_at__lt=long_ago):
            with suppress(WrongState):  # it was only slow
                delivery.doubt(STOPPED)

    @transaction.atomic
    def send_again(self, by: models.Model) -> int:
        """Sends those again that failed, at most MAX_AT_ONCE, the oldest first. Returns how many."""
        failed = self.filter(status=Delivery.Status.FAILED).select_for_update(skip_locked=True, of=("self",))
        oldest = list(failed.order_by("pk")[:MAX_AT_ONCE])
        for delivery in oldest:
            delivery.send_again(by)
        return len(oldest)


class Delivery(StateMachine):
    """The way of one email to its reader. ``attempts`` counts since it was written or last sent again by a person.

    A worker claims it under a row lock and commits that before it talks to the mail server. If the worker is killed,
    the row stays ``sending``: nobody can know whether the mail server has the email, so it becomes ``doubtful`` and is
    not sent again automatically.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        DOUBTFUL = "doubtful", "May have arrived"
        BOUNCED = "bounced", "Returned"
        DISMISSED = "dismissed", "Dismissed"

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.WAITING: frozenset([Status.SENDING]),
        Status.SENDING: frozenset([Status.SENT, Status.WAITING, Status.FAILED, Status.DOUBTFUL]),
        Status.FAILED: frozenset([Status.WAITING, Status.DISMISSED]),
        Status.SENT: frozenset([Status.BOUNCED]),  # the mail server took it, and its answer came days later by email
        Status.DOUBTFUL: frozenset([Status.WAITING, Status.DISMISSED]),
        Status.BOUNCED: frozenset([Status.WAITING, Status.DISMISSED]),
    }
    UNSOLVED = (Status.FAILED, Status.DOUBTFUL, Status.BOUNCED)

    email = models.OneToOneField(Email, on_delete=models.CASCADE, related_name="delivery", editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    first_tried_at = models.DateTimeField(null=True, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    reason = models.TextField(blank=True, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "email"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["due_at", "id"], name="delivery_due", condition=Q(status="waiting")),
            models.Index(fields=["status"], name="delivery_open", condition=~Q(status__in=["sent", "dismissed"])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "sending", "sent", "failed", "doubtful", "bounced", "dismissed"]),
                name="delivery_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="sending", claimed_at__isnull=False) | (~Q(status="sending") & Q(claimed_at=None)),
                name="delivery_claimed_while_sending",
            ),
        ]

    def __str__(self) -> str:
        return f"Email to {', '.join(self.email.to)}"

    @property
    def is_unsolved(self) -> bool:
        return self.status in self.UNSOLVED

    def begin(self) -> None:
        now = timezone.now()
        since = self.first_tried_at or now
        self._move(self.Status.SENDING, claimed_at=now, first_tried_at=since, attempts=self.attempts + 1)

    def sent(self) -> None:
        self._end(self.Status.SENT, "", status=STATUS.sent)

    def refuse(self, reason: str) -> None:
        """Records a refusal that trying again would not change."""
        self._end(self.Status.FAILED, reason, status=STATUS.failed)

    def doubt(self, reason: str) -> None:
        self._end(self.Status.DOUBTFUL, reason, status=STATUS.failed)

    def try_later(self, reason: str) -> None:
        """Waits for the next attempt. After three days of attempts, it has failed."""
        now = timezone.now()
        if self.first_tried_at is None or now - self.first_tried_at < TRIED_FOR:
            pause = PAUSES[self.attempts - 1] if self.attempts <= len(PAUSES) else PAUSE
            self._end(self.Status.WAITING, reason, status=STATUS.requeued, due_at=now + pause)
        else:
            self.refuse(f"{reason} We tried for three days.")

    @transaction.atomic
    def send_again(self, by: models.Model) -> None:
        """Lets a worker send it as if it had just been written. Raises WrongState unless it is unsolved.

        Whoever sends one again that came back expects it to arrive: letters go to the address again.
        """
        if self.status == self.Status.BOUNCED:
            ReturnedAddress.objects.among(self.email.to).delete()
        changes = {"due_at": timezone.now(), "attempts": 0, "first_tried_at": None, "reason": ""}
        self._move(self.Status.WAITING, by=by, why="Sent again.", **changes)  # type: ignore[arg-type]
        self._tell_email(STATUS.queued)

    def dismiss(self, by: models.Model) -> None:
        """Stops naming it to staff. Raises WrongState unless it is unsolved."""
        self._move(self.Status.DISMISSED, by=by)  # type: ignore[arg-type]

    @transaction.atomic
    def came_back(self, *, by: models.Model | None = None, why: str = "") -> None:
        """Records that an email that was sent came back. Raises WrongState. Letters leave out its address from now."""
        self._move(self.Status.BOUNCED, by=by, why=why, reason=why)  # type: ignore[arg-type]
        self._tell_email(STATUS.failed)
        known: dict[str, Any] = {"by": by, "why": why}
        for address in self.email.to:
            ReturnedAddress.objects.get_or_create(address=address.lower(), defaults=known)

    @transaction.atomic
    def _end(self, to: str, reason: str, *, status: int, **changes: Any) -> None:
        """Ends an attempt, unless it is no longer this worker's: then it raises WrongState."""
        mine = Q(claimed_at=self.claimed_at)
        self._move(to, only_if=mine, why=reason, reason=reason, claimed_at=None, **changes)
        self._tell_email(status)

    def _tell_email(self, status: int) -> None:
        """Keeps the status in the library's own row right."""
        Email.objects.filter(pk=self.email_id).update(status=status, last_updated=timezone.now())


class ReturnedAddressQuerySet(models.QuerySet["ReturnedAddress"]):
    def among(self, addresses: Iterable[str]) -> "ReturnedAddressQuerySet":
        return self.filter(address__in=[address.lower() for address in addresses])


class ReturnedAddress(models.Model):
    """An address, in lower case, from which email came back: no letter goes there until staff send one again."""

    address = models.CharField(max_length=254, unique=True, editable=False)
    since = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    why = models.CharField(max_length=300, blank=True, editable=False)

    objects = ReturnedAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "returned addresses"
        ordering = ["-since"]

    def __str__(self) -> str:
        return self.address


def reached(addresses: Iterable[str]) -> list[str]:
    """Returns those addresses, in the same order, from which no email came back."""
    given = list(addresses)
    returned = set(ReturnedAddress.objects.among(given).values_list("address", flat=True)) if given else set()
    return [address for address in given if address.lower() not in returned]


class DeliveryEvent(Event):
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")

    @property
    def shown(self) -> str:
        return str(Delivery.Status(self.to_status).label)

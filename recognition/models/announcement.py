"""A message of program staff to many applicants: the same text to each, filled in with what is theirs alone.

Whom it goes to is fixed when it is drafted. Sending is a job that can be stopped, or its worker killed, at any moment:
each applicant is written to in a transaction of its own, under a lock, and never twice with the same text.
"""

import logging
from hashlib import sha256
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from letters import wordings
from letters.models import ReturnedAddress
from recognition.models.application import Application
from recognition.models.correspondence import Reach, reaches
from recognition.models.cycle import LAW
from recognition.models.paper_letter import PaperLetter
from recognition.models.resumable import Resumable, Stopped
from workflow.models import Event, Versioned, WrongState

logger = logging.getLogger(__name__)

WORDING = "message-to-applicants"
AT_ONCE = 20  # applicants who are written to while the person waits
MAX_SUBJECT = 250  # characters, filled in

MOVED = "Its stage has changed since the message was drafted."
ARCHIVED = "Its cycle is archived."
ON_PANEL = "Whoever sends the message sits on its panel, or belongs to its utility."
ALREADY_SENT = "The same text went there before."
ERROR_IN_PROGRAM = "An error in the program; its log says which. “Continue” tries again."


class Announcement(Resumable, Versioned):
    """``subject`` and ``body`` are templates, as wordings are (letters.wordings); ``whom`` says the filter in words."""

    TASK = "recognition.tasks.announce"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        REQUESTED = "requested", "In the queue"
        RUNNING = "running", "In progress"
        DONE = "done", "Sent"
        STOPPED = "stopped", "Stopped"

    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.REQUESTED}),
        Status.REQUESTED: frozenset({Status.RUNNING, Status.STOPPED}),
        Status.RUNNING: frozenset({Status.DONE, Status.STOPPED, Status.REQUESTED}),
        Status.STOPPED: frozenset({Status.REQUESTED}),
    }

    subject = models.CharField(max_length=200, editable=False)
    body = models.TextField(editable=False)
    whom = models.CharField(max_length=300, editable=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    drafted_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    digest = models.CharField(max_length=24, editable=False, db_index=True)

    class Meta:
        verbose_name = "message to applicants"
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft", sent_at=None) | (~Q(status="draft") & Q(sent_at__isnull=False)),
                name="announcement_sent_is_dated",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "requested", "running", "done", "stopped"]),
                name="announcement_status_known",
            ),
        ]

    def __str__(self) -> str:
        """The subject, with the names of the words that are filled in: “[cycle]: a message to [utility]”."""
        names = {word.name: f"[{word.name}]" for word in wordings.get(WORDING).words}
        return " ".join(wordings.filled(self.subject, names).split())

    def get_absolute_url(self) -> str:
        return reverse("recognition:message", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_at_work(self) -> bool:
        return self.status in (self.Status.REQUESTED, self.Status.RUNNING)

    # The draft.

    @classmethod
    @transaction.atomic
    def draft(cls, applications: Any, *, subject: str, body: str, whom: str, by: User) -> "Announcement":
        """Keeps the text and to whom it goes. ``applications``: rows of ``visible_to(by)``."""
        made = cls.objects.create(subject=subject, body=body, whom=whom, by=by, digest=digest_of(subject, body))
        found = applications.order_by("utility__name", "pk").values_list("pk", "status")
        Recipient.objects.bulk_create(
            Recipient(announcement=made, application_id=pk, stage=stage) for pk, stage in found
        )
        made.plan()
        return made

    @transaction.atomic
    def rewrite(self, version: int, *, subject: str, body: str, by: User) -> None:
        """Changes the text of a draft. Raises Stale, or WrongState once it is sent."""
        only_if, digest = Q(status=self.Status.DRAFT), digest_of(subject, body)
        self.save_over(version, by=by, only_if=only_if, subject=subject, body=body, digest=digest)
        self.refresh_from_db()
        self.plan()

    def discard(self) -> None:
        """Deletes a draft. Raises WrongState."""
        if not Announcement.objects.filter(pk=self.pk, status=self.Status.DRAFT).delete()[0]:
            raise WrongState("Only a draft can be deleted.")

    def plan(self) -> None:
        """Says of each recipient how the message would go there now, in a fixed number of queries."""
        rows = list(self.recipients.all())
        found = reaches([row.application_id for row in rows])
        reached, allowed = self._reached(), self._allowed(self.by)
        for row in rows:
            reach = found[row.application_id]
            row.way, row.why = self._way(row, reach, reached, allowed)
        Recipient.objects.bulk_update(rows, ["way", "why"], batch_size=500)

    def _way(self, row: "Recipient", reach: Reach, reached: set[int], allowed: set[int]) -> tuple[str, str]:
        none = Recipient.Way.NONE
        if row.application_id not in allowed:
            return none, ON_PANEL
        if reach.is_archived:
            return none, ARCHIVED
        if reach.stage != row.stage:
            return none, MOVED
        if row.application_id in reached:
            return none, ALREADY_SENT
        return (Recipient.Way.EMAIL if reach.addresses else Recipient.Way.PAPER), ""

    def _reached(self, application: int | None = None) -> set[int]:
        """Returns the applications to which the same text went, in this message or another."""
        went = Recipient.objects.filter(announcement__digest=self.digest, settled_at__isnull=False)
        went = went.exclude(way=Recipient.Way.NONE)
        if application:
            went = went.filter(application=application)
        return set(went.values_list("application", flat=True))

    def _allowed(self, by: User | None) -> set[int]:
        """Returns the applications to which ``by`` may write as program staff."""
        if by is None or not (by.is_active and by.is_program_staff):
            return set()
        among = self.recipients.order_by().values("application")
        return set(Application.objects.mailed_by(by).filter(pk__in=among).values_list("pk", flat=True))

    def counts(self) -> dict[str, int]:
        """Returns how many get an email, a letter on paper, or nothing; how many are settled, and how many left."""
        of = Recipient.Way
        return self.recipients.aggregate(
            total=Count("pk"),
            email=Count("pk", filter=Q(way=of.EMAIL)),
            paper=Count("pk", filter=Q(way=of.PAPER)),
            none=Count("pk", filter=Q(way=of.NONE)),
            settled=Count("pk", filter=Q(settled_at__isnull=False)),
            left=Count("pk", filter=Q(settled_at=None)),
        )

    # Sending.

    def send(self, version: int, *, by: User) -> None:
        """Sends the draft that the person saw, once. Raises WrongState: it is sent, or a colleague changed it."""
        now = timezone.now()
        self._move(self.Status.REQUESTED, by=by, only_if=Q(version=version), by_id=by.pk, sent_at=now, heard_at=now)
        self._begin(by)

    def resume(self, *, by: User) -> None:
        """Goes on with what was stopped. Raises WrongState."""
        self._move(self.Status.REQUESTED, by=by, by_id=by.pk, heard_at=timezone.now())
        self._begin(by)

    def _begin(self, by: User) -> None:
        self.by = by
        if self.recipients.filter(settled_at=None).count() <= AT_ONCE:
            self.run()
        else:
            transaction.on_commit(self.publish)

    def run(self) -> None:
        """Writes to those who are left, until it is stopped. Raises WrongState if another worker has it."""
        self._move(self.Status.RUNNING, heard_at=timezone.now())
        allowed = self._allowed(self.by)
        for pk in self.recipients.filter(settled_at=None).order_by("pk").values_list("pk", flat=True):
            try:
                self._one(pk, allowed)
            except Stopped as stopped:
                logger.info("message %s: %s", self.pk, stopped)
                self.refresh_from_db()
                return
            except Exception:  # one that breaks must not keep the others
                logger.exception("recipient %s could not be written to", pk)
                Recipient.objects.filter(pk=pk, settled_at=None).update(why=ERROR_IN_PROGRAM)
        broke = self.recipients.filter(settled_at=None).exists()
        self._move(self.Status.STOPPED if broke else self.Status.DONE, why="Some could not be written to." * broke)

    @transaction.atomic
    def _one(self, pk: int, allowed: set[int]) -> None:
        """Writes to one applicant and records that, or neither. Raises Stopped once the message was stopped."""
        open_ones = Recipient.objects.select_for_update(skip_locked=True).filter(pk=pk, settled_at=None)
        row = open_ones.first()
        if row is None:  # another worker has it
            return
        rows = Application.objects.select_for_update(of=("self",)).select_related("utility", "cycle__edition")
        application = rows.get(pk=row.application_id)
        reach = reaches([application.pk])[application.pk]
        row.way, row.why = self._way(row, reach, self._reached(application.pk), allowed)
        if row.way != Recipient.Way.NONE:
            subject, body = self.filled_for(application, by_mail=row.way == Recipient.Way.PAPER)
            application.write_to_applicants(self.occasion(application.pk), subject, body)
            assert self.by is not None  # noqa: S101  # else nobody is allowed
            application.note(by=self.by, why=f"Message to applicants: “{subject}”.")
        row.settled_at = timezone.now()
        row.save(update_fields=["way", "why", "settled_at"])
        self._step()

    # What came back.

    def unreached(self) -> list["Recipient"]:
        """Returns those who got emails that all came back, so that only a letter on paper reaches them."""
        got = self.recipients.filter(way=Recipient.Way.EMAIL, settled_at__isnull=False)
        if not ReturnedAddress.objects.filter(since__gte=self.sent_at or timezone.now()).exists():
            return []
        rows = list(got)
        found = reaches([row.application_id for row in rows])
        return [row for row in rows if not found[row.application_id].addresses]

    def write_on_paper(self, *, by: User) -> int:
        """Writes a letter on paper to each of ``unreached`` about whose application ``by`` writes. Returns how many."""
        allowed = self._allowed(by)
        return sum(self._on_paper(row.pk, by=by) for row in self.unreached() if row.application_id in allowed)

    @transaction.atomic
    def _on_paper(self, pk: int, *, by: User) -> bool:
        row = Recipient.objects.select_for_update().get(pk=pk)
        if row.way != Recipient.Way.EMAIL:  # a colleague was faster
            return False
        application = Application.objects.select_related("utility", "cycle__edition").get(pk=row.application_id)
        subject, body = self.filled_for(application, by_mail=True)
        PaperLetter.write(application, self.occasion(application.pk), subject, body)
        application.note(by=by, why=f"Message to applicants, on paper since the email was returned: “{subject}”.")
        row.way = Recipient.Way.PAPER
        row.save(update_fields=["way"])
        return True

    # The text.

    def occasion(self, application: int) -> str:
        """The beginning of the keys of its letters about one application, so that the same text goes there once."""
        return f"{WORDING}:{application}:{self.digest}"

    def filled_for(self, application: Application, *, by_mail: bool) -> tuple[str, str]:
        """Returns subject and body for one applicant, with what is theirs alone. It needs ``cycle__edition``."""
        return filled_for(self.subject, self.body, application, by_mail=by_mail)


def digest_of(subject: str, body: str) -> str:
    return sha256(f"{subject}\n{body}".encode()).hexdigest()[:24]


def filled_for(subject: str, body: str, application: Application, *, by_mail: bool) -> tuple[str, str]:
    cycle = application.cycle
    with timezone.override(application.utility.zone):
        times = {
            "due": application.deadline_shown if application.is_editable else "",
            "closes": cycle.closes_shown,
        }
    filled = wordings.composed(
        subject,
        body,
        utility=application.utility,
        cycle=cycle,
        program=cycle.program,
        law=LAW,
        stage=application.stage_shown,
        link=settings.SITE_URL.rstrip("/") + application.get_absolute_url(),
        person="",
        by_mail="yes" if by_mail else "",
        **times,
    )
    return filled[0][:MAX_SUBJECT], filled[1]


class AnnouncementEvent(Event):
    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="events")


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def shown_to(self, user: User) -> Self:
        """Returns those about applications whose letters ``user`` handles."""
        return self.filter(application__in=Application.objects.mailed_by(user).values("pk"))


class Recipient(models.Model):
    """An applicant to whom a message goes. ``way`` is how it would go or, once settled, how it went; ``why`` if not."""

    class Way(models.TextChoices):
        EMAIL = "email", "Email"
        PAPER = "paper", "Letter on paper"
        NONE = "none", "Nothing"

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="recipients")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=16, editable=False)
    way = models.CharField(max_length=8, choices=Way.choices, default=Way.NONE, editable=False)
    why = models.CharField(max_length=200, blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["announcement", "application"], name="recipient_once"),
            models.CheckConstraint(condition=Q(way__in=["email", "paper", "none"]), name="recipient_way_known"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.way}"

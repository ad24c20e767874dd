"""Who of the staff has the work on an application, and what staff tell each other about it.

Neither is ever shown to applicants or panels, nor in letters: it is left out of the events of an application.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffGroup, User
from recognition.models import triggers
from workflow.models import Comment, WrongState
from workflow.saved import View

STAFF = (StaffGroup.PROGRAM, StaffGroup.COMPLIANCE, StaffGroup.OFFICIAL)
NOBODYS = Q(handler=None) | Q(handler__is_active=False)  # what a deactivated account had is nobody's at once


class HandledQuerySet(models.QuerySet[Any]):
    def nobodys(self) -> Self:
        return self.filter(NOBODYS)

    def had_by(self, user: User) -> Self:
        return self.filter(handler=user)

    @transaction.atomic
    def _hand(self, user: User | None, only_if: Q | None = None) -> int:
        """Gives the rows to ``user``. ``only_if`` is asked again once they are locked: a colleague may be faster."""
        keys = list(self.order_by().values_list("pk", flat=True))  # the rows may be annotated and joined
        rows = self.model._base_manager.filter(pk__in=keys)
        locked = list(
            rows.filter(only_if or Q()).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
        )
        since = timezone.now() if user else None
        return rows.filter(pk__in=locked).update(handler=user, handler_since=since)

    def take_up(self, *, by: User) -> int:
        """Gives ``by`` those of the rows that nobody has. Returns how many."""
        return self.nobodys()._hand(by, NOBODYS)

    def return_to_queue(self, *, by: User) -> int:
        """Leaves those of the rows that ``by`` has to nobody. Returns how many."""
        return self.had_by(by)._hand(None, Q(handler=by))

    def hand_to(self, user: User) -> int:
        """Gives all of the rows to ``user``, whoever has them. Returns how many. Raises WrongState if away."""
        if Away.objects.now().filter(user=user).exists():
            raise WrongState(f"{user} is away.")
        return self.exclude(handler=user)._hand(user)

    def give_back_of_absent(self) -> int:
        """Leaves to nobody what people have who are deactivated or no longer of the staff. Returns how many."""
        present = User.objects.filter(is_active=True, groups__name__in=STAFF)
        return self.exclude(handler=None).exclude(handler__in=present.values("pk"))._hand(None)


class Handled(models.Model):
    """What one person of the staff has taken up. Before, anyone may begin; it only says who does it."""

    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    handler_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def had_by(self) -> User | None:
        """Who has it, unless the account is deactivated."""
        handler: User | None = self.handler
        return handler if handler and handler.is_active else None


class AwayQuerySet(models.QuerySet["Away"]):
    def now(self) -> Self:
        return self.filter(until__gte=timezone.localdate())


class Away(models.Model):
    """A person of the staff who is away through the day ``until``, and to whom nothing is handed until then."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateField("away through")

    objects = AwayQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people away"

    def __str__(self) -> str:
        return f"{self.user}, through {self.until}"

    @classmethod
    def leave(cls, user: User, until: date, had: HandledQuerySet) -> int:
        """Notes the absence and gives back what the person has of ``had``. Returns how many."""
        cls.objects.update_or_create(user=user, defaults={"until": until})
        return had.return_to_queue(by=user)

    @classmethod
    def come_back(cls, user: User) -> None:
        cls.objects.filter(user=user).delete()


class StaffNote(Comment):
    """What one of the staff notes for the others about an application. It is kept as it was written."""

    application: Any = models.ForeignKey(
        "recognition.Application", on_delete=models.CASCADE, related_name="staff_notes"
    )

    class Meta(Comment.Meta):
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="staff_note_has_words")]
        triggers = [triggers.STAFF_NOTE_IS_KEPT]

    @classmethod
    @transaction.atomic
    def write(cls, application: Any, text: str, *, by: User, tell: Iterable[User] = ()) -> "StaffNote":
        """Adds a note. Whom it tells have it among what needs their attention, and get an email without its text."""
        note = cls.objects.create(application=application, text=text, by=by)
        readers = NoteReader.objects.bulk_create(NoteReader(note=note, user=user) for user in tell)
        for reader in readers:
            application.tell(reader.user, "staff-note", str(note.pk), author=by)
        return note


class NoteReader(models.Model):
    """Somebody of the staff for whom a note is. It needs their attention until ``done_at``."""

    note = models.ForeignKey(StaffNote, on_delete=models.CASCADE, related_name="readers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    done_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="note_reader_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.note}"


class QueueFile(models.Model):
    """A person's request for the file of a large queue, as it was filtered and sorted by ``query``.

    A worker makes it as a report, of what the person may read at that time.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", editable=False)
    queue = models.CharField(max_length=24, editable=False)
    query = models.CharField(max_length=1000, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "queue", "query"], name="queue_file_once")]

    def __str__(self) -> str:
        return f"{self.queue}?{self.query}"


class QueueView(View):
    """A saved view of a queue. ``is_default``: what its owner sees who opens the queue."""

    queue = models.CharField(max_length=24)
    is_default = models.BooleanField("show it when I open the queue", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), "queue", "by", name="queue_view_named_once"),
            models.UniqueConstraint(
                fields=["queue", "by"], condition=Q(is_default=True), name="queue_view_one_default"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="queue_view_has_a_name"),
        ]

    def get_absolute_url(self) -> str:
        return f"{reverse('recognition:queue', args=[self.queue])}?{self.query or 'view=all'}"

    @classmethod
    @transaction.atomic
    def keep_one(cls, by: User, queue: str, *, is_default: bool, **kept: Any) -> None:
        """Saves a view; a new default replaces the last one. Raises TooManyViews."""
        if is_default:
            cls.objects.filter(by=by, queue=queue).update(is_default=False)
        cls.objects.keep(by, {"queue": queue}, is_default=is_default, **kept)

    def opens_first_for(self, user: User) -> bool:
        return self.is_default and self.by_id == user.pk and self.query != ""

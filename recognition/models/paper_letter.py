"""Letters on paper, for applicants whom no email reaches: staff print and mail them, and record the day."""

from datetime import date
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import zones
from accounts.models import User
from recognition.models import triggers
from workflow.models import WrongState


class PaperLetterQuerySet(models.QuerySet["PaperLetter"]):
    def to_mail(self) -> Self:
        return self.filter(mailed_on=None)


class PaperLetter(models.Model):
    """A letter as it is printed. ``key`` names the occasion, so that nobody gets it twice; ``address`` has its lines.

    ``sets_deadline``: the time that the letter gives begins on the day it is mailed.
    """

    key = models.CharField(max_length=200, unique=True, editable=False)
    application = models.ForeignKey("recognition.Application", on_delete=models.CASCADE, related_name="paper_letters")
    subject = models.CharField(max_length=250, editable=False)
    body = models.TextField(max_length=30000, editable=False)
    address = models.TextField(max_length=1000, editable=False)
    sets_deadline = models.BooleanField(default=False, editable=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    mailed_on = models.DateField(null=True, editable=False)
    mailed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(null=True, editable=False)

    objects = PaperLetterQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mailed_on=None, recorded_at=None) | Q(mailed_on__isnull=False, recorded_at__isnull=False),
                name="paper_letter_mailed_is_recorded",
            )
        ]
        indexes = [models.Index(fields=["application"], condition=Q(mailed_on=None), name="paper_letter_to_mail")]
        triggers = [triggers.PAPER_LETTER_IS_KEPT]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("recognition:paper_letter", args=[self.pk])

    @classmethod
    def write(cls, application: Any, occasion: str, subject: str, body: str, *, sets_deadline: bool = False) -> None:
        """Keeps the letter in the transaction that it reports, unless it was written before."""
        fields = {
            "application": application,
            "subject": subject,
            "body": body,
            "address": "\n".join(application.postal_address()),
            "sets_deadline": sets_deadline,
        }
        cls.objects.get_or_create(key=occasion, defaults=fields)

    @property
    def first_day(self) -> date:
        """The day it was written, in the cycle's time zone."""
        return self.written_at.astimezone(ZoneInfo(self.application.cycle.time_zone)).date()

    @transaction.atomic
    def mail(self, day: date, *, by: User) -> None:
        """Records that it was mailed. Time that it gives begins on that day. Raises WrongState."""
        application = self._lock_application()
        if not self.first_day <= day <= zones.today(ZoneInfo(application.cycle.time_zone)):
            raise WrongState("The day of mailing can’t be in the future or before the letter was written.")
        now = timezone.now()
        waiting = PaperLetter.objects.to_mail().filter(pk=self.pk)
        if not waiting.update(mailed_on=day, mailed_by=by, recorded_at=now):
            raise WrongState("It was already recorded as mailed.")
        self.mailed_on, self.mailed_by, self.recorded_at = day, by, now
        if self.sets_deadline:
            application.count_from(day)
        application.note(by=by, why=f"A letter was mailed on {day:%B %-d, %Y}{self._until(application)}")

    @transaction.atomic
    def not_mailed(self, *, by: User, why: str) -> None:
        """Undoes the record that it was mailed. Raises WrongState, also once the application has moved on from it."""
        application = self._lock_application()
        if self.sets_deadline and application.status != application.Status.RETURNED:
            raise WrongState("The application has moved on since the letter was mailed.")
        mailed = PaperLetter.objects.filter(pk=self.pk, mailed_on__isnull=False)
        if not mailed.update(mailed_on=None, mailed_by=None, recorded_at=None):
            raise WrongState("It is not recorded as mailed.")
        self.mailed_on = self.mailed_by = self.recorded_at = None
        if self.sets_deadline:
            application.count_from(None)
        application.note(by=by, why=f"A letter was not mailed after all. {why}")

    def _until(self, application: Any) -> str:
        due = application.resubmit_by if self.sets_deadline else None
        return f". To be resubmitted by {application.in_its_zone(due)}" if due else ""

    def _lock_application(self) -> Any:
        applications = type(self.application)._base_manager.select_for_update(of=("self",)).select_related("cycle")
        return applications.get(pk=self.application_id)

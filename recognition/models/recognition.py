"""Recognitions, which released decisions issue: number, three-year term, revocation, and published content."""

import secrets
from datetime import date, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.zones import site_today
from recognition.models import triggers
from recognition.models.application import Application
from workflow.addresses import address
from workflow.models import Versioned, WrongState

YEARS = 3
# Crockford's Base32 alphabet, without letters that look alike. 16 characters are 80 bits, too many to guess.
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_number() -> str:
    return _grouped("".join(secrets.choice(SIGNS) for _ in range(LENGTH)))


def as_number(typed: str) -> str:
    """Returns a typed or scanned number in its standard form: 7K3M-9QXP-2RTV-8WYZ. Drops other characters."""
    signs = [sign for sign in typed.upper().translate(READ_AS) if sign in SIGNS]
    return _grouped("".join(signs[:LENGTH]))


def _grouped(signs: str) -> str:
    return "-".join(signs[place : place + 4] for place in range(0, len(signs), 4))


def last_day(since: date) -> date:
    """Returns the day before the third anniversary, or February 28 if ``since`` is February 29."""
    try:
        return since.replace(year=since.year + YEARS) - timedelta(days=1)
    except ValueError:
        return date(since.year + YEARS, 2, 28)


class RegisterVersion(models.Model):
    """The one row that says whether the register is still what it was: ``version`` is another with each change.

    The database writes it, in the transaction of the change. There is none before the first recognition.
    """

    version = models.UUIDField(editable=False)

    def __str__(self) -> str:
        return str(self.version)


class RecognitionQuerySet(models.QuerySet["Recognition"]):
    def valid(self, day: date | None = None) -> Self:
        """Returns what is neither expired nor revoked, as in the register."""
        day = day or site_today()
        return self.filter(revoked_at=None, until__gte=day)

    def with_utility(self) -> Self:
        return self.select_related("application__utility", "application__cycle")


class Recognition(Versioned):
    """A utility's recognition. Its dates and ``revoked_at`` say whether it is valid, so no job has to expire it.

    ``published`` are the names of the submitted sections, such as ``attributes.product-quality``, that the utility
    agreed to publish; ``summary`` is a text in its own words.
    """

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="recognition")
    number = models.CharField(max_length=24, unique=True, default=new_number, editable=False)
    since = models.DateField("valid from", editable=False)
    until = models.DateField("valid until", editable=False, help_text="the last day")
    published = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    summary = models.TextField("in your own words", max_length=1500, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    revoked_why = models.TextField(max_length=2000, blank=True, editable=False)

    objects = RecognitionQuerySet.as_manager()

    class Meta:
        ordering = ["application__utility__name"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="recognition_lasts"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_why="") | (Q(revoked_at__isnull=False) & ~Q(revoked_why="")),
                name="recognition_revoked_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["until"])]
        triggers = [triggers.NOT_WITH_A_VIOLATION, triggers.REGISTER_CHANGES]

    def __str__(self) -> str:
        return f"{self.application.utility}, {self.since.year} to {self.until.year}"

    def get_absolute_url(self) -> str:
        """Returns its page in the public register."""
        return address("recognition:register_entry", self.pk)

    @property
    def verify_url(self) -> str:
        """The absolute URL that the QR code of the certificate opens."""
        return settings.SITE_URL.rstrip("/") + reverse("recognition:verify", args=[self.number])

    @classmethod
    def issue(cls, application: Application) -> "Recognition":
        """Creates a recognition that is valid from today in the cycle's time zone."""
        since = timezone.localdate(timezone=ZoneInfo(application.cycle.time_zone))
        return cls.objects.create(application=application, since=since, until=last_day(since))

    @property
    def state(self) -> str:
        """One of "valid", "expired" and "revoked"."""
        if self.revoked_at:
            return "revoked"
        return "valid" if site_today() <= self.until else "expired"

    @transaction.atomic
    def revoke(self, *, by: User, why: str) -> None:
        """Revokes the recognition and writes to the applicants why. Raises WrongState if it is no longer valid."""
        now, valid = timezone.now(), Recognition.objects.valid().filter(pk=self.pk)
        if not valid.update(revoked_at=now, revoked_by=by, revoked_why=why):
            raise WrongState("It was already revoked or has expired.")
        self.revoked_at, self.revoked_by, self.revoked_why = now, by, why
        self.application.note(by=by, why=f"The recognition was revoked. {why}")
        self.application.tell_applicants("recognition-revoked", "revoked", reason=why)

    def revocation_letter(self, why: str) -> tuple[str, str]:
        """Returns subject and body for the applicant of what ``revoke`` would send."""
        return self.application.rendered_to_applicants("recognition-revoked", reason=why)

    def publish(self, version: int, *, by: User, published: list[str], summary: str) -> None:
        """Saves what the register shows besides its facts. Raises Stale, or WrongState once it is revoked."""
        self.save_over(version, by=by, only_if=Q(revoked_at=None), published=published, summary=summary)

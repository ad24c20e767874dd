"""How the system reaches a person: the weekly email, and the secret address of the calendar feed."""

import secrets
from typing import Self

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.api_tokens import digest_of
from accounts.models import User

SALT = "weekly email"


class PreferencesQuerySet(models.QuerySet["Preferences"]):
    def of(self, user: User) -> "Preferences":
        """Returns the person's preferences, or the usual ones unsaved."""
        return self.filter(user=user).first() or Preferences(user=user)

    def change(self, user: User, **changes: object) -> None:
        self.update_or_create(user=user, defaults=changes)

    def with_calendar(self, secret: str) -> Self:
        return self.filter(calendar_digest=digest_of(secret), user__is_active=True).select_related("user")


class Preferences(models.Model):
    """One person's. Only a hash of the calendar's secret is stored; ``calendar_digest`` is empty without a feed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="ims_preferences"
    )
    weekly_email = models.BooleanField("a weekly email with what is late and due", default=True)
    calendar_digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = PreferencesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.UniqueConstraint(
                fields=["calendar_digest"], condition=~Q(calendar_digest=""), name="calendar_address_once"
            ),
            models.CheckConstraint(
                condition=Q(calendar_digest__regex="^([0-9a-f]{64})?$"), name="calendar_address_only_hashed"
            ),
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.user}"

    @classmethod
    def new_calendar(cls, user: User) -> str:
        """Returns a new secret address of the person's calendar feed, without the site. An earlier one ends."""
        secret = secrets.token_urlsafe(32)
        cls.objects.change(user, calendar_digest=digest_of(secret))
        return reverse("ims:calendar", args=[secret])


def stop_address(user: User) -> str:
    """Returns the address, without the site, that stops the weekly email without signing in."""
    return reverse("ims:stop_weekly", args=[signing.dumps(user.pk, salt=SALT)])


def reader_of(signed: str) -> User | None:
    """Returns the person for whom ``stop_address`` was made, or None."""
    try:
        return User.objects.filter(pk=signing.loads(signed, salt=SALT)).first()
    except signing.BadSignature:
        return None

"""What all invitations by email share: the link, how long it works and for whom. ``accounts/models.py`` has those to a
utility; those of reviewers are in ``recognition``."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.people import User


class InvitationClosed(Exception):
    """The invitation was used, replaced or withdrawn, or its time is over. Nothing was changed."""


class TooManyInvitations(Exception):
    """As many people were invited within a day as may be. Nothing was changed."""


class InvitationForSomeoneElse(Exception):
    """The invitation was sent to an address that is not this person's. Nothing was changed."""


def new_token() -> str:
    return secrets.token_urlsafe(32)


def addresses_of(user: User) -> list[str]:
    """Returns the account's address and the other verified addresses of ``user``, in lower case."""
    others = user.emailaddress_set.filter(verified=True)  # type: ignore[attr-defined]  # allauth's model
    return [user.email.lower(), *(other.email.lower() for other in others)]


def addresses_found(user: User) -> models.QuerySet[Any]:
    """Returns ``addresses_of(user)`` as a subquery."""
    account = User.objects.filter(pk=user.pk).order_by()
    verified = user.emailaddress_set.filter(verified=True)  # type: ignore[attr-defined]  # allauth's model
    return account.values_list(Lower("email")).union(verified.order_by().values_list(Lower("email")))


class ByEmailQuerySet(models.QuerySet[Any]):
    def pending(self) -> Self:
        """Returns those that nobody accepted or ended; their time may be over."""
        return self.filter(accepted_at=None, ended_at=None)

    def open(self, since: datetime | None = None) -> Self:
        """Returns those made after ``since``, or whose time is not over now."""
        lasts = self.pending().filter(invited_at__gt=since or timezone.now() - ByEmail.LIFETIME)
        return lasts.exclude(invited_by__is_active=False)

    def addressed_to(self, user: User) -> Self:
        return self.annotate(address=Lower("email")).filter(address__in=addresses_found(user))

    def since_yesterday(self) -> Self:
        """Returns those of the last 24 hours, which limits count, whatever became of them."""
        return self.filter(invited_at__gt=timezone.now() - timedelta(days=1))

    def end(self, why: str) -> int:
        return self.pending().update(ended_at=timezone.now(), ended=why)


class ByEmail(models.Model):
    """An invitation whose link works once, for one address, for 14 days. What has ended is kept, since it counts.

    A subclass has ``ended``, why it ended: empty, or one of its own choices.
    """

    LIFETIME = timedelta(days=14)

    email = models.EmailField()
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-invited_at"]

    @property
    def expires_at(self) -> datetime:
        return self.invited_at + self.LIFETIME

    @property
    def lost_its_sender(self) -> bool:
        return self.invited_by is not None and not self.invited_by.is_active

    @property
    def is_open(self) -> bool:
        is_pending = self.accepted_at is None and self.ended_at is None and not self.lost_its_sender
        return is_pending and timezone.now() < self.expires_at

    def is_for(self, user: User) -> bool:
        return self.email.lower() in addresses_of(user)

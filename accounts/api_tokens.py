"""API tokens: the secrets with which a person's own programs call the API. ``accounts/models.py`` imports this."""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone

MARK = "headworks_"  # so that people, and programs that look for leaked secrets, recognize a token
MAX_TOKENS = 20  # that a person can use at the same time
MAX_LIFE = timedelta(days=365)
A_MINUTE = timedelta(minutes=1)


class TooManyTokens(Exception):
    """The person has ``MAX_TOKENS`` valid tokens. Nothing was changed."""


class NameInUse(Exception):
    """The person has another token with this name. Nothing was changed."""


def digest_of(secret: str) -> str:
    """Returns what is stored of a secret. It has 256 random bits, so it can't be guessed from a fast hash."""
    return sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def not_revoked(self) -> Self:
        return self.filter(revoked_at=None)

    def valid(self) -> Self:
        return self.not_revoked().filter(expires_at__gt=timezone.now(), user__is_active=True)

    @transaction.atomic
    def make(self, user: AbstractBaseUser, *, name: str, scope: str, days: int) -> tuple["ApiToken", str]:
        """Creates a token that is valid for ``days``. Returns it with its secret, which is not stored.

        Making it again within a minute, as a double click or a reload does, replaces it unless it was used. Raises
        NameInUse or TooManyTokens.
        """
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        now = timezone.now()
        mine = self.not_revoked().filter(user=user.pk)
        same = mine.alias(lower_name=Lower("name")).filter(lower_name=Lower(Value(name)))
        same.filter(last_used_at=None, created_at__gt=now - A_MINUTE).revoke()
        if same.exists():
            raise NameInUse
        if mine.valid().count() >= MAX_TOKENS:
            raise TooManyTokens
        secret = MARK + secrets.token_urlsafe(32)
        token = self.create(
            user_id=user.pk,
            name=name,
            prefix=secret[: ApiToken.SHOWN],
            digest=digest_of(secret),
            scope=scope,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        return token, secret

    def revoke(self) -> int:
        """Revokes those that are not revoked yet, for good. Returns how many."""
        return self.not_revoked().update(revoked_at=timezone.now())

    def authenticate(self, secret: str) -> "ApiToken | None":
        """Returns the valid token with this secret, with its user, and records its use at most once a minute."""
        token = self.valid().filter(digest=digest_of(secret)).select_related("user").first()
        now = timezone.now()
        if token and (token.last_used_at is None or now - token.last_used_at >= A_MINUTE):
            self.filter(pk=token.pk).update(last_used_at=now)
        return token


class ApiToken(models.Model):
    """A token of one person, whose rights it has. Only a hash of its secret is stored."""

    SHOWN = len(MARK) + 6  # letters of the secret that are stored, so that its owner recognizes it

    class Scope(models.TextChoices):
        READ = "read", "Read"
        CHANGE = "change", "Read and change"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField("starts with", max_length=SHOWN, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.READ)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(Lower("name"), "user", condition=Q(revoked_at=None), name="api_token_named_once"),
            models.CheckConstraint(
                condition=Q(digest__regex="^[0-9a-f]{64}$", prefix__startswith=MARK), name="api_token_only_hashed"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + MAX_LIFE),
                name="api_token_expires",
            ),
            models.CheckConstraint(condition=Q(scope__in=["read", "change"]), name="api_token_scope_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def can_change(self) -> bool:
        return self.scope == self.Scope.CHANGE

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

"""The secret address at which a person's calendar reads the round of one utility."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.api_tokens import digest_of
from accounts.models import User, Utility


class RoundFeedQuerySet(models.QuerySet["RoundFeed"]):
    def of(self, user: User, utility: Utility) -> "RoundFeedQuerySet":
        return self.filter(user=user, utility=utility)

    def with_secret(self, secret: str) -> "RoundFeedQuerySet":
        """What the person may read is asked anew each time: the address alone gives no right."""
        return self.filter(digest=digest_of(secret), user__is_active=True).select_related("user")


class RoundFeed(models.Model):
    """One person's, of one utility. Only a hash of its secret is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RoundFeedQuerySet.as_manager()
    utility_id: int

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "utility"], name="round_feed_once"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="round_feed_only_hashed"),
        ]

    def __str__(self) -> str:
        return f"Round of {self.utility} for {self.user}"

    @classmethod
    def new(cls, user: User, utility: Utility) -> str:
        """Returns a new secret address, without the site. An earlier one of the person for this utility ends."""
        secret = secrets.token_urlsafe(32)
        changed = {"digest": digest_of(secret), "created_at": timezone.now()}
        cls.objects.update_or_create(user=user, utility=utility, defaults=changed)
        return reverse("ims:year_feed", args=[utility.pk, secret])

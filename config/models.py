"""When a person was last on the home page; the audit log."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from config.audit import AuditEntry as AuditEntry


class Visit(models.Model):
    """The last visit ``at`` which a person came to the home page, and the one ``before``, none for the first.

    Pages opened within an hour belong to one visit, so that a reload does not empty the list of what changed.
    """

    ONE = timedelta(hours=1)

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="visit"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    before = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(before=None) | Q(before__lt=F("at")), name="visit_after_the_one_before")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.at}"

    @classmethod
    def begin(cls, user: User, last: Self | None) -> datetime | None:
        """Notes that ``user`` is here, whose row so far is ``last``. Returns when the visit before this one was.

        None if there was none. Writes only for the first page of a visit.
        """
        now = timezone.now()
        if last is None:
            cls.objects.bulk_create([cls(user=user, at=now)], ignore_conflicts=True)
            return None
        if now - last.at < cls.ONE:
            return last.before
        cls.objects.filter(user=user, at=last.at).update(before=last.at, at=now)
        return last.at

"""Why two records of one register both stay, although they look as if they did one job."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.records import Record
from ims.triggers import within_a_register, within_a_utility
from workflow.models import WrongState


class KeptApartQuerySet(OfUtilityQuerySet["KeptApart"]):
    utility = "first__utility"

    def valid(self) -> "KeptApartQuerySet":
        return self.filter(ended_at=None).select_related("by")


class KeptApart(OfUtility, models.Model):
    """Two records that both stay, and why, so that they are not flagged any more until somebody ends it."""

    first = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = KeptApartQuerySet.as_manager()
    first_id: int
    second_id: int

    class Meta:
        verbose_name_plural = "records kept apart"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], condition=Q(ended_at=None), name="kept_apart_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="kept_apart_in_order"),
            models.CheckConstraint(condition=~Q(why=""), name="kept_apart_has_a_reason"),
        ]
        triggers = [
            within_a_utility("kept_apart_within_a_utility", "first", "second"),
            within_a_register("kept_apart_within_a_register", "first", "second"),
        ]

    def __str__(self) -> str:
        return f"{self.first.number} and {self.second.number} kept apart: {self.why}"

    @classmethod
    @transaction.atomic
    def keep(cls, one: Any, other: Any, *, by: User, why: str) -> "KeptApart":
        """Keeps why both stay. The history of both tells it. Raises NotAllowed; WrongState if it is kept already."""
        one.require_editor()
        if one.pk == other.pk or (one.utility_id, one.register) != (other.utility_id, other.register):
            raise WrongState("Only two records of one register are compared.")
        first, second = sorted((one, other), key=lambda each: each.pk)
        known: dict[str, Any] = {"why": why, "by": by}
        made, is_new = cls.objects.get_or_create(first_id=first.pk, second_id=second.pk, ended_at=None, defaults=known)
        if not is_new:
            raise WrongState("These two have just been settled.")
        for each in (first, second):
            each.history.create(by=by, after={"harmonized": str(made)})
        return made

    @transaction.atomic
    def end(self, *, by: User) -> None:
        """Flags the two again. Raises NotAllowed, WrongState if it was ended already."""
        self.require_editor()
        if not KeptApart.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by):
            raise WrongState("It was already ended.")
        for each in (self.first, self.second):
            each.history.create(by=by, before={"harmonized": str(self)})

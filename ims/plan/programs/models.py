"""What a team enters about its programs: the hours that a person has, and how colliding actions were settled."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.people import Person
from ims.plan.actions import Action
from ims.triggers import within_a_utility
from workflow.models import Versioned, WrongState


class CapacityQuerySet(OfUtilityQuerySet["Capacity"]):
    utility = "person__utility"


class Capacity(OfUtility, Versioned):
    """How many hours a month a person has for actions."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="capacity")
    hours = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)

    objects = CapacityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "capacities"
        constraints = [models.CheckConstraint(condition=Q(hours__gte=0), name="capacity_not_negative")]

    def __str__(self) -> str:
        return f"{self.person}: {self.hours} hours a month"


class AgreementQuerySet(OfUtilityQuerySet["Agreement"]):
    utility = "first__utility"

    def valid(self) -> "AgreementQuerySet":
        return self.filter(ended_at=None)

    def of(self, utility: int) -> "AgreementQuerySet":
        return self.filter(first__utility=utility).select_related("by")


class Agreement(OfUtility, models.Model):
    """How two actions on one unit were settled, so that they are not flagged any more until somebody ends it."""

    class How(models.TextChoices):
        TOGETHER = "together", "Do them together"
        IN_ORDER = "in-order", "Agreed: one after the other"

    first = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="+")
    how = models.CharField("how it is settled", max_length=12, choices=How.choices)
    why = models.CharField("reason, or what was agreed", max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], condition=Q(ended_at=None), name="agreement_once_for_two_actions"
            ),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="agreement_of_two_in_order"),
            models.CheckConstraint(condition=Q(how__in=["together", "in-order"]), name="agreement_how_known"),
            models.CheckConstraint(condition=~Q(why=""), name="agreement_has_a_reason"),
        ]
        triggers = [within_a_utility("agreement_within_a_utility", "first", "second")]

    def __str__(self) -> str:
        return f"{self.get_how_display()}: {self.why}"

    @property
    def key(self) -> tuple[int, int]:
        return self.first_id, self.second_id

    @classmethod
    def settle(cls, one: Action, other: Action, *, by: User, how: str, why: str) -> "Agreement":
        """Raises NotAllowed, WrongState if it is settled already. Both were fetched through ``visible_to``."""
        one.require_editor()
        other.require_editor()
        first, second = sorted((one, other), key=lambda action: action.pk)
        known: dict[str, Any] = {"how": how, "why": why, "by": by}
        with transaction.atomic():
            made, is_new = cls.objects.get_or_create(first=first, second=second, ended_at=None, defaults=known)
        if not is_new:
            raise WrongState("These two actions have just been settled.")
        return made

    def end(self, *, by: User) -> None:
        """Flags the two again. Raises NotAllowed, WrongState if it was ended already."""
        self.require_editor()
        ended = Agreement.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by)
        if not ended:
            raise WrongState("It was already ended.")

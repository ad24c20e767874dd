"""A utility's answer to an integration opportunity, with its history."""

from typing import Any

from django.db import models, transaction
from django.db.models import Q

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from pdca.models import Opportunity
from workflow.changes import Change, WithHistory
from workflow.models import Stale


class AnswerQuerySet(OfUtilityQuerySet["Answer"]):
    def visible_to(self, user: User) -> "AnswerQuerySet":
        return super().visible_to(user).select_related("opportunity", "changed_by")


class Answer(OfUtility, WithHistory):
    """``choice`` is empty if an earlier answer was taken back."""

    HISTORY = ("choice", "why")

    class Choice(models.TextChoices):
        TAKEN_UP = "taken-up", "Taken up"
        ALREADY = "already", "Already so"
        NOT_FOR_US = "not-for-us", "Not for us"

    NEEDS_WHY = (Choice.ALREADY, Choice.NOT_FOR_US)

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="answers", editable=False)
    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, to_field="slug", related_name="answers", editable=False
    )
    choice = models.CharField("answer", max_length=12, choices=Choice.choices, blank=True)
    why = models.TextField("what shows it, or the reason", blank=True, max_length=2000)

    utility_id: int
    opportunity_id: str

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["utility", "opportunity"], name="answer_once_per_opportunity"),
            models.CheckConstraint(
                condition=Q(choice__in=["", "taken-up"]) | Q(choice__in=["already", "not-for-us"]) & ~Q(why=""),
                name="answer_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity}: {dict(self.Choice.choices).get(self.choice, 'not answered')}"

    @property
    def is_integrated(self) -> bool:
        return self.choice in (self.Choice.TAKEN_UP, self.Choice.ALREADY)

    @classmethod
    @transaction.atomic
    def give(cls, utility: Utility, opportunity: Opportunity, version: int, *, by: User, **changes: Any) -> "Answer":
        """Saves ``choice`` and ``why`` of someone who may edit. ``version`` is 0 for a first answer. Raises Stale."""
        answer, is_new = cls.objects.get_or_create(utility=utility, opportunity=opportunity)
        if not version and not is_new:
            raise Stale(answer)
        answer.save_over(version or answer.version, by=by, **changes)
        return answer


class AnswerChange(Change):
    row = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="history")

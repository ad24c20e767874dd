"""What stays known of a draft that was entered from paper by mistake."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Utility
from recognition.models.cycle import Cycle


class DiscardedDraft(models.Model):
    """That a draft was entered from paper by mistake and deleted: who deleted it, when and why."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="discarded_drafts", editable=False)
    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="discarded_drafts", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    why = models.TextField(max_length=1000, editable=False)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(why=""), name="discarded_draft_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.utility}, {self.cycle}"

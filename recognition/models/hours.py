"""Hours that applicants report and reviewers log, to compare with the estimate of the ICR (§6)."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from recognition.models.application import Application


class Hours(models.Model):
    """Hours spent: one row for an application's preparation, one for each person and step of its review."""

    class Step(models.TextChoices):
        APPLYING = "applying", "Preparing the application"
        COMPLETENESS = "completeness", "Completeness review"
        COMPLIANCE = "compliance", "Compliance review"
        PANEL = "substantive", "Panel review"
        POST_REVIEW = "post_review", "Letters and certificates"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="hours")
    step = models.CharField(max_length=16, choices=Step.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    hours = models.DecimalField(
        max_digits=6, decimal_places=2, validators=[MinValueValidator(Decimal("0.05")), MaxValueValidator(2000)]
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "hours"
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(step="applying"), name="hours_of_applying_once"
            ),
            models.UniqueConstraint(
                fields=["application", "step", "by"], condition=~Q(step="applying"), name="hours_of_review_once"
            ),
            models.CheckConstraint(condition=Q(hours__gt=0, hours__lte=2000), name="hours_plausible"),
        ]

    def __str__(self) -> str:
        return f"{self.hours.normalize():f} hr, {self.get_step_display().lower()}"

    @classmethod
    def report(cls, application: Application, step: str, hours: Decimal, *, by: User) -> "Hours":
        """Stores hours, replacing the applicant's one figure or the person's own for the step."""
        key: dict[str, Any] = {"application": application, "step": step}
        if step != cls.Step.APPLYING:
            key["by"] = by
        return cls.objects.update_or_create(**key, defaults={"hours": hours, "by": by, "at": timezone.now()})[0]

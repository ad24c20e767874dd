"""Which utilities share their coverage with similar ones, and what was published of it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet


class Size(models.TextChoices):
    """By the people served, as EPA sorts public water systems."""

    VERY_SMALL = "very-small", "500 or fewer"
    SMALL = "small", "501 to 3,300"
    MEDIUM = "medium", "3,301 to 10,000"
    LARGE = "large", "10,001 to 100,000"
    VERY_LARGE = "very-large", "More than 100,000"


class SharingQuerySet(OfUtilityQuerySet["Sharing"]):
    pass


class Sharing(OfUtility, models.Model):
    """That a utility shares its coverage with similar ones, without its name."""

    utility = models.OneToOneField(Utility, on_delete=models.CASCADE, related_name="sharing", editable=False)
    size = models.CharField("people served", max_length=10, choices=Size.choices)
    since = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = SharingQuerySet.as_manager()

    class Meta:
        verbose_name = "utility that shares its coverage"
        verbose_name_plural = "utilities that share their coverage"
        constraints = [models.CheckConstraint(condition=models.Q(size__in=Size.values), name="sharing_size_known")]

    def __str__(self) -> str:
        return str(self.utility)

    @classmethod
    def begin(cls, utility: Utility, *, size: str, by: User) -> None:
        """Begins sharing, or changes the size."""
        cls.objects.update_or_create(utility=utility, defaults={"size": size, "by": by})


class PublicationQuerySet(models.QuerySet["Publication"]):
    def current(self, cohort: str) -> "Publication | None":
        """Returns the latest publication of a cohort, unless it was withdrawn."""
        latest = self.filter(cohort=cohort).first()
        return latest if latest and latest.withdrawn_at is None else None


class Publication(models.Model):
    """The spread of one cohort as it was published. ``basis`` is what it was computed from, and is shown to nobody."""

    cohort = models.CharField(max_length=24, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    n = models.PositiveIntegerField(editable=False)
    quartiles: Any = models.JSONField(editable=False)
    basis: Any = models.JSONField(editable=False)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["cohort", "-at"], name="publication_of_cohort")]
        constraints = [models.CheckConstraint(condition=models.Q(n__gte=5), name="publication_of_five_or_more")]

    def __str__(self) -> str:
        return f"{self.cohort}, {self.at:%Y-%m-%d}"

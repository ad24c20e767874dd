"""The people of a utility's system: its members, and others who are named without an account."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Utility
from accounts.rows import OfUtility, OfUtilityQuerySet


class PersonQuerySet(OfUtilityQuerySet["Person"]):
    def of(self, utility: Utility) -> "PersonQuerySet":
        """Returns the people of a utility. Adds its members who are not there yet."""
        known = self.filter(utility=utility, user__isnull=False).values("user")
        missing = utility.memberships.exclude(user__in=known).select_related("user")
        self.bulk_create(
            (Person(utility=utility, user=each.user, name=str(each.user)) for each in missing), ignore_conflicts=True
        )
        return self.filter(utility=utility)


class Person(OfUtility, models.Model):
    """Someone who may own records. ``user`` is empty for a person without an account."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "user"], name="person_once_per_utility"),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

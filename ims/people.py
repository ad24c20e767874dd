"""The people of a utility's system: its members, and others who are named without an account."""

import re
from collections import Counter
from collections.abc import Iterable

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


def mentioned(text: str, people: Iterable[Person]) -> list[Person]:
    """Returns the people whom a comment mentions: @ and a full name, or @ and a first name that only one has.

    Upper and lower case are the same. A full name that two people have mentions both.
    """
    people = list(people)
    first = Counter(_first(person) for person in people)
    found = []
    for match in re.finditer(r"(?<![\w.])@(?=\w)", text):
        rest = text[match.end() :].casefold()
        full = [person for person in people if _begins(rest, person.name.casefold())]
        longest = max((len(person.name) for person in full), default=0)
        found += [person for person in full if len(person.name) == longest] or [
            person for person in people if first[_first(person)] == 1 and _begins(rest, _first(person))
        ]
    return list(dict.fromkeys(found))


def _first(person: Person) -> str:
    return (person.name.split() or [person.name])[0].casefold()


def _begins(text: str, name: str) -> bool:
    """Returns whether ``text`` begins with ``name`` as whole words."""
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()

"""The people of a utility's system: its members, and others who are named without an account."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.urls import reverse

from accounts.models import Membership, User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from workflow.changes import Change, WithHistory
from workflow.models import Versioned, WrongState

NOT_MERGED = "A person without an account is merged with a member of the same utility. Nothing was changed."


class PersonQuerySet(OfUtilityQuerySet["Person"]):
    def of(self, utility: Utility) -> "PersonQuerySet":
        """Returns the people of a utility. Adds its members who are not there yet."""
        known = self.filter(utility=utility, user__isnull=False).values("user")
        missing = utility.memberships.exclude(user__in=known).select_related("user")
        people = [Person(utility=utility, user=each.user, name=str(each.user)) for each in missing]
        self.bulk_create(people, ignore_conflicts=True)  # without any, not even a transaction
        return self.filter(utility=utility)

    def with_here(self) -> "PersonQuerySet":
        """Annotates ``is_here``: the person has not left, and the account, if any, is still a member's."""
        return self.annotate(is_here=ExpressionWrapper(_here(), models.BooleanField()))

    def here(self) -> "PersonQuerySet":
        """Returns those who can be chosen."""
        return self.filter(_here())


def _here() -> Any:
    member = Membership.objects.filter(utility=OuterRef("utility"), user=OuterRef("user"))
    return Q(has_left=False) & (Q(user=None) | Exists(member))


class Person(OfUtility, WithHistory):
    """Someone who may own records. ``user`` is empty for a person without an account.

    ``same_as`` is the member into whom a person without an account was merged. The row stays for the histories.
    """

    HISTORY = ("name", "job", "email", "phone", "has_left", "same_as")

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="people", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, editable=False)
    name = models.CharField(max_length=120)
    job = models.CharField("function or job title", max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    has_left = models.BooleanField("no longer here", default=False, editable=False)
    same_as = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, editable=False, verbose_name="merged with"
    )

    objects = PersonQuerySet.as_manager()
    utility_id: int
    user_id: int | None

    class Meta:
        verbose_name_plural = "people"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "user"], name="person_once_per_utility"),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_a_name"),
            models.CheckConstraint(
                condition=Q(same_as=None) | Q(has_left=True, user=None) & ~Q(same_as=F("pk")),
                name="person_merged_is_no_longer_chosen",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("ims:person", args=[self.utility_id, self.pk])

    @classmethod
    def add(cls, utility: Utility, *, by: User, **fields: Any) -> "Person":
        """Names a person without an account."""
        return cls.objects.create(utility=utility, changed_by=by, **fields)

    def change(self, version: int, *, by: User, **changes: Any) -> None:
        """Raises NotAllowed, Stale, WrongState if the person was merged with a member."""
        self.require_editor()
        self.save_over(version, by=by, only_if=Q(same_as=None), **changes)

    @transaction.atomic
    def merge_into(self, member: "Person", *, by: User) -> None:
        """Hands all that refers to this person without an account to a member. Raises NotAllowed, WrongState."""
        self.require_editor()
        is_named = not (self.user_id or self.same_as_id)
        is_member = member.user_id and member.utility_id == self.utility_id and not member.has_left
        if not (is_named and is_member):
            raise WrongState(NOT_MERGED)
        kept = {name: getattr(self, name) for name in ("job", "phone") if not getattr(member, name)}
        self.save_over(self.version, by=by, only_if=Q(same_as=None), has_left=True, same_as=member)
        if any(kept.values()):
            member.save_over(member.version, by=by, **kept)
        relation: Any
        for relation in Person._meta.get_fields(include_hidden=True):
            if _refers(relation) and relation.field.name not in ("same_as", "row"):
                self._hand_over(relation, member)

    def _hand_over(self, relation: Any, member: "Person") -> None:
        model, name = relation.related_model, relation.field.name
        for row in model._base_manager.filter(**{name: self}):
            if relation.many_to_many:
                getattr(row, name).remove(self)
                getattr(row, name).add(member)
                continue
            # A page that was read before must not put the old person back.
            newer = {"version": F("version") + 1} if issubclass(model, Versioned) else {}
            try:
                with transaction.atomic():
                    model._base_manager.filter(pk=row.pk).update(**{name: member}, **newer)
            except IntegrityError:
                pass  # the member has a row of their own there, such as a rating


def _refers(field: Any) -> bool:
    """Whether it is a relation to people from a model, and not from the table of many to many that Django makes."""
    return field.auto_created and not field.concrete and not field.related_model._meta.auto_created


class PersonChange(Change):
    row = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="history")


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

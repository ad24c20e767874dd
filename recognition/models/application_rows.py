"""Which applications a person sees, and which of them are one's own, others', or to be written."""

from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, Value, When
from django.utils import timezone

from accounts.models import Membership, StaffGroup, User, Utility
from accounts.rows import role_of
from recognition.models.handling import HandledQuerySet


class ApplicationQuerySet(HandledQuerySet):
    def visible_to(self, user: User) -> Self:
        """Returns what ``user`` may see, each row with ``my_role`` in its utility and ``my_seat`` on its panel.

        ``my_blind`` says whether the user must not know who applies: on a panel of a blind cycle, but not as staff.

        Program staff see that every application exists, even a draft; rights.py hides its text. So nothing is looked up
        for them. For others the utilities are a set that is read once, not a query for each row.
        """
        rows = self.annotate(
            my_role=role_of(user),
            _seat=FilteredRelation("seats", condition=Q(seats__member=user, seats__recused_at=None)),
            my_seat=F("_seat__pk"),  # at most one, by a constraint
        ).select_related("utility", "cycle")
        if StaffGroup.PROGRAM in user.staff_groups:
            return rows.annotate(my_blind=Value(False))
        own = Q(utility__in=_utilities_of(user))
        if stages := self._stages_of(user):
            shown = rows.filter(own | Q(my_seat__isnull=False) | Q(status__in=stages))
            return shown.annotate(my_blind=Value(False))
        # Few, whose keys the indexes find: a condition with "or" would read every application of the country.
        own_keys = self.model.objects.of_utilities_of(user).order_by().values("pk")
        shown = rows.filter(pk__in=own_keys.union(_seats_of(user).values("application")))
        blind = Q(cycle__blind=True) & ~own & ~Q(status__in=self.model.OUTCOME)
        return shown.annotate(my_blind=Case(When(blind, then=Value(True)), default=Value(False)))

    def _stages_of(self, user: User) -> list[str]:
        """Returns the stages at which compliance staff and officials see an application."""
        status = self.model.Status
        seen: list[str] = []
        if StaffGroup.COMPLIANCE in user.staff_groups:
            seen += [status.COMPLIANCE, status.NOT_ELIGIBLE, *self.model.PAST_COMPLIANCE]
        if StaffGroup.OFFICIAL in user.staff_groups:
            seen += self.model.PAST_PANEL
        return seen

    def of_utilities_of(self, user: User) -> Self:
        """Returns those of the person's own utilities, which the index finds before any role is looked up."""
        return self.filter(utility__in=_utilities_of(user))

    def to_write(self, user: User) -> Self:
        """Returns what ``user`` may edit as applicant."""
        return self.filter(utility__in=Utility.objects.editable_by(user), status__in=self.model.EDITABLE)

    def without_part_of(self, user: User) -> Self:
        """Leaves out applications of the user's utilities, and those whose panel still awaits the user's review."""
        return self.exclude(utility__in=Utility.objects.visible_to(user)).filter(~awaits(user))

    def with_part_of(self, user: User) -> Self:
        """Returns the others: applications of the user's utilities, and those whose panel awaits the user's review.

        They are few, and the indexes find their keys.
        """
        own = self.model.objects.filter(utility__in=Utility.objects.visible_to(user)).order_by().values("pk")
        return self.filter(pk__in=own.union(_to_submit(user).values("application")))

    def of_others(self, user: User) -> Self:
        """Leaves out the person's utilities, whose applications the person never reviews."""
        return self.exclude(utility__in=_utilities_of(user))

    def mailed_by(self, user: User) -> Self:
        """Returns those whose letters on paper ``user`` mails as staff: no panel that the person sits on."""
        return self.visible_to(user).of_others(user).without_a_seat()

    def with_a_seat(self) -> Self:
        return self.filter(my_seat__isnull=False)

    def named(self) -> Self:
        """Leaves out those whose applicant the person must not know, for searches by name. After ``visible_to``."""
        return self.filter(my_blind=False)

    def without_a_seat(self) -> Self:
        """Leaves out those on whose panel the person is. Call after ``visible_to``."""
        return self.filter(my_seat__isnull=True)

    def under_review(self) -> Self:
        """Returns submitted applications without an outcome."""
        return self.filter(status__in=self.model.UNDER_REVIEW)

    def late(self) -> Self:
        """Returns those sent back and not resubmitted in time."""
        return self.filter(status=self.model.Status.RETURNED, resubmit_by__lte=timezone.now())


def _utilities_of(user: User) -> Any:
    """Returns the keys of the person's utilities, as a subquery."""
    return Membership.objects.filter(user=user).order_by().values("utility")


def awaits(user: User) -> Exists:
    """Whether the application's panel awaits the user's own review."""
    return Exists(_to_submit(user).filter(application=OuterRef("pk")))


def _to_submit(user: User) -> models.QuerySet[Any]:
    return _seats_of(user).filter(submitted_at=None)


def _seats_of(user: User) -> models.QuerySet[Any]:
    """Returns the seats that the person has not left. Their model imports this one."""
    return apps.get_model("recognition", "Seat").objects.active().filter(member=user).order_by()

"""The roles in a utility, and the one rule by which an advisor's rights end."""

from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q

from accounts.zones import site_today


class Role(models.TextChoices):
    """What a person may do in a utility. Each role includes the rights of those below it.

    An advisor is a consultant, perhaps of many utilities, with the rights of a contributor until a date.
    """

    MANAGER = "manager", "Manager"
    CONTRIBUTOR = "contributor", "Contributor"
    ADVISOR = "advisor", "Advisor"
    VIEWER = "viewer", "Viewer"


CAN_EDIT = (Role.MANAGER, Role.CONTRIBUTOR, Role.ADVISOR)


def lasting(membership: str = "") -> Q:
    """Returns the condition that a membership has not ended. ``membership`` is the lookup path to it, if not itself.

    The default manager of memberships has it, so ``utility.memberships`` and ``user.memberships`` are those of today.
    A join to memberships needs it in the same ``filter``.
    """
    until = f"{membership}__until" if membership else "until"
    return Q(**{until: None}) | Q(**{f"{until}__gte": site_today()})


def belongs(user: AbstractBaseUser, utility: str = "", roles: Iterable[str] = Role.values) -> Q:
    """Returns the condition that ``user`` has one of ``roles`` today. ``utility`` is the lookup path to the utility."""
    path = f"{utility}__memberships" if utility else "memberships"
    return Q(**{f"{path}__user": user, f"{path}__role__in": list(roles)}) & lasting(path)


def only_advisors_end(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(role=Role.ADVISOR, until__isnull=False) | (~Q(role=Role.ADVISOR) & Q(until=None)),
        name=name,
        violation_error_message="An advisor has a last day, and nobody else has one.",
    )

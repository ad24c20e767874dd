"""Rows that belong to a utility: who can see them, and the user's role there."""

from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, OuterRef, Subquery

from accounts.models import Membership, User
from accounts.roles import CAN_EDIT, Role, belongs
from workflow.rights import NotAllowed

Row = TypeVar("Row", bound=models.Model)


class OfUtilityQuerySet(models.QuerySet[Row]):
    """Rows of utilities. ``utility`` is the lookup path from a row to its utility."""

    utility: ClassVar[str] = "utility"

    def visible_to(self, user: User) -> Self:
        """Returns the rows of the utilities that ``user`` belongs to, annotated with ``my_role`` there."""
        mine = belongs(user, self.utility)
        return self.filter(mine).annotate(my_role=F(f"{self.utility}__memberships__role"))

    def managed_by(self, user: User) -> Self:
        """Returns the rows of the utilities that ``user`` manages."""
        return self.filter(belongs(user, self.utility, [Role.MANAGER]))


class OfUtility:
    """A row that was fetched through ``visible_to``."""

    my_role: str

    def require_editor(self) -> None:
        """Raises NotAllowed for a viewer."""
        if self.my_role not in CAN_EDIT:
            raise NotAllowed("Viewers can read but not make changes.")

    def require_manager(self) -> None:
        """Raises NotAllowed for everyone but a manager."""
        if self.my_role != Role.MANAGER:
            raise NotAllowed("Only a manager of the utility can do this.")


def role_of(user: User, utility: str = "utility") -> Subquery:
    """Returns the user's role in a row's utility, null for nonmembers. For rows that nonmembers may see too."""
    roles = Membership.objects.filter(utility=OuterRef(utility), user=user).order_by()  # one at most
    return Subquery(roles.values("role")[:1])

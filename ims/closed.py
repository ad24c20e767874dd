"""Registers that a utility closes to all but some of its people, such as the complaints with names.

A record of such a register is ``restricted``; the database keeps that in step. Managers always see all.
"""

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Membership, Role, User, Utility

CLOSES = "UPDATE ims_record SET restricted = {} WHERE utility_id = {}.utility_id AND register = {}.register;"


class ClosedRegister(models.Model):
    """A register of a utility that only managers and its ``readers`` see."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="closed_registers")
    register = models.CharField(max_length=24)
    readers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["utility", "register"], name="closed_register_once")]
        triggers = [
            pgtrigger.Trigger(
                name="closes_its_records",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                # Waits for records that are being added: their trigger locks the utility too.
                func=f"""
                    PERFORM 1 FROM accounts_utility WHERE id = NEW.utility_id FOR UPDATE;
                    {CLOSES.format("true", "NEW", "NEW")} RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="opens_its_records",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=f"{CLOSES.format('false', 'OLD', 'OLD')} RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register} of {self.utility}"

    @classmethod
    @transaction.atomic
    def close(cls, utility: Utility, register: str, readers: Iterable[User], *, by: User) -> None:
        """Closes a register to all but managers and ``readers``, or changes who these are."""
        changed = {"changed_by": by, "changed_at": timezone.now()}
        closed, _ = cls.objects.update_or_create(utility=utility, register=register, defaults=changed)
        members = Membership.objects.filter(utility=utility, user__in=readers)
        closed.readers.set(User.objects.filter(pk__in=members.values("user")))

    @classmethod
    def closed_to(cls, user: User, utility: Utility) -> set[str]:
        """Returns the registers that the user does not see. ``utility`` was fetched with the user's role there."""
        if utility.my_role == Role.MANAGER:
            return set()
        rows = cls.objects.filter(utility=utility).exclude(readers=user)
        return set(rows.values_list("register", flat=True))


def readable_by(user: User, path: str = "") -> Any:
    """Returns the condition on the records at ``path``, which have ``my_role``, that the user may see."""
    may = ClosedRegister.objects.filter(
        utility=OuterRef(f"{path}utility"), register=OuterRef(f"{path}register"), readers=user
    )
    return Q(**{f"{path}restricted": False}) | Q(my_role=Role.MANAGER) | Exists(may)


# A record that is added to a closed register is restricted from the start.
RESTRICTS = pgtrigger.Trigger(
    name="record_of_a_closed_register",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        PERFORM 1 FROM accounts_utility WHERE id = NEW.utility_id FOR KEY SHARE;
        NEW.restricted := EXISTS (
            SELECT 1 FROM ims_closedregister c WHERE c.utility_id = NEW.utility_id AND c.register = NEW.register
        );
        RETURN NEW;
    """,
)

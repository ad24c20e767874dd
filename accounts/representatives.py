"""The history of a utility's management representative. ``accounts/models.py`` imports this.

A trigger keeps each change, however it is made: by a manager, when the person leaves or becomes an advisor, in the
administration pages, or when the account is deleted. Names are kept as they were.
"""

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from workflow.changes import Change

FIELD = "management_representative"
NAMED = "(SELECT COALESCE(NULLIF(name, ''), email) FROM accounts_user WHERE id = {})"
NAME = f"jsonb_build_object('{FIELD}', COALESCE({NAMED}, ''))"

REPRESENTATIVES_ARE_KEPT = pgtrigger.Trigger(
    name="representatives_are_kept",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf(f"{FIELD}_id"),
    declare=[("earlier", "bigint")],
    func=f"""
        IF TG_OP = 'UPDATE' THEN earlier := OLD.{FIELD}_id; END IF;
        IF NEW.{FIELD}_id IS DISTINCT FROM earlier THEN
            INSERT INTO accounts_representativechange (row_id, at, is_undo, before, after)
            VALUES (NEW.id, clock_timestamp(), false, {NAME.format("earlier")}, {NAME.format(f"NEW.{FIELD}_id")});
        END IF;
        RETURN NULL;
    """,  # noqa: S608  only the names of columns are put in
)


class RepresentativeChange(Change):
    """The names of the representatives before and after, empty for nobody. ``by`` is empty if no person did it."""

    row = models.ForeignKey("accounts.Utility", on_delete=models.CASCADE, related_name="representatives")

    @classmethod
    def sign(cls, utility: int, by: AbstractBaseUser | None) -> None:
        """Says who made the last change. Call it in the transaction of the change."""
        last = cls.objects.filter(row=utility).values("pk")[:1]
        cls.objects.filter(pk__in=last).update(by=by)

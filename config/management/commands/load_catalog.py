"""``manage.py load_catalog``: loads every app's reference data and the staff groups. Safe to run again."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import StaffGroup
from initiatives import catalog
from letters import wordings
from pdca import loading
from recognition.criteria.loading import load_criteria


class Command(BaseCommand):
    help = "Loads the PDCA guide, the initiatives, the recognition criteria and the staff groups. Keeps edits."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        loading.one_at_a_time()
        for what, outcome in catalog.load():
            self._say(what, outcome)
        for what, outcome in load_criteria():
            self._say(what, outcome)
        self.stdout.write(f"email templates: {wordings.load()} created")
        self.stdout.write(f"staff groups: {make_groups()} created")

    def _say(self, what: str, outcome: loading.Outcome) -> None:
        self.stdout.write(f"{what}: {outcome}")
        for edit in outcome.kept:
            self.stdout.write(f"  kept as edited: {edit}")


def make_groups() -> int:
    """Creates the staff groups; administrators get admin permissions. The apps' code decides all other rights."""
    made = 0
    for name in StaffGroup.values:
        group, created = Group.objects.get_or_create(name=name)
        made += created
        if name == StaffGroup.ADMINISTRATOR:
            group.permissions.add(*_administrators_permissions())
    return made


# What administrators may edit, and what they may only read. The admin classes decide which fields, and until when.
EDITED: dict[str, list[str]] = {
    "pdca": ["area", "component", "element", "opportunity", "flow", "sourcetable", "topic", "term"],
    "initiatives": ["initiative", "case"],
    "recognition": ["edition", "attribute", "capacityelement", "category", "option", "cycle", "panelmember"]
    + ["addressee"],
    "accounts": ["utilitygroup"],  # to end one
    "ims": ["publicpage"],  # to take one down
    "post_office": ["emailtemplate"],
}
READ: dict[str, list[str]] = {
    "pdca": ["historicalarea", "historicalcomponent", "historicalelement", "historicalsourcetable"]
    + ["historicalopportunity", "historicalflow", "historicaltopic", "historicalterm"],
    "initiatives": ["historicalinitiative", "historicalcase"],
    "accounts": ["utility"],  # to name a panel member's interests
    "config": ["auditentry"],
    "letters": ["message"],
    "recognition": ["application", "applicationevent", "cycleevent", "rating", "seat", "submission"]
    + ["recognition", "hours", "notice", "echoanswer", "screening", "screeningfinding"],
}


def _administrators_permissions() -> list[Permission]:
    return [
        permission
        for permission in Permission.objects.select_related("content_type")
        if _has(EDITED, permission, "add", "change", "view") or _has(READ, permission, "view")
    ]


def _has(tables: dict[str, list[str]], permission: Permission, *actions: str) -> bool:
    kind = permission.content_type
    return permission.codename.split("_")[0] in actions and kind.model in tables.get(kind.app_label, [])

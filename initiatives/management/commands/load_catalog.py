"""``manage.py load_catalog``: the reference data and the staff groups. Safe to run again at every start."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import StaffGroup
from initiatives.models import Initiative
from pdca import loading
from pdca.models import Area, Component, Element

INITIATIVES = Path(__file__).parents[2] / "data" / "initiatives.yaml"


class Command(BaseCommand):
    help = "Loads areas, components, elements, initiatives and the staff groups. Edits made in the admin stay."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        loading.one_at_a_time()
        self._say("areas", loading.load(Area, "code", loading.read(loading.DATA / "areas.yaml")))
        self._say("components", loading.load(Component, "slug", loading.read(loading.DATA / "components.yaml")))
        self._say("elements", loading.load(Element, "slug", loading.read(loading.DATA / "elements.yaml")))
        self._say("initiatives", loading.load(Initiative, "slug", map(_as_row, loading.read(INITIATIVES))))
        self.stdout.write(f"staff groups: {_make_groups()} created")

    def _say(self, what: str, outcome: loading.Outcome) -> None:
        self.stdout.write(f"{what}: {outcome}")
        for edit in outcome.kept:
            self.stdout.write(f"  kept as edited: {edit}")


def _as_row(entry: dict[str, Any]) -> dict[str, Any]:
    """The file says ``support: {plan: 1, …}`` as the API does; the table has a column each."""
    row = {name: value for name, value in entry.items() if name != "support"}
    row |= {Initiative.STRENGTH_FIELDS[component]: strength for component, strength in entry["support"].items()}
    return row | {"areas": sorted(entry["areas"])}


def _make_groups() -> int:
    """The groups of StaffGroup; administrators may edit the catalog. What else one may do is the rooms' own rule."""
    made = 0
    for name in StaffGroup.values:
        group, created = Group.objects.get_or_create(name=name)
        made += created
        if name == StaffGroup.ADMINISTRATOR:
            group.permissions.add(*_catalog_permissions())
    return made


def _catalog_permissions() -> list[Permission]:
    return [
        permission
        for permission in Permission.objects.filter(content_type__app_label__in=["pdca", "initiatives"])
        if permission.codename.split("_")[0] in ("add", "change", "view")
    ]

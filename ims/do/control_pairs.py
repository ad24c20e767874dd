"""Controls to harmonize (guide 2004, §4.2.5): pairs of one kind that meet on a unit and serve different initiatives."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db.models import Q

from accounts.models import User, Utility
from ims.apart import KeptApart
from ims.do.controls import Control
from ims.plan.units import Unit
from ims.registers import Page, add_page
from initiatives.models import Initiative


@dataclass(frozen=True)
class Pair:
    """Two controls, the older first, the names of the units on which they meet, and why both are kept, if they are.

    ``names`` has the names of all initiatives.
    """

    first: Control
    second: Control
    units: str
    kept: KeptApart | None
    names: dict[str, str]

    @property
    def both(self) -> list[tuple[Control, str]]:
        """Each control with the initiatives that it serves."""
        return [(each, self.serves(each)) for each in (self.first, self.second)]

    def serves(self, control: Control) -> str:
        return ", ".join(self.names.get(slug, slug) for slug in control.initiatives) or "no initiative"

    def other(self, control: Control) -> Control:
        return self.second if control.pk == self.first.pk else self.first


def found_in(controls: list[Any], kept: Any, units: dict[int, str]) -> list[Pair]:
    """Returns the pairs among the controls of one utility. Only those that share a unit are compared."""
    names = dict(Initiative.objects.known().values_list("slug", "short_name"))
    groups: dict[tuple[str, int], list[Control]] = defaultdict(list)
    for control in sorted(controls, key=lambda each: each.pk):
        for unit in dict.fromkeys(control.units):
            groups[control.kind, unit].append(control)
    settled = {(each.first_id, each.second_id): each for each in kept}
    met: dict[tuple[int, int], tuple[Control, Control, list[str]]] = {}
    for (_, unit), rows in groups.items():
        for first, second in combinations(rows, 2):
            if first.meets(second):
                key = (first.pk, second.pk)
                met.setdefault(key, (first, second, []))[2].append(units.get(unit, "a unit"))
    return [Pair(one, other, ", ".join(at), settled.get(key), names) for key, (one, other, at) in sorted(met.items())]


class Harmonizing:
    """The pairs of a utility. Makes four queries."""

    def __init__(self, utility: Utility, user: User) -> None:
        rows: Any = Control.objects.visible_to(user).open().filter(utility=utility).exclude(units=[])
        kept = KeptApart.objects.valid().filter(first__utility=utility, first__register=Control.REGISTER)
        units = dict(Unit.objects.filter(utility=utility).values_list("pk", "title"))
        self.pairs = found_in(list(rows), kept, units)

    @property
    def to_settle(self) -> list[Pair]:
        return [pair for pair in self.pairs if not pair.kept]

    @property
    def settled(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.kept]


def pairs_of(control: Control, user: User) -> list[Pair]:
    """Returns the pairs of one control. Makes four queries, none if it is on no unit or withdrawn."""
    if not control.is_open or not control.units:
        return []
    rows: Any = Control.objects.visible_to(user).open()
    rows = rows.filter(utility=control.utility_id, kind=control.kind)
    others = [each for each in rows.filter(units__overlap=control.units).exclude(pk=control.pk) if control.meets(each)]
    if not others:
        return []
    kept = KeptApart.objects.valid().filter(Q(first=control.pk) | Q(second=control.pk))
    units = dict(Unit.objects.filter(pk__in=control.units).values_list("pk", "title"))
    return [pair for pair in found_in([control, *others], kept, units) if control.pk in (pair.first.pk, pair.second.pk)]


add_page(
    Page(
        slug="harmonize-controls",
        name="Controls to harmonize",
        about="Two controls on one unit for different initiatives: make them one, or say why both stay.",
        component="do",
        element="operational-control",
        url_name="ims:harmonize_controls",
    )
)

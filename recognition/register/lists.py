"""The columns and filters of the register."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString
from django_filters import CharFilter, ChoiceFilter

from accounts.models import System, Utility
from accounts.regions import REGIONS, states
from recognition.register import content as register
from recognition.register.map import as_map
from workflow.lists import DateColumn, Filters, Table, link_without

UTILITY = "application__utility"


def _its_page(record: Any) -> str:
    return str(record.get_absolute_url())


class RegisterTable(Table):
    page_name = "Recognized utilities"
    utility = tables.Column("Utility", accessor=UTILITY, linkify=_its_page, order_by=f"{UTILITY}__name")
    city = tables.Column("City", accessor=f"{UTILITY}__city")
    state = tables.Column("State", accessor=f"{UTILITY}__state")
    region = tables.Column("EPA region")
    systems = tables.Column("Systems", accessor=f"{UTILITY}__get_systems_display", order_by=f"{UTILITY}__systems")
    cycle = tables.Column("Cycle", accessor="application__cycle", order_by="application__cycle__title")
    since = DateColumn("Valid from")
    until = DateColumn("Valid until")

    class Meta:
        order_by = "utility"

    def value_cycle(self, record: Any) -> str:
        return str(record.application.cycle)

    def value_utility(self, record: Any) -> str:
        return str(record.application.utility)


class RegisterFilters(Filters):
    words = CharFilter(label="Name or city", method="by_words")
    state = ChoiceFilter(label="State", field_name=f"{UTILITY}__state", empty_label="All states")
    region = ChoiceFilter(
        label="EPA region",
        choices=[(number, f"Region {number}") for number in REGIONS],
        method="by_region",
        empty_label="All regions",
    )
    system = ChoiceFilter(label="System", choices=System.choices, method="by_system", empty_label="All systems")
    cycle = ChoiceFilter(label="Cycle", field_name="application__cycle", empty_label="All cycles")
    shows = ChoiceFilter(label="Achievement", method="by_achievement", empty_label="Any")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.known = register.known()
        found = self.known.found
        self.offer("cycle", sorted({(cycle, title) for cycle, title, *_ in found}, key=lambda each: each[1]))
        self.offer("state", [(code, name) for code, name in states() if code in self.known.n_of])
        shown = {section for *_, section in found}
        names = register.achievement_names().items()
        self.offer("shows", [(section, name) for section, name in names if section in shown])

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        return register.matching(rows, value)

    def by_region(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(**{f"{UTILITY}__in": Utility.objects.in_region(int(value)).order_by().values("pk")})

    def by_system(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(**{f"{UTILITY}__systems__contains": [value]})

    def by_achievement(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(published__contains=[value])

    @property
    def map(self) -> SafeString:
        """The map of what matches all filters but the state, since each tile links to the entries of its state."""
        link = link_without(self.request, "state", "page", "export")
        return as_map(self._n_of_states).drawn(link, self.request.GET.get("state", ""))

    def n_found(self) -> int:
        """Returns what the map says."""
        self.form.full_clean()  # wrong values are left out
        state = self.form.cleaned_data.get("state")
        return self._n_of_states.get(state, 0) if state else sum(self._n_of_states.values())

    def n_listed(self) -> int:
        return sum(self.known.n_of.values())

    @cached_property
    def _n_of_states(self) -> Mapping[str, int]:
        if not {*self.form.changed_data} - {"state"}:
            return self.known.n_of
        others = {name: value for name, value in self.form.cleaned_data.items() if name != "state" and value}
        rows = self.queryset.all()
        for name, value in others.items():
            rows = self.filters[name].filter(rows, value)
        return register.counts(rows)

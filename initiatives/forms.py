"""The form that filters and sorts the catalog."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import System
from initiatives.models import Chain, Initiative, InitiativeQuerySet
from pdca.models import Area, Component


class CatalogFilter(forms.Form):
    """A GET form. Ignores values that are not offered, so that an old or mistyped link still shows the catalog."""

    area = forms.ChoiceField(label="Management area", required=False)
    group = forms.ChoiceField(label="Group", required=False, choices=[("", "All groups"), *Initiative.Group.choices])
    system = forms.ChoiceField(label="System", required=False, choices=[("", "All systems"), *System.choices])
    chain = forms.ChoiceField(label="Value chain", required=False, choices=[("", "All chains"), *Chain.choices])
    today = forms.ChoiceField(
        label="Status today", required=False, choices=[("", "Any status"), *Initiative.Today.choices]
    )
    component = forms.ChoiceField(label="Order", required=False)

    def __init__(self, data: Any, areas: Iterable[Area], components: Iterable[Component]) -> None:
        super().__init__(data)
        self.fields["area"].choices = [("", "All areas"), *((area.code, area.short_name) for area in areas)]  # type: ignore[attr-defined]
        self.fields["component"].choices = [  # type: ignore[attr-defined]
            ("", "By name"),
            *((component.slug, f"Strongest in {component.name} first") for component in components),
        ]
        for form_field in self.fields.values():
            form_field.widget.attrs["class"] = "usa-select"
        self.is_valid()

    def apply_to(self, initiatives: InitiativeQuerySet) -> InitiativeQuerySet:
        chosen = self.cleaned_data
        if chosen.get("area"):
            initiatives = initiatives.supporting(chosen["area"])
        if chosen.get("group"):
            initiatives = initiatives.filter(group=chosen["group"])
        if chosen.get("system"):
            initiatives = initiatives.filter(Q(systems=[]) | Q(systems__contains=[chosen["system"]]))
        if chosen.get("chain"):
            initiatives = initiatives.filter(chains__contains=[chosen["chain"]])
        if chosen.get("today"):
            initiatives = initiatives.filter(today=chosen["today"])
        if chosen.get("component"):
            initiatives = initiatives.strongest_first(chosen["component"])
        return initiatives

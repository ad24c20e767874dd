"""How two colliding actions are settled; how many hours a month people have."""

from collections.abc import Iterable
from typing import Any

from django import forms

from ims.people import Person
from ims.plan.programs.models import Agreement
from workflow.forms import CheckingForm


class SettleForm(CheckingForm):
    first = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    second = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    class Meta:
        model = Agreement
        fields = ["how", "why"]
        widgets = {"how": forms.RadioSelect, "why": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, data: Any = None, *, key: tuple[int, int] | None = None) -> None:
        initial = {"first": key[0], "second": key[1]} if key else {}
        super().__init__(data, initial=initial, auto_id=f"id_{key[0]}_{key[1]}_%s" if key else "id_%s")
        self.fields["how"].choices = Agreement.How.choices  # type: ignore[attr-defined]  # without an empty one


class CapacityForm(forms.Form):
    """A field for each person, ``hours-<key>``, and the version of what was read, ``version-<key>``."""

    def __init__(self, data: Any = None, *, people: Iterable[Person], known: dict[int, Any]) -> None:
        super().__init__(data)
        self.people = list(people)
        self.known = known
        for person in self.people:
            capacity = known.get(person.pk)
            self.fields[f"hours-{person.pk}"] = forms.DecimalField(
                label=str(person),
                help_text=person.job,
                required=False,
                min_value=0,
                max_value=744,  # hours in a month
                max_digits=5,
                decimal_places=1,
                initial=capacity.hours if capacity else None,
            )
            self.fields[f"version-{person.pk}"] = forms.IntegerField(
                widget=forms.HiddenInput, min_value=0, initial=capacity.version if capacity else 0
            )

    def changes(self) -> Iterable[tuple[Person, int, Any]]:
        """Yields (person, version that was read, hours) of each person whose hours differ from those stored."""
        for person in self.people:
            hours, version = self.cleaned_data[f"hours-{person.pk}"], self.cleaned_data[f"version-{person.pk}"]
            capacity = self.known.get(person.pk)
            if hours != (capacity.hours if capacity else None):
                yield person, version, hours

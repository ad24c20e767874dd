"""Forms of the burden page. Their values are in the query string, so that an estimate can be shared as a link."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django import forms

from recognition.burden.estimate import ASSUMED, MAX_APPLICATIONS, YEARS, Assumptions, Estimate, estimate, maximum
from recognition.models import Cycle
from workflow.fields import NumberField

# The page's initial figures: the source's first year, in whole applications.
FIRST_YEAR = dict(zip(("wastewater", "drinking_water"), map(round, YEARS[0]), strict=True))
DEFAULTS: dict[str, Any] = FIRST_YEAR | {each.name: each.default for each in ASSUMED}


def _number(label: str, most: float, note: str = "", whole: bool = False) -> forms.Field:
    about: dict[str, Any] = {"label": label, "min_value": 0, "max_value": most, "help_text": note}
    return NumberField(whole=whole, **about)


class BurdenForm(forms.Form):
    """The figures of an estimate, by default the source's."""

    wastewater = _number("Wastewater applications", MAX_APPLICATIONS)
    drinking_water = _number("Drinking water applications", MAX_APPLICATIONS)

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__({name: str(value) for name, value in (DEFAULTS | given).items()})
        for each in ASSUMED:
            about = each.metadata
            note = f"{about['unit'].capitalize()}. Source: {about['source']}"
            self.fields[each.name] = _number(about["label"], maximum(each), note, each.type is int)

    @property
    def parts(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The assumptions, grouped by part of the estimate."""
        for part, members in groupby(ASSUMED, key=lambda each: each.metadata["part"]):
            yield part, [self[each.name] for each in members]

    @property
    def changed(self) -> dict[str, Any]:
        """The assumptions that differ from the source's."""
        return {
            each.name: self.cleaned_data[each.name]
            for each in ASSUMED
            if self.cleaned_data.get(each.name, each.default) != each.default
        }

    @property
    def opens_assumptions(self) -> bool:
        return bool(self.changed) or any(each.name in self.errors for each in ASSUMED)

    @property
    def query(self) -> str:
        """The estimate's query string in the API."""
        return urlencode({name: self.cleaned_data[name] for name in FIRST_YEAR} | self.changed)

    def estimate(self) -> Estimate:
        assumptions = Assumptions(**{each.name: self.cleaned_data[each.name] for each in ASSUMED})
        return estimate(self.cleaned_data["wastewater"], self.cleaned_data["drinking_water"], assumptions)


class ReportedForm(forms.Form):
    """The cycle whose hours are shown next to the estimate. The default is the latest cycle that has opened."""

    cycle = forms.ModelChoiceField(
        label="Compare with the reported hours of",
        queryset=Cycle.objects.none(),
        required=False,
        empty_label="No cycle",
        help_text="Hours applicants reported and reviewers logged. Visible to staff only.",
    )

    def __init__(self, given: dict[str, Any]) -> None:
        cycles = Cycle.objects.begun()
        if "cycle" not in given and (last := cycles.first()):
            given = given | {"cycle": last.pk}
        super().__init__(given)
        self.fields["cycle"].queryset = cycles  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Cycle | None:
        return self.cleaned_data["cycle"] if self.is_valid() else None

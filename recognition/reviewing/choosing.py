"""The part of a form that says which applications of a list something is done to."""

from typing import Any

from django import forms

from recognition.models import Application


class ChosenForm(forms.Form):
    """The selected applications, or ``everything`` that the filters find."""

    applications = forms.ModelMultipleChoiceField(queryset=Application.objects.none(), required=False)
    everything = forms.BooleanField(label="All that the filters find, on every page", required=False)

    def __init__(self, data: Any = None, *, waiting: Any, found: Any, **options: Any) -> None:
        """``waiting``: those that can be selected; ``found``: those that the filters find."""
        super().__init__(data, auto_id="id_several_%s", **options)
        self.found = found
        self.fields["applications"].queryset = waiting  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("everything"):
            cleaned["applications"] = self.found
        elif "applications" not in self.errors and not cleaned.get("applications"):
            self.add_error("applications", "Select at least one application.")
        return cleaned

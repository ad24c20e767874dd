"""Form fields that several parts of the recognition program use."""

from typing import Any

from django import forms


class YesNo(forms.TypedChoiceField):
    """Two radio buttons, sent as "yes" and "no". ``cleaned_data`` has True, False or, if neither is chosen, None."""

    def __init__(self, *, yes: str, no: str, **options: Any) -> None:
        options |= {"choices": [("yes", yes), ("no", no)], "coerce": lambda value: value == "yes", "empty_value": None}
        super().__init__(widget=forms.RadioSelect, **options)

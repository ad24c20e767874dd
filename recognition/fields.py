"""Fields that several parts of the room ask with."""

from typing import Any

from django import forms


class YesNo(forms.TypedChoiceField):
    """Two buttons, sent as "yes" and "no"; ``cleaned_data`` has True or False, and None where neither is chosen."""

    def __init__(self, *, yes: str, no: str, **options: Any) -> None:
        options |= {"choices": [("yes", yes), ("no", no)], "coerce": lambda value: value == "yes", "empty_value": None}
        super().__init__(widget=forms.RadioSelect, **options)

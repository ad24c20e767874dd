"""Two people changed one row: what each of them wrote, side by side."""

from dataclasses import dataclass
from typing import Any

from django import forms


@dataclass(frozen=True)
class Difference:
    label: str
    mine: str
    theirs: str


def differences(form: forms.BaseForm, current: Any) -> list[Difference]:
    """The fields of a bound, valid form that differ from the row (or what has its attributes) as it is stored now."""
    found = []
    for name, field in form.fields.items():
        if field.widget.is_hidden:
            continue
        mine, theirs = form.cleaned_data.get(name), getattr(current, name, None)
        if isinstance(mine, str):
            mine, theirs = mine.strip(), (theirs or "").strip()
        if name in form.cleaned_data and hasattr(current, name) and mine != theirs:
            found.append(Difference(str(form[name].label), _words(field, mine), _words(field, theirs)))
    return found


def _words(field: forms.Field, value: Any) -> str:
    """A value as a person reads it: choices by their labels."""
    if value in (None, "", []):
        return "nothing"
    labels = {str(key): str(label) for key, label in getattr(field, "choices", [])}
    values = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(one), str(one)) for one in values)

"""Compares two people's conflicting edits of one row."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format


@dataclass(frozen=True)
class Difference:
    label: str
    mine: str
    theirs: str


def differences(form: forms.BaseForm, current: Any) -> list[Difference]:
    """Returns the fields of a bound, valid form that differ from ``current``: the stored row or an object like it."""
    found = []
    for name, field in form.fields.items():
        if field.widget.is_hidden:
            continue
        mine, theirs = form.cleaned_data.get(name), getattr(current, name, None)
        if isinstance(mine, str):
            mine, theirs = mine.strip(), (theirs or "").strip()
        if name in form.cleaned_data and hasattr(current, name) and mine != theirs:
            found.append(Difference(str(form[name].label), words(field, mine), words(field, theirs)))
    return found


def words(field: forms.Field, value: Any) -> str:
    """Returns a value as text: choices by their labels."""
    if value in (None, "", []):
        return "nothing"
    labels = {str(key): str(label) for key, label in getattr(field, "choices", [])}
    values = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(one), _plain(one)) for one in values)


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return date_format(value, "F j, Y")
    return f"{value.normalize():,f}" if isinstance(value, Decimal) else str(value)

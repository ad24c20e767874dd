"""Form fields that understand what people type."""

import math
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(?=\.|$)")


class NumberField(forms.FloatField):
    """A number in a text box, as people write it: ``48,500``, ``12.5 MGD``, ``20%``.

    Browsers show what they can't read in a number box but send nothing, and change it with the mouse wheel.
    ``unit`` may follow the number; a ``whole`` number is an int.
    """

    def __init__(self, *, unit: str = "", whole: bool = False, **kwargs: Any) -> None:
        self.unit, self.whole = unit, whole
        kwargs["widget"] = forms.TextInput(attrs={"inputmode": "numeric" if whole else "decimal", "class": "number"})
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Returns a float, an int if the number is whole, or None. Raises ValidationError with what was typed."""
        if not isinstance(value, str):
            return super().to_python(value)
        text = " ".join(value.split())
        if self.unit and text.lower().endswith(self.unit.lower()):
            text = text[: -len(self.unit)].rstrip()
        if _THOUSANDS.match(text):
            text = text.replace(",", "")
        try:
            number = super().to_python(text)
        except ValidationError:
            number = None
        if text and (number is None or not math.isfinite(number) or (self.whole and number % 1)):
            kind, example = ("whole number", "12,500") if self.whole else ("number", "12.5")
            raise ValidationError(f"“{value.strip()}” is not a {kind}. Enter one {kind}, such as {example}.")
        return int(number) if self.whole and number is not None else number

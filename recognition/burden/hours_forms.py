"""Reads hours as people write them: 1.5, 1:30, 90 min."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms

from recognition.models import Hours

_NUMBER = r"(\d{1,6}(?:\.\d{1,4})?|\.\d{1,4})"
_HOURS, _MINUTES = r"(?:h|hrs?|hours?)", r"(?:m|mins?|minutes?)"
_CLOCK = re.compile(rf"(\d{{1,4}}):([0-5]\d) ?{_HOURS}?")  # 1:30
_ALONE = re.compile(rf"{_NUMBER} ?{_HOURS}?")  # 1.5, 1.5 h
_SHORT = re.compile(rf"()?{_NUMBER} ?{_MINUTES}")  # 90 min
_BOTH = re.compile(rf"{_NUMBER} ?{_HOURS} ?(?:and )?{_NUMBER} ?{_MINUTES}?")  # 1 h 30 min
MIN_HOURS, MAX_HOURS = Decimal("0.05"), Decimal(2000)


def read_hours(text: str) -> Decimal | None:
    """Returns the hours to two places, or None if ``text`` can't be read."""
    text = " ".join(text.lower().rstrip(".").split())
    for pattern in (_CLOCK, _SHORT, _BOTH, _ALONE):
        if found := pattern.fullmatch(text):
            hours, minutes = (Decimal(part or 0) for part in (*found.groups(), None)[:2])
            return (hours + minutes / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return None


def shown(hours: Decimal | None) -> str:
    """Returns the hours as written in the field: 1.5, not 1.50."""
    return "" if hours is None else f"{hours.normalize():f}"


class HoursField(forms.CharField):
    """A text field that cleans to a Decimal."""

    def clean(self, value: Any) -> Any:
        found = read_hours(super().clean(value))
        if found is None:
            raise forms.ValidationError("Enter hours such as 1.5, 1:30 or 90 min.")
        if not MIN_HOURS <= found <= MAX_HOURS:
            raise forms.ValidationError("Enter a time between 3 minutes and 2,000 hours.")
        return found


LABELS: dict[str, str] = {
    Hours.Step.APPLYING: "Total hours of everyone who worked on it",
    Hours.Step.COMPLETENESS: "Your hours on the completeness review",
    Hours.Step.COMPLIANCE: "Your hours on the compliance review",
    Hours.Step.PANEL: "Your hours on the panel review",
    Hours.Step.POST_REVIEW: "Your hours on the letters and certificate",
}


class HoursForm(forms.Form):
    """One figure. The field's id has the step, since a page may show several."""

    hours = HoursField(
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="For example, 1.5, 1:30 or 90 min.",
        error_messages={"required": "Enter the number of hours."},
    )

    def __init__(self, data: Any = None, *, step: str, given: Decimal | None = None) -> None:
        super().__init__(data, initial={"hours": shown(given)}, auto_id=f"id_{step}_%s")
        self.step, self.given = step, shown(given)
        self.fields["hours"].label = LABELS[step]

"""Forms in which staff record when letters were mailed, or that one was not."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts import zones
from recognition.models import Cycle, PaperLetter


class DayForm(forms.Form):
    day = forms.DateField(
        label="Mailed on",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="Time that a letter gives begins on this day.",
    )

    def __init__(self, data: Any = None, *, cycle: Cycle, **options: Any) -> None:
        self.today = zones.today(ZoneInfo(cycle.time_zone))
        super().__init__(data, initial={"day": self.today}, auto_id="id_mailed_%s", **options)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError("The date is in the future. Record it once the letter is mailed.")
        return day


class SeveralForm(DayForm):
    """Letters that are selected in the list."""

    field_order = ["letters", "day"]
    letters = forms.ModelMultipleChoiceField(
        queryset=PaperLetter.objects.none(),
        error_messages={"required": "Select at least one letter."},
    )

    def __init__(self, data: Any = None, *, cycle: Cycle, letters: Any) -> None:
        super().__init__(data, cycle=cycle)
        chosen: Any = self.fields["letters"]
        chosen.queryset = letters

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day = cleaned.get("day")
        for letter in cleaned.get("letters", []) if day else []:
            if day < letter.first_day:
                later = f"The letter to {letter.application.utility} was written on {letter.first_day:%B %-d, %Y}."
                self.add_error("day", later)
        return cleaned


class NotMailedForm(forms.Form):
    why = forms.CharField(label="Reason", max_length=1000, widget=forms.Textarea({"rows": 2}))

"""Forms for staff and panel members: seats, conflicts of interest, ratings, remarks, the recommendation."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from recognition.models import Rating, Seat
from recognition.reviewing.fields import YesNo


def _text(label: str, rows: int, most: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **options)


class AssignForm(forms.Form):
    """The person to assign, and the due date. Each person has a button that sends ``member``."""

    due = forms.DateField(label="Review due by", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    member = forms.IntegerField(widget=forms.HiddenInput)

    def clean_due(self) -> date:
        due: date = self.cleaned_data["due"]
        if due < timezone.localdate():
            raise forms.ValidationError("Choose a date in the future.")
        return due


class TakeOffForm(forms.Form):
    reason = _text("Reason", 2, 2000, help_text="For the record. What this person wrote will not be shown to anyone.")


class RecuseForm(forms.Form):
    """The kind of conflict, and a short explanation."""

    conflict = forms.ChoiceField(
        label="Type of conflict",
        choices=[choice for choice in Seat.Conflict.choices if choice[0] != Seat.Conflict.REMOVED],
        widget=forms.RadioSelect,
    )
    reason = _text(
        "Explanation", 3, 2000, help_text="Visible to program staff only, not to the applicant or the panel."
    )


class RatingForm(forms.Form):
    """The rating of one criterion. ``version`` is the version that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    value = forms.ChoiceField(label="Rating", choices=Rating.Value.choices, required=False, widget=forms.RadioSelect)
    comment = _text("Comment", 5, 5000, required=False)

    def __init__(self, data: Any = None, *, rating: Rating) -> None:
        self.rating = rating
        initial = {"version": rating.version, "value": rating.value, "comment": rating.comment}
        super().__init__(data, initial=initial, auto_id=f"id_{rating.anchor}_%s")


class SummaryForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    summary = _text("Your overall impression", 5, 5000, required=False)

    def __init__(self, data: Any = None, *, seat: Seat) -> None:
        self.seat = seat
        super().__init__(data, initial={"version": seat.version, "summary": seat.summary}, auto_id="id_summary_%s")


class RemarkForm(forms.Form):
    text = _text("Your comment", 3, 5000)


class RecommendationForm(forms.Form):
    recommends = YesNo(label="Panel recommendation", yes="Recommend recognition", no="Do not recommend recognition")
    reasons = _text("Reasons", 5, 10000, help_text="For the deciding official.")
    dissent = _text("Dissent", 3, 5000, required=False, help_text="Who disagreed and why.")

"""Forms of the compliance review: a check of the record, the finding of a violation, the Region's recommendation."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from files.models import ACCEPT, KEPT
from recognition.models import ComplianceCheck
from recognition.reviewing.fields import YesNo


class CheckForm(forms.ModelForm):
    """One check of one kind. The kind is the prefix of the field names."""

    result = forms.ChoiceField(label="Result", choices=ComplianceCheck.Result.choices, widget=forms.RadioSelect)
    attachment = forms.FileField(
        label="Attachment",
        required=False,
        help_text=KEPT,
        widget=forms.FileInput({"accept": ACCEPT}),
    )

    class Meta:
        model = ComplianceCheck
        fields = ["source", "checked_on", "result", "note"]
        labels = {"source": "Source", "checked_on": "Date of the check", "note": "Internal note"}
        help_texts = {"note": "For staff only; the applicant never sees it. For a violation, describe what was found."}
        widgets = {
            "checked_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea({"rows": 3}),
        }

    def __init__(self, data: Any = None, files: Any = None, *, kind: str) -> None:
        super().__init__(data, files, prefix=kind, initial={"checked_on": timezone.localdate()})
        self.kind = ComplianceCheck.Kind(kind)

    def clean_checked_on(self) -> date:
        checked_on: date = self.cleaned_data["checked_on"]
        if checked_on > timezone.localdate():
            raise forms.ValidationError("The date is in the future.")
        return checked_on

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("result") == ComplianceCheck.Result.VIOLATION and not cleaned.get("note", "").strip():
            self.add_error("note", "Describe the finding.")
        return cleaned

    @property
    def facts(self) -> dict[str, Any]:
        """The arguments for ``ComplianceCheck.record``."""
        return self.cleaned_data | {"kind": self.kind}


class FindingForm(forms.Form):
    """The words of a letter. They begin empty: what staff noted for themselves is never proposed."""

    finding = forms.CharField(
        label="Finding, in words for the applicant",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Becomes part of the letter. Leave out sources and details that only staff may know.",
    )


class RegionForm(forms.Form):
    recommends = YesNo(label="Does the Region recommend recognition?", yes="Yes", no="No")
    words = forms.CharField(
        label="The Region's statement",
        required=False,
        max_length=5000,
        help_text="The panel reads this. Required if the Region does not recommend recognition.",
        widget=forms.Textarea({"rows": 6}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("recommends") is False and not cleaned.get("words"):
            self.add_error("words", "Enter why the Region does not recommend recognition.")
        return cleaned

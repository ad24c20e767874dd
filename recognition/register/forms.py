"""Forms for what a utility publishes in the register, for revoking a recognition, and for a certificate's number."""

from typing import Any

from django import forms

from recognition.models import Recognition
from recognition.models.recognition import as_number
from recognition.register import content as register


class ShownForm(forms.Form):
    """What a utility publishes. The cleaned ``published`` is in the criteria's order."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    published = forms.MultipleChoiceField(
        label="Achievements to show",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Shows your text on each, as the panel read it, without passages you claimed as confidential.",
    )
    summary = forms.CharField(
        label="In your own words",
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="A few sentences for customers, neighbors and other utilities. At most 1,500 characters.",
    )

    def __init__(self, data: Any = None, *, recognition: Recognition) -> None:
        initial = {name: getattr(recognition, name) for name in ("version", "published", "summary")}
        super().__init__(data, initial=initial)
        self.application = recognition.application
        self.fields["published"].choices = register.choices(self.application)  # type: ignore[attr-defined]

    def clean_summary(self) -> str:
        text = self.cleaned_data["summary"].strip()
        if any(passage in text for passage in register.confidential(self.application)):
            raise forms.ValidationError("This includes a passage you claimed as confidential. Remove it.")
        return text

    def clean_published(self) -> list[str]:
        sent = self.cleaned_data["published"]
        offered = self.fields["published"].choices  # type: ignore[attr-defined]
        return [section for section, _ in offered if section in sent]

    @property
    def words(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("published", "summary")}


class RevokeForm(forms.Form):
    why = forms.CharField(
        label="Reason",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Included in the letter to the applicant. Not shown to the public.",
    )


class NumberForm(forms.Form):
    number = forms.CharField(
        label="Certificate number",
        max_length=60,
        help_text="16 letters and digits, such as 7K3M-9QXP-2RTV-8WYZ. Capitals and hyphens don’t matter.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )

    def clean_number(self) -> str:
        number = as_number(self.cleaned_data["number"])
        if not number:
            raise forms.ValidationError("Enter the letters and digits on the certificate.")
        return number

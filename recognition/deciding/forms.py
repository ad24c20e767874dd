"""Forms for officials and program staff after the panel's recommendation: decisions, letters, feedback."""

from typing import Any

from django import forms

from recognition.models import Decision, Feedback
from recognition.reviewing.choosing import ChosenForm
from recognition.reviewing.fields import YesNo


class DecisionForm(forms.Form):
    recognize = YesNo(label="Decision", yes="Recognize", no="Do not recognize")
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Required if you differ from the recommendation. A non-recognition letter includes it.",
    )


AS_THE_PANEL = "panel"


class SeveralForm(ChosenForm):
    """One decision, with its reason, for the chosen applications."""

    recognize = forms.ChoiceField(
        label="Decision",
        choices=[
            (AS_THE_PANEL, "As the panel recommends. Those on which a member disagreed are left for you to look at."),
            ("yes", "Recognize"),
            ("no", "Do not recognize"),
        ],
        widget=forms.RadioSelect,
    )
    reason = DecisionForm.base_fields["reason"]

    def clean_recognize(self) -> bool | None:
        """Returns None for “as the panel recommends”."""
        given = self.cleaned_data["recognize"]
        return None if given == AS_THE_PANEL else given == "yes"


class LetterForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    subject = forms.CharField(label="Subject", max_length=200)
    body = forms.CharField(label="Letter", max_length=20000, widget=forms.Textarea(attrs={"rows": 18}))

    def __init__(self, data: Any = None, *, decision: Decision) -> None:
        initial = {"version": decision.version, "subject": decision.subject, "body": decision.body}
        super().__init__(data, initial=initial)

    def clean_subject(self) -> str:
        """Joins lines, because the subject becomes an email header."""
        return " ".join(self.cleaned_data["subject"].split())


class FeedbackForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="Feedback",
        max_length=10000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Describe strengths and how to improve the next application. Do not mention reviewers or scores.",
    )

    def __init__(self, data: Any = None, *, feedback: Feedback) -> None:
        super().__init__(data, initial={"version": feedback.version, "text": feedback.text})

"""Forms for officials and program staff after the panel's recommendation: decisions, letters, feedback."""

from typing import Any

from django import forms

from recognition.models import Application, Decision, Feedback
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


class SeveralForm(forms.Form):
    """One decision, with its reason, for several applications."""

    applications = forms.ModelMultipleChoiceField(
        queryset=Application.objects.none(), error_messages={"required": "Select at least one application."}
    )
    recognize = DecisionForm.base_fields["recognize"]
    reason = DecisionForm.base_fields["reason"]

    def __init__(self, data: Any = None, *, waiting: Any) -> None:
        super().__init__(data, auto_id="id_several_%s")
        self.fields["applications"].queryset = waiting  # type: ignore[attr-defined]


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

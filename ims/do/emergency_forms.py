"""The forms of the emergency plan: one topic, one drill."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from ims.do.emergencies import Drill, Lesson
from ims.do.emergency_plan import PlanTopic
from ims.team.forms import RowForm
from workflow.forms import CheckingForm

MAX_LENGTH = Lesson._meta.get_field("text").max_length or 0
NOT_APPLICABLE = PlanTopic.Answer.NOT_APPLICABLE


class TopicForm(RowForm):
    """Its markup is in ims/do/emergency_plan.html. That a topic does not apply is saved once the reason is given."""

    class Meta:
        model = PlanTopic
        fields = ("answer", "where", "why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{self.instance.slug}_%s"

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("answer") == NOT_APPLICABLE and not given.get("why", "").strip():
            self.add_error("why", "Enter why it does not apply.")
            del given["answer"]


class DrillForm(CheckingForm):
    lessons = forms.CharField(
        label="What was learned, one lesson per line",
        help_text="Each lesson can become a corrective action.",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    class Meta:
        model = Drill
        fields = ("on", "practiced", "took_part")
        widgets = {
            "on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "practiced": forms.Textarea(attrs={"rows": 4}),
        }

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError("This date is in the future.")
        return day

    def clean_lessons(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["lessons"].splitlines()]
        for line in lines:
            if len(line) > MAX_LENGTH:
                raise forms.ValidationError(f"Make this lesson shorter than {MAX_LENGTH} characters: “{line[:40]}…”")
        return [line for line in lines if line]

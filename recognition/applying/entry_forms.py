"""Forms in which staff extend a deadline or enter an application that arrived on paper."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from files.models import ACCEPT, KEPT
from recognition.models import Application, Cycle


class MomentField(forms.DateTimeField):
    """A date and time in the time zone ``zone``."""

    def __init__(self, *, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"), **options)
        self.zone = zone

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(self.zone):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().prepare_value(value)


class ExtendForm(forms.Form):
    why = forms.CharField(
        label="Internal reason",
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Kept in the timeline for staff. The letter does not have it.",
    )

    def __init__(self, *args: Any, application: Application, **options: Any) -> None:
        super().__init__(*args, **options)
        self.application = application
        self.is_returned = application.status == Application.Status.RETURNED
        zone = ZoneInfo(application.cycle.time_zone)
        until = MomentField(
            zone=zone,
            label="New deadline",
            help_text=f"{zone.key.split('/')[-1].replace('_', ' ')} time, like all dates of the cycle.",
            initial=application.resubmit_by if self.is_returned else application.extended_until,
        )
        self.fields = {"until": until, **self.fields}

    def clean_until(self) -> datetime:
        until: datetime = self.cleaned_data["until"]
        application, cycle = self.application, self.application.cycle
        if until <= timezone.now():
            raise forms.ValidationError("This time has passed. Choose a later time.")
        if self.is_returned:
            if application.resubmit_by and until <= application.resubmit_by:
                due = application.for_reader(application.resubmit_by)
                raise forms.ValidationError(f"It is due by {due}. Choose a later time.")
            return until
        if until <= cycle.closes:
            closes = self.application.for_reader(cycle.closes)
            raise forms.ValidationError(f"The cycle itself is open until {closes}. Choose a later time.")
        if until == self.application.extended_until:
            raise forms.ValidationError("This is already the deadline.")
        return until


class PaperForm(forms.Form):
    cycle = forms.ModelChoiceField(label="Cycle", queryset=Cycle.objects.none(), empty_label=None)
    scan = forms.FileField(
        label="Scan of the application",
        help_text=KEPT,
        widget=forms.FileInput({"accept": ACCEPT}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["cycle"].queryset = Cycle.objects.taking_paper()  # type: ignore[attr-defined]

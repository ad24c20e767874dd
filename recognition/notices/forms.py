"""Forms for the notices: who gets them, and what was sent when."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts import zones
from accounts.models import Utility
from recognition.models import Addressee, Application, Cycle
from recognition.notices.content import Line, days_of_release, recognized

Office = Addressee.Office


class AddresseeForm(forms.ModelForm):
    """Who holds the office now, and the address of the letter."""

    class Meta:
        model = Addressee
        fields = ["name", "title", "salutation", "address"]
        widgets = {"address": forms.Textarea({"rows": 4})}
        help_texts = {
            "name": "Include the form of address, such as The Honorable …",
            "title": "Leave blank to use the name of the office.",
            "salutation": "The text after “Dear”. Leave blank to greet the office, as in “Dear Governor”.",
            "address": "One line each, as on the envelope.",
        }


class AddresseeAddForm(AddresseeForm):
    """An addressee that ``draw_up`` does not add: one for a Tribe without a tribal system number, or a second state."""

    class Meta(AddresseeForm.Meta):
        fields = ["office", "state", "utility", *AddresseeForm.Meta.fields]
        help_texts = AddresseeForm.Meta.help_texts | {
            "state": "For a Governor only.",
            "utility": "For a Tribal leader only: the utility in the Tribe’s jurisdiction.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offices: Any = self.fields["office"]
        offices.choices = [(office, office.label) for office in (Office.TRIBAL_LEADER, Office.GOVERNOR)]
        whose: Any = self.fields["utility"]
        named = recognized(self.instance.cycle).order_by().values("application__utility")
        whose.queryset = Utility.objects.filter(pk__in=named)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        key = {name: cleaned.get(name) for name in ("office", "state", "utility")}
        if Addressee.objects.filter(cycle=self.instance.cycle, **key).exists():
            raise forms.ValidationError("This addressee is already on the list.")
        return cleaned


class SentForm(forms.Form):
    """When and how something was sent: not in the future, nor before the cycle's first release of decisions."""

    sent_on = forms.DateField(label="Sent on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    how = forms.CharField(
        label="How", max_length=120, required=False, help_text="Mail, courier or a docket or tracking number."
    )

    def __init__(self, data: Any = None, *, cycle: Cycle, **options: Any) -> None:
        self.cycle = cycle
        self.today = zones.today(ZoneInfo(cycle.time_zone))
        super().__init__(data, initial={"sent_on": self.today}, **options)

    def clean_sent_on(self) -> date:
        day: date = self.cleaned_data["sent_on"]
        if day > self.today:
            raise forms.ValidationError("The date is in the future. Record it once it is sent.")
        released = days_of_release(self.cycle)
        if not released:
            raise forms.ValidationError(
                "No decisions have been released in this cycle yet, so nothing can be recorded as sent."
            )
        if day < released[0]:
            raise forms.ValidationError(f"The first release was on {released[0]:%B %-d, %Y}, after that date.")
        return day


class LinesForm(SentForm):
    """Lines that are ticked in the table of the checklist."""

    field_order = ["lines", "sent_on", "how"]
    lines = forms.MultipleChoiceField(
        error_messages={
            "required": "Select at least one line.",
            "invalid_choice": "One of the lines is not ready or is no longer on the list.",
        }
    )

    def __init__(self, data: Any = None, *, cycle: Cycle, lines: list[Line]) -> None:
        super().__init__(data, cycle=cycle, auto_id="id_sent_%s")
        ready: Any = self.fields["lines"]
        ready.choices = [(line.key, line.whom) for line in lines if line.is_ready]

    @property
    def ticked(self) -> list[str]:
        return list(self["lines"].value() or [])


class GroupForm(SentForm):
    """Applications that are ticked, or all that are not recorded yet."""

    field_order = ["applications", "everything", "sent_on", "how"]
    applications = forms.ModelMultipleChoiceField(queryset=Application.objects.none(), required=False)
    everything = forms.BooleanField(label="All not recorded yet", required=False)

    def __init__(self, data: Any = None, *, cycle: Cycle, rows: Any) -> None:
        super().__init__(data, cycle=cycle, auto_id="id_sent_%s")
        self.rows = rows
        chosen: Any = self.fields["applications"]
        chosen.queryset = rows

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("everything"):
            cleaned["applications"] = self.rows.filter(sent_on=None)
        chosen, day = cleaned.get("applications"), cleaned.get("sent_on")
        if chosen is not None and not chosen.exists():
            self.add_error(None, "Select at least one, or select all not recorded yet.")
        elif chosen is not None and day:
            self._not_before_its_release(chosen, day)
        return cleaned

    def _not_before_its_release(self, chosen: Any, day: date) -> None:
        late = chosen.filter(decision__released_at__isnull=False).order_by("-decision__released_at")
        last = late.select_related("utility", "decision").first()
        if last is None:
            return
        released = last.decision.released_at.astimezone(ZoneInfo(self.cycle.time_zone)).date()
        if day < released:
            said = f"The decision on {last.utility} was released on {released:%B %-d, %Y}, after that date."
            self.add_error("sent_on", said)

"""Forms for proposed panels and for declaring conflicts of interest on several panels at once."""

from typing import Any

from django import forms
from django.utils import timezone

from recognition.models import PlannedPanel, Seat
from recognition.reviewing.panel_proposing import Roster


class AssignAllForm(forms.Form):
    """The date by which the reviews of all proposed panels are due."""

    due = forms.DateField(label="Reviews due by", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean_due(self) -> Any:
        if self.cleaned_data["due"] < timezone.localdate():
            raise forms.ValidationError("Choose a date in the future.")
        return self.cleaned_data["due"]


class PlannedPanelForm(forms.Form):
    """The members whom a proposal adds to a panel, and which of them leads it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    members = forms.TypedMultipleChoiceField(
        label="New members", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    lead = forms.TypedChoiceField(label="Lead", coerce=int, empty_value=None, required=False)

    def __init__(
        self, data: Any = None, *, panel: PlannedPanel | None, roster: Roster, only_free: bool = False
    ) -> None:
        """``only_free`` leaves out who can't sit on this panel."""
        self.panel, self.roster = panel, roster
        initial: dict[str, Any] = {}
        if panel:
            seats = list(panel.seats.all())
            lead = next((seat.member_id for seat in seats if seat.lead), None)
            initial = {"version": panel.version, "members": [seat.member_id for seat in seats], "lead": lead}
        super().__init__(data, initial=initial)
        offered = [
            (key, f"{person} ({person.email})")
            for key, person in roster.people.items()
            if not only_free or panel is None or not roster.why_not(person, panel.application)
        ]
        self.fields["members"].choices = offered  # type: ignore[attr-defined]
        self.fields["lead"].choices = [("", "Nobody"), *offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        members, lead, panel = cleaned.get("members", []), cleaned.get("lead"), self.panel
        if panel is None:
            return cleaned
        for key in members:
            if why := self.roster.why_not(self.roster.people[key], panel.application):
                self.add_error("members", why)
        if lead is not None and lead not in members:
            self.add_error("lead", "The lead must be one of the new members.")
        elif lead is not None and not panel.needs_lead:
            self.add_error("lead", "This panel has a lead already.")
        elif lead is None and members and panel.needs_lead:
            self.add_error("lead", "Choose one of the new members as lead.")
        return cleaned


class DeclareAllForm(forms.Form):
    """For each of the member's undeclared seats a conflict or none. ``clear`` declares all seats without one."""

    clear = forms.BooleanField(
        label="I have read the list. I have no conflict of interest with the utilities that I left empty.",
        required=False,
    )

    def __init__(self, data: Any = None, *, seats: list[Seat]) -> None:
        super().__init__(data)
        self.seats = seats
        kinds = [choice for choice in Seat.Conflict.choices if choice[0] != Seat.Conflict.REMOVED]
        for seat in seats:
            applicant = seat.application.shown_to_panel
            self.fields[f"conflict-{seat.pk}"] = forms.ChoiceField(
                label=f"Conflict of interest with {applicant}", choices=[("", "None"), *kinds], required=False
            )
            self.fields[f"reason-{seat.pk}"] = forms.CharField(
                label=f"Explanation of the conflict with {applicant}",
                max_length=2000,
                required=False,
                widget=forms.TextInput(),
            )

    @property
    def rows(self) -> list[tuple[Seat, forms.BoundField, forms.BoundField]]:
        return [(seat, self[f"conflict-{seat.pk}"], self[f"reason-{seat.pk}"]) for seat in self.seats]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for seat in self.seats:
            kind, reason = cleaned.get(f"conflict-{seat.pk}"), cleaned.get(f"reason-{seat.pk}")
            if kind and not reason:
                self.add_error(f"reason-{seat.pk}", "Enter an explanation.")
            if reason and not kind:
                self.add_error(f"conflict-{seat.pk}", "Choose the type of conflict.")
        if not cleaned.get("clear") and not self.conflicts(cleaned) and not self.errors:
            self.add_error("clear", "Check this box, or choose a conflict in the list.")
        return cleaned

    def conflicts(self, cleaned: dict[str, Any]) -> list[tuple[Seat, str, str]]:
        """Returns the seats to give up, each with the type of conflict and its explanation."""
        return [
            (seat, cleaned[f"conflict-{seat.pk}"], cleaned[f"reason-{seat.pk}"])
            for seat in self.seats
            if cleaned.get(f"conflict-{seat.pk}") and cleaned.get(f"reason-{seat.pk}")
        ]

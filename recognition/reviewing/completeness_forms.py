"""Forms of the completeness review: the checklist, returning an application, closing it as incomplete."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from recognition.models import CheckItem
from recognition.models.review import last_judged
from recognition.reviewing.fields import YesNo


@dataclass
class Line:
    """A line of the checklist on the page.

    ``before`` is the same line for the previous version; ``answer`` is what the applicant says to what it lacked.
    """

    item: CheckItem
    met: forms.BoundField
    reason: forms.BoundField
    before: CheckItem | None
    answer: str

    @property
    def errors(self) -> list[str]:
        return [*self.met.errors, *self.reason.errors]


class ChecklistForm(forms.Form):
    """The whole checklist. A line that nobody has judged starts with the result of the automatic check."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        items: Sequence[CheckItem],
        before: Mapping[str, CheckItem] | None = None,
        answers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial={"seen": last_judged(items)})
        self.items, self.before, self.answered = items, before or {}, answers or {}
        for item in items:
            start = item.found if item.met is None else item.met
            self.fields[f"{item.name}-met"] = YesNo(
                label=item.label,
                yes="Met",
                no="Not met",
                required=False,
                initial=None if start is None else "yes" if start else "no",
            )
            self.fields[f"{item.name}-reason"] = forms.CharField(
                label=_asked(item.found),
                required=False,
                max_length=2000,
                initial=item.reason,
                widget=forms.Textarea({"rows": 2}),
            )

    @property
    def lines(self) -> Iterator[Line]:
        for item in self.items:
            met, reason = self[f"{item.name}-met"], self[f"{item.name}-reason"]
            yield Line(item, met, reason, self.before.get(item.name), self.answered.get(item.name, ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for item in self.items:
            met, reason = cleaned.get(f"{item.name}-met"), cleaned.get(f"{item.name}-reason")
            if reason or met is None or f"{item.name}-reason" in self.errors:
                continue
            if item.found is not None and met != item.found:
                self.add_error(f"{item.name}-reason", "Explain why you disagree with the automatic check.")
            elif item.found is None and not met:
                self.add_error(f"{item.name}-reason", "Enter what is missing. The letter will include it.")
        return cleaned

    @property
    def answers(self) -> dict[str, tuple[bool | None, str]]:
        """The answers, as ``record_checklist`` takes them."""
        said = self.cleaned_data
        return {item.name: (said[f"{item.name}-met"], said[f"{item.name}-reason"]) for item in self.items}

    def start_over_from(self, items: Sequence[CheckItem]) -> None:
        """Keeps the input after someone else saved ``items``, and lets the next save overwrite theirs."""
        self.items = items
        data = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = last_judged(items)
        self.data = data


def _asked(found: bool | None) -> str:
    """Returns the label of a line's text field."""
    if found is None:
        return "What is missing?"
    return "Why is it not met?" if found else "Text for the letter (required if you mark it met)"


class DueForm(forms.Form):
    due = forms.DateField(
        label="Resubmit by",
        help_text="Through the end of this day in the cycle’s time zone.",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_due(self) -> date:
        due: date = self.cleaned_data["due"]
        if due <= self.today:
            raise forms.ValidationError("Choose a date after today.")
        return due


class ReturnForm(DueForm):
    letter = forms.CharField(
        label="Your note",
        required=False,
        max_length=5000,
        help_text="Shown in the letter below the list of missing items.",
        widget=forms.Textarea({"rows": 5}),
    )


class ReasonForm(forms.Form):
    why = forms.CharField(
        label="Reason, in words for the applicant",
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Becomes part of the letter.",
    )


class ReopenForm(DueForm, ReasonForm):
    """For one that was not resubmitted in time, which gets another date."""

    field_order = ["due", "why"]

"""The form in which a reviewer says what they know, what interests them, and whom they can't review."""

from typing import Any

from django import forms

from accounts.models import System, Utility
from accounts.regions import states
from recognition.application.shown import criterion_names
from recognition.models import Cycle, PanelMember
from workflow.forms import CheckingForm
from workflow.matching import plain

MOST_UTILITIES = 200


class ReviewerForm(CheckingForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    systems = forms.MultipleChoiceField(
        label="Kinds of system you know", choices=System.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    topics = forms.MultipleChoiceField(
        label="Topics that interest you", required=False, widget=forms.CheckboxSelectMultiple
    )
    conflict_states = forms.MultipleChoiceField(
        label="States and territories with a conflict",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text="Whose utilities you can’t review. Hold Ctrl or Command to choose several.",
    )
    most_panels = forms.IntegerField(
        label="Most panels you take in a cycle",
        required=False,
        min_value=1,
        max_value=10_000,
        help_text="Leave empty for no limit.",
    )
    conflicts = forms.CharField(
        label="Utilities with a conflict",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="With which you are connected. One per line: the name, or a permit or system number.",
    )

    class Meta:
        model = PanelMember
        fields = ["organization", "state", "available", "systems", "topics", "most_panels", "conflict_states"]
        labels = {
            "organization": "Employer",
            "state": "State you work in",
            "available": "I am available for panels",
        }

    field_order = [
        "organization",
        "state",
        "available",
        "most_panels",
        "systems",
        "topics",
        "conflicts",
        "conflict_states",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        member = self.instance
        self.fields["conflict_states"].choices = states()  # type: ignore[attr-defined]
        edition = Cycle.current_edition()
        names = criterion_names(edition.criteria) if edition else {}
        kept = {topic: topic for topic in member.topics if topic not in names}  # of an earlier edition
        self.fields["topics"].choices = list((names | kept).items())  # type: ignore[attr-defined]
        self.initial["version"] = member.version
        if member.pk:
            utilities = member.interests.order_by("name").prefetch_related("identifiers")
            self.initial["conflicts"] = "\n".join(_named(each) for each in utilities)

    def clean_conflicts(self) -> list[Utility]:
        """Returns the utilities that the lines name. A line that fits none or several is an error."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["conflicts"].splitlines() if line.strip()]
        if len(lines) > MOST_UTILITIES:
            raise forms.ValidationError(f"Enter at most {MOST_UTILITIES} utilities.")
        found, wrong = [], []
        for line in dict.fromkeys(lines):
            fitting = _fitting(line)
            if len(fitting) == 1:
                found += fitting
            else:
                why = "fits several utilities. Enter a number." if fitting else "is unknown."
                wrong.append(f"“{line[:80]}” {why}")
        if wrong:
            raise forms.ValidationError([forms.ValidationError(each) for each in wrong])
        return found


def _named(utility: Utility) -> str:
    """Returns the line for a utility: a number if it has one, for names can be alike."""
    first = next(iter(utility.identifiers.all()), None)
    return first.value if first else utility.name


def _fitting(line: str) -> list[Utility]:
    """Returns at most two utilities with this number or, if there is none, this name."""
    numbered = list(Utility.objects.filter(identifiers__value__plain=plain(line)).distinct()[:2])
    return numbered or list(Utility.objects.filter(plain_name=plain(line))[:2])

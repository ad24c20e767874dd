"""The forms of a reviewer's profile: their own, of someone to invite, and of a row of the list in Excel."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.forms import OneLineField
from accounts.models import System, Utility
from accounts.names import check_name
from accounts.regions import states
from recognition.application.shown import criterion_names
from recognition.models import Cycle, PanelMember, ReviewerInvitation
from recognition.models.reviewer_invitation import reviewer_at
from workflow.forms import CheckingForm
from workflow.matching import plain

MAX_UTILITIES = 200


class ProfileForm(CheckingForm):
    """What a profile says, and the utilities with a conflict, one per line."""

    systems = forms.MultipleChoiceField(
        label="Kinds of system", choices=System.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    topics = forms.MultipleChoiceField(label="Topics", required=False, widget=forms.CheckboxSelectMultiple)
    conflict_states = forms.MultipleChoiceField(
        label="States and territories with a conflict",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text="Whose utilities they can’t review. Hold Ctrl or Command to choose several.",
    )
    most_panels = forms.IntegerField(
        label="Most panels in a cycle",
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
        help_text="With which they are connected. One per line: the name, or a permit or system number.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profile = self.instance
        self.fields["conflict_states"].choices = states()  # type: ignore[attr-defined]
        edition = Cycle.current_edition()
        names = criterion_names(edition.criteria) if edition else {}
        kept = {topic: topic for topic in profile.topics if topic not in names}  # of an earlier edition
        self.fields["topics"].choices = list((names | kept).items())  # type: ignore[attr-defined]
        if profile.pk:
            self.initial["conflicts"] = named(profile.interests.order_by("name").prefetch_related("identifiers"))

    def clean_conflicts(self) -> Any:
        """Returns the utilities that the lines name. A line that fits none or several is an error."""
        return utilities_in(self.cleaned_data["conflicts"])


class ReviewerForm(ProfileForm):
    """A reviewer's own."""

    version = forms.IntegerField(widget=forms.HiddenInput)

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
        self.fields["systems"].label = "Kinds of system you know"
        self.fields["topics"].label = "Topics that interest you"
        self.fields["most_panels"].label = "Most panels you take in a cycle"
        self.fields[
            "conflict_states"
        ].help_text = "Whose utilities you can’t review. Hold Ctrl or Command to choose several."
        self.fields[
            "conflicts"
        ].help_text = "With which you are connected. One per line: the name, or a permit or system number."
        self.initial["version"] = self.instance.version


class InviteForm(ProfileForm):
    """Whom to invite, with what is known of them."""

    email = forms.EmailField(label="Email address", max_length=254)
    name = OneLineField(label="Full name", max_length=150, validators=[check_name])

    class Meta:
        model = ReviewerInvitation
        fields = ["email", "name", "affiliation", "organization", "state", "most_panels", "systems", "topics"]
        labels = {"organization": "Employer", "state": "State they work in", "affiliation": "Affiliation"}
        help_texts = {"affiliation": "Outside experts never see contacts or what is claimed as confidential."}

    field_order = [*Meta.fields, "conflicts", "conflict_states"]


class ReviewerRowForm(ProfileForm):
    """A row of the reviewers' list in Excel: of a reviewer, or without ``row`` of someone to invite.

    ``like``: a form whose choices it shares; ``taken``: the addresses of the file's other new rows.
    """

    name = OneLineField(label="Name", max_length=150)
    email = forms.EmailField(label="Email", max_length=254)

    class Meta:
        model = PanelMember
        fields = ["affiliation", "organization", "state", "available", "most_panels", "systems", "topics"]
        labels = {
            "organization": "Employer",
            "state": "Works in",
            "affiliation": "Affiliation",
            "available": "Available",
        }

    field_order = ["name", "email", *Meta.fields, "conflict_states", "conflicts"]

    def __init__(self, *args: Any, row: Any = None, taken: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, instance=row, **kwargs)
        self.row, self.taken = row, taken
        self.fields["name"].required = row is None

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.row is None:
            check_name(name)
        return self._as_it_was("name", name, self.row and self.row.user.name)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if self.row is None and email in self.taken:
            raise forms.ValidationError("Another row of the file has this address.")
        if self.row is None and reviewer_at(email):
            raise forms.ValidationError("This person is a reviewer already. Change their row instead.")
        return self._as_it_was("email", email, self.row and self.row.user.email)

    def clean_affiliation(self) -> str:
        return self._as_it_was("affiliation", self.cleaned_data["affiliation"], self.row and self.row.affiliation)

    def _as_it_was(self, name: str, given: str, was: Any) -> str:
        """Raises ValidationError if a reviewer's own name or address, or what rights depend on, would change."""
        if self.row is not None and given != was:
            who = (
                "An administrator changes the affiliation" if name == "affiliation" else "Only the person changes this"
            )
            raise forms.ValidationError(f"{who}. It was “{was}”.")
        return given

    def clean_available(self) -> bool:
        if self.row is None and not self.cleaned_data["available"]:
            raise forms.ValidationError("Someone to invite is available. Enter yes, or delete the row.")
        return bool(self.cleaned_data["available"])

    def clean_conflicts(self) -> str:
        """Returns the lines as the list is exported."""
        return named(utilities_in(self.cleaned_data["conflicts"]))


def utilities_in(text: str) -> list[Utility]:
    """Returns the utilities that the lines name. Raises ValidationError for a line that fits none or several."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_UTILITIES:
        raise forms.ValidationError(f"Enter at most {MAX_UTILITIES} utilities.")
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
    return list(dict.fromkeys(found))


def named(utilities: Iterable[Utility]) -> str:
    """Returns a line for each utility, by name; prefetch their ``identifiers``."""
    return "\n".join(_named(each) for each in sorted(utilities, key=lambda each: (each.name, each.pk)))


def _named(utility: Utility) -> str:
    """Returns the line for a utility: a number if it has one, for names can be alike."""
    first = min(utility.identifiers.all(), key=lambda each: each.value, default=None)
    return first.value if first else utility.name


def _fitting(line: str) -> list[Utility]:
    """Returns at most two utilities with this number or, if there is none, this name."""
    numbered = list(Utility.objects.filter(identifiers__value__plain=plain(line)).distinct()[:2])
    return numbered or list(Utility.objects.filter(plain_name=plain(line))[:2])

"""How staff share the work of a queue: who can have it, and what is done to several applications at once."""

from typing import Any

from django import forms

from accounts.models import User
from recognition.models import Application, Away, QueueView, StaffNote
from recognition.reviewing.choosing import ChosenForm
from recognition.rights import Act, Rights, groups_for, stages
from workflow.models import WrongState
from workflow.saved import ViewForm

TAKE, GIVE, HAND = "take", "give", "hand"


def colleagues(at: Any) -> Any:
    """Returns the people to whom an application at one of the stages ``at`` can be handed: none who is away."""
    people = User.objects.filter(is_active=True, groups__name__in=groups_for(Act.HANDLE, at))
    return people.exclude(pk__in=Away.objects.now().values("user")).distinct().order_by("name", "pk")


def share(rows: Any, do: str, to: User | None, *, by: User) -> int:
    """Does it to those of ``rows`` where ``by`` may. Returns to how many. Raises WrongState.

    Nobody gets what their roles do not handle, nor the application of their own utility.
    """
    rows = rows.filter(status__in=stages(by, Act.HANDLE))
    if do == TAKE:
        return int(rows.take_up(by=by))
    if do == GIVE:
        return int(rows.give_back(by=by))
    if to is None:
        raise WrongState("Choose a person.")
    return int(rows.of_others(to).filter(status__in=stages(to, Act.HANDLE)).hand_to(to))


def told(n: int, do: str, to: User | None) -> str:
    """Returns what was done, in words."""
    what = "1 application" if n == 1 else f"{n:,} applications"
    said = {
        TAKE: (f"You have taken up {what}.", "Nothing was taken up: somebody has it."),
        GIVE: (f"You gave back {what}.", "Nothing was given back: you have none of it."),
        HAND: (f"{what} handed to {to}.", f"Nothing was handed to {to}."),
    }
    return said[do][0 if n else 1]


class ShareForm(forms.Form):
    """What is done to one application."""

    do = forms.ChoiceField(
        label="What to do",
        choices=[(TAKE, "Take up what nobody has"), (GIVE, "Give back what I have"), (HAND, "Hand to …")],
        widget=forms.RadioSelect,
        initial=TAKE,
    )
    to = forms.ModelChoiceField(label="Hand to", queryset=User.objects.none(), required=False)

    def __init__(self, *args: Any, at: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].queryset = colleagues(at)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("do") == HAND and not cleaned.get("to") and "to" not in self.errors:
            self.add_error("to", "Choose a person.")
        return cleaned


class ShareSeveralForm(ShareForm, ChosenForm):
    """The same for the chosen applications of a queue."""


class NoteForm(forms.ModelForm):
    class Meta:
        model = StaffNote
        fields = ["text"]
        labels = {"text": "New note"}
        help_texts = {"text": "Only staff read it, and it stays as it is. The applicant and the panel never see it."}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class AwayForm(forms.ModelForm):
    class Meta:
        model = Away
        fields = ["until"]
        widgets = {"until": forms.DateInput(attrs={"type": "date"})}


class QueueViewForm(ViewForm):
    class Meta:
        model = QueueView
        fields = ["name", "is_shared", "is_default"]


def of_application(application: Application, rights: Rights) -> dict[str, Any]:
    """Returns what the page of an application has of shared work, as far as the person may see it."""
    work: dict[str, Any] = {}
    if rights.may(Act.HANDLE):
        work["form"] = ShareForm(at=[application.status])
    if rights.may(Act.NOTE):
        work |= {"notes": application.staff_notes.select_related("by"), "note_form": NoteForm()}
    return work

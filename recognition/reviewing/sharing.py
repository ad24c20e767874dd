"""How staff share the work of a queue: who can have it, and what is done to several applications at once."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from accounts.models import Membership, User
from recognition.models import Application, Away, NoteReader, QueueView, Seat, StaffNote
from recognition.reviewing.choosing import ChosenForm
from recognition.rights import Act, Rights, groups_for, stages
from workflow import composed
from workflow.lists import Select
from workflow.models import WrongState
from workflow.saved import ViewForm

TAKE, GIVE, HAND = "take", "give", "hand"


def colleagues(at: Any) -> Any:
    """Returns the people to whom an application at one of the stages ``at`` can be handed: none who is away."""
    people = User.objects.filter(is_active=True, groups__name__in=groups_for(Act.HANDLE, at))
    return people.exclude(pk__in=Away.objects.now().values("user")).distinct().order_by("name", "pk")


@cache
def staff_at(stage: str) -> Callable[[int, int], QuerySet[User]]:
    """Returns a function of an application at this stage and of its utility, by their keys.

    It returns the staff who may read notes about the application, each with ``is_free``: it can be handed to them.
    """

    def staff(application: int, utility: int) -> QuerySet[User]:
        groups = User.groups.through.objects.filter(user=OuterRef("pk"))
        reads, handles = (groups.filter(group__name__in=groups_for(act, [stage])) for act in (Act.NOTE, Act.HANDLE))
        people = User.objects.filter(Exists(reads), is_active=True)
        people = people.exclude(pk__in=Membership.objects.filter(utility=utility).order_by().values("user"))
        on_panel = Seat.objects.active().filter(application=application)
        people = people.exclude(pk__in=on_panel.order_by().values("member"))
        is_away = Exists(Away.objects.now().filter(user=OuterRef("pk")))
        return people.annotate(is_free=Q(Exists(handles)) & ~Q(is_away)).order_by("name", "pk")

    return staff


def share(rows: Any, do: str, to: User | None, *, by: User) -> int:
    """Does it to those of ``rows`` where ``by`` may. Returns to how many. Raises WrongState.

    Nobody gets what their roles do not handle, nor the application of their own utility.
    """
    rows = rows.filter(status__in=stages(by, Act.HANDLE))
    if do == TAKE:
        return int(rows.take_up(by=by))
    if do == GIVE:
        return int(rows.return_to_queue(by=by))
    if to is None:
        raise WrongState("Choose a person.")
    return int(rows.of_others(to).filter(status__in=stages(to, Act.HANDLE)).hand_to(to))


def outcome(n: int, do: str, to: User | None) -> str:
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
    to = forms.ModelChoiceField(label="Hand to", queryset=User.objects.none(), required=False, widget=Select)

    def __init__(self, *args: Any, at: Any, people: Iterable[User] | None = None, **options: Any) -> None:
        """``people`` are the colleagues to whom it can be handed, where they were read before."""
        super().__init__(*args, **options)
        to: Any = self.fields["to"]
        if people is None:
            to.queryset = colleagues(at)
        else:
            to.choices = [("", to.empty_label), *((person.pk, str(person)) for person in people)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("do") == HAND and not cleaned.get("to") and "to" not in self.errors:
            self.add_error("to", "Choose a person.")
        return cleaned


class ShareSeveralForm(ShareForm, ChosenForm):
    """The same for the chosen applications of a queue."""


class NoteForm(forms.ModelForm):
    tell = forms.ModelMultipleChoiceField(
        label="Tell",
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They find the note on their home page, and get an email without its text.",
    )

    def __init__(self, data: Any = None, *, application: Application, by: User, people: Any = None) -> None:
        """``people`` are the staff of the application, where they were read before; with ``data`` they are read."""
        super().__init__(data, auto_id="id_note_%s")
        tell: Any = self.fields["tell"]
        if people is None:
            staff = staff_at(application.status)(application.pk, application.utility_id)
            tell.queryset = staff.exclude(pk=by.pk)
        else:
            tell.choices = [(person.pk, str(person)) for person in people if person.pk != by.pk]

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


def of_application(application: Application, rights: Rights, user: User) -> dict[str, Any]:
    """Returns what the page of an application has of shared work, as far as the person may see it."""
    work: dict[str, Any] = {}
    handles, notes = rights.may(Act.HANDLE), rights.may(Act.NOTE)
    people = []
    if handles or notes:
        people = composed.rows(staff_at(application.status), None, application.pk, application.utility_id)
    if handles:
        work["form"] = ShareForm(at=[application.status], people=[person for person in people if person.is_free])
    if notes:
        work["notes"] = composed.rows(_notes, user, application.pk)
        work["note_form"] = NoteForm(application=application, by=user, people=people)
    return work


def _notes(user: User, application: int) -> QuerySet[StaffNote]:
    """Returns the notes, each with the names of whom it is ``shown_to`` and whether it waits for ``user``."""
    readers = NoteReader.objects.filter(note=OuterRef("pk")).order_by("user__name", "pk")
    names = Coalesce(NullIf("user__name", Value("")), "user__email", output_field=CharField())
    parts = {
        "shown_to": ArraySubquery(readers.values(shown=names)),
        "is_for_me": Exists(readers.filter(user=user, done_at=None)),
    }
    return StaffNote.objects.filter(application=application).select_related("by").annotate(**parts)

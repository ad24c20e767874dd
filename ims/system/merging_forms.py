"""The forms of the page that compares two records: which values stay, and why both stay."""

from typing import Any

from django import forms
from django.forms import modelform_factory
from django.utils.formats import date_format

from ims import registers
from ims.forms import RecordForm
from ims.system.merging import TOGETHER
from workflow.conflicts import words

KEEP, TAKE, WRITE = "keep", "take", "write"
OF = "of_"  # begins the name of the choice about a field
MAX_LENGTH = 80  # characters of a value that a choice shows; the whole texts are side by side above


class MergeForm(RecordForm):
    """For each field in which two records differ: whose value stays. A text may also be written anew.

    ``version`` and ``other_version`` are those that were read. Lists that are joined, and what can't change, are not
    asked for.
    """

    def __init__(self, data: Any = None, *, stays: Any, other: Any) -> None:
        super().__init__(data, utility=stays.utility, instance=stays)
        self.other = other
        self.asked = [name for name in self.fields if name != "version"]
        self.fields["other_version"] = forms.IntegerField(min_value=0, widget=forms.HiddenInput, initial=other.version)
        for name in self.asked:
            self._ask(name)

    def _ask(self, name: str) -> None:
        field, mine, theirs = self.fields.pop(name), getattr(self.instance, name), getattr(self.other, name)
        can_write = type(field) is forms.CharField
        choices = [(KEEP, self._label(field, mine, self.instance)), (TAKE, self._label(field, theirs, self.other))]
        self.fields[OF + name] = forms.ChoiceField(
            label=str(field.label),
            choices=[*choices, (WRITE, "What is written below")] if can_write else choices,
            widget=forms.RadioSelect,
            initial=TAKE if mine in (None, "") else KEEP,
        )
        if can_write:
            field.label = f"{field.label}, written anew"
            field.required = False
            self.initial[name] = mine or theirs
            self.fields[name] = field

    def _label(self, field: forms.Field, value: Any, record: Any) -> str:
        shown = shown_as(field, value)
        return f"{record.number}: {shown}" if len(shown) <= MAX_LENGTH else f"That of {record.number}"

    def clean(self) -> None:
        for name in self.asked:
            choice = self.cleaned_data.pop(OF + name, "")
            if choice != WRITE:
                self.errors.pop(name, None)
                self.cleaned_data[name] = getattr(self.other if choice == TAKE else self.instance, name)
            elif not self.cleaned_data.get(name) and not self._meta.model._meta.get_field(name).blank:
                self.add_error(name, "Enter it, or choose one of the two.")
        for name, message in self.instance.faults(self.cleaned_data):
            self.add_error(OF + name if name in self.asked else None, message)

    @property
    def outdated(self) -> Any:
        """The record that somebody changed since it was read, or None. Call it after ``is_valid``."""
        read = ((self.instance, self.cleaned_data.get("version")), (self.other, self.cleaned_data.get("other_version")))
        return next((record for record, version in read if version not in (None, record.version)), None)

    @property
    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.asked}


def shown_as(field: forms.Field, value: Any) -> str:
    """Returns a value as a person reads it."""
    if hasattr(value, "isoformat"):
        return date_format(value, "F j, Y")
    if isinstance(field, forms.ModelChoiceField):
        return str(value or "nothing")
    return words(field, value)


def merge_form(data: Any, *, stays: Any, other: Any) -> MergeForm:
    """Returns the form with the fields that differ and can be chosen."""
    register = registers.get(stays.register)
    joined = {*TOGETHER, *(register.merges.joins if register.merges else ())}
    names = [name for name in register.on_page if name in {*register.fields, *register.shared} - joined - stays.frozen]
    differ = [name for name in dict.fromkeys(names) if getattr(stays, name) != getattr(other, name)]
    made: Any = modelform_factory(register.model, form=MergeForm, fields=differ)
    form: MergeForm = made(data, stays=stays, other=other)
    return form


class TwoJobsForm(forms.Form):
    why = forms.CharField(
        label="Why they are two jobs",
        max_length=450,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The histories of both keep it. Anybody who edits can end it.",
    )

"""The form of a record, made from the description of its register; moves; comments."""

from functools import cache
from typing import Any

from django import forms
from django.db.models import Q
from django.forms import modelform_factory

from accounts.models import User, Utility
from ims import registers
from ims.do.training import job_choices
from ims.links import CAME_FROM, LED_TO, RELATED
from ims.people import Person
from ims.plan.criteria import Criteria, ScoresFormField
from ims.plan.objectives import Objective
from ims.plan.units import Unit
from ims.preferences import Preferences
from ims.records import Record
from ims.registers import Move, Register
from ims.saved import SavedView
from initiatives.models import Initiative
from pdca.models import Area, Element
from workflow.forms import CheckingForm
from workflow.saved import ViewForm


class RecordForm(CheckingForm):
    """What a person may enter; ``version`` is the one that was read. It saves nothing itself: see Record.change."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput, initial=0)

    class Meta:
        model = Record
        fields = ["title"]

    def __init__(
        self,
        *args: Any,
        utility: Utility,
        like: "RecordForm | None" = None,
        from_values: bool = False,
        **kwargs: Any,
    ) -> None:
        """``like``: a form of the same register, whose choices are taken instead of asking for them again.

        ``from_values``: the data are values by the names of the fields, lists for several, and not from a browser.
        """
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
        else:
            del self.fields["version"]
        offer = {
            "areas": lambda: Area.objects.values_list("code", "name"),
            "initiatives": lambda: Initiative.objects.readable().values_list("slug", "short_name"),
            "jobs": lambda: job_choices(utility),
            "elements": lambda: Element.objects.known().values_list("slug", "name"),
            "units": lambda: Unit.objects.filter(utility=utility, is_open=True).values_list("pk", "title"),
        }
        self.offers: dict[str, list[tuple[Any, str]]]
        if like:
            self.offers = like.offers
        else:
            self.offers = {name: list(choices()) for name, choices in offer.items() if name in self.fields}
        for name, choices in self.offers.items():
            self.fields[name] = forms.TypedMultipleChoiceField(
                label=self.fields[name].label,
                choices=self._with_kept(name, choices),
                coerce=int if name == "units" else str,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            if self.instance.pk:
                self.initial[name] = getattr(self.instance, name)
        if "owner" in self.fields and not like:
            kept = Q(pk=self.instance.owner_id)  # who owns it now, though no longer here
            people = Person.objects.of(utility).filter(Q(pk__in=Person.objects.here()) | kept)
            self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        if "objective" in self.fields:
            self.fields["objective"].queryset = Objective.objects.filter(utility=utility)  # type: ignore[attr-defined]
        if "scores" in self.fields:
            self.fields["scores"] = ScoresFormField(Criteria.current(utility))
        self.frozen = self.instance.frozen & self.fields.keys() if self.instance.pk else frozenset()
        if not from_values:
            for name in self.frozen:
                del self.fields[name]
        for name, field in self.fields.items():
            if name != "version":
                checks = self._meta.model._meta.get_field(name).validators
                field.validators += [check for check in checks if check not in field.validators]
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

        if from_values:
            self._take_lists()

    def _take_lists(self) -> None:
        """Reads several choices as one list. What the record has already is dropped if it is not offered any more."""
        data = dict(self.data)
        for name, field in self.fields.items():
            if isinstance(field, forms.MultipleChoiceField) and name in data:
                field.widget = forms.SelectMultiple()
                kept = getattr(self.instance, name)
                if isinstance(data[name], list):
                    data[name] = [each for each in data[name] if field.valid_value(each) or each not in kept]
        self.data = data

    def _with_kept(self, name: str, choices: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
        """Adds what the record has already, though it is not on offer any more."""
        known = {value for value, _ in choices}
        return choices + [(value, str(value)) for value in getattr(self.instance, name) if value not in known]

    def clean(self) -> None:
        for name, words in self.instance.faults(self.cleaned_data):
            self.add_error(name, words)
        for name in self.frozen & self.cleaned_data.keys():
            if self.cleaned_data[name] != getattr(self.instance, name):
                self.add_error(name, f"It does not change while the status is “{self.instance.status_label}”.")

    @property
    def changes(self) -> dict[str, Any]:
        left_alone = {"version", *self.frozen}
        return {name: value for name, value in self.cleaned_data.items() if name not in left_alone}


@cache  # to make one takes longer than to check what was entered into it
def form_of(register: Register) -> type[RecordForm]:
    fields = [*register.shared, *register.fields]
    return modelform_factory(register.model, form=RecordForm, fields=fields)  # type: ignore[return-value]


class MoveForm(forms.Form):
    """What a move asks for: fields of the record that must be filled in, or a reason."""

    why = forms.CharField(label="Reason", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, record: Record, move: Move) -> None:
        super().__init__(data, auto_id=f"id_{move.slug}_%s")
        self.record, self.move = record, move
        if not move.needs_why:
            del self.fields["why"]
        asked = forms.fields_for_model(type(record), move.asks) if move.asks else {}
        for name, field in asked.items():
            field.required = True
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            if name in registers.get(record.register).fields:
                self.initial[name] = getattr(record, name)
            self.fields[name] = field

    def clean(self) -> None:
        if self.errors:
            return
        for name, words in self.record.move_faults(self.move.end, self.cleaned_data):
            self.add_error(name, words)


class VersionForm(forms.Form):
    version = forms.IntegerField(min_value=0)


class CommentForm(forms.Form):
    text = forms.CharField(
        label="Write a comment",
        help_text="@ and a name sends that person an email.",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "data-mention": "people"}),
    )


class RelationForm(forms.Form):
    """Another record of the utility, by its number, and how it is related."""

    relation = forms.ChoiceField(
        label="This record", choices=[(CAME_FROM, "came from"), (LED_TO, "led to"), (RELATED, "is related to")]
    )
    other = forms.CharField(label="Number of the other record", max_length=20, help_text="Such as PRG-2026-014")

    def __init__(self, data: Any = None, *, record: Record, user: User) -> None:
        super().__init__(data, auto_id="id_relation_%s")
        self.record, self.user = record, user

    def clean_other(self) -> Record:
        number = self.cleaned_data["other"].strip()
        rows = Record.objects.visible_to(self.user).filter(utility=self.record.utility_id)
        found = rows.filter(number__iexact=number).first()
        if found is None:
            raise forms.ValidationError(f"No record has the number “{number}”.")
        if found.pk == self.record.pk:
            raise forms.ValidationError("Enter the number of another record.")
        return found


class SavedViewForm(ViewForm):
    class Meta:
        model = SavedView
        fields = ["name", "is_shared"]


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = Preferences
        fields = ["weekly_email"]

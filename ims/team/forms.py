"""The forms of the team: who represents a function, the scope, people without an account, subgroups."""

from typing import Any

from django import forms

from assessments.operations import VALUE_CHAINS
from ims.people import Person
from ims.team.models import Seat, Subgroup, TeamScope
from initiatives.models import Initiative
from pdca.models import Area
from workflow.forms import CheckingForm


class RowForm(CheckingForm):
    """A form whose row is saved by its version: it writes nothing into the instance."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version if self.instance.pk else 0

    @property
    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class SeatForm(RowForm):
    """Its markup is in ims/team.html. ``people`` are those who can be chosen."""

    class Meta:
        model = Seat
        fields = ("person", "alternate", "left_out")

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{self.instance.function}_%s"
        kept = [each for each in (self.instance.person, self.instance.alternate) if each]
        pks = {person.pk for person in (*people, *kept)}
        for name in ("person", "alternate"):
            self.fields[name].queryset = Person.objects.filter(pk__in=pks)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        person, alternate = cleaned.get("person"), cleaned.get("alternate")
        if person and person == alternate:
            self.add_error("alternate", "Choose someone else as the alternate.")
        if cleaned.get("left_out") and (person or alternate):
            self.add_error("left_out", "Choose nobody for a function that has no seat, or empty this field.")
        return cleaned


class FunctionForm(CheckingForm):
    class Meta:
        model = Seat
        fields = ("name", "why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_function_%s"} | kwargs)
        self.fields["name"].required = True


class ScopeForm(RowForm):
    areas = forms.MultipleChoiceField(
        label="Management areas in scope", required=False, widget=forms.CheckboxSelectMultiple
    )
    operations = forms.MultipleChoiceField(
        label="Operations inside the fence line",
        required=False,
        choices=[(chain, list(steps.items())) for chain, steps in VALUE_CHAINS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    initiatives = forms.MultipleChoiceField(
        label="Initiatives in place", required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = TeamScope
        fields = ("areas", "operations", "initiatives")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["areas"].choices = list(Area.objects.values_list("code", "name"))  # type: ignore[attr-defined]
        initiatives = Initiative.objects.readable().values_list("slug", "short_name")
        self.fields["initiatives"].choices = list(initiatives)  # type: ignore[attr-defined]


class PersonForm(RowForm):
    """The name and the address of a member are those of the account."""

    class Meta:
        model = Person
        fields = ("name", "job", "phone", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.user_id:
            del self.fields["name"], self.fields["email"]


class SubgroupForm(RowForm):
    class Meta:
        model = Subgroup
        fields = ("name", "purpose", "lead", "members")
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3}), "members": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pks = {person.pk for person in people}
        if self.instance.pk:
            pks |= set(self.instance.members.values_list("pk", flat=True)) | {self.instance.lead_id}
        for name in ("lead", "members"):
            self.fields[name].queryset = Person.objects.filter(pk__in=pks)  # type: ignore[attr-defined]

    def clean_members(self) -> list[Person]:
        return list(self.cleaned_data["members"])

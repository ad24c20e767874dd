"""The forms of training: a session for several people, its correction, and the single people who need a topic."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Utility
from ims.do.training import TrainingSession, TrainingTopic, job_choices
from ims.do.training_matrix import Matrix
from ims.do.training_states import URGENT, State, plain
from ims.people import Person
from initiatives.models import Initiative
from pdca.models import Area
from workflow.forms import CheckingForm

ORDER = ("version", "on", "trainer", "competence", "proof", "people", "topics", "is_withdrawn", "why")


def _several(label: str, choices: list[tuple[int, str]], *, required: bool = True) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label, choices=choices, coerce=int, required=required, widget=forms.CheckboxSelectMultiple
    )


def _named(person: Person, words: str = "") -> str:
    return ": ".join(part for part in (f"{person.name}, {person.job}" if person.job else person.name, words) if part)


class SessionForm(CheckingForm):
    """``topics`` may be chosen; ``chosen`` are the keys of those that are at first. Who needs these comes first."""

    class Meta:
        model = TrainingSession
        fields = ["on", "trainer", "competence", "proof"]
        widgets = {"on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(
        self, *args: Any, utility: Utility, topics: list[TrainingTopic], chosen: Collection[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.topics = {topic.pk: topic for topic in topics}
        states = {
            row.person: min(
                (cell.state for topic, cell in row.cells if topic.pk in chosen),
                key=URGENT.index,
                default=State.NOT_NEEDED,
            )
            for row in Matrix(utility).rows
        }
        took_part = list(self.instance.people.all()) if self.instance.pk else []
        states = dict.fromkeys(took_part, State.NOT_NEEDED) | states
        people = sorted(states, key=lambda each: (URGENT.index(states[each]), each.name.casefold()))
        self.people = {person.pk: person for person in people}
        words = {each: states[each].words if states[each] is not State.NOT_NEEDED else "" for each in people}
        self.fields["people"] = _several("Who took part", [(each.pk, _named(each, words[each])) for each in people])
        self.fields["topics"] = _several("What it covered", [(pk, str(topic)) for pk, topic in self.topics.items()])
        self.order_fields(ORDER)
        self.initial["topics"] = list(chosen)
        self.initial["people"] = [each.pk for each in took_part]

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        last = self.instance.entered_on if self.instance.pk else timezone.localdate()
        if day > last:
            raise forms.ValidationError(f"Enter the day it was held, {last:%B %-d, %Y} at the latest.")
        return day

    @property
    def values(self) -> dict[str, Any]:
        """What is kept: people and topics as rows."""
        rows: dict[str, Any] = {"people": self.people, "topics": self.topics}
        return {
            name: [rows[name][pk] for pk in value] if name in rows else value
            for name, value in self.cleaned_data.items()
        }


class CorrectionForm(SessionForm):
    """``version`` is the one that was read."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    why = forms.CharField(label="Why you correct it", max_length=300)

    class Meta(SessionForm.Meta):
        fields = [*SessionForm.Meta.fields, "is_withdrawn"]


class NeedForm(forms.Form):
    """The single people who need a topic though their jobs do not."""

    def __init__(self, *args: Any, topic: TrainingTopic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = list(topic.also.all())
        people = sorted({*Person.objects.of(topic.utility).here(), *kept}, key=lambda each: each.name.casefold())
        self.people = {person.pk: person for person in people}
        choices = [(each.pk, _named(each)) for each in people]
        self.fields["people"] = _several("These people need it too", choices, required=False)
        self.initial["people"] = [each.pk for each in kept]

    @property
    def chosen(self) -> list[Person]:
        return [self.people[pk] for pk in self.cleaned_data["people"]]


class MatrixFilters(forms.Form):
    """What the matrix shows. What is unknown is ignored."""

    area = forms.ChoiceField(required=False)
    initiative = forms.ChoiceField(required=False)
    job = forms.ChoiceField(label="Job or function", required=False)

    def __init__(self, *args: Any, utility: Utility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = {
            slug
            for slugs in TrainingTopic.objects.filter(utility=utility, is_open=True).values_list(
                "initiatives", flat=True
            )
            for slug in slugs
        }
        initiatives = Initiative.objects.known().filter(slug__in=used).values_list("slug", "short_name")
        jobs = [(plain(job), words) for job, words in job_choices(utility)[1:]]
        offered = {"area": list(Area.objects.values_list("code", "name")), "initiative": list(initiatives), "job": jobs}
        for name, empty in (("area", "All areas"), ("initiative", "All initiatives"), ("job", "All jobs")):
            field: Any = self.fields[name]
            field.choices = [("", empty), *offered[name]]

    @property
    def asked(self) -> dict[str, Any]:
        """Returns the filters that are set and known."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

"""The forms of the pages of a document."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from ims.do.documents import Document
from ims.people import Person

DAY = {"type": "date"}


def _not_ahead(day: date | None) -> date | None:
    if day and day > timezone.localdate():
        raise forms.ValidationError("This date is in the future.")
    return day


class PeopleField(forms.TypedMultipleChoiceField):
    """People to choose several of; ``chosen`` are rows."""

    def __init__(self, people: list[Person], **options: Any) -> None:
        self.people = {person.pk: person for person in people}
        words = [(person.pk, f"{person}, {person.job}" if person.job else str(person)) for person in people]
        super().__init__(choices=words, coerce=int, widget=forms.CheckboxSelectMultiple, **options)

    def clean(self, value: Any) -> list[Person]:
        return [self.people[pk] for pk in super().clean(value)]


class DocumentPeopleForm(forms.Form):
    """Who approves a document, while it is a draft, and who must know it."""

    def __init__(self, *args: Any, document: Document, **options: Any) -> None:
        super().__init__(*args, **options)
        here = list(Person.objects.of(document.utility).here())
        if document.status == Document.Status.DRAFT:
            self._offer("approvers", "Who approves it", here, document.approvers)
        self._offer("readers", "Who must know it", here, document.readers)

    def _offer(self, name: str, label: str, here: list[Person], signatures: Any) -> None:
        asked = [each.person for each in signatures.select_related("person")]
        people = sorted({*here, *asked}, key=lambda person: (person.name.casefold(), person.pk))
        initial = [person.pk for person in asked]
        self.fields[name] = PeopleField(people, label=label, required=False, initial=initial)


class ApprovalForm(forms.Form):
    """``version`` is that of the document that was read. ``on`` is asked only for a person without an account."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    on = forms.DateField(label="Approved on", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def __init__(self, *args: Any, document: Document, is_own: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial = {"version": document.version, "on": timezone.localdate()}
        if is_own:
            del self.fields["on"]

    def clean_on(self) -> date | None:
        return _not_ahead(self.cleaned_data["on"])


class SendBackForm(forms.Form):
    why = forms.CharField(label="What has to change", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class SheetForm(forms.Form):
    """A signed sheet: who of the people without an account confirmed that they read the document, and when."""

    on = forms.DateField(label="Signed on", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def __init__(self, *args: Any, people: list[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial = {"on": timezone.localdate()}
        self.fields["people"] = PeopleField(
            people,
            label="Who signed",
            error_messages={"required": "Choose who signed."},
        )

    def clean_on(self) -> date | None:
        return _not_ahead(self.cleaned_data["on"])

"""The forms of an audit: an entry of its team, one line of its checklist, a question of the utility's own."""

from typing import Any

from django import forms
from django.utils import timezone

from ims.check.audit_rows import AuditLine, Auditor
from ims.check.audits import Audit
from ims.do.training import trained
from ims.people import Person
from pdca.models import Element
from workflow.forms import CheckingForm


class AuditorForm(CheckingForm):
    class Meta:
        model = Auditor
        fields = ["person", "role", "training", "trained_on", "apart"]
        widgets = {
            "role": forms.RadioSelect,
            "trained_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    role = forms.ChoiceField(label="Part", choices=Auditor.Role.choices, widget=forms.RadioSelect, initial="auditor")

    def __init__(self, *args: Any, audit: Audit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.audit = audit
        people = Person.objects.of(audit.utility)
        who: Any = self.fields["person"]
        who.queryset = people.here() | people.filter(pk=self.instance.person_id)
        on_record = trained(audit.utility, audit.due or timezone.localdate())
        who.label_from_instance = lambda each: f"{each}, trained in auditing" if each in on_record else str(each)

    def clean(self) -> None:
        given = self.cleaned_data
        person = given.get("person")
        if not person:
            return
        others = self.audit.team.exclude(pk=self.instance.pk)
        if others.filter(person=person).exists():
            self.add_error("person", "This person is on the team already.")
        if given.get("role") == Auditor.Role.LEAD and others.filter(role=Auditor.Role.LEAD).exists():
            self.add_error("role", "Another person leads this audit. Change that entry first.")
        entry = Auditor(audit=self.audit, **given)
        for name, words in entry.faults(self.audit.owned([person]).get(person.pk, [])):
            self.add_error(name, words)


class LineForm(CheckingForm):
    """Its markup is in ims/check/checklist.html."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = AuditLine
        fields = ["finding", "seen"]
        widgets = {"seen": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{self.instance.pk}_%s"
        self.fields["version"].initial = self.instance.version

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("finding") and not given.get("seen"):
            self.add_error("finding", "Enter what was seen. Then the finding is saved with it.")

    @property
    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class QuestionForm(forms.Form):
    question = forms.CharField(label="Your own question", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    element = forms.ChoiceField(label="Element", required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_own_%s")
        names = list(Element.objects.known().values_list("slug", "name"))
        self.fields["element"].choices = [("", "None in particular"), *names]  # type: ignore[attr-defined]

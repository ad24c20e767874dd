"""The forms of the system manual: own words about an element, issuing an edition."""

from typing import Any

from django import forms

from ims.system.manual import ManualEdition, ManualWords
from ims.team.forms import RowForm
from workflow.forms import CheckingForm


class WordsForm(RowForm):
    """Its markup is in ims/system/manual_words.html."""

    class Meta:
        model = ManualWords
        fields = ("text",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{self.instance.element}_%s"


class IssueForm(CheckingForm):
    """``last`` is the number of the edition that the person saw as the last one, 0 if there was none."""

    area = forms.CharField(widget=forms.HiddenInput, required=False)
    last = forms.IntegerField(min_value=0, max_value=10_000, widget=forms.HiddenInput)

    class Meta:
        model = ManualEdition
        fields = ("approved_by", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    @property
    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

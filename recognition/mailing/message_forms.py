"""The form of a message to many applicants: a subject and a text, with words that are filled in for each."""

from typing import Any

from django import forms

from letters import wordings
from letters.faults import faults
from recognition.models import Announcement
from recognition.models.announcement import WORDING


class MessageForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    subject = forms.CharField(max_length=200)
    body = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 16}))

    def __init__(self, data: Any = None, *, announcement: Announcement | None = None) -> None:
        begin = wordings.stored(WORDING)
        first: dict[str, Any] = {"subject": begin.subject, "body": begin.content}
        if announcement:
            first = {name: getattr(announcement, name) for name in ("version", "subject", "body")}
        super().__init__(data, initial=first, auto_id="id_message_%s")

    @property
    def words(self) -> tuple[wordings.Word, ...]:
        """The words that may stand in it, except those that say nothing in a letter to an applicant."""
        return tuple(word for word in wordings.get(WORDING).words if word.name != "person")

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0

    def clean_subject(self) -> str:
        return self._checked("subject")

    def clean_body(self) -> str:
        return self._checked("body").replace("\r\n", "\n")

    def _checked(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        if found := faults(text, wordings.get(WORDING)):
            raise forms.ValidationError(found)
        return text

"""The forms that attach a link or a file to a row."""

from django import forms

from files.attachments import as_link
from files.models import ACCEPT, KEPT


class LinkForm(forms.Form):
    url = forms.CharField(
        label="Link or path",
        max_length=1000,
        help_text=r"A web address or a path in your network, such as \\server\share\plan.docx.",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocapitalize": "off"}),
    )
    title = forms.CharField(label="Title", max_length=200, required=False)

    def clean_url(self) -> str:
        url = as_link(self.cleaned_data["url"])
        if not url or len(url) > 1000:
            raise forms.ValidationError(
                r"Enter a web address that starts with https:// or http://, or a path that starts with \\ or a drive."
            )
        return url


class FileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text=KEPT,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )

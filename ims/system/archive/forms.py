"""The form by which an archive comes back."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat


class ArchiveForm(forms.Form):
    file = forms.FileField(
        label="Archive",
        help_text="The ZIP that was made by “Everything as one ZIP”, as it was downloaded.",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > settings.ARCHIVE_MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {filesizeformat(settings.ARCHIVE_MAX_BYTES)}.")
        return upload

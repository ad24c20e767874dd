from typing import Any

from django import forms

from recognition.models import Photo


class PhotoForm(forms.ModelForm):
    """A photo's caption and permission; its file only when it is added."""

    file = forms.FileField(
        label="Photo",
        required=False,
        help_text="JPEG, up to 10 MB. Location and camera data are removed.",
        widget=forms.FileInput(attrs={"accept": ".jpg,.jpeg,image/jpeg"}),
    )

    class Meta:
        model = Photo
        fields = ["caption", "may_publish"]
        help_texts = {"caption": "What the photo shows. Photos and captions are not evaluated."}

    @property
    def words(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

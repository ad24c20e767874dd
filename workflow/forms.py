"""Forms with the fields of a model whose rows are saved by a method of the model."""

from django import forms


class CheckingForm(forms.ModelForm):
    """Checks what is entered and writes nothing into the instance; saving it is the caller's."""

    def _post_clean(self) -> None:
        """Django would write what is entered into the instance here."""

from typing import Any

from django import forms

from accounts.models import User, Utility
from recognition.models import Application, Cycle


class StartForm(forms.Form):
    """The utility, and an earlier application to copy from."""

    utility = forms.ModelChoiceField(label="Utility", queryset=Utility.objects.none(), empty_label=None)
    previous = forms.ModelChoiceField(
        label="Start from an earlier application",
        queryset=Application.objects.none(),
        required=False,
        empty_label="No, start with blank text",
        help_text="Its text is carried over. You sign again.",
    )

    def __init__(self, *args: Any, user: User, cycle: Cycle, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Utility.objects.editable_by(user).exclude(applications__cycle=cycle)
        self.fields["utility"].queryset = free  # type: ignore[attr-defined]
        earlier = Application.objects.filter(utility__in=free).exclude(cycle=cycle).select_related("utility", "cycle")
        self.fields["previous"].queryset = earlier  # type: ignore[attr-defined]
        if not earlier:
            del self.fields["previous"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        utility, previous = cleaned.get("utility"), cleaned.get("previous")
        if utility and previous and previous.utility_id != utility.pk:
            self.add_error("previous", "This is another utility's application. Choose one of the same utility.")
        return cleaned


class WithdrawForm(forms.Form):
    why = forms.CharField(
        label="Reason for withdrawing", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class DiscardForm(forms.Form):
    why = forms.CharField(label="Reason", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

"""The forms of readiness: a round, one rating, one barrier."""

from typing import Any

from django import forms
from django.utils import timezone

from ims.team.forms import RowForm
from ims.team.readiness.factors import Barrier, scale
from ims.team.readiness.models import ReadinessPoint, ReadinessRating, ReadinessRound
from ims.team.readiness.spread import UNKNOWN
from workflow.forms import CheckingForm


class RoundForm(CheckingForm):
    class Meta:
        model = ReadinessRound
        fields = ("name", "rate_by")
        widgets = {"rate_by": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": f"Readiness {timezone.localdate().year}"}} | kwargs)


class RatingForm(RowForm):
    """Its markup is in ims/readiness/rate.html."""

    value = forms.TypedChoiceField(
        label="How far is it in place?", coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )

    class Meta:
        model = ReadinessRating
        fields = ("value", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{self.instance.factor}_%s"
        self.fields["value"].choices = choices()  # type: ignore[attr-defined]


def choices() -> list[tuple[int, str]]:
    return [*scale().items(), (UNKNOWN, "Don’t know")]


class BarrierForm(RowForm):
    """Its markup is in ims/readiness/round.html."""

    responses = forms.MultipleChoiceField(
        label="What we do about it", required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ReadinessPoint
        fields = ("applies", "responses", "own")

    def __init__(self, *args: Any, barrier: Barrier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_{barrier.slug}_%s"
        offered = [(one.slug, one.name) for one in barrier.responses]
        self.fields["responses"].choices = offered  # type: ignore[attr-defined]


class WhyForm(forms.Form):
    why = forms.CharField(label="Reason", max_length=300)

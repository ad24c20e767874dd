"""The answer of a management area to a change."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import record_of
from ims.act.changes import AreaAnswer, PlannedChange
from pdca.models import Area
from workflow import saving
from workflow.forms import CheckingForm
from workflow.models import WrongState

AFFECTED = (("True", "Yes"), ("False", "No"))


class AnswerForm(CheckingForm):
    class Meta:
        model = AreaAnswer
        fields = ["is_affected", "says"]
        widgets = {"says": forms.Textarea(attrs={"rows": 5})}

    is_affected = forms.TypedChoiceField(
        label="Does it concern this area?",
        choices=AFFECTED,
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
    )

    def clean(self) -> None:
        if self.cleaned_data.get("is_affected") and not self.cleaned_data.get("says"):
            self.add_error("says", "Enter what the change means for this area, and what must follow.")


@login_required
def answer(request: AuthenticatedRequest, utility_pk: int, number: str, area: str) -> HttpResponse:
    change: PlannedChange = record_of(request, utility_pk, PlannedChange.REGISTER, number)
    if change.my_role not in CAN_EDIT:
        raise PermissionDenied
    if area not in change.areas:
        raise Http404
    form = AnswerForm(request.POST or None, instance=change.answers.filter(area=area).first())
    if request.method == "POST" and form.is_valid():
        try:
            change.answer(area, by=request.user, **form.cleaned_data)
        except WrongState:
            messages.info(request, f"Nothing was changed: {number} is not waiting for answers now.")
        return redirect(f"{change.get_absolute_url()}#answers")
    context = {"change": change, "area": get_object_or_404(Area, code=area), "form": form}
    return render(request, "ims/act/answer.html", context, status=saving.status_of(form))

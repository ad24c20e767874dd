"""Entering an evaluation of compliance."""

from datetime import date

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import record_of
from ims.plan.requirements import Evaluation, Requirement
from workflow import saving
from workflow.forms import CheckingForm
from workflow.models import WrongState


class EvaluationForm(CheckingForm):
    class Meta:
        model = Evaluation
        fields = ["on", "result", "found", "evaluator"]
        widgets = {
            "on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "result": forms.RadioSelect,
            "found": forms.Textarea(attrs={"rows": 4}),
        }

    result = forms.ChoiceField(choices=Evaluation.Result.choices, widget=forms.RadioSelect)

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError("This date is in the future.")
        return day

    def clean(self) -> None:
        if self.cleaned_data.get("result") not in (None, Evaluation.Result.COMPLIES) and not self.cleaned_data["found"]:
            self.add_error("found", "Enter what was found.")


@login_required
def evaluate(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    requirement: Requirement = record_of(request, utility_pk, Requirement.REGISTER, number)
    if requirement.my_role not in CAN_EDIT:
        raise PermissionDenied
    initial = {"on": timezone.localdate(), "evaluator": str(request.user)}
    form = EvaluationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            requirement.evaluate(by=request.user, **form.cleaned_data)
        except WrongState:
            messages.info(request, f"Nothing was saved: {number} is not in force.")
        return redirect(f"{requirement.get_absolute_url()}#evaluations")
    context = {"requirement": requirement, "form": form}
    return render(request, "ims/plan/evaluate.html", context, status=saving.status_of(form))

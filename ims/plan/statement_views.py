"""A new edition of a statement, and the cross-check of policies in pairs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, record_of, utility_of
from ims.plan.statements import CrossCheck, Pairs, Statement
from workflow import saving
from workflow.forms import CheckingForm
from workflow.models import WrongState


class CrossCheckForm(CheckingForm):
    class Meta:
        model = CrossCheck
        fields = ["result", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}

    result = forms.ChoiceField(label="Do they agree?", choices=CrossCheck.Result.choices, widget=forms.RadioSelect)

    def clean(self) -> None:
        if self.cleaned_data.get("result") not in (None, CrossCheck.Result.AGREE) and not self.cleaned_data.get("note"):
            self.add_error("note", "Enter where they conflict, and how it is settled if it is.")


@login_required
def next_edition(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Asks, then begins the next edition; leads to the one that was begun."""
    statement: Statement = record_of(request, utility_pk, Statement.REGISTER, number)
    if statement.my_role not in CAN_EDIT:
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "ims/plan/next_edition.html", {"statement": statement})
    try:
        draft = statement.begin_next(by=request.user)
    except WrongState as error:
        messages.info(request, str(error))
        return redirect(statement.next_draft or statement)
    messages.success(request, f"{draft.number} was created from {number}. {number} stays in force until it is signed.")
    return redirect("ims:edit", utility_pk, Statement.REGISTER, draft.number)


@login_required
def cross_check(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    context = {"utility": utility, "pairs": Pairs(utility), "can_edit": can_edit(utility)}
    return render(request, "ims/plan/cross_check.html", context)


@login_required
def compare(request: AuthenticatedRequest, utility_pk: int, first: str, second: str) -> HttpResponse:
    """Shows two policies side by side, and keeps whether they agree."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    both: Any = [record_of(request, utility_pk, Statement.REGISTER, number) for number in (first, second)]
    if first == second or any(each.kind != Statement.Kind.POLICY for each in both):
        raise Http404
    kept = CrossCheck.objects.filter(first__in=both, second__in=both).first()
    form = CrossCheckForm(request.POST or None, instance=kept)
    if request.method == "POST" and form.is_valid():
        CrossCheck.keep(*both, by=request.user, **form.cleaned_data)
        messages.success(request, f"{first} and {second}: saved.")
        return redirect(reverse("ims:cross_check", args=[utility.pk]))
    context = {"utility": utility, "both": both, "form": form}
    return render(request, "ims/plan/compare_policies.html", context, status=saving.status_of(form))

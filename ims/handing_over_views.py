"""Handing over what a person answers for."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from ims.handing_over import hand_over
from ims.people import Person
from workflow.models import WrongState


class SuccessorForm(forms.Form):
    successor = forms.ModelChoiceField(Person.objects.none())

    def __init__(self, *args: Any, utility_pk: int) -> None:
        super().__init__(*args)
        self.fields["successor"].queryset = Person.objects.filter(utility=utility_pk)  # type: ignore[attr-defined]


@login_required
@require_POST
def to_successor(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    person = get_object_or_404(Person.objects.visible_to(request.user), utility=utility_pk, pk=pk)
    person.require_editor()
    form = SuccessorForm(request.POST, utility_pk=utility_pk)
    if not form.is_valid():
        messages.error(request, "Nothing was changed. Choose who takes over.")
        return redirect(f"{person.get_absolute_url()}#hand-over")
    successor = form.cleaned_data["successor"]
    try:
        handed = hand_over(person, successor, by=request.user)
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        messages.success(request, f"{successor} now has what {person} had: {handed}.")
    return redirect(person)

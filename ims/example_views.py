"""The page on which a utility chooses examples; each becomes a record of the register."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize

from accounts.models import User, Utility
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, register_in, utility_of
from ims.examples import Example, by_group
from ims.registers import Register
from workflow.saving import status_of


class ChoiceForm(forms.Form):
    chosen = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": "Choose at least one example."}, widget=forms.CheckboxSelectMultiple
    )


@login_required
def examples(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Offers the register's examples. Those that the utility has already, by their title, can't be chosen again."""
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    offered = described.examples()
    if not offered:
        raise Http404
    if not can_edit(utility):
        raise PermissionDenied
    rows: Any = described.model.objects.filter(utility=utility)
    kept = {title.casefold() for title in rows.values_list("title", flat=True)}
    form = ChoiceForm(request.POST) if request.method == "POST" else ChoiceForm()
    form.fields["chosen"].choices = [  # type: ignore[attr-defined]
        (place, each.title) for place, each in enumerate(offered) if each.title.casefold() not in kept
    ]
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["chosen"]
        _start(described, utility, [offered[place] for place in chosen], by=request.user)
        n = len(chosen)
        messages.success(request, f"{n} {described.one}{pluralize(n)} {pluralize(n, 'was,were')} created.")
        return redirect("ims:list", utility.pk, described.slug)
    groups = [
        (group, source, [(place, each, each.title.casefold() in kept) for place, each in found])
        for group, source, found in by_group(offered)
    ]
    context = {"utility": utility, "register": described, "form": form, "groups": groups}
    return render(request, "ims/record_examples.html", context, status=status_of(form))


@transaction.atomic
def _start(register: Register, utility: Utility, chosen: list[Example], *, by: User) -> None:
    for example in chosen:
        register.model.open_in(utility, by=by, title=example.title, **example.fields)

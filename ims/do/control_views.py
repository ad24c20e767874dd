"""Controls that meet on a unit: all pairs, and how two of them are settled."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, record_of, utility_of
from ims.apart import KeptApart
from ims.do.control_pairs import Harmonizing, Pair, pairs_of
from ims.do.controls import Control
from workflow import saving
from workflow.models import WrongState

APART, FIRST, SECOND = "apart", "first", "second"


class SettleControlsForm(forms.Form):
    how = forms.ChoiceField(label="How is it settled?", widget=forms.RadioSelect)
    why = forms.CharField(
        label="Reason", max_length=450, widget=forms.Textarea(attrs={"rows": 3}), help_text="The history keeps it."
    )

    def __init__(self, data: Any = None, *, pair: Pair) -> None:
        super().__init__(data)
        first, second = pair.first.number, pair.second.number
        self.fields["how"].choices = [  # type: ignore[attr-defined]
            (FIRST, f"{first} serves both; {second} is withdrawn"),
            (SECOND, f"{second} serves both; {first} is withdrawn"),
            (APART, "Both stay as they are"),
        ]


@login_required
def harmonize(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    context = {"utility": utility, "found": Harmonizing(utility, request.user), "can_edit": can_edit(utility)}
    return render(request, "ims/do/harmonize_controls.html", context)


@login_required
def settle(request: AuthenticatedRequest, utility_pk: int, first: str, second: str) -> HttpResponse:
    """Shows two controls side by side, and keeps how they are settled."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    one: Control = record_of(request, utility_pk, Control.REGISTER, first)
    other: Control = record_of(request, utility_pk, Control.REGISTER, second)
    pair = next((each for each in pairs_of(one, request.user) if each.other(one).pk == other.pk), None)
    if one.pk == other.pk:
        raise Http404
    if not pair or pair.kept:
        messages.info(request, f"There is nothing to settle between {first} and {second}.")
        return redirect("ims:harmonize_controls", utility.pk)
    form = SettleControlsForm(request.POST or None, pair=pair)
    if request.method == "POST" and form.is_valid():
        try:
            _settle(pair.first, pair.second, form.cleaned_data, request)
        except WrongState as error:
            messages.error(request, f"Nothing was changed. {error}")
        else:
            messages.success(request, f"{pair.first.number} and {pair.second.number} are settled.")
        return redirect("ims:harmonize_controls", utility.pk)
    context = {"utility": utility, "pair": pair, "form": form}
    return render(request, "ims/do/settle_controls.html", context, status=saving.status_of(form))


def _settle(first: Control, second: Control, given: dict[str, str], request: AuthenticatedRequest) -> None:
    why = given["why"]
    if given["how"] == APART:
        first.keep_apart(second, by=request.user, why=why)
    elif given["how"] == FIRST:
        first.replace(second, by=request.user, why=why)
    else:
        second.replace(first, by=request.user, why=why)


@login_required
@require_POST
def flag_again(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    rows = KeptApart.objects.visible_to(request.user).filter(first__utility=utility)
    kept = get_object_or_404(rows.select_related("first", "second"), pk=pk)
    try:
        kept.end(by=request.user)
    except WrongState as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{kept.first.number} and {kept.second.number} are flagged again.")
    return redirect("ims:harmonize_controls", utility.pk)

"""Who may see a register."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import Membership, Role, User, Utility
from accounts.requests import AuthenticatedRequest
from ims.access import register_of, utility_of
from ims.closed import ClosedRegister
from workflow.saving import status_of

ALL, SOME = "all", "some"


class WhoForm(forms.Form):
    """``closed`` is how it is now; None if everyone in the utility sees the register."""

    who = forms.ChoiceField(
        label="Who may see it",
        choices=[(ALL, "Everyone in the utility"), (SOME, "Managers and the people chosen below")],
        widget=forms.RadioSelect,
    )
    readers = forms.ModelMultipleChoiceField(
        User.objects.none(), label="People", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, utility: Utility, closed: ClosedRegister | None) -> None:
        chosen = list(closed.readers.all()) if closed else []
        super().__init__(*args)
        self.initial = {"who": SOME if closed else ALL, "readers": chosen}
        members = Membership.objects.filter(utility=utility).exclude(role=Role.MANAGER)
        self.fields["readers"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            pk__in=members.values("user")
        ).order_by("name", "pk")


@login_required
def who(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Lets a manager close a register to all but some, or open it again."""
    utility, described = utility_of(request, utility_pk), register_of(register)
    if not described.closable:
        raise Http404
    if utility.my_role != Role.MANAGER:
        raise PermissionDenied
    closed = ClosedRegister.objects.filter(utility=utility, register=register).first()
    form = WhoForm(request.POST or None, utility=utility, closed=closed)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["who"] == SOME:
            ClosedRegister.close(utility, register, form.cleaned_data["readers"], by=request.user)
            messages.success(request, f"{described.name}: only managers and the people you chose see it now.")
        else:
            ClosedRegister.objects.filter(utility=utility, register=register).delete()
            messages.success(request, f"{described.name}: everyone in the utility sees it now.")
        return redirect("ims:list", utility.pk, register)
    context = {"utility": utility, "register": described, "form": form}
    return render(request, "ims/register_who.html", context, status=status_of(form))

"""Deleting a draft."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import record_of
from workflow.models import WrongState


@login_required
def discard(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    """Asks, then deletes a draft."""
    found = record_of(request, utility_pk, register, number)
    if found.my_role not in CAN_EDIT:
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "ims/record_delete.html", {"record": found}, status=200 if found.may_be_deleted else 409)
    try:
        found.discard(by=request.user)
    except WrongState as error:
        messages.error(request, f"Nothing was deleted. {error}")
        return redirect(found)
    messages.success(request, f"{number} was deleted.")
    return redirect("ims:list", utility_pk, register)

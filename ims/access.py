"""How the pages of the management system get their utility, register and record."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import CAN_EDIT, Utility
from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.registers import Register


def utility_of(request: AuthenticatedRequest, pk: int) -> Utility:
    return get_object_or_404(Utility.objects.visible_to(request.user), pk=pk)


def register_of(slug: str) -> Register:
    try:
        return registers.get(slug)
    except KeyError as error:
        raise Http404 from error


def can_edit(request: AuthenticatedRequest, utility: Utility) -> bool:
    return utility.membership_of(request.user).role in CAN_EDIT


def record_of(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> Any:
    rows: Any = register_of(register).model.objects.visible_to(request.user)
    return get_object_or_404(rows, utility=utility_pk, number=number)

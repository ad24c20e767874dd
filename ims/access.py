"""How the pages of the management system get their utility, register and record."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.current import utilities_of
from accounts.models import CAN_EDIT, Utility
from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.closed import ClosedRegister
from ims.registers import Register


def utility_of(request: AuthenticatedRequest, pk: int) -> Utility:
    """Returns one of the reader's utilities, with ``my_role``. The bar needs all of them, so this queries no more."""
    for utility in utilities_of(request):
        if utility.pk == pk:
            return utility
    raise Http404


def register_of(slug: str) -> Register:
    try:
        return registers.get(slug)
    except KeyError as error:
        raise Http404 from error


def register_in(request: AuthenticatedRequest, utility: Utility, slug: str) -> Register:
    """Returns a register of a utility from ``utility_of``. Raises Http404 if it is closed to the reader."""
    found = register_of(slug)
    if found.closable and slug in ClosedRegister.closed_to(request.user, utility):
        raise Http404
    return found


def can_edit(utility: Utility) -> bool:
    """Whether the reader may, of a utility from ``utility_of``."""
    return utility.my_role in CAN_EDIT


def record_of(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> Any:
    rows: Any = register_of(register).model.objects.visible_to(request.user)
    return get_object_or_404(rows, utility=utility_pk, number=number)

"""The records of a register as an Excel file: download it, preview what an edited one changes, save that."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from files.importing import Import, as_excel
from ims.access import can_edit, register_in, utility_of
from ims.exchange import RecordExchange
from ims.lists import filters_of
from workflow.exchange.planning import Plan


@login_required
def download(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Returns the records that the list shows with the same filters."""
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    rows: Any = described.model.objects.listed_in(utility, register)
    found = filters_of(described, utility.pk)(request.GET, rows, request=request).qs
    name = f"{utility.in_file_names}-{slugify(described.name)}-{timezone.localdate()}.xlsx"
    return as_excel(RecordExchange(described, utility, request.user, rows=found), name)


def _import(request: AuthenticatedRequest, utility_pk: int, register: str) -> Import:
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    if not can_edit(utility):
        raise PermissionDenied
    return Import(
        rows=lambda: RecordExchange(described, utility, request.user),
        locked=lambda: RecordExchange.locked(described, utility, request.user),
        ask="ims/exchange.html",
        plan="ims/exchange_plan.html",
        context={"utility": utility, "register": described},
        kept_as=f"{register}-{utility_pk}",
        after=reverse("ims:list", args=[utility_pk, register]),
        again=reverse("ims:excel_import", args=[utility_pk, register]),
        row="record",
        summary=_summary,
    )


@login_required
def preview(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    return _import(request, utility_pk, register).preview(request)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    return _import(request, utility_pk, register).confirm(request)


def _summary(plan: Plan, n_saved: int) -> str:
    n_added, skipped = len(plan.added), len(plan.changes) - n_saved
    left = f" {skipped} record{pluralize(skipped)} stayed as on the site." if skipped else ""
    return (
        f"Imported from Excel: {n_saved} record{pluralize(n_saved)} changed, {n_added} added.{left} "
        "Download the file again before you edit it further."
    )

"""The records of a register as an Excel file: download it, preview what an edited one changes, save that."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from assessments.forms import ExcelForm
from ims.access import can_edit, register_in, utility_of
from ims.exchange import RecordExchange
from ims.lists import filters_of
from ims.registers import Register
from workflow.exchange import keeping
from workflow.exchange.planning import Plan, carry_out, planned
from workflow.exchange.workbook import written
from workflow.models import Stale, WrongState
from workflow.saving import status_of
from workflow.spreadsheets import KINDS, Unreadable


@login_required
def download(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Returns the records that the list shows with the same filters."""
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    rows: Any = described.model.objects.listed_in(utility, register)
    found = filters_of(described, utility.pk)(request.GET, rows, request=request).qs
    content = written(RecordExchange(described, utility, request.user, rows=found))
    name = f"{utility.in_file_names}-{slugify(described.name)}-{timezone.localdate()}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(content, KINDS["xlsx"][0], headers=headers)


def _found(request: AuthenticatedRequest, utility_pk: int, register: str) -> tuple[Utility, Register]:
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    if not can_edit(utility):
        raise PermissionDenied
    return utility, described


@login_required
def preview(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Asks for the file, then shows what it would change. Saves nothing."""
    utility, described = _found(request, utility_pk, register)
    form = ExcelForm(request.POST, request.FILES) if request.method == "POST" else ExcelForm()
    if form.is_valid():
        upload = form.cleaned_data["file"]
        content = upload.read()
        exchange = RecordExchange(described, utility, request.user)
        try:
            plan = planned(exchange, content)
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return _show(request, exchange, plan, upload.name, content)
    return _ask(request, utility, described, form)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Saves what the preview showed, all or nothing. If the changes would differ now, shows them instead."""
    utility, described = _found(request, utility_pk, register)
    token, what = request.POST.get("token", ""), f"{register}-{utility_pk}"
    kept = keeping.take(request, what, token)
    if kept is None:
        messages.error(request, keeping.GONE)
        return _ask(request, utility, described, ExcelForm(), status=422)
    name, content = kept
    try:
        with transaction.atomic():
            exchange = RecordExchange.locked(described, utility, request.user)
            over = request.POST.getlist("over")
            plan, saved = carry_out(exchange, content, token, over=over, by=request.user)
    except (Stale, WrongState) as error:
        messages.error(request, f"Nothing was imported. {error}")
        return redirect("ims:excel_import", utility_pk, register)
    if saved is None:
        messages.warning(
            request,
            "Nothing was imported, because records changed since the preview. This is what the file changes now.",
        )
        return _show(request, exchange, plan, name, content)
    messages.success(request, _told(plan, len(saved)))
    return redirect("ims:list", utility_pk, register)


def _told(plan: Plan, n_saved: int) -> str:
    n_added, skipped = len(plan.added), len(plan.changes) - n_saved
    left = f" {skipped} record{pluralize(skipped)} stayed as on the site." if skipped else ""
    return (
        f"Imported from Excel: {n_saved} record{pluralize(n_saved)} changed, {n_added} added.{left} "
        "Download the file again before you edit it further."
    )


def _show(
    request: AuthenticatedRequest, exchange: RecordExchange, plan: Plan, name: str, content: bytes
) -> HttpResponse:
    described, utility = exchange.register, exchange.utility
    if (plan.changes or plan.added) and not plan.faults:
        keeping.keep(request, f"{described.slug}-{utility.pk}", plan.token, name, content)
    context = {"utility": utility, "register": described, "plan": plan, "name": name}
    return render(request, "ims/exchange_plan.html", context, status=422 if plan.faults else 200)


def _ask(
    request: AuthenticatedRequest, utility: Utility, register: Register, form: ExcelForm, status: int = 0
) -> HttpResponse:
    context = {"utility": utility, "register": register, "form": form}
    return render(request, "ims/exchange.html", context, status=status or status_of(form))

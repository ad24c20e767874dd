"""The rows of a gap analysis as an Excel file: download it, preview what an edited one changes, save that."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from assessments.exchange import FindingExchange
from assessments.forms import ExcelForm
from assessments.models import GapAnalysis
from assessments.views import visible
from workflow.exchange import keeping
from workflow.exchange.planning import Plan, carry_out, planned
from workflow.exchange.workbook import written
from workflow.models import Stale, WrongState
from workflow.saving import status_of
from workflow.spreadsheets import KINDS, Unreadable

COMPLETE = "This gap analysis is complete, so nothing can be imported. A manager can reopen it."


@login_required
def download(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = visible(request, pk)
    named = slugify(str(analysis))[:80] or "gap-analysis"
    name = f"{analysis.utility.in_file_names}-{named}-{analysis.as_of}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(written(FindingExchange(analysis, request.user)), KINDS["xlsx"][0], headers=headers)


def _draft(request: AuthenticatedRequest, pk: int) -> GapAnalysis | None:
    """Returns the analysis if the person may edit it, None if it is complete."""
    analysis = visible(request, pk)
    if analysis.my_role not in CAN_EDIT:
        raise PermissionDenied
    if analysis.can_edit:
        return analysis
    messages.info(request, COMPLETE)
    return None


@login_required
def preview(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks for the file, then shows what it would change. Saves nothing."""
    analysis = _draft(request, pk)
    if analysis is None:
        return redirect("assessments:analysis", pk)
    form = ExcelForm(request.POST, request.FILES) if request.method == "POST" else ExcelForm()
    if form.is_valid():
        upload = form.cleaned_data["file"]
        content = upload.read()
        try:
            plan = planned(FindingExchange(analysis, request.user), content)
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return _show_plan(request, analysis, plan, upload.name, content)
    return _ask(request, analysis, form)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Saves what the preview showed, all or nothing. If the changes would differ now, shows them instead."""
    analysis = _draft(request, pk)
    if analysis is None:
        return redirect("assessments:analysis", pk)
    token = request.POST.get("token", "")
    kept = keeping.take(request, _what(pk), token)
    if kept is None:
        messages.error(request, keeping.GONE)
        return _ask(request, analysis, ExcelForm(), status=422)
    name, content = kept
    try:
        with transaction.atomic():
            exchange = FindingExchange.locked(pk, request.user)
            over = request.POST.getlist("over")
            plan, saved = carry_out(exchange, content, token, over=over, by=request.user)
    except (Stale, WrongState) as error:  # it was completed, or its scope was changed, at this moment
        messages.error(request, f"Nothing was imported. {error}")
        return redirect("assessments:excel_import", pk)
    if saved is None:
        messages.warning(
            request, "Nothing was imported, because rows changed since the preview. This is what the file changes now."
        )
        return _show_plan(request, exchange.analysis, plan, name, content)
    skipped = len(plan.changes) - len(saved)
    left = f" {skipped} row{pluralize(skipped)} stayed as on the site." if skipped else ""
    messages.success(request, f"Imported from Excel: {len(saved)} row{pluralize(len(saved))} changed.{left}")
    return redirect(analysis)


def _what(pk: int) -> str:
    return f"findings-{pk}"


def _show_plan(
    request: AuthenticatedRequest, analysis: GapAnalysis, plan: Plan, name: str, content: bytes
) -> HttpResponse:
    if plan.changes and not plan.faults:
        keeping.keep(request, _what(analysis.pk), plan.token, name, content)
    context = {"analysis": analysis, "plan": plan, "name": name}
    return render(request, "assessments/exchange_plan.html", context, status=422 if plan.faults else 200)


def _ask(request: AuthenticatedRequest, analysis: GapAnalysis, form: ExcelForm, status: int = 0) -> HttpResponse:
    context = {"analysis": analysis, "form": form}
    return render(request, "assessments/exchange.html", context, status=status or status_of(form))

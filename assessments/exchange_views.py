"""The rows of a gap analysis as an Excel file: download it, preview what an edited one changes, save that."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from assessments.exchange import FindingExchange
from assessments.models import GapAnalysis
from assessments.views import visible
from files.importing import Import, as_excel

COMPLETE = "This gap analysis is complete, so nothing can be imported. A manager can reopen it."


@login_required
def download(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = visible(request, pk)
    named = slugify(str(analysis))[:80] or "gap-analysis"
    name = f"{analysis.utility.in_file_names}-{named}-{analysis.as_of}.xlsx"
    return as_excel(FindingExchange(analysis, request.user), name)


def _import(request: AuthenticatedRequest, pk: int) -> Import | None:
    """Returns the way back for the person who may edit the analysis, None if it is complete."""
    analysis: GapAnalysis = visible(request, pk)
    if analysis.my_role not in CAN_EDIT:
        raise PermissionDenied
    if not analysis.can_edit:
        messages.info(request, COMPLETE)
        return None
    return Import(
        rows=lambda: FindingExchange(analysis, request.user),
        locked=lambda: FindingExchange.locked(pk, request.user),
        ask="assessments/exchange.html",
        plan="assessments/exchange_plan.html",
        context={"analysis": analysis},
        kept_as=f"findings-{pk}",
        after=analysis.get_absolute_url(),
        again=reverse("assessments:excel_import", args=[pk]),
    )


@login_required
def preview(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    found = _import(request, pk)
    return found.preview(request) if found else redirect("assessments:analysis", pk)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    found = _import(request, pk)
    return found.confirm(request) if found else redirect("assessments:analysis", pk)

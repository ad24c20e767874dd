"""The compliance checks of many applications at once: as an Excel file out and back; what is clear moves on."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from assessments.forms import ExcelForm
from recognition.models import Unfinished
from recognition.models.review import find_compliant
from recognition.reviewing.compliance_exchange import IDENTITY, ChecksExchange, clear_ones, in_review, with_checks
from recognition.reviewing.lists import QueueFilters
from recognition.reviewing.queues import waiting
from recognition.rights import Act, offered
from workflow.exchange import keeping
from workflow.exchange.planning import Plan, carry_out, planned
from workflow.exchange.workbook import written
from workflow.models import Stale, WrongState
from workflow.saving import status_of
from workflow.spreadsheets import KINDS, Unreadable

QUEUE = ("recognition:queue", "compliance")


def of_queue(user: User) -> dict[str, Any]:
    """Returns what the queue's page offers besides its list."""
    return {
        "excel": reverse("recognition:compliance_excel"),
        "excel_import": reverse("recognition:compliance_import"),
        "can_edit": True,
        "n_clear": len(clear_ones(user)),
    }


def _for_compliance_staff(user: User) -> None:
    """Raises Http404 for anyone else."""
    if not offered(user, Act.RECORD_COMPLIANCE):
        raise Http404


@login_required
@require_safe
def download(request: AuthenticatedRequest) -> HttpResponse:
    """Returns the applications that the queue shows with the same filters."""
    _for_compliance_staff(request.user)
    shown = QueueFilters(request.GET, waiting(request.user, ["compliance"]), request=request).qs
    rows = in_review(request.user).filter(pk__in=shown.order_by().values("pk"))
    name = f"compliance-checks-{timezone.localdate()}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(written(ChecksExchange(with_checks(rows))), KINDS["xlsx"][0], headers=headers)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """Asks for the file, then shows what it would record. Records nothing."""
    _for_compliance_staff(request.user)
    form = ExcelForm(request.POST, request.FILES) if request.method == "POST" else ExcelForm()
    if form.is_valid():
        upload = form.cleaned_data["file"]
        content = upload.read()
        try:
            plan = planned(ChecksExchange(with_checks(in_review(request.user))), content)
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return _show(request, plan, upload.name, content)
    return _ask(request, form)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest) -> HttpResponse:
    """Records what the preview showed, all or nothing. If the changes would differ now, shows them instead."""
    _for_compliance_staff(request.user)
    token = request.POST.get("token", "")
    kept = keeping.take(request, IDENTITY, token)
    if kept is None:
        messages.error(request, keeping.GONE)
        return _ask(request, ExcelForm(), status=422)
    name, content = kept
    try:
        with transaction.atomic():
            exchange = ChecksExchange.locked(request.user)
            plan, saved = carry_out(exchange, content, token, over=request.POST.getlist("over"), by=request.user)
    except (Stale, WrongState, Unreadable) as error:
        messages.error(request, f"Nothing was recorded. {error}")
        return redirect("recognition:compliance_import")
    if saved is None:
        messages.warning(request, "Nothing was recorded, because something changed since the preview. This is new.")
        return _show(request, plan, name, content)
    one = "1 application was" if len(saved) == 1 else f"{len(saved)} applications were"
    messages.success(request, f"The checks of {one} recorded. Download the file again before you edit it further.")
    return redirect(*QUEUE)


def _show(request: AuthenticatedRequest, plan: Plan, name: str, content: bytes) -> HttpResponse:
    if plan.changes and not plan.faults:
        keeping.keep(request, IDENTITY, plan.token, name, content)
    context = {"plan": plan, "name": name}
    status = 422 if plan.faults else 200
    return render(request, "recognition/reviewing/compliance_plan.html", context, status=status)


def _ask(request: AuthenticatedRequest, form: ExcelForm, status: int = 0) -> HttpResponse:
    template = "recognition/reviewing/compliance_import.html"
    return render(request, template, {"form": form}, status=status or status_of(form))


@login_required
@require_POST
def pass_clear(request: AuthenticatedRequest) -> HttpResponse:
    """Moves on all applications whose two checks found no violation, each as on its own page."""
    _for_compliance_staff(request.user)
    n = 0
    for application in in_review(request.user).filter(pk__in=clear_ones(request.user)):
        try:
            find_compliant(application, by=request.user)
            n += 1
        except (Unfinished, WrongState) as error:  # a colleague was faster
            messages.error(request, f"{application.utility} was not moved. {error}")
    one = "1 application" if n == 1 else f"{n} applications"
    messages.success(request, f"No violation found: {one} moved to the next stage.")
    return redirect(*QUEUE)

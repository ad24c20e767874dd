"""The compliance checks of many applications at once: as an Excel file out and back; what is clear moves on."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from files.importing import Import, as_excel
from recognition.models import Unfinished
from recognition.models.review import find_compliant
from recognition.reviewing.compliance_exchange import IDENTITY, ChecksExchange, clear_ones, in_review, with_checks
from recognition.reviewing.lists import QueueFilters
from recognition.reviewing.queues import waiting
from recognition.rights import Act, offered
from workflow.exchange.planning import Plan
from workflow.models import WrongState


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
    return as_excel(ChecksExchange(with_checks(rows)), f"compliance-checks-{timezone.localdate()}.xlsx")


def _import(request: AuthenticatedRequest) -> Import:
    _for_compliance_staff(request.user)
    return Import(
        rows=lambda: ChecksExchange(with_checks(in_review(request.user))),
        locked=lambda: ChecksExchange.locked(request.user),
        ask="recognition/reviewing/compliance_import.html",
        plan="recognition/reviewing/compliance_plan.html",
        context={},
        kept_as=IDENTITY,
        after=reverse("recognition:queue", args=["compliance"]),
        again=reverse("recognition:compliance_import"),
        row="application",
        summary=_summary,
    )


def _summary(plan: Plan, n_saved: int) -> str:
    one = "1 application was" if n_saved == 1 else f"{n_saved} applications were"
    return f"The checks of {one} recorded. Download the file again before you edit it further."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: AuthenticatedRequest) -> HttpResponse:
    return _import(request).preview(request)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest) -> HttpResponse:
    return _import(request).confirm(request)


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
    return redirect("recognition:queue", "compliance")

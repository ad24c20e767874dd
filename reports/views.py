"""Views to request a report, wait for it and download it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from reports import kinds
from reports.kinds import FileType
from reports.lists import ReportFilters, ReportTable
from reports.models import Report, TooManyReports
from workflow import polling
from workflow.lists import Listed, list_page
from workflow.models import WrongState
from workflow.rights import NotAllowed


@login_required
@require_GET
def report_list(request: AuthenticatedRequest) -> HttpResponse:
    rows = Listed(Report.objects.visible_to, Report, request.user)
    return list_page(request, ReportTable, ReportFilters, rows, "reports/report_list.html")


@login_required
@require_POST
def report_request(request: AuthenticatedRequest, kind: str, object_id: int) -> HttpResponse:
    subject = _subject(request.user, kind, object_id)
    try:
        report = Report.request(kind, subject, request.user, request.POST.get("file_type", FileType.PDF))
    except KeyError as error:
        raise Http404 from error
    except TooManyReports as error:
        messages.error(request, str(error))
        return redirect("reports:list")
    return redirect("reports:report", report.pk)


def _subject(user: User, kind_name: str, object_id: int) -> Any:
    """Returns the object of the report, or raises Http404 if ``user`` may not have its report now."""
    try:
        subject = kinds.get(kind_name).find(user, object_id)
    except KeyError:
        subject = None
    if subject is None:
        raise Http404
    return subject


@login_required
@require_GET
@never_cache
def report_detail(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows the waiting page; to htmx, only the part that changes, or no content if nothing has changed."""
    report = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    if not request.headers.get("HX-Request"):
        return render(request, "reports/report_detail.html", {"report": report})
    fragment = "reports/report_detail.html#status"
    return polling.answer(request, fragment, {"report": report}, seen=report.seen, is_finished=report.is_finished)


@login_required
@require_POST
def report_again(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(Report.objects.visible_to(request.user), pk=pk, requested_by=request.user)
    _subject(request.user, report.kind, report.object_id)
    try:
        report = report.try_again(by=request.user)
    except WrongState:
        messages.info(request, "This report was already requested again. Its progress is shown here.")
    return redirect("reports:report", report.pk)


@login_required
@require_http_methods(["GET", "POST"])
def report_delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks for confirmation, then deletes."""
    report = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    if not report.can_delete:
        raise NotAllowed("Only the person who requested this report or a manager can delete it.")
    if request.method != "POST":
        return render(request, "reports/report_delete.html", {"report": report})
    report.discard()
    messages.success(request, f"The report “{report.title}” was deleted.")
    return redirect("reports:list")


@login_required
@require_GET
def report_download(request: AuthenticatedRequest, pk: int) -> FileResponse:
    """Serves the file to a user who may see the report and, still, its object."""
    reports = Report.objects.visible_to(request.user).filter(status=Report.Status.DONE).select_related("file")
    report = get_object_or_404(reports, pk=pk)
    _subject(request.user, report.kind, report.object_id)
    if report.file is None:  # can't happen: a constraint requires it
        raise Http404
    return report.file.response()

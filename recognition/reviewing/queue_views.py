"""The pages of the queues of staff and panel."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AuthenticatedRequest
from recognition.models import Application, Away, QueueFile, QueueView
from recognition.reviewing.compliance_list_views import of_queue
from recognition.reviewing.exporting import asked_of, groups_of, widened
from recognition.reviewing.lists import QUEUES, WRITABLE, Queue, queues_of
from recognition.reviewing.sharing import AwayForm, QueueViewForm, ShareSeveralForm
from recognition.reviewing.sharing_views import queue_of
from recognition.rights import Act, offered
from reports.kinds import FileType
from reports.models import Report, TooManyReports
from workflow.lists import kept, list_page
from workflow.saved import kept_query

AT_ONCE = 500  # rows of an Excel file that is made while the person waits
MAX_QUERY = 1000  # characters


@login_required
@require_safe
def queue(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Shows one queue, without a query string as the person's default view has it. Raises Http404 without its role."""
    shown = QUEUES.get(name)
    if shown is None or not shown.exists_for(request.user):
        raise Http404
    views = list(QueueView.objects.of_list(request.user, queue=name)) if shown.is_shared else []
    if not request.GET and (default := next((each for each in views if each.opens_first_for(request.user)), None)):
        return redirect(default)
    context: dict[str, Any] = {"queue": shown, "name": name, "queues": queues_of(request.user)}
    context["writes"] = name in WRITABLE and offered(request.user, Act.WRITE)
    if name == "compliance":
        context |= of_queue(request.user)
    if shown.is_shared:
        context |= _sharing(request, shown) | {"views": views}
    table, rows = shown.table, shown.listed(request.user)
    if shown.is_shared and "export" in request.GET:
        if request.GET["export"] == "xlsx" and _n_found(request, shown) > AT_ONCE:
            return redirect(f"{reverse('recognition:queue_file', args=[name])}?{asked_of(request.GET)}")
        table, rows = widened(table, shown.rows(request.user), request.GET.getlist("with"), request.user)
    return list_page(request, table, shown.filters, rows, "recognition/reviewing/application_queue.html", context)


def _n_found(request: AuthenticatedRequest, shown: Queue) -> int:
    return int(shown.filters(request.GET, shown.rows(request.user), request=request).qs.count())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def queue_file(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Asks a worker for the Excel file of a large queue, as the query string has it; a POST leads to its progress."""
    shown = queue_of(request, name)
    query = asked_of(request.GET)
    back = f"{reverse('recognition:queue', args=[name])}?{query or 'view=all'}"
    if len(query) > MAX_QUERY:
        messages.error(request, "These filters are too long for a file. Use fewer.")
        return redirect(back)
    if request.method != "POST":
        context = {"queue": shown, "n": _n_found(request, shown), "back": back}
        return render(request, "recognition/reviewing/queue_file.html", context)
    asked, _ = QueueFile.objects.get_or_create(by=request.user, queue=name, query=query)
    try:
        report = Report.request("queue-file", asked, request.user, FileType.XLSX)
    except TooManyReports as error:
        messages.error(request, str(error))
        return redirect("reports:list")
    return redirect("reports:report", report.pk)


def _sharing(request: AuthenticatedRequest, shown: Queue) -> dict[str, Any]:
    """Returns what the page has of shared work, and of saving a view."""
    nothing = Application.objects.none()
    return {
        "query": kept_query(request.GET),
        "view_form": QueueViewForm(),
        "show_all": f"{request.path}?view=all",
        "form": ShareSeveralForm(waiting=nothing, found=nothing, at=shown.statuses),
        "is_away": Away.objects.now().filter(user=request.user).first(),
        "away_form": AwayForm(),
        "groups": groups_of(request.user),
        "also_kept": [*kept(request, "with")],
    }

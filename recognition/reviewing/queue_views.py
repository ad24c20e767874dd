"""The pages of the queues of staff and panel."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from recognition.models import Application, Away, QueueView
from recognition.reviewing.compliance_list_views import of_queue
from recognition.reviewing.exporting import groups_of, widened
from recognition.reviewing.lists import QUEUES, WRITABLE, Queue, queues_of
from recognition.reviewing.sharing import AwayForm, QueueViewForm, ShareSeveralForm
from recognition.rights import Act, offered
from workflow.lists import kept, list_page
from workflow.saved import kept_query


@login_required
@require_safe
def queue(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Shows one queue, without a query string as the person's default view has it. Raises Http404 without its role."""
    shown = QUEUES.get(name)
    if shown is None or not shown.exists_for(request.user):
        raise Http404
    if shown.is_shared and not request.GET and (default := QueueView.default_of(request.user, name)):
        return redirect(default)
    context: dict[str, Any] = {"queue": shown, "name": name, "queues": queues_of(request.user)}
    context["writes"] = name in WRITABLE and offered(request.user, Act.WRITE)
    if name == "compliance":
        context |= of_queue(request.user)
    if shown.is_shared:
        context |= _sharing(request, shown, name)
    table, rows = shown.table, shown.rows(request.user)
    if shown.is_shared and "export" in request.GET:
        table, rows = widened(table, rows, request.GET.getlist("with"), request.user)
    return list_page(request, table, shown.filters, rows, "recognition/reviewing/application_queue.html", context)


def _sharing(request: AuthenticatedRequest, shown: Queue, name: str) -> dict[str, Any]:
    """Returns what the page has of views and of shared work."""
    nothing = Application.objects.none()
    return {
        "views": QueueView.objects.of_list(request.user, queue=name),
        "query": kept_query(request.GET),
        "view_form": QueueViewForm(),
        "show_all": f"{request.path}?view=all",
        "form": ShareSeveralForm(waiting=nothing, found=nothing, at=shown.statuses),
        "is_away": Away.objects.now().filter(user=request.user).first(),
        "away_form": AwayForm(),
        "groups": groups_of(request.user),
        "also_kept": [*kept(request, "with")],
    }

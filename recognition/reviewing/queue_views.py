"""The pages of the queues of staff and panel."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from recognition.reviewing.compliance_list_views import of_queue
from recognition.reviewing.lists import QUEUES, WRITABLE, queues_of
from recognition.rights import Act, offered
from workflow.lists import list_page


@login_required
@require_safe
def queue(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Shows one queue. Raises Http404 for users without its role."""
    shown = QUEUES.get(name)
    if shown is None or not shown.exists_for(request.user):
        raise Http404
    context: dict[str, Any] = {"queue": shown, "name": name, "queues": queues_of(request.user)}
    context["writes"] = name in WRITABLE and offered(request.user, Act.WRITE)
    if name == "compliance":
        context |= of_queue(request.user)
    rows = shown.rows(request.user)
    return list_page(request, shown.table, shown.filters, rows, "recognition/reviewing/application_queue.html", context)

"""The start page of the recognition program."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from recognition.cycles.views import has_pages
from recognition.models import Application, Cycle
from recognition.reviewing.lists import queues_of


@login_required
@require_GET
def application_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists the applications of the user's utilities and the open cycles, and links staff to their queues."""
    mine = Application.objects.visible_to(request.user).of_utilities_of(request.user)
    context = {
        "applications": mine.order_by("-cycle__opens", "utility__name"),
        "cycles": Cycle.objects.open().order_by("closes"),
        "can_start": Utility.objects.editable_by(request.user).exists(),
        "queues": queues_of(request.user),
        "has_cycle_pages": has_pages(request.user),
    }
    return render(request, "recognition/application_list.html", context)

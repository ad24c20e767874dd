"""The start page of the recognition program, and the page with its criteria."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from accounts.current import utilities_of
from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from recognition.cycles import dates
from recognition.cycles.views import has_pages
from recognition.models import Application, CapacityElement, Cycle
from recognition.models.cycle import LAW
from recognition.reviewing.lists import queues_of
from recognition.rights import Act, offered


@login_required
@require_GET
def application_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists the applications of the user's utilities and the open cycles, and links staff to their queues."""
    mine = Application.objects.visible_to(request.user).of_utilities_of(request.user)
    context = {
        "applications": mine.order_by("-cycle__opens", "utility__name"),
        "cycles": [(cycle, dates.for_applicants(cycle)) for cycle in Cycle.objects.open().order_by("closes")],
        "can_start": any(utility.my_role in CAN_EDIT for utility in utilities_of(request)),
        "edition": Cycle.current_edition(),
        "queues": queues_of(request.user),
        "has_cycle_pages": has_pages(request.user),
        "may_appoint": offered(request.user, Act.APPOINT),
        "law": LAW,
    }
    return render(request, "recognition/application_list.html", context)


@require_safe
def criteria(request: HttpRequest) -> HttpResponse:
    """Shows the criteria of the current edition to anyone."""
    edition = Cycle.current_edition()
    context = {
        "edition": edition,
        "attributes": edition.attributes.prefetch_related("elements") if edition else [],
        "categories": edition.categories.prefetch_related("options") if edition else [],
        "capacity": CapacityElement.objects.all(),
    }
    return render(request, "recognition/criteria.html", context)

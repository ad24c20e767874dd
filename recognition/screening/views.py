"""Compliance data of a cycle: runs the screening against ECHO's weekly files and lists the findings."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AuthenticatedRequest
from recognition.cycles.views import cycle_for, tabs
from recognition.models import Application, Screening, ScreeningFinding
from recognition.rights import Act
from recognition.screening.lists import FindingFilters, FindingTable
from workflow import polling
from workflow.lists import list_page

PAGE = "recognition/screening/cycle_screening.html"


@login_required
@require_safe
@never_cache
def screening(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Shows the last screening, and the findings of the last successful one. For htmx, returns only the progress."""
    cycle = cycle_for(request.user, cycle_pk, Act.SCREEN)
    last = cycle.screenings.first()
    if request.headers.get("HX-Request") and last:
        return _progress(request, last)
    done = cycle.screenings.filter(status=Screening.Status.DONE).first()
    mine = Application.objects.visible_to(request.user).of_others(request.user).filter(cycle=cycle)
    findings = ScreeningFinding.objects.filter(screening=done, application__in=mine.values("pk"))
    context = {"cycle": cycle, "tabs": tabs(request.user, cycle), "last": last, "done": done}
    context["files"] = (last.files if last else []) or (done.files if done else [])
    rows = findings.select_related("application__utility").defer("raw")
    return list_page(request, FindingTable, FindingFilters, rows, PAGE, context)


def _progress(request: AuthenticatedRequest, last: Screening) -> HttpResponse:
    """Responds 204 if nothing is new. A finished screening reloads the page, which shows its findings."""
    context = {"last": last, "cycle": last.cycle}
    done = last.is_finished
    return polling.until_finished(request, f"{PAGE}#progress", context, seen=last.seen, is_finished=done)


@login_required
@require_POST
def start(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.SCREEN)
    under_way = cycle.screenings.unfinished().exists()
    Screening.request(cycle, by=request.user)
    if under_way:
        messages.info(request, "A screening of this cycle is already in progress.")
    return redirect("recognition:screening", cycle.pk)

"""The page "Our system today", and filling a gap analysis from the system."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from assessments.models import GapAnalysis
from ims.access import can_edit, utility_of
from ims.system.today import SHOWN, Today, fill
from workflow.models import WrongState


@login_required
def today(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows who asks what and which record answers, what is done twice, and what an analysis of today would say."""
    utility = utility_of(request, utility_pk)
    drafts = list(GapAnalysis.objects.visible_to(request.user).to_fill_in().filter(utility=utility))
    context = {"utility": utility, "today": Today(utility), "drafts": drafts, "can_edit": can_edit(utility)}
    return render(request, "ims/system/today.html", context)


@login_required
def element(request: AuthenticatedRequest, utility_pk: int, element: str) -> HttpResponse:
    """Shows one element: what each initiative asks there, which records answer, and which do one job."""
    utility = utility_of(request, utility_pk)
    found = Today(utility)
    line = next((each for each in found.lines if each.element.slug == element), None)
    if line is None:
        raise Http404
    context = {
        "utility": utility,
        "today": found,
        "line": line,
        "row": next(row for row in found.rows if row.element == element),
        "jobs": found.shown([pair for pair in found.doubles if pair.element == element][:SHOWN]),
        "can_edit": can_edit(utility),
    }
    return render(request, "ims/system/today_element.html", context)


@login_required
@require_POST
def fill_in(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    analysis = get_object_or_404(GapAnalysis.objects.visible_to(request.user), pk=pk, utility=utility)
    try:
        n = fill(analysis, Today(utility), by=request.user)
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
        return redirect("ims:today", utility.pk)
    if n:
        messages.success(request, f"{n} row{pluralize(n)} filled in from your system. Look at each and confirm it.")
    else:
        messages.info(request, "Nothing was changed: your records say nothing about the rows that are still open.")
    return redirect(analysis)

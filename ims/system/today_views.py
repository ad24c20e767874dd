"""The page "Our system today", and filling a gap analysis from the system."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from assessments.models import GapAnalysis
from ims.access import utility_of
from ims.system.today import Today, fill
from workflow.models import WrongState


@login_required
def today(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows what the living records say of each element, beside the latest analysis; drafts can be filled with it."""
    utility = utility_of(request, utility_pk)
    drafts = GapAnalysis.objects.visible_to(request.user).to_fill_in().filter(utility=utility)
    return render(request, "ims/system/today.html", {"utility": utility, "today": Today(utility), "drafts": drafts})


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

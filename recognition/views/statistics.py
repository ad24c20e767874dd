"""The figures of a cycle."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from recognition.rights import Act
from recognition.views.cycles import cycle_for, tabs


@login_required
@require_safe
def statistics(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.SEE_STATISTICS)
    context = {"cycle": cycle, "tabs": tabs(request.user, cycle)}
    return render(request, "recognition/cycle_statistics.html", context)

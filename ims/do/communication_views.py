"""Communication over the year."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, utility_of
from ims.do.communication_year import Year


@login_required
def year(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows who hears from the utility in which month, and what could be joined."""
    utility = utility_of(request, utility_pk)
    found = Year(utility)
    context = {
        "utility": utility,
        "year": found,
        "audiences": found.lines(found.audiences),
        "methods": found.lines(found.methods),
        "can_edit": can_edit(utility),
    }
    return render(request, "ims/do/communication_year.html", context)

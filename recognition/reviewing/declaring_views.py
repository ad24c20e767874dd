"""One page on which a panel member declares conflicts of interest for all of their applications."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize

from accounts.requests import AuthenticatedRequest
from recognition.models import Seat
from recognition.reviewing.proposal_forms import DeclareAllForm
from workflow.models import WrongState
from workflow.saving import status_of


@login_required
def declare_all(request: AuthenticatedRequest) -> HttpResponse:
    """Lists who applies and from where, and nothing else until the member declares. Others find it empty."""
    seats = list(_undeclared(request))
    form = DeclareAllForm(request.POST if request.method == "POST" else None, seats=seats)
    if request.method == "POST" and seats and form.is_valid():
        given_up = form.conflicts(form.cleaned_data)
        try:
            with transaction.atomic():
                for seat, conflict, reason in given_up:
                    seat.recuse(conflict=conflict, reason=reason)
                clear = [seat.pk for seat in seats if seat not in [each for each, _, _ in given_up]]
                n = Seat.objects.filter(pk__in=clear).declare() if form.cleaned_data["clear"] else 0
        except WrongState as error:
            messages.error(request, f"Nothing was saved. {error} This is the list as it is now.")
            return redirect("recognition:declare_all")
        down = f" You stepped down from {len(given_up)} panel{pluralize(len(given_up))}." if given_up else ""
        messages.success(request, f"You can now review {n} application{pluralize(n)}.{down}")
        return redirect("recognition:queue", "my-reviews")
    context = {"form": form, "seats": seats, "has_blind": any(seat.application.is_blind for seat in seats)}
    return render(request, "recognition/reviewing/declare_all.html", context, status=status_of(form))


def _undeclared(request: AuthenticatedRequest) -> list[Seat]:
    rows = Seat.objects.to_declare(request.user).select_related("application__utility", "application__cycle", "member")
    return sorted(rows, key=lambda seat: (seat.application.is_blind, seat.application.shown_to_panel, seat.pk))

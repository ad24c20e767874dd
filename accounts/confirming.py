"""New utilities, which invite only a few people until program staff have confirmed them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Membership, Utility
from accounts.requests import AuthenticatedRequest


def _for(request: AuthenticatedRequest) -> QuerySet[Utility]:
    if not request.user.is_program_staff:
        raise PermissionDenied
    return Utility.objects.to_confirm()


@login_required
def new_utilities(request: AuthenticatedRequest) -> HttpResponse:
    managers = Membership.objects.deciding().select_related("user").order_by("pk")
    rows = _for(request).prefetch_related(Prefetch("memberships", managers, to_attr="the_managers"), "identifiers")
    return render(request, "accounts/utility_confirm.html", {"utilities": rows.order_by("created_at", "pk")})


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    utility = get_object_or_404(_for(request), pk=pk)
    if utility.confirm(request.user):
        messages.success(request, f"{utility} is confirmed. Its managers can invite people without the limit.")
    else:
        messages.info(request, f"Someone else has just confirmed {utility}.")
    return redirect("accounts:new_utilities")

"""API tokens on the account page: creating one, which shows its secret once, and revoking it."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from accounts.emails import tell_of_token
from accounts.forms import ApiTokenForm
from accounts.models import ApiToken
from accounts.requests import AuthenticatedRequest


@login_required
@reauthentication_required
@never_cache
def create(request: AuthenticatedRequest) -> HttpResponse:
    form = ApiTokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = form.make_for(request.user)
            if made:
                tell_of_token(request, made[0])
        if made:
            # Not redirected to another page, which could show the secret only if it were stored until then.
            return render(request, "accounts/apitoken_created.html", {"token": made[0], "secret": made[1]})
    return render(request, "accounts/apitoken_form.html", {"form": form})


@login_required
def revoke(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks for confirmation, then revokes it. Asks for no password, so that a leaked token is revoked quickly."""
    mine = ApiToken.objects.filter(user=request.user)
    token = get_object_or_404(mine, pk=pk)
    if request.method == "POST":
        mine.filter(pk=pk).revoke()
        messages.success(request, f"The API token “{token}” was revoked.")
        return redirect("me")
    return render(request, "accounts/apitoken_revoke.html", {"token": token})

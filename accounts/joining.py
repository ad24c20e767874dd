"""Views for the two ways to join a utility: by a manager's invitation or by a claim."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import emails
from accounts.adapter import PROVEN
from accounts.forms import ClaimForm, InvitationForm, RoleForm
from accounts.inviting import ByEmail
from accounts.models import (
    AlreadyAsked,
    AlreadyDecided,
    AlreadyMember,
    Claim,
    Invitation,
    InvitationClosed,
    InvitationForSomeoneElse,
    NotConfirmedYet,
    NotTheManager,
    Role,
    TooManyInvitations,
    User,
    Utility,
)
from accounts.requests import AuthenticatedRequest
from accounts.views import for_manager

REFUSALS = (AlreadyMember, TooManyInvitations, NotConfirmedYet)


@login_required
def invite(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    utility = for_manager(request, pk)
    form = InvitationForm(request.POST or None, initial={"email": request.GET.get("email", "")})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                invitation = Invitation.objects.invite(utility=utility, by=request.user, **form.cleaned_data)
                emails.invite(invitation)
        except REFUSALS as error:
            _add_refusal(form, error, utility)
        except NotTheManager as error:
            raise PermissionDenied from error
        else:
            messages.success(request, f"We are emailing an invitation to {invitation.email}. It expires after 14 days.")
            return redirect("accounts:utility", pk)
    context: dict[str, Any] = {"form": form, "utility": utility}
    if utility.confirmed_at is None and not request.user.has_trusted_address:
        left = settings.INVITATIONS_UNTIL_CONFIRMED - Invitation.objects.not_accepted(utility)
        context |= {"n_left": max(left, 0), "most": settings.INVITATIONS_UNTIL_CONFIRMED}
    return render(request, "accounts/invitation_form.html", context)


def _add_refusal(form: InvitationForm, error: Exception, utility: Utility) -> None:
    if isinstance(error, AlreadyMember):
        form.add_error("email", f"This person is already a member of {utility}. Change their role there.")
    elif isinstance(error, TooManyInvitations):
        most = settings.INVITATIONS_PER_DAY
        why = f"Nothing was sent: a utility and a person can each send at most {most} invitations in 24 hours."
        form.add_error(None, f"{why} Send the next ones tomorrow, or email {settings.CONTACT_EMAIL}.")
    else:
        most = settings.INVITATIONS_UNTIL_CONFIRMED
        why = f"Nothing was sent: {utility} is new, and {most} people whom it invited have not joined yet."
        then = "Program staff see that it waits for their confirmation. After that, you can invite more people."
        form.add_error(None, f"{why} {then} Questions? Email {settings.CONTACT_EMAIL}.")


@login_required
@require_POST
def withdraw(request: AuthenticatedRequest, pk: int, invitation: int) -> HttpResponse:
    utility = for_manager(request, pk)
    if Invitation.objects.filter(utility=utility, pk=invitation).end(Invitation.Ended.WITHDRAWN):
        messages.success(request, "The invitation was withdrawn. Its link no longer works.")
    else:
        messages.error(request, "Nothing was changed: this invitation was already accepted or withdrawn.")
    return redirect("accounts:utility", pk)


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Handles the link in the invitation to a utility."""
    found = Invitation.objects.filter(token=token).select_related("utility", "invited_by").first()

    def welcome(opened: Invitation, person: User) -> HttpResponse:
        opened.accept(by=person)
        messages.success(request, f"Welcome to {opened.utility}.")
        return redirect("accounts:utility", opened.utility_id)

    return opened(request, found, "accounts/invitation_detail.html", "accounts/invitation_closed.html", welcome)


def opened(
    request: HttpRequest,
    invitation: ByEmail | None,
    page: str,
    closed: str,
    welcome: Callable[[Any, User], HttpResponse],
) -> HttpResponse:
    """Handles the link in any invitation, for anonymous users too. Says what to do next; POST accepts (``welcome``).

    Who has the link has read mail to its address: who signs up with that address now need not confirm it again.
    """
    if invitation is None or not invitation.is_open:
        return render(request, closed, {"invitation": invitation}, status=410)
    if not request.user.is_authenticated:
        request.session[PROVEN] = invitation.email.lower()
        return render(request, page, {"invitation": invitation})
    if request.method == "POST":
        try:
            return welcome(invitation, request.user)
        except InvitationForSomeoneElse:
            return redirect(request.path)
        except InvitationClosed:
            return render(request, closed, status=410)
    return render(request, page, {"invitation": invitation, "is_mine": invitation.is_for(request.user)})


@login_required
def ask(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks to join. Open to every signed-in user; shows no more of the utility than the search does."""
    utility = get_object_or_404(Utility, pk=pk)
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                claim = Claim.objects.ask(utility, request.user, form.cleaned_data["message"])
                emails.ask_deciders(claim)
            messages.success(request, f"Your request to join {utility} was sent. We will email you the decision.")
        except AlreadyMember:
            messages.info(request, f"You are already a member of {utility}.")
        except AlreadyAsked:
            messages.info(request, f"You already have an open request to join {utility}.")
        return redirect("accounts:list")
    return render(request, "accounts/claim_form.html", {"form": form, "utility": utility})


@login_required
def claims(request: AuthenticatedRequest) -> HttpResponse:
    """Lists the claims to utilities without a manager, for program staff to decide."""
    if not request.user.is_program_staff:
        raise PermissionDenied
    waiting = Claim.objects.open().filter(utility__in=Utility.objects.without_manager())
    context = {"claims": waiting.select_related("utility", "user"), "roles": Role.choices}
    return render(request, "accounts/claim_list.html", context)


@login_required
@require_POST
def grant(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    claim = get_object_or_404(Claim.objects.decidable_by(request.user), pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.why_not)
        return _after(request, claim)
    return _decide(request, claim, **form.cleaned_data)


@login_required
@require_POST
def decline(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _decide(request, get_object_or_404(Claim.objects.decidable_by(request.user), pk=pk), "")


def _decide(request: AuthenticatedRequest, claim: Claim, role: str, until: date | None = None) -> HttpResponse:
    try:
        with transaction.atomic():
            claim.decide(role, by=request.user, until=until)
            emails.answer(claim)
    except AlreadyDecided:
        messages.info(request, f"Someone else already answered the request from {claim.user}.")
    else:
        done = (
            f"{claim.user} is now a member of {claim.utility}."
            if role
            else f"The request from {claim.user} was declined."
        )
        messages.success(request, f"{done} We will let them know by email.")
    return _after(request, claim)


def _after(request: AuthenticatedRequest, claim: Claim) -> HttpResponse:
    """Redirects to the page where the decision was made."""
    if claim.utility.memberships.filter(user=request.user).exists():
        return redirect("accounts:utility", claim.utility_id)
    return redirect("accounts:claims")

"""The account page, the user's utilities, and the people of a utility."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.current import choose, know, page_after
from accounts.forms import ChoiceForm, PersonForm, RepresentativeForm, RoleForm, SearchForm, UtilityForm
from accounts.groups import GroupPerson, UtilityGroup
from accounts.models import (
    Claim,
    IdentifierTaken,
    Invitation,
    LastManager,
    Membership,
    NotAMember,
    Role,
    User,
    Utility,
)
from accounts.overview import read_memberships, rows_for
from accounts.requests import AuthenticatedRequest

SHOWN = 50  # search results; if there are more, the page asks for another word
LAST_MANAGER = "Nothing was changed: {utility} needs at least one manager. Make someone else a manager first."
TAKEN = "One of these numbers was just registered for another utility. Search for that utility instead."


def for_manager(request: AuthenticatedRequest, pk: int) -> Utility:
    """Returns the utility for its manager. 404 for nonmembers, so that they learn nothing; 403 for other members."""
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=pk)
    if not utility.membership_of(request.user).can_manage:
        raise PermissionDenied
    return utility


@login_required
def utilities(request: AuthenticatedRequest) -> HttpResponse:
    """Gives an overview of the user's utilities, and lists open invitations and claims to others."""
    read_memberships(request.user)
    know(request, [membership.utility for membership in request.user.memberships.all()])
    rows = rows_for(request.user)
    context = {
        "rows": rows,
        "n_late": sum(row.n_late > 0 for row in rows),
        "invitations": Invitation.objects.open().addressed_to(request.user).select_related("utility", "invited_by"),
        "claims": Claim.objects.open().filter(user=request.user).select_related("utility"),
        "groups": UtilityGroup.objects.visible_to(request.user),
        "group_invitations": GroupPerson.objects.open().addressed_to(request.user),
        "decides": request.user.is_program_staff,
    }
    return render(request, "accounts/utility_list.html", context)


@login_required
@require_POST
def choose_utility(request: AuthenticatedRequest) -> HttpResponse:
    """Makes a utility of the reader the current one, and leads to its page that is like the one they were on."""
    form = ChoiceForm(request.POST)
    chosen = choose(request, form.cleaned_data["utility"]) if form.is_valid() else None
    if chosen is None:
        raise Http404
    page = page_after(form.cleaned_data["at"], chosen, of_utility=form.cleaned_data["of_utility"])
    return redirect(page)


@login_required
def me(request: AuthenticatedRequest) -> HttpResponse:
    # A copy, so that an invalid name does not appear as the user's name at the top of the page.
    form = PersonForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name was saved.")
        return redirect("me")
    context = {
        "form": form,
        "memberships": request.user.memberships.select_related("utility").order_by("utility__name"),
        "has_second_factor": is_mfa_enabled(request.user),
        "tokens": request.user.api_tokens.not_revoked(),
    }
    return render(request, "accounts/user_detail.html", context)


@login_required
def search(request: AuthenticatedRequest) -> HttpResponse:
    """Searches utilities. A user comes here before creating one, since it may already be registered."""
    form = SearchForm(request.GET or None)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    results = list(Utility.objects.matching(words).seen_by(request.user)[: SHOWN + 1])
    context = {"form": form, "words": words, "found": results[:SHOWN], "more": len(results) > SHOWN}
    return render(request, "accounts/utility_search.html", context)


@login_required
def create(request: AuthenticatedRequest) -> HttpResponse:
    form = UtilityForm(request.POST or None, initial={"name": request.GET.get("name", "")})
    if request.method == "POST" and form.is_valid():
        try:
            utility = Utility.objects.register(by=request.user, identifiers=form.numbers, **form.facts)
        except IdentifierTaken:
            form.add_error(None, TAKEN)
        else:
            messages.success(request, f"{utility} is registered and you are its manager.")
            warn_unusual(request, form)
            return redirect("accounts:utility", utility.pk)
    context = {"form": form, "known": form.known.seen_by(request.user)}
    return render(request, "accounts/utility_form.html", context)


@login_required
def edit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    utility = for_manager(request, pk)
    form = UtilityForm(request.POST or None, instance=Utility.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        try:
            form.save_with_numbers()
        except IdentifierTaken:
            form.add_error(None, TAKEN)
        else:
            messages.success(request, "Saved.")
            warn_unusual(request, form)
            return redirect("accounts:utility", pk)
    return render(request, "accounts/utility_form.html", {"form": form, "utility": utility})


def warn_unusual(request: HttpRequest, form: UtilityForm) -> None:
    for number, why in form.unusual:
        messages.warning(request, f"{number} was saved, but please check it: {why}.")


@login_required
def utility(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows the facts, the people and, to managers, open invitations and claims."""
    rows = Utility.objects.visible_to(request.user).select_related("management_representative")
    shown = get_object_or_404(rows.prefetch_related("identifiers"), pk=pk)
    everyone = list(Membership.with_ended.filter(utility=shown).select_related("user"))
    members = [member for member in everyone if not member.has_ended]
    mine = next(member for member in members if member.user_id == request.user.pk)
    context = {"utility": shown, "members": members, "mine": mine, "roles": Role.choices}
    if mine.can_manage:
        context |= {
            "ended": [member for member in everyone if member.has_ended],
            "invitations": shown.invitations.pending().select_related("invited_by"),
            "claims": shown.claims.open().select_related("user"),
            "representative_form": RepresentativeForm(utility=shown),
        }
    return render(request, "accounts/utility_detail.html", context)


@login_required
@require_POST
def change_role(request: AuthenticatedRequest, pk: int, member: int) -> HttpResponse:
    utility = for_manager(request, pk)
    membership: Membership = get_object_or_404(Membership.with_ended, utility=utility, pk=member)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.why_not)
        return redirect("accounts:utility", pk)
    try:
        membership.change_role(**form.cleaned_data, by=request.user)
        until = f" until {membership.last_day}" if membership.until else ""
        messages.success(request, f"{membership.user} is now {membership.get_role_display().lower()}{until}.")
    except LastManager:
        messages.error(request, LAST_MANAGER.format(utility=utility))
    return redirect("accounts:utility", pk)


@login_required
@require_POST
def remove(request: AuthenticatedRequest, pk: int, member: int) -> HttpResponse:
    utility = for_manager(request, pk)
    membership: Membership = get_object_or_404(Membership.with_ended, utility=utility, pk=member)
    return _take_out(request, membership, f"{membership.user} is no longer a member of {utility}.")


@login_required
@require_POST
def leave(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    membership: Membership = get_object_or_404(request.user.memberships, utility=pk)
    return _take_out(request, membership, f"You have left {membership.utility}.")


def _take_out(request: AuthenticatedRequest, membership: Membership, done: str) -> HttpResponse:
    try:
        membership.leave(by=request.user)
    except LastManager:
        messages.error(request, LAST_MANAGER.format(utility=membership.utility))
        return redirect("accounts:utility", membership.utility_id)
    messages.success(request, done)
    if membership.user_id == request.user.pk:
        return redirect("accounts:list")
    return redirect("accounts:utility", membership.utility_id)


@login_required
@require_POST
def representative(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    utility = for_manager(request, pk)
    form = RepresentativeForm(request.POST, utility=utility)
    person = form.cleaned_data["person"] if form.is_valid() else None
    try:
        if not form.is_valid():
            raise NotAMember
        utility.name_representative(person and person.pk, by=request.user)
        messages.success(
            request,
            f"{person} is the management representative." if person else "No management representative is named.",
        )
    except NotAMember:
        messages.error(request, f"Nothing was changed: choose a member of {utility} who is not an advisor.")
    return redirect("accounts:utility", pk)

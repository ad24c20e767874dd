"""Groups: utilities side by side, the people who look, and what the managers of a utility decide about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.forms import SearchForm
from accounts.group_forms import GroupForm, PersonForm
from accounts.groups import GroupPerson, GroupUtility, GroupUtilityEvent, UtilityGroup
from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from accounts.side_by_side import Board
from accounts.views import SHOWN, for_manager
from workflow import overview
from workflow.lists import as_file, kept, orders
from workflow.models import WrongState
from workflow.saving import status_of
from workflow.spreadsheets import KINDS

ANSWERS = {  # what a manager may answer → the status, and what is said afterward
    "agree": (GroupUtility.Status.AGREED, "{group} sees the figures of {utility} now. You can leave at any time."),
    "decline": (GroupUtility.Status.DECLINED, "Declined. {group} sees nothing of {utility}."),
    "leave": (GroupUtility.Status.LEFT, "{utility} left. {group} sees nothing of it anymore."),
}


def _group(request: AuthenticatedRequest, pk: int, *, leads: bool = False) -> UtilityGroup:
    group = get_object_or_404(UtilityGroup.objects.visible_to(request.user), pk=pk)
    if leads:
        group.require_lead()
    return group


def _try(request: HttpRequest, act: Callable[[], Any], done: str) -> None:
    try:
        act()
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        messages.success(request, done)


@login_required
def new(request: AuthenticatedRequest) -> HttpResponse:
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group = UtilityGroup.objects.begin(by=request.user, **form.cleaned_data)
        except WrongState as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{group} was created. Ask utilities to join it, and invite people who look.")
            return redirect("accounts:group_members", group.pk)
    return render(request, "accounts/group_form.html", {"form": form}, status=status_of(form))


@login_required
def group(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows the figures of the utilities that agreed, side by side; with ``?export=``, a file of them."""
    group = _group(request, pk)
    board = Board(group, request.user, request.GET.get("sort", ""))
    if (ending := request.GET.get("export", "")) in KINDS:
        return as_file(str(group), board.exported(), ending)
    context = {
        "group": group,
        "board": board,
        "orders": orders(board.sortable),
        "order": board.order,
        "kept": [*kept(request)],
        "people": group.people.exclude(user=None).select_related("user"),
        "n_asked": group.utilities.filter(status=GroupUtility.Status.ASKED).count(),
    }
    return render(request, "accounts/group.html", context)


@login_required
def members(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Lets who leads the group see and change its people and utilities; the search finds utilities to ask."""
    group = _group(request, pk, leads=True)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group.invite(**form.cleaned_data, by=request.user)
        except WrongState as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, "Invited. If they have an account with this address, it is on their home page.")
            return redirect("accounts:group_members", pk)
    search = SearchForm(request.GET or None)
    words = search.cleaned_data["q"] if search.is_valid() else ""
    context = {
        "group": group,
        "form": form,
        "search": search,
        "words": words,
        "found": Utility.objects.matching(words)[:SHOWN] if words else [],
        "people": group.people.select_related("user"),
        "places": group.utilities.current().select_related("utility"),
        "events": GroupUtilityEvent.objects.filter(row__group=group).select_related("row__utility"),
    }
    return render(request, "accounts/group_members.html", context, status=status_of(form))


@login_required
@require_POST
def ask(request: AuthenticatedRequest, pk: int, utility: int) -> HttpResponse:
    group = _group(request, pk, leads=True)
    asked = get_object_or_404(Utility, pk=utility)
    _try(
        request, lambda: group.ask(asked, by=request.user), f"Managers of {asked} see the question on their home page."
    )
    return redirect("accounts:group_members", pk)


@login_required
@require_POST
def remove_utility(request: AuthenticatedRequest, pk: int, place: int) -> HttpResponse:
    group = _group(request, pk, leads=True)
    row = get_object_or_404(group.utilities.select_related("utility"), pk=place)
    _try(request, lambda: row.remove(by=request.user), f"{row.utility} is no longer in the group.")
    return redirect("accounts:group_members", pk)


@login_required
@require_POST
def remove_person(request: AuthenticatedRequest, pk: int, place: int) -> HttpResponse:
    group = _group(request, pk, leads=True)
    person = get_object_or_404(group.people.select_related("user").exclude(user=request.user), pk=place)
    _try(request, lambda: group.drop(person, by=request.user), f"{person} is no longer in the group.")
    return redirect("accounts:group_members", pk)


@login_required
@require_POST
def leave(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    group = _group(request, pk)
    mine = group.people.get(user=request.user)
    _try(request, lambda: group.drop(mine, by=request.user), f"You left {group}.")
    return redirect("accounts:list")


@login_required
@require_POST
def end(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    group = _group(request, pk)
    group.end(by=request.user)
    messages.success(request, f"{group} has ended. Nobody sees the utilities side by side anymore.")
    return redirect("accounts:list")


@login_required
@require_POST
def answer_invitation(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """A person accepts or declines an invitation to look."""
    place = get_object_or_404(GroupPerson.objects.open().addressed_to(request.user), pk=pk)
    if "decline" in request.POST:
        place.delete()
        messages.success(request, "Declined.")
        return redirect("accounts:list")
    _try(request, lambda: place.accept(by=request.user), f"You are in {place.group} now.")
    return redirect("accounts:list")


@login_required
def of_utility(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Tells members which groups see their utility and what; managers answer those that ask, and leave."""
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=pk)
    places = GroupUtility.objects.current().filter(utility=utility).select_related("group", "agreed_by")
    context = {
        "utility": utility,
        "places": places.prefetch_related("events__by", "group__people__user"),
        "events": GroupUtilityEvent.objects.filter(row__utility=utility).select_related("by", "row__group"),
        "figures": [(name, found.get(pk)) for name, found in overview.side_by_side([pk])],
        "can_manage": utility.my_role == "manager",
    }
    return render(request, "accounts/groups_of_utility.html", context)


@login_required
@require_POST
def answer(request: AuthenticatedRequest, pk: int, place: int) -> HttpResponse:
    utility = for_manager(request, pk)
    row = get_object_or_404(GroupUtility.objects.lasting().select_related("group", "utility"), pk=place, utility=pk)
    to, done = ANSWERS.get(request.POST.get("answer", ""), (None, ""))
    if to is None:
        raise Http404
    _try(request, lambda: row.answer(to, by=request.user), done.format(group=row.group, utility=utility))
    return redirect("accounts:groups_of_utility", pk)

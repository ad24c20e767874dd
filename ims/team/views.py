"""The page of the team: who represents each function, own functions, the scope, what changed."""

from heapq import nlargest
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import RepresentativeChange, Utility
from accounts.requests import AuthenticatedRequest
from assessments.operations import OPERATIONS
from ims.access import can_edit, utility_of
from ims.people import PersonChange
from ims.team.board import Place, State, Team
from ims.team.forms import FunctionForm, ScopeForm, SeatForm
from ims.team.functions import functions
from ims.team.models import Seat, SeatChange, SubgroupChange, TeamScope, TeamScopeChange
from workflow import saving

MAX_CHANGES = 50


def for_editor(request: AuthenticatedRequest, pk: int) -> Utility:
    """404 for nonmembers, 403 for viewers."""
    utility = utility_of(request, pk)
    if not can_edit(utility):
        raise PermissionDenied
    return utility


@login_required
def team(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    return _page(request, utility_of(request, utility_pk))


def _page(request: AuthenticatedRequest, utility: Utility, *, status: int = 200, **more: Any) -> HttpResponse:
    """``more`` may have ``sent``, a bound form of a seat, with its ``conflict``; or a bound ``function_form``."""
    found, sent, may_edit = Team(utility), more.pop("sent", None), can_edit(utility)

    def form_of(place: Place) -> SeatForm | None:
        if not may_edit:
            return None
        if sent and sent.instance.function == place.slug:
            return sent
        return SeatForm(instance=place.seat, people=found.can_be_chosen)

    context: dict[str, Any] = {
        "utility": utility,
        "team": found,
        "can_edit": may_edit,
        "rows": [(place, form_of(place)) for place in found.places],
        "missing": found.missing,
        "subgroups": found.subgroups,
        "function_form": FunctionForm(),
        "status": status,
    }
    return render(request, "ims/team.html", context | more, status=status)


@login_required
@require_POST
def seat(request: AuthenticatedRequest, utility_pk: int, function: str) -> HttpResponse:
    """Saves who represents a function if it still has the version that was read (workflow.saving)."""
    utility = for_editor(request, utility_pk)
    stored = Seat.objects.filter(utility=utility, function=function).first()
    if not stored and function not in functions():
        raise Http404
    found = Team(utility)
    form = SeatForm(
        request.POST,
        instance=stored or Seat(utility=utility, function=function),
        people=found.can_be_chosen,
    )

    def keep() -> Seat:
        return Seat.fill(utility, function, form.cleaned_data["version"], by=request.user, **form.changes)

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _page(request, utility, sent=form, slug=function, conflict=conflict, status=status)

    block = saving.Block(function, reverse("ims:team", args=[utility.pk]))
    return saving.save_block(request, form, block, save=keep, more=lambda row: _said(utility, function), page=page)


def _said(utility: Utility, function: str) -> dict[str, Any]:
    """What the page tells anew after a save: who is missing, and how this function stands."""
    found = Team(utility)
    place = found.place(function)
    return {
        "state": place.state if place else State.MISSING,
        "names": place.names if place else "",
        "missing": [each.name for each in found.missing],
        "counted": found.n_counted,
    }


@login_required
@require_POST
def add_function(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    form = FunctionForm(request.POST)
    if not form.is_valid():
        return _page(request, utility, function_form=form, status=422)
    added = Seat.add(utility, by=request.user, **form.cleaned_data)
    return redirect(f"{reverse('ims:team', args=[utility.pk])}#row-{added.function}")


@login_required
def scope(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """What the system is to cover, for a utility without a gap analysis, which would say it."""
    utility = for_editor(request, utility_pk)
    found = Team(utility)
    if found.analysis:
        return redirect("ims:team", utility.pk)
    form = ScopeForm(request.POST or None, instance=found.chosen)
    conflict: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():

        def save(*, version: int, **changes: Any) -> None:
            TeamScope.choose(utility, version, **changes)

        conflict = saving.tried(form, request, save)
        if not conflict:
            messages.success(request, "The scope was saved.")
            return redirect("ims:team", utility.pk)
    context = {"utility": utility, "form": form, "conflict": conflict}
    return render(request, "ims/team_scope.html", context, status=409 if conflict else saving.status_of(form))


@login_required
def history(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """What changed at the table, in the scope, in subgroups and about people: the newest first."""
    utility = utility_of(request, utility_pk)
    found = Team(utility)
    people = {person.pk: person.name for person in found.people}
    labels: dict[str, Any] = dict.fromkeys(("person", "alternate", "lead", "members", "same_as"), people)
    labels |= {"areas": found.names.areas, "operations": OPERATIONS, "initiatives": found.names.initiatives}
    kinds: list[Any] = [SeatChange, TeamScopeChange, SubgroupChange, PersonChange]
    rows = [kind.objects.filter(row__utility=utility) for kind in kinds]
    rows.append(RepresentativeChange.objects.filter(row=utility))
    changes = [change for each in rows for change in each.select_related("row", "by")[: MAX_CHANGES + 1]]
    newest = nlargest(MAX_CHANGES + 1, changes, key=lambda change: change.at)
    context = {
        "utility": utility,
        "changes": [(_named(change.row), [(change, change.lines(labels))]) for change in newest[:MAX_CHANGES]],
        "are_more": len(newest) > MAX_CHANGES,
        "most": MAX_CHANGES,
    }
    return render(request, "ims/team_history.html", context)


def _named(row: Any) -> str:
    """What was changed, as the page of the team calls it."""
    if isinstance(row, Utility):
        return "Management representative"
    known = functions().get(row.function) if isinstance(row, Seat) else None
    return known.name if known else "Scope" if isinstance(row, TeamScope) else str(row)

"""People without an account, and subgroups."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT, Utility
from accounts.requests import AuthenticatedRequest
from ims.people import Person
from ims.team.board import Team
from ims.team.forms import PersonForm, RowForm, SubgroupForm
from ims.team.functions import Scope, functions
from ims.team.models import Subgroup
from ims.team.views import for_editor
from workflow import saving
from workflow.models import WrongState


def _person(request: AuthenticatedRequest, utility_pk: int, pk: int) -> Person:
    rows = Person.objects.visible_to(request.user).select_related("utility", "user", "same_as")
    return get_object_or_404(rows, utility=utility_pk, pk=pk)


@login_required
def add_person(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = Person.add(utility, by=request.user, **form.changes)
        messages.success(request, f"{person} can now be chosen.")
        return redirect("ims:team", utility.pk)
    context = {"utility": utility, "form": form, "what": "Name someone without an account"}
    return render(request, "ims/team_new.html", context, status=saving.status_of(form))


@login_required
def person(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _person(request, utility_pk, pk)
    return _person_page(request, found, PersonForm(instance=found))


def _person_page(request: AuthenticatedRequest, found: Person, form: PersonForm, **more: Any) -> HttpResponse:
    status = more.pop("status", 200)
    names = {slug: function.name for slug, function in functions().items()}
    seats = [*found.seats.all(), *found.seats_as_alternate.all()]
    here = Team(found.utility).can_be_chosen
    context = {
        "utility": found.utility,
        "person": found,
        "form": form,
        "can_edit": found.my_role in CAN_EDIT and not found.same_as_id,
        "seats": [(seat.name or names.get(seat.function, seat.function), seat.person_id == found.pk) for seat in seats],
        "groups": Subgroup.objects.filter(members=found, is_closed=False),
        "n_owned": found.records.filter(is_open=True).count(),
        "members": [] if found.user_id else [each for each in here if each.user_id],
        "successors": [each for each in here if each.pk != found.pk],
    }
    return render(request, "ims/team_person.html", context | more, status=status)


@login_required
@require_POST
def save_person(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _person(request, utility_pk, pk)
    found.require_editor()
    form = PersonForm(request.POST, instance=found)
    return _save(request, form, found, "person", lambda **more: _person_page(request, found, form, **more))


def _save(
    request: AuthenticatedRequest,
    form: RowForm,
    found: Any,
    row: str,
    page: Callable[..., HttpResponse],
    theirs: Callable[[Any], Any] = lambda current: current,
) -> HttpResponse:
    def keep() -> Any:
        found.change(form.cleaned_data["version"], by=request.user, **form.changes)
        return found

    def shown(conflict: dict[str, Any], status: int) -> HttpResponse:
        return page(conflict=conflict, status=status)

    block = saving.Block(row, found.get_absolute_url())
    return saving.save_block(
        request, form, block, save=keep, more=lambda saved: {"name": saved.name}, page=shown, theirs=theirs
    )


@login_required
@require_POST
def leave(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """Marks a person as no longer here, or undoes it."""
    found = _person(request, utility_pk, pk)
    try:
        found.change(found.version, by=request.user, has_left=request.POST.get("has_left") == "yes")
    except WrongState:
        messages.info(request, f"Nothing was changed: {found} was merged with a member.")
    else:
        messages.success(request, f"{found} is {'no longer here' if found.has_left else 'here again'}.")
    return redirect(found)


@login_required
@require_POST
def merge(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _person(request, utility_pk, pk)
    found.require_editor()
    member = get_object_or_404(
        Person.objects.filter(utility=utility_pk, user__isnull=False), pk=_number(request.POST.get("member"))
    )
    try:
        found.merge_into(member, by=request.user)
    except WrongState as error:
        messages.error(request, str(error))
        return redirect(found)
    messages.success(request, f"What referred to {found} now refers to {member}.")
    return redirect("ims:team", utility_pk)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0


def _people(utility: Utility) -> list[Person]:
    return Team(utility).can_be_chosen


@login_required
def add_subgroup(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    form = SubgroupForm(request.POST or None, people=_people(utility))
    if request.method == "POST" and form.is_valid():
        Subgroup.form(utility, by=request.user, **form.changes)
        return redirect("ims:team", utility.pk)
    found = Team(utility)
    context = {
        "utility": utility,
        "form": form,
        "what": "Form a subgroup",
        "suggested": found.names.of(Scope(found.scope.areas, [], found.scope.initiatives)),
    }
    return render(request, "ims/team_new.html", context, status=saving.status_of(form))


def _subgroup(request: AuthenticatedRequest, utility_pk: int, pk: int) -> Subgroup:
    rows = Subgroup.objects.visible_to(request.user).select_related("utility", "lead")
    return get_object_or_404(rows, utility=utility_pk, pk=pk)


@login_required
def subgroup(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _subgroup(request, utility_pk, pk)
    return _subgroup_page(request, found, SubgroupForm(instance=found, people=_people(found.utility)))


def _subgroup_page(request: AuthenticatedRequest, found: Subgroup, form: SubgroupForm, **more: Any) -> HttpResponse:
    status = more.pop("status", 200)
    can_edit = found.my_role in CAN_EDIT and not found.is_closed
    context = {"utility": found.utility, "group": found, "form": form, "can_edit": can_edit}
    context["may_reopen"] = found.my_role in CAN_EDIT and found.is_closed
    return render(request, "ims/team_subgroup.html", context | more, status=status)


@login_required
@require_POST
def save_subgroup(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _subgroup(request, utility_pk, pk)
    found.require_editor()
    form = SubgroupForm(request.POST, instance=found, people=_people(found.utility))

    def theirs(current: Subgroup) -> SimpleNamespace:
        """The members are rows of another table, which a form has as a list."""
        entered = {name: getattr(current, name) for name in ("name", "purpose", "lead")}
        return SimpleNamespace(members=list(current.members.all()), **entered)

    def page(**more: Any) -> HttpResponse:
        return _subgroup_page(request, found, form, **more)

    return _save(request, form, found, "subgroup", page, theirs)


@login_required
@require_POST
def close_subgroup(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """Closes a subgroup, or reopens it."""
    found = _subgroup(request, utility_pk, pk)
    found.change(found.version, by=request.user, is_closed=request.POST.get("closed") == "yes")
    return redirect("ims:team", utility_pk)

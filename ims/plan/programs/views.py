"""The page "Programs at a glance", what settles colliding actions there, and the hours that people have."""

from itertools import count
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, utility_of
from ims.people import Person
from ims.plan.actions import Action
from ims.plan.programs import charts
from ims.plan.programs.forms import CapacityForm, SettleForm
from ims.plan.programs.glance import BY, Glance
from ims.plan.programs.models import Agreement, Capacity
from workflow.models import Stale, WrongState
from workflow.saving import status_of

FORMS = 10  # on one page: hundreds would take seconds


@login_required
def glance(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    return _page(request, utility_of(request, utility_pk))


def _page(request: AuthenticatedRequest, utility: Utility, sent: SettleForm | None = None) -> HttpResponse:
    """``sent``: the form of two actions that could not be settled.

    The first pairs have their forms on the page, and the one that ``settle`` in the address names; others a link.
    """
    today = timezone.localdate()
    shown = Glance(utility, request.user, today)
    by = request.GET.get("by", "")
    by = by if by in BY else "objective"
    may = can_edit(utility)

    asked = f"{sent['first'].value()}-{sent['second'].value()}" if sent else request.GET.get("settle", "")
    place = count()

    def with_form(flag: Any) -> tuple[Any, SettleForm | None, bool]:
        """Returns a pair, its form, and whether that is open."""
        is_asked = flag.pair == asked
        if not may or (next(place) >= FORMS and not is_asked):
            return flag, None, False
        return flag, sent if sent and is_asked else SettleForm(key=flag.collision.key), is_asked

    colliding, close = ([with_form(flag) for flag in flags] for flags in (shown.open_flags, shown.close_flags))
    context = {
        "utility": utility,
        "glance": shown,
        "can_edit": may,
        "by": by,
        "ways": BY.items(),
        "today": today,
        "timeline": charts.timeline(shown.groups(by), shown.months, today) if shown.placed else "",
        "workload": charts.workload(shown.rows, shown.shown_months) if shown.rows else "",
        "colliding": colliding,
        "close": close,
        "close_is_asked": any(is_asked for _, _, is_asked in close),
        "sent": sent,
    }
    return render(request, "ims/plan/programs/glance.html", context, status=status_of(sent) if sent else 200)


@login_required
@require_POST
def settle(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Keeps how two colliding actions were settled."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _page(request, utility, form)
    rows: Any = Action.objects.visible_to(request.user).filter(utility=utility)
    one, other = (get_object_or_404(rows, pk=form.cleaned_data.pop(name)) for name in ("first", "second"))
    if one.pk == other.pk:
        messages.error(request, "Choose two different actions.")
        return redirect("ims:programs", utility.pk)
    try:
        Agreement.settle(one, other, by=request.user, **form.cleaned_data)
    except WrongState as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{one.number} and {other.number} are settled.")
    return redirect("ims:programs", utility.pk)


@login_required
@require_POST
def end(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Flags two settled actions again."""
    rows = Agreement.objects.visible_to(request.user).select_related("first__utility", "second")
    agreement = get_object_or_404(rows, pk=pk)
    try:
        agreement.end(by=request.user)
    except WrongState as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{agreement.first.number} and {agreement.second.number} are flagged again.")
    return redirect("ims:programs", agreement.first.utility_id)


@login_required
def capacity(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Asks how many hours a month each person has for actions."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    people = Person.objects.of(utility).filter(pk__in=Person.objects.here())
    known = {each.person_id: each for each in Capacity.objects.visible_to(request.user).filter(person__in=people)}
    form = CapacityForm(request.POST or None, people=people, known=known)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                for person, version, hours in form.changes():
                    _keep(request, known.get(person.pk), person, version, hours)
        except (Stale, IntegrityError):
            messages.error(
                request, "Nothing was saved: someone has just changed these hours. This is how they are now."
            )
            return redirect("ims:capacity", utility.pk)
        messages.success(request, "The hours were saved.")
        return redirect("ims:programs", utility.pk)
    context = {"utility": utility, "form": form}
    return render(request, "ims/plan/programs/capacity.html", context, status=status_of(form))


def _keep(request: AuthenticatedRequest, row: Capacity | None, person: Person, version: int, hours: Any) -> None:
    """Raises Stale, or IntegrityError if someone else has just entered the first hours of the person."""
    if row and version == 0:
        raise Stale(row)
    if row is None:
        row = Capacity(person=person, changed_by=request.user, changed_at=timezone.now(), hours=hours)
        row.save(force_insert=True)
        return
    row.save_over(version, by=request.user, hours=hours)

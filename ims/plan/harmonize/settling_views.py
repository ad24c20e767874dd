"""Settling: what helps and hinders what, what is done about conflicts, and the order that follows from the weights."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from ims.plan.assessing_views import tried
from ims.plan.harmonize.access import frame, page_url, workshop_of
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.models import Pair, Workshop
from workflow import polling, saving
from workflow.models import Stale, WrongState

Status = Workshop.Status
PAGE = "ims/harmonize/settle.html"


@login_required
@never_cache
def settle(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows the matrix and the ranking; with ``w-<key>`` in the address, by the weights that are tried.

    For htmx, the ranking, or the matrix if it is not the one already ``seen``.
    """
    found = workshop_of(request, utility_pk, number)
    given = {key: weight for key, weight in tried(request.GET).items() if key in found.weights}
    board = Board(found, found.weights | given)
    context = frame(request, found, Status.SETTLE, board) | {"scales": scales(board)}
    if "HX-Request" in request.headers and "seen" in request.GET:
        return polling.answer(request, f"{PAGE}#matrix", context, seen=board.seen, is_finished=not found.is_open)
    return render(request, f"{PAGE}#ranking" if "HX-Request" in request.headers else PAGE, context)


def scales(board: Board) -> list[tuple[Any, int]]:
    return [(row, board.weights.get(row.key, 0)) for row in board.criteria]


@login_required
@require_POST
def pair(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Sets how two proposals affect each other: ``set`` is "first:second:effect:version"."""
    found = workshop_of(request, utility_pk, number)
    parts = request.POST.get("set", "").split(":")
    try:
        one, other, effect, version = (int(part) for part in parts)
        Pair.Effect(effect)
    except ValueError as error:
        raise Http404 from error
    proposals = list(found.proposals.filter(pk__in=[one, other], joined_to=None))
    if len(proposals) != 2:
        raise Http404
    said = ""
    try:
        Pair.set(found, proposals, version, by=request.user, effect=effect)
    except Stale as stale:
        said = f"{stale.current.changed_by or 'Someone'} has just changed this pair. Choose again if you still want to."
    except WrongState as error:
        said = f"Nothing was changed. {error}"
    if "HX-Request" not in request.headers:
        if said:
            messages.error(request, said)
        return redirect(f"{page_url(found, Status.SETTLE)}#matrix")
    board = Board(found)
    context = frame(request, found, Status.SETTLE, board) | {"said": said, "is_change": True}
    return render(request, f"{PAGE}#matrix", context)


class ConflictForm(forms.Form):
    """What is in conflict, and what came of it."""

    note = forms.CharField(label="Why do they hinder each other?", max_length=500, required=False)
    outcome = forms.ChoiceField(
        label="What does the team do about it?",
        choices=[
            ("", "Still open"),
            (Pair.Outcome.SETTLED, "Settle it: something was agreed"),
            (Pair.Outcome.ACCEPTED, "Accept it, with a reason"),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    agreed = forms.CharField(
        label="What was agreed, or the reason",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") and not cleaned.get("agreed") and "agreed" not in self.errors:
            self.add_error("agreed", "Enter what was agreed, or the reason.")
        if not cleaned.get("outcome") and cleaned.get("agreed"):
            self.add_error("outcome", "Choose what this text says.")
        return cleaned


@login_required
def conflict(request: AuthenticatedRequest, utility_pk: int, number: str, pk: int) -> HttpResponse:
    """Settles a conflict, or accepts it with a reason."""
    found = workshop_of(request, utility_pk, number)
    rows = found.pairs.select_related("first__objective", "second__objective", "changed_by")
    one = get_object_or_404(rows, pk=pk)
    values = {name: getattr(one, name) for name in ("note", "outcome", "agreed", "version")}
    initial = values | {"outcome": request.GET.get("outcome") or one.outcome}
    form = ConflictForm(request.POST or None, initial=initial)
    conflicting: dict[str, Any] = {}
    if request.method == "POST":
        found.require_editor()
        if form.is_valid():

            def keep(*, by: User, version: int, **changes: Any) -> None:
                Pair.set(found, [one.first, one.second], version, by=by, **changes)

            try:
                conflicting = saving.tried(form, request, keep, row="conflict")
            except WrongState as error:
                form.add_error(None, str(error))
            else:
                if not conflicting:
                    return redirect(f"{page_url(found, Status.SETTLE)}#conflicts")
    board = Board(found)
    context = frame(request, found, Status.SETTLE, board) | {"pair": one, "form": form, "conflict": conflicting}
    return render(request, "ims/harmonize/conflict.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def weights(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Keeps the weights that were tried."""
    found = workshop_of(request, utility_pk, number)
    given = {key: weight for key, weight in tried(request.POST).items() if key in found.weights}
    version = request.POST.get("version", "")
    try:
        if not any((found.weights | given).values()):
            raise WrongState("At least one weight must be above 0.")
        number_read = int(version) if version.isdecimal() else 0
        found.keep_weights(number_read, found.weights | given, by=request.user)
    except Stale as stale:
        messages.error(
            request, f"Not kept: {stale.current.changed_by or 'someone'} changed the workshop while you were trying."
        )
    except WrongState as error:
        messages.error(request, f"Not kept. {error}")
    else:
        messages.success(request, "The weights are kept.")
    return redirect(page_url(found, Status.SETTLE))

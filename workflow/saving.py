"""What saving as you go answers: to static/js/save.js as JSON, to a person without JavaScript as a page.

200 with the new version; 409 with both texts where someone else saved first; 422 with what is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone

from workflow.conflicts import differences
from workflow.models import Stale, Versioned, WrongState


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def status_of(form: Any) -> int:
    """A page that shows errors says so to programs too."""
    return 422 if form.is_bound and form.errors else 200


def saved(version: int, **more: Any) -> JsonResponse:
    return JsonResponse({"version": version, "saved": f"Saved at {timezone.localtime():%-I:%M %p}"} | more)


def conflict(stale: Stale, form: BaseForm, *, row: str, base: str, theirs: Any = None) -> dict[str, Any]:
    """What workflow/conflict.html shows: ``row`` names the block on the page ``base``; ``theirs`` has the stored values
    where the row itself does not."""
    current = stale.current
    found = differences(form, current if theirs is None else theirs)
    return {"current": current, "differences": found, "row": row, "base": base}


def tried(form: Any, request: HttpRequest, save: Callable[..., None], *, row: str = "words") -> dict[str, Any]:
    """Save a valid form by its page's button. Empty once it is saved; else what workflow/conflict.html shows, and the
    form replaces the other person's text when it is sent again."""
    try:
        save(by=request.user, **form.cleaned_data)
    except Stale as stale:
        form.data = form.data.copy()
        form.data["version"] = str(stale.current.version)
        return conflict(stale, form, row=row, base=request.path)
    return {}


def not_saved(request: HttpRequest, form: BaseForm, conflict: dict[str, Any]) -> JsonResponse:
    """422 with the form's errors; 409 where there is a ``conflict``."""
    if not conflict:
        return JsonResponse({"errors": [error for errors in form.errors.values() for error in errors]}, status=422)
    html = render_to_string("workflow/conflict.html", conflict, request)
    return JsonResponse({"version": conflict["current"].version, "conflict": html}, status=409)


@dataclass(frozen=True)
class Block:
    """A part of a page that is saved as one: ``row-<row>`` on the page at the address ``page``."""

    row: str
    page: str


def save_block(
    request: HttpRequest,
    form: BaseForm,
    block: Block,
    *,
    save: Callable[[], Versioned],
    more: Callable[[], dict[str, Any]],
    page: Callable[[dict[str, Any], int], HttpResponse],
    theirs: Callable[[Any], Any] = lambda current: current,
    why_not: Callable[[WrongState], str] = str,
) -> HttpResponse:
    """Save a block over the version it was read at.

    ``save`` saves the valid form and returns the row; it may raise Stale or WrongState, which ``why_not`` puts into
    words. ``more`` is what a script learns beside the new version. ``page(conflict, status)`` shows a person without
    JavaScript what was not saved; ``theirs`` gives an object with the stored values of a row that does not have them.
    """
    conflicting: dict[str, Any] = {}
    status = 422
    try:
        if form.is_valid():
            row = save()
            if wants_json(request):
                return saved(row.version, **more())
            return redirect(f"{block.page}#row-{block.row}")
    except Stale as stale:
        status = 409
        conflicting = conflict(stale, form, row=block.row, base=block.page, theirs=theirs(stale.current))
    except WrongState as error:
        form.add_error(None, why_not(error))
    if wants_json(request):
        return not_saved(request, form, conflicting)
    return page(conflicting, status)

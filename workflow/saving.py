"""Responses to saves: JSON for static/js/save.js, a page for a browser without JavaScript.

200 with the new version; 409 with both texts if someone else saved first; 422 with the errors.
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
    """Returns 422 for a form with errors, so that programs notice them too; else 200."""
    return 422 if form.is_bound and form.errors else 200


def saved(version: int, **more: Any) -> JsonResponse:
    return JsonResponse({"version": version, "saved": f"Saved at {timezone.localtime():%-I:%M %p}"} | more)


def conflict(stale: Stale, form: BaseForm, *, row: str, base: str, theirs: Any = None) -> dict[str, Any]:
    """Returns the context of workflow/conflict.html.

    ``row`` names the block on the page ``base``; ``theirs`` has the stored values if the row itself does not.
    """
    current = stale.current
    found = differences(form, current if theirs is None else theirs)
    return {"current": current, "differences": found, "row": row, "base": base}


def tried(form: Any, request: HttpRequest, save: Callable[..., None], *, row: str = "words") -> dict[str, Any]:
    """Saves a valid form that was submitted with its button.

    Returns an empty dict if it was saved, else the context of workflow/conflict.html. Submitting the form again
    then replaces the other person's text.
    """
    try:
        save(by=request.user, **form.cleaned_data)
    except Stale as stale:
        form.data = form.data.copy()
        form.data["version"] = str(stale.current.version)
        return conflict(stale, form, row=row, base=request.path)
    return {}


def not_saved(request: HttpRequest, form: BaseForm, conflict: dict[str, Any]) -> JsonResponse:
    """Returns 422 with the form's errors, or 409 if there is a ``conflict``."""
    if not conflict:
        return JsonResponse({"errors": [error for errors in form.errors.values() for error in errors]}, status=422)
    html = render_to_string("workflow/conflict.html", conflict, request)
    return JsonResponse({"version": conflict["current"].version, "conflict": html}, status=409)


@dataclass(frozen=True)
class Block:
    """A part of a page that is saved as a unit: the element ``row-<row>`` on the page at the URL ``page``."""

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
    """Saves a block if nobody else has saved it since it was read.

    ``save`` saves the valid form and returns the row. It may raise Stale, or WrongState, for which ``why_not`` returns
    the message. ``more`` returns what the JSON contains besides the new version. ``page(conflict, status)`` returns the
    page that shows what was not saved, for a browser without JavaScript. ``theirs`` returns an object with the stored
    values if the row does not have them.
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

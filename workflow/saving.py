"""Responses to saves: JSON for static/js/save.js, a page for a browser without JavaScript.

200 with the new version, and with the errors of the fields that could not be saved with the rest; 409 with both texts
if someone else saved first; 422 with the errors if nothing was saved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
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
    return JsonResponse({"version": version, "saved": f"Saved at {timezone.localtime():%-I:%M %p %Z}"} | more)


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
        return JsonResponse({"errors": errors_of(form)}, status=422)
    current = conflict["current"]
    who = (
        "you changed this in another tab or window"
        if current.changed_by == request.user
        else "someone else changed this"
    )
    html = render_to_string("workflow/conflict.html", conflict, request)
    message = f"Not saved: {who}. Choose which version to keep."
    return JsonResponse({"version": current.version, "conflict": html, "message": message}, status=409)


def errors_of(form: BaseForm) -> list[dict[str, str]]:
    """Returns each error with the name and the label of its field, both empty if it is about the whole form."""
    found = []
    for name, errors in form.errors.as_data().items():
        field = {"name": "", "label": ""}
        if name != NON_FIELD_ERRORS:
            field = {"name": form.add_prefix(name), "label": str(form[name].label)}
        found += [field | {"message": _message(error)} for error in errors]
    return found


def _message(error: ValidationError) -> str:
    if error.code == "max_length" and error.params:
        over = error.params["show_value"] - error.params["limit_value"]
        return f"{over:,} characters too many: {error.params['limit_value']:,} fit."
    return " ".join(error.messages)


def _can_save(request: HttpRequest, form: BaseForm) -> bool:
    """Returns whether the form is valid or, if the page shows errors in place, whether a part of it is.

    ``unread`` names fields in which the browser itself could not read what was typed, such as half a date.
    """
    form.full_clean()
    for name in request.POST.getlist("unread"):
        if name in form.fields:
            form.add_error(name, "This is not complete or can’t be read. Enter it again, or empty the field.")
    if form.is_valid():
        return True
    rest = [name for name in form.cleaned_data if not form.fields[name].widget.is_hidden]
    whole = NON_FIELD_ERRORS in form.errors or "version" not in form.cleaned_data
    return wants_json(request) and bool(rest) and not whole


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
    more: Callable[[Any], dict[str, Any]],
    page: Callable[[dict[str, Any], int], HttpResponse],
    theirs: Callable[[Any], Any] = lambda current: current,
    why_not: Callable[[WrongState], str] = str,
) -> HttpResponse:
    """Saves a block if nobody else has saved it since it was read.

    ``save`` saves what is in the form's ``cleaned_data`` and returns the row. It may raise Stale, or WrongState, for
    which ``why_not`` returns the message. ``more(row)`` returns what the JSON contains besides the new version.
    ``page(conflict, status)`` returns the page that shows what was not saved, for a browser without JavaScript.
    ``theirs`` returns an object with the stored values if the row does not have them.
    """
    conflicting: dict[str, Any] = {}
    status = 422
    try:
        if _can_save(request, form):
            return _kept(request, form, block, save(), more)
    except Stale as stale:
        status = 409
        conflicting = conflict(stale, form, row=block.row, base=block.page, theirs=theirs(stale.current))
        if not conflicting["differences"]:  # the same was saved before, often by a page that was left meanwhile
            return _kept(request, form, block, stale.current, more)
    except WrongState as error:
        form.add_error(None, why_not(error))
    if wants_json(request):
        return not_saved(request, form, conflicting)
    return page(conflicting, status)


def _kept(
    request: HttpRequest, form: BaseForm, block: Block, row: Versioned, more: Callable[[Any], dict[str, Any]]
) -> HttpResponse:
    if wants_json(request):
        return saved(row.version, errors=errors_of(form), **more(row))
    return redirect(f"{block.page}#row-{block.row}")

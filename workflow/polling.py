"""Responses to a page that polls for progress with htmx (``hx-trigger="every 2s"``)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STOP = 286  # htmx swaps in the content and stops polling
NOTHING_NEW = 204


def answer(
    request: HttpRequest, fragment: str, context: dict[str, Any], *, seen: str, is_finished: bool
) -> HttpResponse:
    """Returns ``fragment`` of a template, or no content if the page already shows the state ``seen`` (``?seen=``).

    Once the work is finished, the status makes htmx stop polling.
    """
    if request.GET.get("seen") == seen:
        return HttpResponse(status=STOP if is_finished else NOTHING_NEW)
    return render(request, fragment, context, status=STOP if is_finished else 200)


def until_finished(
    request: HttpRequest, fragment: str, context: dict[str, Any], *, seen: str, is_finished: bool
) -> HttpResponse:
    """Like ``answer``, for a page that has more to show than the fragment once the work is finished: it loads again."""
    if is_finished:
        return HttpResponse(status=STOP, headers={"HX-Refresh": "true"})
    return answer(request, fragment, context, seen=seen, is_finished=False)

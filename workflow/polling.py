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

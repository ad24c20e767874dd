"""Answers to a page that asks again and again how far something is (htmx, ``hx-trigger="every 2s"``)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STOP = 286  # htmx: put this in place, and ask no more
NOTHING_NEW = 204


def answer(
    request: HttpRequest, fragment: str, context: dict[str, Any], *, seen: str, is_finished: bool
) -> HttpResponse:
    """``fragment`` of a template, or nothing where the page shows the state ``seen`` already (``?seen=``).

    Once it is finished, the page is told to stop asking.
    """
    if request.GET.get("seen") == seen:
        return HttpResponse(status=STOP if is_finished else NOTHING_NEW)
    return render(request, fragment, context, status=STOP if is_finished else 200)

"""Middleware: a line break in a form is one character, as in the page where it was typed."""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpRequest, HttpResponse, UnreadablePostError

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def line_breaks(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Browsers send two characters for a line break, so a text within its limit would be refused as too long."""

    def handle(request: HttpRequest) -> HttpResponse:
        is_form = request.method == "POST" and request.content_type in FORMS
        if is_form and not request.path.startswith("/api/"):  # which reads the body itself
            with suppress(UnreadablePostError):  # the browser went away, which the view finds out too
                _replace(request)
        return get_response(request)

    return handle


def _replace(request: HttpRequest) -> None:
    sent = request.POST.copy()
    for name, values in sent.lists():
        sent.setlist(name, [value.replace("\r\n", "\n") for value in values])
    sent._mutable = False
    request.POST = sent  # type: ignore[assignment]

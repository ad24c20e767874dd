"""Middleware: what no text has is refused before any page reads it."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string

from workflow.problems import problem
from workflow.saving import wants_json

NUL = "\x00"  # the one character that PostgreSQL can't store
WORDS = "It has a character that no text has (NUL). Remove it and try again."
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers 400 to a NUL in an address, a query, a cookie or a form; 422 where a script sent the form."""

    def answer(request: HttpRequest) -> HttpResponse:
        cookies = (NUL in value for value in request.COOKIES.values())
        if NUL in request.path_info or _name_of_nul(request.GET.lists()) or any(cookies):
            return _refused(request)
        if name := _nul_in_form(request):
            if wants_json(request):  # static/js/save.js, which shows it at the field
                error = {"name": name, "label": "", "message": WORDS}
                return JsonResponse({"errors": [error]}, status=422)
            return _refused(request)
        return get_response(request)

    return answer


def _nul_in_form(request: HttpRequest) -> str:
    """Returns the name of a field of a form that has one; empty if none has. Raises BadRequest if it can't be read."""
    if request.method != "POST" or request.content_type not in FORMS or request.path.startswith("/api/"):
        return ""
    with suppress(UnreadablePostError):  # the browser went away, which the view finds out too
        try:
            return _name_of_nul(request.POST.lists()) or ("file" if _odd_name(request) else "")
        except (LookupError, UnicodeError) as error:  # an unknown encoding, or text that is not in it
            raise BadRequest("The form can't be read.") from error
    return ""


def _odd_name(request: HttpRequest) -> bool:
    return any(NUL in (file.name or "") for _, files in request.FILES.lists() for file in files)


def _name_of_nul(fields: Iterable[tuple[str, list[str]]]) -> str:
    return next((name or "?" for name, values in fields if NUL in name or any(NUL in each for each in values)), "")


def _refused(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(400, "Bad Request", detail=WORDS)
    return HttpResponseBadRequest(render_to_string("400.html", {"nul": True}))

"""The utility that a person works for now, of the several that a person may belong to: the one named in the bar.

It is kept in the session. Opening a page of another utility of theirs makes that one current (``templatetags/bar.py``).
"""

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from accounts.models import Utility
from workflow import composed

KEY = "utility"


def utilities_of(request: HttpRequest) -> list[Utility]:
    """Returns the utilities that the reader belongs to, by name; queries once for a request."""
    if not hasattr(request, "_utilities"):
        user = request.user
        request._utilities = composed.rows(Utility.objects.visible_to, user) if user.is_authenticated else []  # type: ignore[attr-defined]
    return request._utilities  # type: ignore[attr-defined]


def know(request: HttpRequest, utilities: list[Utility]) -> None:
    """Takes the reader's utilities, by name, from a page that has read them, so that the bar need not."""
    request._utilities = utilities  # type: ignore[attr-defined]


def current(request: HttpRequest) -> Utility | None:
    """Returns the chosen utility, or the only one. None if there are several and none is chosen yet.

    Forgets one that the reader no longer belongs to.
    """
    utilities = utilities_of(request)
    if len(utilities) < 2:
        return utilities[0] if utilities else None
    chosen = next((utility for utility in utilities if utility.pk == request.session.get(KEY)), None)
    if chosen is None:
        request.session.pop(KEY, None)
    return chosen


def choose(request: HttpRequest, pk: int | None) -> Utility | None:
    """Makes a utility of the reader current. Returns it, or None if the reader does not belong to it."""
    chosen = next((utility for utility in utilities_of(request) if utility.pk == pk), None)
    if chosen and request.session.get(KEY) != chosen.pk:
        request.session[KEY] = chosen.pk
    return chosen


def page_after(path: str, utility: Utility, *, of_utility: bool) -> str:
    """Returns where to go when ``utility`` is chosen on the page at ``path``.

    ``of_utility`` says that it is a page of a utility: then to the same page or list of ``utility``, or to the page of
    ``utility`` if it is of a single row, which another utility does not have. Otherwise the reader stays.
    """
    try:
        match = resolve(path)
    except Resolver404:
        return reverse("home")
    if not of_utility:
        return path
    named = match.kwargs
    if "utility_pk" in named and (len(named) == 1 or match.url_name == "list"):
        return reverse(match.view_name, kwargs=named | {"utility_pk": utility.pk})
    return reverse("accounts:utility", args=[utility.pk])

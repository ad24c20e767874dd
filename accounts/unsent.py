"""Keeps what a form sent when its sender was signed out, and gives it back.

A POST is refused if nobody is signed in, or if its CSRF token is older than the last sign-in. What was typed is then
kept in the session, with the page that the form is on. When the same person is back on that page, a banner says so
(``accounts/unsent.html``) and ``static/js/unsent.js`` puts the text into the form. It is kept until the form is sent,
the banner is dismissed, someone else signs in, or the session ends.

Scripts get answers that they can act on, and keep what they sent:

* JSON (``Accept: application/json``): 401 ``{"sign_in": "/account/login/?next=<page>"}`` if nobody is signed in; 403
  ``{"csrf": "<new token>", "person": <id of the signed-in user>}`` if the token was too old.
* htmx: a POST, which is kept as above, gets ``HX-Redirect``. A GET gets a link to sign in, in place of the fragment:
  leaving the page would lose what was typed into it. Its status, 286, also ends polling.
"""

import re
from collections.abc import Callable
from copy import copy
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render, resolve_url
from django.urls import resolve, reverse
from django.views import csrf
from django.views.decorators.http import require_POST
from django_htmx.http import HTMX_STOP_POLLING, HttpResponseClientRedirect

from workflow.saving import wants_json

KEY = "unsent"
PERSON = "last_person"  # the cookie with the id of the user who signed in last in this browser
MAX_LENGTH = 200_000
SECRET = re.compile(r"csrfmiddlewaretoken|password|secret|token|^code$", re.IGNORECASE)
NOT_TYPED = re.compile(r"[a-z0-9_./-]*")  # keys, numbers and the values of choices
SIGN_IN = {"account_login", "account_signup", "mfa_authenticate"}


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        kept = request.session.get(KEY) if request.method == "POST" else None
        response = get_response(request)
        if _asks_to_sign_in(request, response):
            response = _signed_out(request, response)
        elif kept and kept["path"] == request.path and request.session.get(KEY) is kept and response.status_code < 500:
            del request.session[KEY]  # it was sent
        elif request.method == "GET" and request.session.accessed and SESSION_KEY in request.session:
            response = _followed(request, response)
        _remember_person(request, response)
        return response

    return answer


def _asks_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    """Returns whether ``response`` is the redirect of ``login_required`` or of the admin."""
    if response.status_code != 302:
        return False
    to = urlsplit(response["Location"])
    asked = to.path in {resolve_url(settings.LOGIN_URL), reverse("admin:login")}
    return asked and parse_qs(to.query).get("next") == [request.get_full_path()] and not request.user.is_authenticated


def _signed_out(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    page = _page(request)
    sign_in = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page}, safe='/')}"
    if wants_json(request):
        return JsonResponse({"sign_in": sign_in}, status=401)
    if request.method == "POST":
        _keep(request, request.get_signed_cookie(PERSON, "") or "", page, is_old=False)
        return _lead(request, sign_in)
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "accounts/signed_out.html", {"sign_in": sign_in}, status=HTMX_STOP_POLLING)
        response["HX-Reselect"] = "#signed-out"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuses a form without a valid CSRF token. One of our own, opened before the last sign-in, is not lost."""
    is_signed_in = request.user.is_authenticated
    has_cookies = is_signed_in or settings.CSRF_COOKIE_NAME in request.COOKIES
    if not has_cookies or not _is_ours(request, request.headers.get("Origin") or request.headers.get("Referer", "")):
        return csrf.csrf_failure(request, reason)
    if wants_json(request) and is_signed_in:
        return JsonResponse({"csrf": get_token(request), "person": request.user.pk}, status=403)
    if wants_json(request):
        return _signed_out(request, HttpResponse())
    name = request.resolver_match.view_name if request.resolver_match else ""
    if is_signed_in and name in SIGN_IN:
        return redirect(get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL)
    person = str(request.user.pk) if is_signed_in else request.get_signed_cookie(PERSON, "") or ""
    if not is_signed_in and name.startswith(("account_", "mfa_")):
        person = ""  # a form for people who are not signed in
    page = _page(request)
    _keep(request, person, page, is_old=True)
    return _lead(request, page)


def _is_ours(request: HttpRequest, url: str) -> bool:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin == f"{request.scheme}://{request.get_host()}" or origin in settings.CSRF_TRUSTED_ORIGINS


def _page(request: HttpRequest) -> str:
    """Returns the path and query of the page that sent the request."""
    url = request.htmx.current_url or request.headers.get("Referer", "")  # type: ignore[attr-defined]
    if not _is_ours(request, url):
        return request.get_full_path()
    parts = urlsplit(url)
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")


def _keep(request: HttpRequest, person: str, page: str, *, is_old: bool) -> None:
    """Keeps what was typed for ``person``, the id of a user, or "" for someone who is not signed in."""
    fields = [
        (name, value) for name, values in request.POST.lists() if not SECRET.search(name) for value in map(str, values)
    ]
    is_long = sum(len(value) for _, value in fields) > MAX_LENGTH
    request.session[KEY] = {
        "person": person,
        "path": request.path,
        "page": page,
        "fields": [] if is_long else fields,
        "is_long": is_long,
        "is_old": is_old,
        "had_files": bool(request.FILES),
    }


def _lead(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def _followed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Moves what was kept along if its page leads elsewhere, and forgets it if it is someone else's."""
    kept = request.session.get(KEY)
    if not kept:
        return response
    is_here = request.path == urlsplit(kept["page"]).path
    if is_here and (response.status_code == 405 or _is_file(response)):
        # The form was shown again with an error, at an address that only takes POST; or its answer is a file.
        response = redirect(way_on(request))
    if is_here and response.status_code in (301, 302, 303):
        request.session[KEY] = kept | {"page": response["Location"]}
    elif kept["person"] != request.session[SESSION_KEY]:
        del request.session[KEY]
    return response


def way_on(request: HttpRequest) -> str:
    """Returns the nearest address above the request's that is a page for this person; the home page always is."""
    asked = copy(request)
    asked.method = "HEAD"
    path = request.path
    while path != "/" and (path := path[: path.rstrip("/").rfind("/") + 1]) != "/":
        try:
            match = resolve(path)
            found = match.func(asked, *match.args, **match.kwargs)
            if found.status_code < 400 and not _is_file(found):
                break
        except (Http404, PermissionDenied):
            continue
    return path


def _is_file(response: HttpResponseBase) -> bool:
    """Returns whether ``response`` is a file rather than a page; if so, closes it, as nobody will be given it."""
    if opened := getattr(response, "file_to_stream", None):
        opened.close()
    return response.has_header("Content-Disposition")


def _remember_person(request: HttpRequest, response: HttpResponse) -> None:
    person = request.session.get(SESSION_KEY) if request.session.accessed else None
    if person and request.get_signed_cookie(PERSON, None) != person:
        response.set_signed_cookie(PERSON, person, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def unsent(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what was kept for this person and page."""
    session = getattr(request, "session", {})
    kept = session.get(KEY)
    if (
        not kept
        or request.method != "GET"
        or kept["person"] != session.get(SESSION_KEY, "")
        or request.path != urlsplit(kept["page"]).path
    ):
        return {}
    texts = [value for _, value in kept["fields"] if not NOT_TYPED.fullmatch(value)]
    return {"unsent": kept | {"texts": texts, "sent": {"path": kept["path"], "fields": kept["fields"]}}}


@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """Forgets what was kept."""
    kept = request.session.pop(KEY, None)
    return redirect(kept["page"] if kept else "home")

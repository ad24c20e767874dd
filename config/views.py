"""The pages about the site, what is said where something went wrong, and health checks."""

import sys
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.unsent import way_on
from config.guides import guides_for
from config.metrics import metrics
from files.uploads import is_full
from workflow.navigation import Place, links_for
from workflow.problems import problem
from workflow.saving import wants_json


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the contact address of the site, and the links at the top and the foot of every page."""
    links = {place.value: list(links_for(request, place)) for place in Place}
    return {"contact_email": settings.CONTACT_EMAIL, "navigation": links}


def not_allowed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: shows a page, not an empty one, at an address that only takes other methods."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content and not wants_json(request):
            takes_forms = "POST" in response["Allow"]
            context = {"takes_forms": takes_forms, "way_on": way_on(request) if takes_forms else None}
            refusal = render(request, "405.html", context, status=405)
            refusal["Allow"] = response["Allow"]
            return refusal
        return response

    return answer


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Shows a page without data: help, privacy or accessibility."""
    context = {"report_days": settings.REPORT_RETENTION_DAYS, "guides": lambda: guides_for(request.user)}
    return render(request, f"config/{name}.html", context)


NO_ROOM = "This site has no room at the moment. Nothing was changed. Try again later."


def went_wrong(request: HttpRequest) -> HttpResponse:
    """What an error that nobody expected answers: 507 where a disk is full, the database's too; else 500.

    It may be the database that failed, so nothing is asked of it.
    """
    if not is_full(sys.exc_info()[1]):
        return HttpResponse(render_to_string("500.html"), status=500)
    if request.path.startswith("/api/"):
        return problem(507, "Insufficient storage", detail=NO_ROOM)
    if wants_json(request):  # static/js/save.js, which keeps what was typed
        return JsonResponse({"message": NO_ROOM}, status=507)
    return HttpResponse(render_to_string("507.html"), status=507)


def healthz(request: HttpRequest) -> HttpResponse:
    """Returns 200 if this process responds."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Returns 200 if the database, with this version's tables, and the broker respond, else 503. The JSON says why."""
    answers = _database_answers()
    state = {"database": answers, "migrated": answers and _is_migrated(), "broker": _broker_answers()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answers probes and Prometheus under any host name and without TLS, since they use neither."""
    answers: dict[str, Callable[[HttpRequest], HttpResponse | None]] = {
        "/healthz": healthz,
        "/readyz": readyz,
        "/metrics": metrics,
    }

    def answer(request: HttpRequest) -> HttpResponse:
        asked = answers.get(request.path_info)
        return (asked and asked(request)) or get_response(request)

    return answer


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def _is_migrated() -> bool:
    """Returns whether the database has this version's tables. Once it has, it is not asked again."""
    if not _once:
        try:
            executor = MigrationExecutor(connection)
        except DatabaseError:
            return False
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _once.append(True)
    return bool(_once)


_once: list[bool] = []


def _broker_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()

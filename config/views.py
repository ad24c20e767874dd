"""The pages about the site, and health checks."""

from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.unsent import way_on
from config.metrics import metrics
from workflow.navigation import Place, links_for
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
            told = render(request, "405.html", context, status=405)
            told["Allow"] = response["Allow"]
            return told
        return response

    return answer


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Shows a page without data: help, privacy or accessibility."""
    return render(request, f"config/{name}.html", {"report_days": settings.REPORT_RETENTION_DAYS})


def healthz(request: HttpRequest) -> HttpResponse:
    """Returns 200 if this process responds."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Returns 200 if the database and the broker respond, else 503; the JSON says which of them do."""
    state = {"database": _database_answers(), "broker": _broker_answers()}
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


def _broker_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()

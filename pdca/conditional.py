"""Conditional requests for pages of the catalog: they send ETag and Last-Modified, and answer 304 if unchanged."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache, wraps
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.timezone import now
from django.views.decorators.http import condition

from accounts.current import KEY, utilities_of
from pdca.index import Indexed

View = Callable[..., HttpResponse]


def catalog_page(view: View) -> View:
    """Decorates a view whose page depends only on the catalog, its address, the user and the bar. Adds one query."""

    @wraps(view)
    def answered(request: HttpRequest, **named: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or any(True for _ in get_messages(request)):
            return view(request, **named)  # a message is shown once and must not be cached
        last = Indexed.objects.aggregate(number=Max("pk"), at=Max("at"))
        looked_at = condition(lambda *_, **__: _tag(request, last["number"]), lambda *_, **__: _since(last["at"]))
        response: HttpResponse = looked_at(view)(request, **named)
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return answered


def _tag(request: HttpRequest, catalog: int | None) -> str:
    said: list[Any] = [catalog, _templates(), request.user.pk, str(request.user), request.get_full_path()]
    said += [request.headers.get("HX-Request"), request.META.get("CSRF_COOKIE"), request.session.get(KEY)]
    said += [(utility.pk, utility.name) for utility in utilities_of(request)]
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"'


def _since(changed: datetime | None) -> datetime:
    """Returns the later of the catalog's last change and this process's start, which may have new templates."""
    return max(changed or STARTED, STARTED)


STARTED = now().replace(microsecond=0)


@cache
def _templates() -> str:
    """Returns a hash of all templates, on which the pages depend too."""
    folder = hashlib.sha256()
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        folder.update(path.read_bytes())
    return folder.hexdigest()

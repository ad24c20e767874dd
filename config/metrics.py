"""Figures for Prometheus at /metrics, for who has METRICS_TOKEN; without that setting there is no such address."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from letters.models import Delivery
from reports.models import BUNDLES, Report

REQUESTS = Counter("headworks_requests", "Requests that were answered.", ["method", "status"])
SECONDS = Histogram(
    "headworks_request_seconds",
    "How long a request took, by the name of its address.",
    ["view"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # a sender can't make up more labels


class Waiting(Collector):
    """What waits now: asked of the database and of the broker for each reading."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, model in (("reports", Report), ("emails", Delivery)):
            figures = GaugeMetricFamily(f"headworks_{name}", f"The {name} that are kept, by status.", labels=["status"])
            for status, n in model._base_manager.order_by().values_list("status").annotate(n=Count("pk")):
                figures.add_metric([status], n)
            yield figures
        figures = GaugeMetricFamily("headworks_queue_length", "Tasks that no worker has taken yet.", labels=["queue"])
        for queue, n in _queued().items():
            figures.add_metric([queue], n)
        yield figures


def _queued() -> dict[str, int]:
    """Returns the length of each queue, all priorities together; nothing while the broker is away."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    steps: Any = settings.CELERY_BROKER_TRANSPORT_OPTIONS["priority_steps"]
    try:
        # kombu's own names: the first priority has none.
        return {queue: sum(_length(client, queue, step) for step in steps) for queue in ("celery", BUNDLES)}
    except redis.RedisError:
        return {}
    finally:
        client.close()


def _length(client: Any, queue: str, step: int) -> int:
    return int(client.llen(f"{queue}\x06\x16{step}" if step else queue))


def measured(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: counts requests and the time they take."""

    def answer(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = get_response(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, response.status_code).inc()
        view = request.resolver_match.view_name if request.resolver_match else "none"
        SECONDS.labels(view or "unnamed").observe(time.perf_counter() - start)
        return response

    return answer if settings.METRICS_TOKEN else get_response


def metrics(request: HttpRequest) -> HttpResponse | None:
    """Returns the figures of all processes of this web server; None where nobody may read them."""
    token = settings.METRICS_TOKEN
    if not token:
        return None
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(given.strip(), token):
        return HttpResponse("Send METRICS_TOKEN: “Authorization: Bearer …”.\n", status=401, content_type="text/plain")
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # config/gunicorn.py: its processes share the figures there
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    now = CollectorRegistry()
    now.register(Waiting())
    return HttpResponse(generate_latest(registry) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)

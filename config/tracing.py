"""One id for a request and what follows from it: in its response, in the lines of the log, in the tasks it sends."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from celery import signals
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

HEADER = "X-Request-ID"
NAME = "request_id"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: takes over the id of a proxy in front, if it looks like one, else makes one."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        found = given if GIVEN.fullmatch(given) else uuid4().hex
        bind_contextvars(**{NAME: found})
        response = get_response(request)
        response[HEADER] = found
        return response

    return answer


@receiver(request_finished)
def forget(**_: Any) -> None:
    """Not in the middleware: Django logs an answer of 4xx or 5xx after the last of them."""
    unbind_contextvars(NAME)


@signals.before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A task that is sent within a request, or within a task that follows from one, carries the id."""
    if headers is not None and (found := get_contextvars().get(NAME)):
        headers[NAME] = found


@signals.task_prerun.connect
def take_up(task: Any = None, task_id: str = "", **_: Any) -> None:
    """A task that follows from no request, such as a sweep, gets its own id."""
    sent = getattr(task.request, NAME, None) or (task.request.headers or {}).get(NAME)  # by a worker, or called here
    bind_contextvars(**{NAME: sent or task_id, "task": task.name})


@signals.task_postrun.connect
def put_down(**_: Any) -> None:
    unbind_contextvars(NAME, "task")

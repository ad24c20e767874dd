"""The way through a queue: from an application to the one before and after it, as the queue was filtered and sorted.

The address of a page carries the filters, not the applications: it stays short, and the way is what the queue is now.
"""

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from accounts.requests import AuthenticatedRequest
from recognition.models import Application
from recognition.reviewing.lists import QUEUES, way
from workflow.lists import as_asked
from workflow.saved import kept_query


@dataclass(frozen=True)
class Walk:
    """``place`` counts from 1; it is 0 once the application is no longer among the ``n`` that the queue finds."""

    title: str
    back: str
    place: int
    n: int
    before: str = ""
    after: str = ""


def walk(request: AuthenticatedRequest, application: Application) -> Walk | None:
    """Returns the way that the address names, if it is a queue of the person. One query more, however long it is."""
    asked = request.GET.copy()
    name = str(asked.pop("in", [""])[-1])
    queue = QUEUES.get(name)
    if queue is None or not queue.is_shared or not queue.exists_for(request.user):
        return None
    table, _ = as_asked(request, asked, queue.table, queue.filters, queue.rows(request.user))
    keys = list(table.data.data.values_list("pk", flat=True))
    back = f"{reverse('recognition:queue', args=[name])}?{kept_query(asked) or 'view=all'}"
    if application.pk not in keys:
        return Walk(queue.title, back, 0, len(keys), after=_link(request, name, asked, keys[0]) if keys else "")
    place = keys.index(application.pk)
    around = [keys[place - 1] if place else None, *keys[place + 1 : place + 2], None][:2]
    before, after = (_link(request, name, asked, key) if key else "" for key in around)
    return Walk(queue.title, back, place + 1, len(keys), before, after)


def _link(request: AuthenticatedRequest, name: str, asked: QueryDict, key: int) -> str:
    """Returns the address of the same page of another application."""
    match = request.resolver_match
    assert match is not None  # noqa: S101  # a view was found
    return reverse(match.view_name, args=[key]) + way(name, kept_query(asked))

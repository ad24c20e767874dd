"""The way through a list: from an application to the one before and after it, as the list was filtered and sorted.

The address of a page carries the filters, not the applications: it stays short, and the way is what the list is now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.models import Application
from recognition.reviewing.lists import QUEUES, WalkedTable, way
from workflow.lists import Filters, as_asked
from workflow.saved import kept_query


@dataclass(frozen=True)
class Walk:
    """``place`` counts from 1; it is 0 once the application is no longer among the ``n`` that the list finds."""

    title: str
    back: str
    place: int
    n: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Walkable:
    """A list that can be walked through: its address, and what ``list_page`` makes it of."""

    title: str
    url: str
    table: type[WalkedTable]
    filters: type[Filters]
    rows: Any


_lists: dict[str, Callable[[User, int], Walkable | None]] = {}


def walked(name: str) -> Callable[[Callable[[User, int], Walkable | None]], Callable[[User, int], Walkable | None]]:
    """Decorator: the function returns the list ``<name>-<pk>``, or None for a person who does not have it."""

    def add(find: Callable[[User, int], Walkable | None]) -> Callable[[User, int], Walkable | None]:
        _lists[name] = find
        return find

    return add


def _found(name: str, user: User) -> Walkable | None:
    kind, _, pk = name.partition("-")
    if kind in _lists and pk.isdecimal() and len(pk) < 10:
        return _lists[kind](user, int(pk))
    queue = QUEUES.get(name)
    if queue is None or not queue.is_shared or not queue.exists_for(user):
        return None
    address = reverse("recognition:queue", args=[name])
    return Walkable(queue.title, address, queue.table, queue.filters, queue.rows(user))


def walk(request: AuthenticatedRequest, application: Application) -> Walk | None:
    """Returns the way that the address names, if it is a list of the person. One query more, however long it is."""
    asked = request.GET.copy()
    name = str(asked.pop("in", [""])[-1])
    found = _found(name, request.user)
    if found is None:
        return None
    table, _ = as_asked(request, asked, found.table, found.filters, found.rows)
    keys = list(table.data.data.values_list("pk", flat=True))
    back = f"{found.url}?{kept_query(asked) or 'view=all'}"
    if application.pk not in keys:
        return Walk(found.title, back, 0, len(keys), after=_link(request, name, asked, keys[0]) if keys else "")
    place = keys.index(application.pk)
    around = [keys[place - 1] if place else None, *keys[place + 1 : place + 2], None][:2]
    before, after = (_link(request, name, asked, key) if key else "" for key in around)
    return Walk(found.title, back, place + 1, len(keys), before, after)


def _link(request: AuthenticatedRequest, name: str, asked: QueryDict, key: int) -> str:
    """Returns the address of the same page of another application."""
    match = request.resolver_match
    assert match is not None  # noqa: S101  # a view was found
    return reverse(match.view_name, args=[key]) + way(name, kept_query(asked))

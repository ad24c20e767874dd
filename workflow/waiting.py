"""The items on the home page that need a user's attention.

An app registers its items in its ``waiting.py``, which is imported at startup, like ``admin.py``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser


@dataclass(frozen=True)
class Waiting:
    """An item: ``what`` waits and ``why``; ``do`` is the label of the button that leads to ``url``.

    ``by`` is the day it is due, if there is one. ``n`` is how many items it stands for: more than one, where a source
    shows the first of many and sums up the others.
    """

    what: str
    why: str
    do: str
    url: str
    by: date | None = None
    is_late: bool = False
    n: int = 1


Source = Callable[[Any], Iterable[Waiting]]
_sources: list[tuple[int, Source]] = []


def source(*, order: int) -> Callable[[Source], Source]:
    """Decorator: the home page shows the items that the function returns for a user.

    What is late comes first, then what has a date, by date, then the rest, lowest ``order`` first.

    The function makes a fixed number of queries, no matter how many items there are.
    """

    def add(function: Source) -> Source:
        _sources.append((order, function))
        _sources.sort(key=lambda each: each[0])
        return function

    return add


def waiting_for(user: AbstractBaseUser) -> list[Waiting]:
    found = [waiting for _, function in _sources for waiting in function(user)]
    return sorted(found, key=lambda each: (not each.is_late, each.by or date.max))

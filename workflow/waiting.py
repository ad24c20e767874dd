"""The items on the home page that need a user's attention.

An app registers its items in its ``waiting.py``, which is imported at startup, like ``admin.py``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser


@dataclass(frozen=True)
class Waiting:
    """An item: ``what`` waits and ``why``; ``do`` is the label of the button that leads to ``url``."""

    what: str
    why: str
    do: str
    url: str


Source = Callable[[Any], Iterable[Waiting]]
_sources: list[tuple[int, Source]] = []


def source(*, order: int) -> Callable[[Source], Source]:
    """Decorator: the home page shows the items that the function returns for a user, lowest ``order`` first.

    The function makes a fixed number of queries, no matter how many items there are.
    """

    def add(function: Source) -> Source:
        _sources.append((order, function))
        _sources.sort(key=lambda each: each[0])
        return function

    return add


def waiting_for(user: AbstractBaseUser) -> list[Waiting]:
    return [waiting for _, function in _sources for waiting in function(user)]

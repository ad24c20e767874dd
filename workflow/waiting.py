"""What needs a person's attention, for the home page.

A room registers its own in its ``waiting.py``, which is found when the app starts, as Django finds ``admin.py``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser


@dataclass(frozen=True)
class Waiting:
    """``what`` waits and ``why``; ``do`` is the word on the button that leads to ``url``."""

    what: str
    why: str
    do: str
    url: str


Source = Callable[[Any], Iterable[Waiting]]
_sources: list[tuple[int, Source]] = []


def source(*, order: int) -> Callable[[Source], Source]:
    """Decorator: what the function returns for a user stands on the home page, that of a lower ``order`` first.

    It makes a fixed number of queries, however much there is.
    """

    def add(function: Source) -> Source:
        _sources.append((order, function))
        _sources.sort(key=lambda each: each[0])
        return function

    return add


def waiting_for(user: AbstractBaseUser) -> list[Waiting]:
    return [waiting for _, function in _sources for waiting in function(user)]

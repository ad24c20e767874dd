"""What the search finds besides the catalog: pages and tools, and rows that belong to the person who searches.

An app registers them in its ``search.py``, which is imported at startup, like ``admin.py``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from workflow.matching import plain


@dataclass(frozen=True)
class Place:
    """A place that the search links to. ``names`` are other names that are matched like the heading."""

    kind: str
    heading: str
    text: str
    url: str
    names: tuple[str, ...] = ()


Public = Callable[[], Iterable[Place]]
Own = Callable[[Any, list[str]], Iterable[Place]]
_public: list[Public] = []
_own: list[tuple[int, Own]] = []


def public(function: Public) -> Public:
    """Decorator: the search index gets the places that the function returns. Anyone may read about them."""
    _public.append(function)
    return function


def own(*, order: int) -> Callable[[Own], Own]:
    """Decorator: results start with what the function returns for (user, words), lowest ``order`` first.

    The function returns only rows that the user may see, at most ``MAX_FOUND``.
    """

    def add(function: Own) -> Own:
        _own.append((order, function))
        _own.sort(key=lambda each: each[0])
        return function

    return add


MAX_FOUND = 5


def public_places() -> Iterable[Place]:
    return (place for function in _public for place in function())


def own_places(user: AbstractBaseUser, typed: str) -> list[Place]:
    """Returns the user's rows whose names have all words of ``typed``."""
    words = [word for word in re.findall(r"\w+", plain(typed)) if len(word) > 1 or word.isdigit()]
    return [place for _, function in _own for place in function(user, words)] if words else []


def has_all(words: Iterable[str], *fields: str) -> Q:
    """Returns a condition: each word is in at least one of the fields."""
    found = Q()
    for word in words:
        in_any = Q()
        for field in fields:
            in_any |= Q(**{f"{field}__matches": word})
        found &= in_any
    return found

"""What a function found out about a person is kept for the rest of the request."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser

Found = TypeVar("Found")


def once(function: Callable[[Any], Found]) -> Callable[[Any], Found]:
    """Decorator for a function of a user, whose object lives as long as the request.

    Several registries of one app, such as ``waiting.py`` and ``slots.py``, then share its queries. Only for pages that
    change nothing of what the function returns.
    """
    name = f"_once_{function.__module__}_{function.__qualname__}".replace(".", "_")

    @wraps(function)
    def kept(user: AbstractBaseUser) -> Found:
        try:
            found: Found = getattr(user, name)
        except AttributeError:
            setattr(user, name, found := function(user))
        return found

    return kept

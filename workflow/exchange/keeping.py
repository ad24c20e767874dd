"""Keeps the file of a preview until it is confirmed: for one person, in one session, and for one confirmation."""

from django.core.cache import cache
from django.http import HttpRequest

KEPT_FOR = 3600  # seconds
ERROR_EXPIRED = (
    "This preview was confirmed already or is more than an hour old, so nothing was imported now. "
    "Check the rows; if something is missing, choose the file again."
)


def _key(request: HttpRequest, what: str, token: str) -> str:
    return f"import:{what}:{request.user.pk}:{request.session.session_key}:{token[:64]}"


def keep(request: HttpRequest, what: str, token: str, name: str, content: bytes) -> None:
    """``what``: the identity of the rows; ``token``: of the plan; ``name``: of the file."""
    cache.set(_key(request, what, token), (name, content), KEPT_FOR)


def take(request: HttpRequest, what: str, token: str) -> tuple[str, bytes] | None:
    """Returns the file's name and content; None if it is not kept, or if another request has just taken it."""
    if not token.isalnum():  # no hash, so none is kept under it
        return None
    key = _key(request, what, token)
    kept: tuple[str, bytes] | None = cache.get(key)
    return kept if kept and cache.delete(key) else None

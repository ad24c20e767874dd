"""The links at the top of every page.

An app registers its links in its ``navigation.py``, which is imported at startup, like ``admin.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Link:
    """A link. ``address`` is a URL name, ``order`` its position; ``for_members`` shows it only to signed-in users.

    It is marked as current on all pages of its app or, if given, on its ``pages`` (URL names), where no other link is.
    """

    label: str
    address: str
    order: int
    for_members: bool = False
    pages: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        return reverse(self.address)


_links: list[Link] = []


def register(*links: Link) -> None:
    _links.extend(links)
    _links.sort(key=lambda link: link.order)


def links_for(request: HttpRequest) -> Iterator[tuple[Link, bool]]:
    """Yields each link that the user sees, and whether it is the current one."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    current = _current(here)
    user = getattr(request, "user", None)
    for link in _links:
        if (user and user.is_authenticated) or not link.for_members:
            yield link, link is current


def _current(here: str) -> Link | None:
    """Returns the link to mark as current on the page with the URL name ``here``."""
    by_page = next((link for link in _links if here in link.pages), None)
    room, in_room, _ = here.partition(":")
    by_room = (link for link in _links if in_room and not link.pages and link.address.startswith(f"{room}:"))
    return by_page or next(by_room, None)

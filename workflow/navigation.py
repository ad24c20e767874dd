"""The links at the top of every page.

A room registers its own in its ``navigation.py``, which is found when the app starts, as Django finds ``admin.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Link:
    """``address`` is the name of a URL, ``order`` its place. ``for_members``: shown to those who are signed in.

    It is marked as current on all pages of the address's room, or on its ``pages`` only (names of URLs); those count
    for no other link.
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
    """Each link that the person sees, and whether it is the current one."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    current = _current(here)
    for link in _links:
        if request.user.is_authenticated or not link.for_members:
            yield link, link is current


def _current(here: str) -> Link | None:
    """The link for the page named ``here``."""
    by_page = next((link for link in _links if here in link.pages), None)
    room, in_room, _ = here.partition(":")
    by_room = (link for link in _links if in_room and not link.pages and link.address.startswith(f"{room}:"))
    return by_page or next(by_room, None)

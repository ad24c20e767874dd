"""The links at the top and at the foot of every page.

An app registers its links in its ``navigation.py``, which is imported at startup, like ``admin.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest

from workflow.addresses import remembered


class Place(StrEnum):
    """Where a link is: in the bar, in the menu of the person who is signed in, or at the foot."""

    BAR = "bar"
    MENU = "menu"
    FOOT = "foot"


@dataclass(frozen=True)
class Link:
    """A link. ``address`` is a URL name, ``order`` its position; ``for_members`` shows it only to signed-in users.

    It is marked as current on all pages of its app or, if given, on its ``pages`` (URL names), where no other link is.

    The bar has at most five links for anyone. ``within`` is the address of the link whose page leads to this one:
    members find it there, and that link is marked in its place; only visitors have it in the bar.
    """

    label: str
    address: str
    order: int
    for_members: bool = False
    pages: frozenset[str] = frozenset()
    within: str = ""
    place: Place = Place.BAR

    @property
    def url(self) -> str:
        return remembered(self.address)


_links: list[Link] = []


def register(*links: Link) -> None:
    _links.extend(links)
    _links.sort(key=lambda link: link.order)


def links_for(request: HttpRequest, place: Place = Place.BAR) -> Iterator[tuple[Link, bool]]:
    """Yields each link that the user sees there, and whether it is the current one."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    user = getattr(request, "user", None)
    is_member = bool(user and user.is_authenticated)
    current = _current(here)
    address = (is_member and current and current.within) or (current and current.address)
    for link in _links:
        is_shown = not link.within if is_member else not link.for_members
        if link.place == place and is_shown:
            yield link, link.address == address


def _current(here: str) -> Link | None:
    """Returns the link to mark as current on the page with the URL name ``here``."""
    by_page = next((link for link in _links if here in link.pages), None)
    room, in_room, _ = here.partition(":")
    by_room = (link for link in _links if in_room and not link.pages and link.address.startswith(f"{room}:"))
    return by_page or next(by_room, None)

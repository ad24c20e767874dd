"""A user's own utilities for the search."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.models import User, Utility
from workflow.search import MAX_FOUND, Place, has_all, own


@own(order=0)
def utilities(user: User, words: list[str]) -> Iterator[Place]:
    found = Utility.objects.visible_to(user).filter(has_all(words, "plain_name")).order_by("name", "pk")
    for utility in found[:MAX_FOUND]:
        yield Place(
            "your utility",
            utility.name,
            f"{utility.city}, {utility.state}",
            reverse("accounts:utility", args=[utility.pk]),
        )

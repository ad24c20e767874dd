"""``{% asked_at element explainer %}`` shows what the initiatives ask at an element. ``{{ entries|not_from_guide }}``
names those that the guide does not have, so that no page claims them to be the guide's.

The guide's app can't import initiatives, so its pages show the same through a slot (initiatives.slots).
"""

from collections.abc import Iterable
from typing import Any

from django import template

from initiatives.models import Initiative

register = template.Library()


@register.filter
def not_from_guide(entries: Iterable[Any]) -> str:
    """Returns the names of the initiatives or cases whose source is not guide 2004, as in "A, B"."""
    return ", ".join(str(entry) for entry in entries if not entry.source.startswith("guide 2004"))


@register.inclusion_tag("initiatives/_asked.html")
def asked_at(element: Any, explainer: Any, only: Iterable[str] | None = None) -> dict[str, Any]:
    """Shows the initiatives with the slugs ``only``, or with None all that readers can find. Makes one query."""
    rows = Initiative.objects.readable().only("slug", "name", "short_name", "asks")
    if only is not None:
        rows = Initiative.objects.known().filter(slug__in=only).only("slug", "name", "short_name", "asks")
    asked = [(row, row.asked[element.slug]) for row in rows if element.slug in row.asked]
    return {"asked": asked, "explainer": explainer}

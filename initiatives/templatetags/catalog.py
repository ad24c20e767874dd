"""``{% asked_at element explainer %}`` shows what the initiatives ask at an element. ``{{ entries|not_from_guide }}``
says which entries the guide does not have or has otherwise, so that no page claims them to be the guide's.

The guide's app can't import initiatives, so its pages show the same through a slot (initiatives.slots).
"""

from collections.abc import Iterable
from typing import Any

from django import template

from initiatives.models import Initiative

register = template.Library()


@register.filter
def not_from_guide(entries: Iterable[Any]) -> str:
    """Returns sentences about the initiatives or cases that are not from guide 2004 or were changed, or nothing."""
    entries = list(entries)
    own = [str(entry) for entry in entries if not entry.is_from_guide]
    changed = [str(entry) for entry in entries if entry.is_from_guide and not entry.is_as_in_guide]
    said = [(own, "Not from the guide"), (changed, "Changed since, so no longer as in the guide")]
    return "".join(f" {what}: {', '.join(names)}." for names, what in said if names)


@register.inclusion_tag("initiatives/_asked.html")
def asked_at(element: Any, explainer: Any, only: Iterable[str] | None = None) -> dict[str, Any]:
    """Shows the initiatives with the slugs ``only``, or with None all that readers can find. Makes one query."""
    rows = Initiative.objects.readable().only("slug", "name", "short_name", "asks")
    if only is not None:
        rows = Initiative.objects.known().filter(slug__in=only).only("slug", "name", "short_name", "asks")
    asked = [(row, row.asked[element.slug]) for row in rows if element.slug in row.asked]
    return {"asked": asked, "explainer": explainer}

"""``{% asked_at element explainer %}``: what the initiatives ask at an element, on pages of the rooms below.

The guide's pages know nothing of initiatives; this tag brings what stands there.
"""

from collections.abc import Iterable
from typing import Any

from django import template

from initiatives.models import Initiative

register = template.Library()


@register.inclusion_tag("initiatives/_asked.html")
def asked_at(element: Any, explainer: Any, only: Iterable[str] | None = None) -> dict[str, Any]:
    """``only`` are slugs; None means every initiative of the catalog. One query."""
    rows = Initiative.objects.readable().only("slug", "name", "short_name", "asks")
    if only is not None:
        rows = Initiative.objects.known().filter(slug__in=only).only("slug", "name", "short_name", "asks")
    asked = [(row, row.asked[element.slug]) for row in rows if element.slug in row.asked]
    return {"asked": asked, "explainer": explainer}

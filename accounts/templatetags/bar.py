"""The reader's utilities in the bar."""

from typing import Any

from django import template
from django.template import Context

from accounts.current import choose, current, utilities_of
from accounts.models import Utility
from accounts.rows import OfUtility

register = template.Library()


@register.inclusion_tag("accounts/_switcher.html", takes_context=True)
def switcher(context: Context) -> dict[str, Any]:
    """Names the current utility and offers the others. The utility of the page becomes the current one."""
    request = context["request"]
    utilities = utilities_of(request)
    of_page = _utility_of(context.flatten())
    if len(utilities) > 1:
        choose(request, of_page)
    return {
        "utilities": utilities,
        "current": current(request),
        "path": request.path,
        "of_utility": of_page is not None,
        "is_page": request.resolver_match is not None and request.resolver_match.view_name == "accounts:utility",
        "csrf_token": context.get("csrf_token"),
    }


def _utility_of(shown: dict[Any, Any]) -> int | None:
    """Returns the key of the utility whose page this is: of ``utility``, or of the row of a utility that it shows."""
    if isinstance(utility := shown.get("utility"), Utility):
        return utility.pk
    rows = (row for row in shown.values() if isinstance(row, OfUtility))
    return next((row.utility_id for row in rows if hasattr(row, "utility_id")), None)

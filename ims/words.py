"""The values of a record's fields as a person reads them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format

from accounts.models import Utility
from ims.check.numbers import exact
from ims.plan.units import Unit
from initiatives.models import Initiative
from pdca.models import Area


def names_of(utility: Utility) -> dict[str, dict[Any, str]]:
    """Returns field → key → name for the areas, initiatives and units that records name. Makes three queries."""
    return {
        "areas": dict(Area.objects.values_list("code", "name")),
        "initiatives": dict(Initiative.objects.known().values_list("slug", "short_name")),
        "units": dict(Unit.objects.filter(utility=utility).values_list("pk", "title")),
    }


def words_of(record: Any, name: str) -> Any:
    """Returns the words for a value, empty without one. A record stays a record, so that a page can link to it."""
    if name == "status":
        return record.status_label
    value = getattr(record, name)
    if value in (None, ""):
        return ""
    display = getattr(record, f"get_{name}_display", None)
    if display:
        return display()
    if isinstance(value, Decimal):
        return intcomma(exact(value))
    return date_format(value, "F j, Y") if isinstance(value, date) else value

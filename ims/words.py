"""The values of a record's fields as a person reads them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format

from ims.check.numbers import exact


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

"""The addresses of pages about one row. A list shows dozens of them, and ``reverse`` looks for each anew."""

from functools import cache, lru_cache
from typing import Any

from django.urls import reverse

ANY = 987_654_321  # stands for the key while the address around it is found


@cache
def _around(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[ANY]).partition(str(ANY))
    return before, after


def address(name: str, pk: int) -> str:
    """Returns what ``reverse`` returns for the page ``name`` of the row ``pk``. Raises NoReverseMatch as it does."""
    before, after = _around(name)
    return f"{before}{pk}{after}"


@lru_cache(maxsize=4096)
def remembered(name: str, *args: Any) -> str:
    """Returns what ``reverse`` returns for the page ``name``, for addresses that stand on page after page."""
    return reverse(name, args=args)

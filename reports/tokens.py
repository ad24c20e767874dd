"""The design tokens of ``static/css/tokens.css``, for pictures: PDFs show them too, so they need literal values."""

import re
from functools import cache

from django.conf import settings


def value(name: str) -> str:
    """Returns the token's value. Raises KeyError if the file does not declare it."""
    return declared()[name]


@cache
def declared() -> dict[str, str]:
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([\w-]+): ([^;]+);", css))

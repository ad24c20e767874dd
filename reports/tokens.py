"""The design tokens of ``static/css/tokens.css``, for pictures that take literal values since PDFs show them too."""

import re
from functools import cache

from django.conf import settings


def value(name: str) -> str:
    """Raises KeyError for a token that the file does not declare."""
    return declared()[name]


@cache
def declared() -> dict[str, str]:
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([\w-]+): ([^;]+);", css))

"""A filter for tables on paper."""

from typing import Any

from django import template

register = template.Library()
TALL = 24  # lines, between a third and half of a page


@register.filter
def tall(words: Any, width: int) -> bool:
    """Whether ``words``, or one of a list of them side by side, takes more than a third of a page.

    ``width`` is the number of characters that fit into a line, of all columns together.
    """
    texts = [str(each) for each in words] if isinstance(words, list) else [str(words)]
    per_line = max(1, width // (len(texts) or 1))
    return any(sum(len(line) // per_line + 1 for line in text.splitlines()) > TALL for text in texts)

"""Named places in an app's templates that higher-level apps fill.

``{% slot "utility.actions" utility=utility %}`` shows their content, in the order of registration. An app fills slots
in its ``slots.py``, which is imported at startup, like ``admin.py``:

    @fills("utility.actions")
    def actions(utility):
        return render_to_string("assessments/_utility_actions.html", {"utility": utility})

The tag is a template builtin, so templates need not load it.
"""

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

Filler = Callable[..., SafeString]
_fillers: dict[str, list[tuple[int, Filler]]] = {}


def fills(name: str, *, order: int = 0) -> Callable[[Filler], Filler]:
    """Decorator: the slot ``name`` shows what the function returns. The function gets the arguments of the tag.

    What has the lowest ``order`` comes first.
    """

    def add(filler: Filler) -> Filler:
        _fillers.setdefault(name, []).append((order, filler))
        _fillers[name].sort(key=lambda each: each[0])
        return filler

    return add


@register.simple_tag
def slot(name: str, /, **given: Any) -> SafeString:
    """Returns the content of the slot; empty if no app fills it."""
    return format_html_join("\n", "{}", ((filler(**given),) for _, filler in _fillers.get(name, ())))

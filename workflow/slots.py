"""Named places in a room's templates that the rooms above fill.

``{% slot "utility.actions" utility=utility %}`` shows what they put there, in the order of their registration. A room
fills slots in its ``slots.py``, which is found when the app starts, as Django finds ``admin.py``:

    @fills("utility.actions")
    def actions(utility):
        return render_to_string("assessments/_utility_actions.html", {"utility": utility})

The tag is built in: a template need not load it.
"""

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

Filler = Callable[..., SafeString]
_fillers: dict[str, list[Filler]] = {}


def fills(name: str) -> Callable[[Filler], Filler]:
    """Decorator: what the function returns is shown in the slot of this name; it gets what the tag is given."""

    def add(filler: Filler) -> Filler:
        _fillers.setdefault(name, []).append(filler)
        return filler

    return add


@register.simple_tag
def slot(name: str, **given: Any) -> SafeString:
    """Empty where no room fills it."""
    return format_html_join("\n", "{}", ((filler(**given),) for filler in _fillers.get(name, ())))

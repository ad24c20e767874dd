"""``{{ opts|group }}`` and ``{{ opts|line }}``: where the administration's first page has a model (by its _meta)."""

from typing import Any

from django import template

from config.administration import Group, Line, line_of

register = template.Library()


@register.filter
def group(opts: Any) -> Group | None:
    found = line_of(opts.model) if opts else None
    return found[0] if found else None


@register.filter
def line(opts: Any) -> Line | None:
    found = line_of(opts.model) if opts else None
    return found[1] if found else None

"""``{% rendered_once "head.html" %}``: a template without context, which is the same on every page.

Each process renders it once: the links to thirty style sheets and fonts would be a thirtieth of the work of a page.
"""

from functools import cache

from django import template
from django.template.loader import render_to_string

register = template.Library()


@register.simple_tag
@cache
def rendered_once(template_name: str) -> str:
    return render_to_string(template_name)

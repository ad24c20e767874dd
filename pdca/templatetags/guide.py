"""``{{ text|explained:explainer }}`` explains the terms in a text; ``{{ shown|marked }}`` marks what a search found.

``{{ entry|as_loaded:"questions" }}`` is whether no administrator changed the field, so that a page may name its source.
"""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from pdca import search
from pdca.glossary import Explainer

register = template.Library()


@register.filter
def explained(text: Any, explainer: Explainer) -> SafeString:
    return explainer.explained(text)


@register.filter
def as_loaded(entry: Any, name: str) -> bool:
    return bool(entry.as_loaded(name))


@register.filter
def marked(shown: str) -> SafeString:
    return search.marked(shown)

"""``{{ text|explained:explainer }}`` explains the terms in a text; ``{{ shown|marked }}`` marks what a search found."""

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
def marked(shown: str) -> SafeString:
    return search.marked(shown)

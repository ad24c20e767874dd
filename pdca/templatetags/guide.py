"""``{{ text|explained:explainer }}``: a text with its terms explained; ``{{ shown|marked }}``: what a search found."""

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

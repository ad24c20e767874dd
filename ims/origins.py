"""What a new action is made from: an integration opportunity taken up, or gaps of an analysis at one element."""

from typing import Any

from django.http import QueryDict
from django.utils.text import get_text_list

from pdca.models import Area, Element, Opportunity

Suggested = tuple[dict[str, Any], dict[str, Any]]  # what the form begins with, what is kept with the record


def suggested(asked: QueryDict) -> Suggested:
    """Reads ``opportunity`` (a slug), or ``element`` (a slug) and ``areas`` (letters). Ignores what is unknown."""
    if opportunity := Opportunity.objects.readable().filter(slug=asked.get("opportunity", "")).first():
        initial = {
            "title": opportunity.title,
            "lines": "\n".join(opportunity.how) or opportunity.shared,
            "initiatives": opportunity.initiatives,
        }
        return initial, {"opportunity": opportunity, "element": opportunity.element}
    if element := Element.objects.known().filter(slug=asked.get("element", "")).first():
        areas = list(Area.objects.filter(code__in=list(asked.get("areas", ""))))
        names = get_text_list([area.short_name.lower() for area in areas], "and")
        name = f"{element.name[0].lower()}{element.name[1:]}"
        title = f"Extend {name} to {names}" if areas else f"Improve {name}"
        return {"title": title, "areas": [area.code for area in areas]}, {"element": element}
    return {}, {}

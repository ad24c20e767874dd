"""The public pages with the map of the cycle, the ways to start, and how to get started."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pdca.conditional import catalog_page
from pdca.flow import flow_map, way
from pdca.glossary import Explainer
from pdca.index import initiatives_found
from pdca.models import Element, Flow, Opportunity, Topic


@require_safe
@catalog_page
def flow(request: HttpRequest) -> HttpResponse:
    elements = list(Element.objects.readable().select_related("component"))
    topics = Topic.objects.readable().filter(kind=Topic.Kind.APPROACH)
    found = initiatives_found()
    opportunities = {slug: len(own) for slug, own in Opportunity.by_element().items()}
    context = {
        "map": flow_map(elements, Flow.objects.readable(), opportunities),
        "ways": [way(topic, found) for topic in topics],
    }
    return render(request, "pdca/flow.html", context)


@require_safe
@catalog_page
def start(request: HttpRequest) -> HttpResponse:
    """Shows how to get started: by what exists, by size and by systems, and the first steps for every utility."""
    found = initiatives_found()
    parts: dict[str, list[tuple[Topic, list[tuple[str, str]]]]] = {}
    for topic in Topic.objects.readable().filter(kind=Topic.Kind.START):
        initiatives = [found[slug] for slug in topic.initiatives if slug in found]
        parts.setdefault(topic.group, []).append((topic, initiatives))
    return render(request, "pdca/start.html", {"parts": parts, "explainer": Explainer.for_page()})

"""The public page with the map of the 18 integration opportunities and the ways to begin."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pdca.conditional import catalog_page
from pdca.flow import flow_map, way
from pdca.index import Indexed
from pdca.models import Element, Topic


@require_safe
@catalog_page
def flow(request: HttpRequest) -> HttpResponse:
    elements = list(Element.objects.readable().select_related("component"))
    topics = Topic.objects.readable().filter(kind=Topic.Kind.APPROACH)
    found = _initiatives()
    context = {"map": flow_map(elements), "ways": [way(topic, found) for topic in topics]}
    return render(request, "pdca/flow.html", context)


def _initiatives() -> dict[str, tuple[str, str]]:
    """Returns slug → (name, address), read from the search index because this app can't import initiatives."""
    rows = Indexed.objects.filter(kind="initiative").exclude(url__contains="#").values_list("heading", "url")
    return {url.strip("/").rpartition("/")[2]: (heading, url) for heading, url in rows}

"""The public pages of the guide to the cycle."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pdca import search as searching
from pdca.conditional import catalog_page
from pdca.glossary import Explainer
from pdca.models import Area, Component, Element, SourceTable, Term, Topic
from workflow.search import own_places

MAX_FOUND = 50


@require_safe
@catalog_page
def guide(request: HttpRequest) -> HttpResponse:
    components = list(Component.objects.prefetch_related("elements"))
    elements = [element for component in components for element in component.elements.all()]
    context = {
        "components": components,
        "areas": list(Area.objects.all()),
        "n_elements": len(elements),
        "n_key": sum(element.strategic_alignment for element in elements),
        "key_as_loaded": all(element.as_loaded("strategic_alignment") for element in elements),
    }
    return render(request, "pdca/guide.html", context)


@require_safe
@catalog_page
def element(request: HttpRequest, slug: str) -> HttpResponse:
    elements = list(Element.objects.select_related("component"))
    place = next((place for place, other in enumerate(elements) if other.slug == slug), None)
    if place is None:
        raise Http404
    found = elements[place]
    context = {
        "element": found,
        "n_elements": len(elements),
        "opportunities": found.opportunities.readable(),
        "siblings": [other for other in elements if other.component_id == found.component_id],
        "tables": SourceTable.objects.readable().filter(element=found),
        "previous": elements[place - 1] if place else None,
        "next": elements[place + 1] if place + 1 < len(elements) else None,
        "explainer": Explainer.for_page(),
    }
    return render(request, "pdca/element_detail.html", context)


@require_safe
@catalog_page
def topics(request: HttpRequest) -> HttpResponse:
    """Shows why and how to integrate: the topics by kind, without those of the page on getting started."""
    rows = list(Topic.objects.readable().exclude(kind=Topic.Kind.START))
    kinds: list[tuple[Any, dict[str, list[Topic]]]] = []
    for kind in Topic.Kind:
        parts: dict[str, list[Topic]] = {}
        for row in rows:
            if row.kind == kind:
                parts.setdefault(row.group or row.get_document_display(), []).append(row)
        if parts:
            kinds.append((kind, parts))
    return render(request, "pdca/topics.html", {"kinds": kinds, "explainer": Explainer.for_page()})


@require_safe
@catalog_page
def glossary(request: HttpRequest) -> HttpResponse:
    letters: dict[str, list[Term]] = {}
    for term in sorted(Term.objects.readable(), key=lambda term: term.term.lower()):
        letters.setdefault(term.term[0].upper(), []).append(term)
    return render(request, "pdca/glossary.html", {"letters": letters})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Searches the catalog, the guide and, for signed-in users, their own rows, which are not in the catalog's ETag."""
    return _search(request) if request.user.is_authenticated else catalog_page(_search)(request)


def _search(request: HttpRequest) -> HttpResponse:
    """Shows the user's own rows first, then the best matches. Suggests another spelling if nothing is found."""
    typed = request.GET.get("q", "").strip()[:200]
    own = own_places(request.user, typed) if request.user.is_authenticated else []
    found = list(searching.find(typed)[:MAX_FOUND]) if typed else []
    meant = searching.did_you_mean(typed) if typed and not found and not own else ""
    context = {"typed": typed, "own": own, "found": found, "n_found": len(own) + len(found), "meant": meant}
    return render(request, "pdca/search.html", context)

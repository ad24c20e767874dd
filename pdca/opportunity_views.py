"""The public pages of the integration opportunities: all of them, by element, and a page for each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from pdca.conditional import catalog_page
from pdca.glossary import Explainer
from pdca.index import initiatives_found
from pdca.models import Component, Element, Opportunity


@require_safe
@catalog_page
def opportunities(request: HttpRequest) -> HttpResponse:
    own = Opportunity.by_element()
    components = Component.objects.prefetch_related("elements")
    stages = [
        (component, [(element, own.get(element.slug, [])) for element in component.elements.all()])
        for component in components
    ]
    context = {"stages": stages, "n_opportunities": sum(map(len, own.values()))}
    return render(request, "pdca/opportunity_list.html", context)


@require_safe
@catalog_page
def opportunity(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows a retired one too, for old links, but without neighbors."""
    found = get_object_or_404(Opportunity.objects.known().select_related("element__component"), slug=slug)
    rows = list(Opportunity.objects.readable())
    place = rows.index(found) if found in rows else None
    known = initiatives_found()
    context = {
        "opportunity": found,
        "element": found.element,
        "elements": Element.objects.select_related("component"),
        "others": [row for row in rows if row.element_id == found.element_id and row != found],
        "initiatives": [known[slug] for slug in found.initiatives if slug in known],
        "previous": rows[place - 1] if place else None,
        "next": rows[place + 1] if place is not None and place + 1 < len(rows) else None,
        "explainer": Explainer.for_page(),
    }
    return render(request, "pdca/opportunity_detail.html", context)

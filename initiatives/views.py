"""The public pages of the catalog."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from initiatives.forms import CatalogFilter
from initiatives.models import Case, Initiative
from pdca.conditional import catalog_page
from pdca.glossary import Explainer
from pdca.models import Area, Component, Element


@require_safe
@catalog_page
def listing(request: HttpRequest) -> HttpResponse:
    areas, components = list(Area.objects.all()), list(Component.objects.all())
    form = CatalogFilter(request.GET, areas, components)
    context = {
        "form": form,
        "chosen": form.cleaned_data,
        "narrowed": sum(map(bool, form.cleaned_data.values())),
        "initiatives": form.apply_to(Initiative.objects.readable().prefetch_related("areas")),
        "areas": areas,
        "components": components,
    }
    return render(request, "initiatives/initiative_list.html", context)


@require_safe
@catalog_page
def initiative(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Initiative.objects.known().prefetch_related("areas"), slug=slug)
    elements = list(Element.objects.select_related("component"))
    support = [
        (
            component,
            Initiative.Strength(found.support[component.slug]),
            found.notes[component.slug],
            found.unsaid_note(component.slug),
        )
        for component in dict.fromkeys(element.component for element in elements)
    ]
    asked = found.asked
    context = {
        "initiative": found,
        "support": support,
        "n_elements": len(elements),
        "asked": [(element, asked[element.slug]) for element in elements if element.slug in asked],
        "cases": [case for case in Case.objects.readable() if found.slug in case.initiatives],
        "explainer": Explainer.for_page(),
    }
    return render(request, "initiatives/initiative_detail.html", context)


@require_safe
@catalog_page
def case_list(request: HttpRequest) -> HttpResponse:
    cases = list(Case.objects.readable())
    names = dict(Initiative.objects.values_list("slug", "short_name"))
    rows = [(case, [names.get(slug, slug) for slug in case.initiatives]) for case in cases]
    return render(request, "initiatives/case_list.html", {"cases": rows, "case_rows": cases})


@require_safe
@catalog_page
def case(request: HttpRequest, slug: str) -> HttpResponse:
    found: Case = get_object_or_404(Case.objects.known(), slug=slug)
    elements = {element.slug: element for element in Element.objects.all()}
    context = {
        "case": found,
        "initiatives": Initiative.objects.known().filter(slug__in=found.initiatives),
        "integrated": [
            ([elements[slug] for slug in record["elements"] if slug in elements], record["text"])
            for record in found.integrated
        ],
        "explainer": Explainer.for_page(),
    }
    return render(request, "initiatives/case_detail.html", context)

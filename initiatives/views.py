"""The catalog, readable by anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from initiatives.forms import CatalogFilter
from initiatives.models import Initiative
from pdca.models import Area, Component


def listing(request: HttpRequest) -> HttpResponse:
    areas, components = list(Area.objects.all()), list(Component.objects.all())
    form = CatalogFilter(request.GET, areas, components)
    context = {
        "form": form,
        "chosen": form.cleaned_data,
        "initiatives": form.apply_to(Initiative.objects.prefetch_related("areas")),
        "areas": areas,
        "components": components,
    }
    return render(request, "initiatives/initiative_list.html", context)


def initiative(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Initiative.objects.prefetch_related("areas"), slug=slug)
    support = [(component, Initiative.Strength(found.support[component.slug])) for component in Component.objects.all()]
    return render(request, "initiatives/initiative_detail.html", {"initiative": found, "support": support})

"""The guide to the cycle, readable by anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from pdca.models import Area, Component, Element


def guide(request: HttpRequest) -> HttpResponse:
    context = {"components": Component.objects.prefetch_related("elements"), "areas": Area.objects.all()}
    return render(request, "pdca/guide.html", context)


def element(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Element.objects.select_related("component"), slug=slug)
    context = {"element": found, "previous": found.previous(), "next": found.next()}
    return render(request, "pdca/element_detail.html", context)

"""``GET areas, components, elements, opportunities``, also by slug ``elements/{slug}, opportunities/{slug}``.

Public and cacheable.
"""

from collections.abc import Container
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import get_object_or_404
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import cache_control
from ninja import Router, Schema
from ninja.decorators import decorate_view

from pdca.index import initiatives_found
from pdca.models import Area, Component, Element, Opportunity

router = Router(tags=["PDCA"])

# Clients may reuse a response for five minutes; after that an unchanged one costs only a 304.
cacheable = decorate_view(
    cache_control(public=True, max_age=300),
    decorator_from_middleware(ConditionalGetMiddleware),
)
# What may end any minute: nobody on the way keeps it, and clients ask each time, which costs only a 304.
revalidated = decorate_view(
    cache_control(private=True, no_cache=True, must_revalidate=True),
    decorator_from_middleware(ConditionalGetMiddleware),
)


class AreaOut(Schema):
    code: str
    name: str
    short_name: str
    order: int
    description: str
    source: str


class ComponentOut(Schema):
    slug: str
    name: str
    order: int
    purpose: str
    source: str


class ElementOut(Schema):
    slug: str
    name: str
    component: str
    order: int
    strategic_alignment: bool
    purpose: str
    source: str

    @staticmethod
    def resolve_component(element: Element) -> str:
        return element.component_id


class OpportunityOut(Schema):
    slug: str
    element: str
    order: int  # within the element
    title: str
    shared: str
    benefit: str
    how: list[str]
    caution: str
    initiatives: list[str]  # that the source names there
    source: str
    note: str
    url: str  # of its page


class AreaList(Schema):
    items: list[AreaOut]
    count: int


class ComponentList(Schema):
    items: list[ComponentOut]
    count: int


class ElementList(Schema):
    items: list[ElementOut]
    count: int


class OpportunityList(Schema):
    items: list[OpportunityOut]
    count: int


def listing(rows: QuerySet[Any]) -> dict[str, Any]:
    """Returns ``rows`` in the shape of every list response."""
    items = list(rows)
    return {"items": items, "count": len(items)}


@router.get("areas", response=AreaList, summary="The management areas")
@cacheable
def areas(request: HttpRequest) -> dict[str, Any]:
    return listing(Area.objects.all())


@router.get("components", response=ComponentList, summary="Plan, Do, Check, Act")
@cacheable
def components(request: HttpRequest) -> dict[str, Any]:
    return listing(Component.objects.all())


@router.get("elements", response=ElementList, summary="The elements")
@cacheable
def elements(request: HttpRequest) -> dict[str, Any]:
    return listing(Element.objects.all())


@router.get("elements/{slug}", response=ElementOut, summary="One element")
@cacheable
def element(request: HttpRequest, slug: str) -> Element:
    return get_object_or_404(Element, slug=slug)


@router.get("opportunities", response=OpportunityList, summary="The integration opportunities")
@cacheable
def opportunities(request: HttpRequest) -> dict[str, Any]:
    known = initiatives_found()
    items = [_opportunity(row, known) for row in Opportunity.objects.readable()]
    return {"items": items, "count": len(items)}


@router.get("opportunities/{slug}", response=OpportunityOut, summary="One integration opportunity")
@cacheable
def opportunity(request: HttpRequest, slug: str) -> dict[str, Any]:
    return _opportunity(get_object_or_404(Opportunity.objects.readable(), slug=slug), initiatives_found())


def _opportunity(row: Opportunity, known: Container[str]) -> dict[str, Any]:
    """Returns the plain form with its address. Leaves out initiatives that readers can't find."""
    initiatives = [slug for slug in row.initiatives if slug in known]
    return row.plain() | {"initiatives": initiatives, "url": settings.SITE_URL.rstrip("/") + row.get_absolute_url()}

"""``GET initiatives, initiatives/{slug}``: public, cacheable."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from initiatives.models import Initiative
from pdca.api import cacheable, listing

router = Router(tags=["Initiatives"])


class SupportOut(Schema):
    """Strength per component: 1 the strongest, 3 the weakest."""

    plan: int
    do: int
    check: int
    act: int


class InitiativeOut(Schema):
    slug: str
    name: str
    short_name: str
    group: Initiative.Group
    group_is_judgement: bool
    group_reason: str
    areas: list[str]
    support: SupportOut
    systems: list[str]  # empty: any
    key_feature: str
    source: str

    @staticmethod
    def resolve_areas(initiative: Initiative) -> list[str]:
        return [area.code for area in initiative.areas.all()]


class InitiativeList(Schema):
    items: list[InitiativeOut]
    count: int


@router.get("initiatives", response=InitiativeList, summary="The management initiatives")
@cacheable
def initiatives(request: HttpRequest) -> dict[str, Any]:
    return listing(Initiative.objects.readable().prefetch_related("areas"))


@router.get("initiatives/{slug}", response=InitiativeOut, summary="One management initiative")
@cacheable
def initiative(request: HttpRequest, slug: str) -> Initiative:
    return get_object_or_404(Initiative.objects.readable().prefetch_related("areas"), slug=slug)

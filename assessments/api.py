"""The public API: ``recommendations``. It stores nothing."""

from collections.abc import Iterator
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from ninja.errors import ValidationError
from pydantic import BaseModel, ConfigDict, Field

from accounts.models import System
from assessments.catalog import candidates_of, elements_of
from assessments.recommendations import Cell, Recommendations, recommend
from initiatives.models import Initiative
from pdca.models import Area, Element

router = Router(tags=["Gap analysis"])

SYSTEMS = tuple(System.values)


class RecommendationsIn(BaseModel):
    """``covered`` maps the slug of an element to the codes of the areas that it covers."""

    model_config = ConfigDict(strict=True)

    areas: list[str] = Field(min_length=1)
    covered: dict[str, list[str]] = {}
    in_place: list[str] = []
    systems: list[Literal[SYSTEMS]] = []  # type: ignore[valid-type]
    strength: int = Field(1, ge=1, le=3)
    exclude: list[str] = []


class ContributionOut(BaseModel):
    initiative: str
    closes: int
    cells: list[Cell]


class LeverageOut(BaseModel):
    element: str
    from_: list[str] = Field(serialization_alias="from")
    to: list[str]


class RecommendationsOut(BaseModel):
    gap_cells: int
    ranking: list[ContributionOut]
    smallest_set: list[str]
    unclosed: list[Cell]
    leverage: list[LeverageOut]


@router.post(
    "recommendations",
    response=RecommendationsOut,
    by_alias=True,
    summary="The initiatives that close the gaps of an analysis; nothing is saved",
)
def recommendations(request: HttpRequest, asked: RecommendationsIn) -> dict[str, Any]:
    known_elements = elements_of(Element.objects.order_by("order"))
    known = candidates_of(Initiative.objects.readable().with_area_codes())
    areas = list(Area.objects.values_list("code", flat=True))
    slugs = {each.slug for each in known}
    if wrong := list(_unknown(asked, areas, {each.slug for each in known_elements}, slugs)):
        raise ValidationError(wrong)
    found = recommend(
        known_elements,
        known,
        areas=[code for code in areas if code in asked.areas],
        covered=asked.covered,
        in_place=asked.in_place,
        systems=asked.systems,
        strength=asked.strength,
        exclude=asked.exclude,
    )
    return _as_json(found)


def _unknown(
    asked: RecommendationsIn, areas: list[str], elements: set[str], initiatives: set[str]
) -> Iterator[dict[str, Any]]:
    """Yields an error for each slug and code that the catalog does not have, in the format of a type error."""
    named = [
        ("areas", asked.areas, areas),
        ("covered", asked.covered, elements),
        ("in_place", asked.in_place, initiatives),
        ("exclude", asked.exclude, initiatives),
        *(("covered", codes, areas) for codes in asked.covered.values()),
    ]
    for name, given, known in named:
        for slug in given:
            if slug not in known:
                yield {"type": "unknown_slug", "loc": ["body", "asked", name, slug], "msg": f"“{slug}” is unknown"}


def _as_json(found: Recommendations) -> dict[str, Any]:
    return {
        "gap_cells": len(found.gap_cells),
        "ranking": [
            {"initiative": one.initiative, "closes": len(one.cells), "cells": one.cells} for one in found.ranking
        ],
        "smallest_set": found.smallest_set,
        "unclosed": found.unclosed,
        "leverage": [{"element": one.element, "from_": [one.serves], "to": one.could_serve} for one in found.leverage],
    }

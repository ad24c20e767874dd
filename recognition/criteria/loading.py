"""Loads the criteria that come with the product. Administrators' edits stay (see pdca.loading)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pdca.index import refresh
from pdca.loading import Outcome, load, read
from pdca.models import Element
from recognition.criteria.models import Attribute, CapacityElement, Category, Edition, Option

DATA = Path(__file__).parents[1] / "data"


def load_criteria() -> Iterator[tuple[str, Outcome]]:
    """Loads each table and yields its name and outcome. Runs inside the caller's transaction."""
    data = read(DATA / "criteria-2010.yaml")
    yield "criteria", load(Edition, "slug", [data["edition"]])
    edition = Edition.objects.get(slug=data["edition"]["slug"])
    yield "capacity elements", load(CapacityElement, "slug", _in_order(data["capacity_elements"]))
    elements = dict(Element.objects.values_list("slug", "pk"))
    capacity = dict(CapacityElement.objects.values_list("slug", "pk"))
    attributes = [
        row
        | {
            "elements": sorted(elements[slug] for slug in row["elements"]),
            "capacity": sorted(capacity[slug] for slug in row["capacity"]),
        }
        for row in _in_order(data["attributes"])
    ]
    yield "attributes", load(Attribute, "slug", attributes, edition=edition.pk)
    categories = [_without_options(row) for row in _in_order(data["categories"])]
    yield "categories", load(Category, "slug", categories, edition=edition.pk)
    yield "activities", _load_options(edition, data["categories"])
    refresh()


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"order": place, **row} for place, row in enumerate(rows, start=1)]


def _without_options(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("activities", "components")}


def _load_options(edition: Edition, categories: list[dict[str, Any]]) -> Outcome:
    whole = Outcome()
    keys = dict(Category.objects.filter(edition=edition).values_list("slug", "pk"))
    for row in categories:
        options = [{"kind": Option.Kind.ACTIVITY, **option} for option in row["activities"]]
        options += [{"kind": Option.Kind.COMPONENT, **option} for option in row["components"]]
        whole.add(load(Option, "slug", _in_order(options), category=keys[row["slug"]]))
    return whole

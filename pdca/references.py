"""Finds rows that refer to an entry by slug, where no foreign key can: in JSON columns, and in apps above pdca."""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import models

# Model → its column → the model that its slugs refer to. By label, because pdca can't import the apps above it.
NAMED = {
    "pdca.Opportunity": {"initiatives": "initiatives.Initiative"},
    "pdca.Topic": {"initiatives": "initiatives.Initiative", "steps": "initiatives.Initiative"},
    "initiatives.Initiative": {"asks": "pdca.Element"},
    "initiatives.Case": {"initiatives": "initiatives.Initiative", "integrated": "pdca.Element"},
}

Count = Callable[[Any], int]
_counters: dict[str, Count] = {}


def counts(what: str) -> Callable[[Count], Count]:
    """Registers a function of another app that counts its rows, called ``what``, that refer to an entry."""

    def register(count: Count) -> Count:
        _counters[what] = count
        return count

    return register


def uses_of(entry: Any) -> list[tuple[int, str]]:
    """Returns (count, what) of the rows that refer to an entry. An entry in use can't be deleted."""
    found = [(count(entry), what) for what, count in _counters.items()]
    for label, columns in NAMED.items():
        model = apps.get_model(label)
        rows = sum(entry.slug in named_slugs(row, type(entry)) for row in model._default_manager.only(*columns))
        found.append((rows, str(model._meta.verbose_name_plural)))
    return [(number, what) for number, what in found if number]


def named_slugs(row: Any, model: type[models.Model]) -> set[str]:
    """Returns the slugs of ``model``'s entries that ``row`` names."""
    columns = NAMED.get(row._meta.label, {})
    return {
        slug
        for column, named in columns.items()
        if apps.get_model(named) is model
        for slug in slugs_in(getattr(row, column))
    }


def slugs_in(value: list[Any]) -> Iterator[str]:
    """Yields the slugs in ``[slug, …]``, ``[{"element": slug}, …]`` or ``[{"elements": [slug, …]}, …]``."""
    for part in value:
        if isinstance(part, str):
            yield part
        else:
            yield from [part["element"]] if "element" in part else part.get("elements", part.get("initiatives", []))


def slugs_of(label: str) -> set[str]:
    """Returns the slugs of all rows of a model."""
    return set(apps.get_model(label)._default_manager.values_list("slug", flat=True))


def unknown_in(row: models.Model, known: Callable[[str], set[str]] = slugs_of) -> Iterator[tuple[str, str]]:
    """Yields (column, message) for each slug that no row has. For many rows, ``known`` is a cached ``slugs_of``."""
    for column, label in NAMED.get(row._meta.label, {}).items():
        slugs = known(label)
        for slug in slugs_in(getattr(row, column)):
            if slug not in slugs:
                yield column, f"“{slug}” does not exist."

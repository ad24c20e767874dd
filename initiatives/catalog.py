"""The tables of the whole catalog, in the order in which they can be loaded, and the data file of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import models

from initiatives.models import Case, Initiative
from pdca import loading
from pdca.entries import CatalogEntry
from pdca.index import refresh
from pdca.models import Area, Component, Element, Flow, Opportunity, SourceTable, Term, Topic

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class CatalogTable:
    """``key`` names the field that identifies a row; ``file`` has the rows in their plain form, field → value."""

    name: str
    model: type[models.Model]
    key: str
    file: Path

    @property
    def has_entries(self) -> bool:
        return issubclass(self.model, CatalogEntry)


TABLES = [
    CatalogTable("areas", Area, "code", loading.DATA / "areas.yaml"),
    CatalogTable("components", Component, "slug", loading.DATA / "components.yaml"),
    CatalogTable("elements", Element, "slug", loading.DATA / "elements.yaml"),
    CatalogTable("opportunities", Opportunity, "slug", loading.DATA / "opportunities.yaml"),
    CatalogTable("map", Flow, "slug", loading.DATA / "map.yaml"),
    CatalogTable("tables", SourceTable, "slug", loading.DATA / "tables.yaml"),
    CatalogTable("topics", Topic, "slug", loading.DATA / "topics.yaml"),
    CatalogTable("glossary", Term, "slug", loading.DATA / "glossary.yaml"),
    CatalogTable("initiatives", Initiative, "slug", DATA / "initiatives.yaml"),
    CatalogTable("cases", Case, "slug", DATA / "cases.yaml"),
]


def load() -> Iterator[tuple[str, loading.Outcome]]:
    """Loads each table and yields its name and outcome. Keeps edits. Runs inside the caller's transaction."""
    for table in TABLES:
        yield table.name, loading.load(table.model, table.key, _rows(table))
    refresh()


def _rows(table: CatalogTable) -> list[dict[str, Any]]:
    rows = loading.read(table.file)
    return [row | {"published": True} for row in rows] if table.has_entries else rows

"""Which functions a team brings together and what asks for each (guide 2004, §3.1.3). Plain functions over values.

The data, with their sources, are in ims/data/functions.yaml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pdca.loading import read

DATA = Path(__file__).parents[1] / "data" / "functions.yaml"


@dataclass(frozen=True)
class Scope:
    """What a system covers: letters of areas, slugs of operations inside the fence line and of initiatives in place."""

    areas: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    initiatives: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reason:
    """Why a function belongs to a team: always, or because of one of these areas, operations or initiatives."""

    why: str
    source: str
    always: bool = False
    areas: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    initiatives: list[str] = field(default_factory=list)

    def asked_by(self, scope: Scope) -> "Asked | None":
        """Returns what in the scope asks for it, None if nothing does."""
        found = {
            kind: [each for each in getattr(scope, kind) if each in getattr(self, kind)]
            for kind in ("areas", "operations", "initiatives")
        }
        return Asked(self, Scope(**found)) if self.always or any(found.values()) else None


@dataclass(frozen=True)
class Asked:
    """A reason that holds, and what in the scope it holds for."""

    reason: Reason
    by: Scope


@dataclass(frozen=True)
class Function:
    slug: str
    name: str
    does: str
    reasons: list[Reason]
    unless: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Needed:
    function: Function
    asked: list[Asked]


@dataclass(frozen=True)
class Covers:
    """What one initiative covers: letters of areas, and the operations of which it needs all, or any if not ``all``."""

    slug: str
    areas: list[str]
    operations: list[str]
    needs_all: bool


@dataclass(frozen=True)
class Outside:
    """What of an initiative lies outside a scope. ``areas`` are named only if no area of it is in scope."""

    slug: str
    operations: list[str]
    areas: list[str]
    is_partly_inside: bool


@cache
def functions() -> dict[str, Function]:
    return {row["slug"]: _function(row) for row in read(DATA)["functions"]}


@cache
def narrow() -> dict[str, list[str]]:
    """Returns the operations of the initiatives that are about certain operations only."""
    return {row["initiative"]: row["operations"] for row in read(DATA)["scopes"]}


def _function(row: Mapping[str, Any]) -> Function:
    return Function(**{**row, "reasons": [Reason(**reason) for reason in row["reasons"]]})


def needed(scope: Scope, known: Iterable[Function] | None = None) -> list[Needed]:
    """Returns the functions that the scope asks for, in the order of the data."""
    found = []
    for function in functions().values() if known is None else known:
        asked = [holds for reason in function.reasons if (holds := reason.asked_by(scope))]
        if asked:
            found.append(Needed(function, asked))
    slugs = {each.function.slug for each in found}
    return [each for each in found if slugs.isdisjoint(each.function.unless)]


def outside(initiative: Covers, scope: Scope) -> Outside | None:
    """Returns what of the initiative lies outside, None if the scope encloses it (guide 2004, §3.1.2).

    A scope without operations encloses all of them: nobody has drawn its fence line yet.
    """
    inside = [slug for slug in initiative.operations if slug in scope.operations]
    missing = [slug for slug in initiative.operations if slug not in inside] if scope.operations else []
    if inside and not initiative.needs_all:
        missing = []
    areas = initiative.areas if set(initiative.areas).isdisjoint(scope.areas) else []
    return Outside(initiative.slug, missing, areas, bool(inside)) if missing or areas else None

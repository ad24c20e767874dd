"""The nine success factors, the barriers and their responses. ims/data/readiness.yaml has them with their sources."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pdca.loading import read

DATA = Path(__file__).parents[2] / "data" / "readiness.yaml"


@dataclass(frozen=True)
class Factor:
    """``ask`` is what each person rates; ``action`` with its ``steps`` is what a new action begins with."""

    slug: str
    name: str
    ask: str
    element: str  # its slug
    action: str
    steps: list[str]
    source: str
    more: str = ""
    more_source: str = ""


@dataclass(frozen=True)
class Response:
    slug: str
    name: str
    about: str
    action: str


@dataclass(frozen=True)
class Barrier:
    slug: str
    name: str
    element: str  # its slug
    source: str
    responses: list[Response]
    about: list[str] = field(default_factory=list)


@cache
def _data() -> Any:
    return read(DATA)


@cache
def factors() -> dict[str, Factor]:
    return {row["slug"]: Factor(**row) for row in _data()["factors"]}


@cache
def barriers() -> dict[str, Barrier]:
    rows = ({**row, "responses": [Response(**one) for one in row["responses"]]} for row in _data()["barriers"])
    return {row["slug"]: Barrier(**row) for row in rows}


@cache
def scale() -> dict[int, str]:
    """Returns the values that a factor may be rated with, and their names."""
    return {row["value"]: row["name"] for row in _data()["scale"]}


def points() -> list[str]:
    """Returns the slugs of everything that an action may be made from: factors, barriers, responses."""
    responses = [response.slug for barrier in barriers().values() for response in barrier.responses]
    return [*factors(), *barriers(), *responses]

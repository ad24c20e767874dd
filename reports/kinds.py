"""The kinds of report. A room registers its own in its ``reports.py``, found when the app starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """What a room says of one kind of report.

    ``find(user, object_id)`` gives the object, or None where ``user`` may not ask for its report;
    ``title(object)`` names the report for a person; ``filename(object)`` is without its ending;
    ``context(object)`` is what ``template`` is rendered with.
    """

    name: str
    label: str
    template: str
    find: Callable[[Any, int], Any]
    title: Callable[[Any], str]
    filename: Callable[[Any], str]
    context: Callable[[Any], dict[str, Any]]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    if kind.name in _kinds:
        raise ValueError(f"report kind {kind.name!r} is registered twice")
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    """Raises KeyError for a name that no room registered."""
    return _kinds[name]

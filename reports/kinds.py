"""The kinds of report. A room registers its own in its ``reports.py``, found when the app starts."""

from collections.abc import Callable, Sequence
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


@dataclass(frozen=True)
class Part:
    """One report of a bundle: its kind and object, and where its PDF goes in the ZIP, without its ending."""

    kind: str
    object_id: int
    folder: str
    filename: str


@dataclass(frozen=True)
class Bundle:
    """Many single reports asked for as one: a ZIP of them all, and for each folder PDFs for the printer.

    ``parts(object)`` names them in the order in which they are printed. The rest is as ``Kind`` has it.
    A part is asked of its own kind's ``find`` too, so nobody gets in a bundle what he or she would not get alone.
    """

    name: str
    label: str
    find: Callable[[Any, int], Any]
    title: Callable[[Any], str]
    filename: Callable[[Any], str]
    parts: Callable[[Any], Sequence[Part]]


_kinds: dict[str, Kind | Bundle] = {}


def register(kind: Kind | Bundle) -> None:
    if kind.name in _kinds:
        raise ValueError(f"report kind {kind.name!r} is registered twice")
    _kinds[kind.name] = kind


def get(name: str) -> Kind | Bundle:
    """Raises KeyError for a name that no room registered."""
    return _kinds[name]


def single(name: str) -> Kind:
    """The kind of a report that is one document. Raises KeyError for any other name."""
    kind = _kinds[name]
    if not isinstance(kind, Kind):
        raise KeyError(name)
    return kind


def is_bundle(name: str) -> bool:
    return isinstance(_kinds.get(name), Bundle)

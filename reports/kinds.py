"""The kinds of report. An app registers its kinds in its ``reports.py``, which is imported at startup."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of report.

    ``find(user, object_id)`` returns the object, or None if ``user`` may not ask for its report;
    ``title(object)`` returns the report's title, ``filename(object)`` a name without the extension and
    ``context(object)`` the context of ``template``.
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
    """One report of a bundle: its kind and object, and the path of its PDF in the ZIP, without the extension."""

    kind: str
    object_id: int
    folder: str
    filename: str


@dataclass(frozen=True)
class Bundle:
    """Many single reports requested as one: a ZIP of them all, with PDFs for printing for each folder.

    ``parts(object)`` returns them in print order. The other fields are as in ``Kind``. Each part must also pass the
    ``find`` of its own kind, so a bundle contains nothing that the user could not get alone.
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
    """Returns the kind. Raises KeyError for a name that no app registered."""
    return _kinds[name]


def single(name: str) -> Kind:
    """Returns the kind of a report that is one document. Raises KeyError for any other name."""
    kind = _kinds[name]
    if not isinstance(kind, Kind):
        raise KeyError(name)
    return kind


def is_bundle(name: str) -> bool:
    return isinstance(_kinds.get(name), Bundle)

"""The differences between two versions of an application, part by part."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from recognition.application.content import Content
from recognition.application.shown import Part, contact, statements, texts
from recognition.criteria.completeness import Criteria

Photos = Iterable[tuple[str, str]]


@dataclass
class Change:
    """A changed part. ``how`` is "changed", "new" or "removed"; ``lines`` are (label, text before, text after)."""

    anchor: str
    title: str
    how: str
    lines: list[tuple[str, str, str]] = field(default_factory=list)


def changes(before: Content, after: Content, criteria: Criteria) -> list[Change]:
    """Returns the changes in the order of ``after``; removed parts come last."""
    readings: list[Callable[[Content], list[Part]]] = [contact, lambda content: texts(content, criteria), statements]
    old = {part.anchor: part for reading in readings for part in reading(before)}
    new = {part.anchor: part for reading in readings for part in reading(after)}
    found = []
    for anchor in [*new, *(anchor for anchor in old if anchor not in new)]:
        lines = list(_differing(_words(old.get(anchor)), _words(new.get(anchor))))
        if lines:
            how = "removed" if anchor not in new else "changed" if anchor in old else "new"
            part = new.get(anchor) or old[anchor]
            found.append(Change(anchor, part.title, how, lines))
    return found


def photo_changes(before: Photos, after: Photos) -> list[Change]:
    """Compares (file name, caption) pairs."""
    old, new = ["\n".join(": ".join(photo) for photo in photos) for photos in (before, after)]
    return [Change("photos", "Photos", "changed", [("Photos", old, new)])] if old != new else []


def _words(part: Part | None) -> dict[str, str]:
    if part is None:
        return {}
    return dict(part.lines) | {label: "\n".join(items) for label, items in part.lists}


def _differing(old: dict[str, str], new: dict[str, str]) -> Any:
    for label in dict.fromkeys([*new, *old]):
        if old.get(label, "") != new.get(label, ""):
            yield label, old.get(label, ""), new.get(label, "")

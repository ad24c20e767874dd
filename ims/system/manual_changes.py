"""What changed from one edition of the system manual to another. Plain functions over the content of both.

The content is what ``manual_content.compose`` returns; its shape is said there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow.changes import pieces

ADDED, GONE, CHANGED = "added", "gone", "changed"
UNKNOWN = "It was deleted, or its register was closed to some people."
INTRODUCTION = "Introduction"


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same any more. ``pieces`` tell it of a text, see workflow.changes.pieces."""

    label: str
    before: str = ""
    after: str = ""
    pieces: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Changed:
    """What happened to a record, or to what is said of an element if it has no ``number``.

    ``element`` is the slug of an element, empty for the introduction. ``why`` says why a record is gone.
    """

    kind: str  # ADDED, GONE or CHANGED
    element: str
    place: str  # the name of the element
    title: str
    number: str = ""
    why: str = ""
    differences: list[Difference] = field(default_factory=list)

    @property
    def word(self) -> str:
        return {ADDED: "New", GONE: "Gone", CHANGED: "Changed"}[self.kind]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Changed]:
    """Returns what changed, in the order of the manual: the introduction, then each element with what is gone last."""
    was, now = _records(before), _records(after)
    elements_before = {each["slug"]: each for each in before["elements"]}
    found = list(_introduction(before, after))
    for element in after["elements"]:
        slug, place = element["slug"], element["name"]
        found += _of_element(elements_before.get(slug, {}), element)
        for number, (at, record) in now.items():
            if at["slug"] != slug:
                continue
            if number not in was:
                found.append(Changed(ADDED, slug, place, record["title"], number))
            elif differences := list(_of_record(*was[number], at, record)):
                found.append(Changed(CHANGED, slug, place, record["title"], number, differences=differences))
        for number, (at, record) in was.items():
            if at["slug"] == slug and number not in now:
                why = after["lacking"].get(number, UNKNOWN)
                found.append(Changed(GONE, slug, place, record["title"], number, why))
    return found


def _records(content: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Returns each record by its number, with its element."""
    return {
        record["number"]: (element, record)
        for element in content["elements"]
        for part in element["parts"]
        for record in part["records"]
    }


def _introduction(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Changed]:
    for name in ("facts", "functions"):
        differences = list(_of_pairs(before[name], after[name]))
        if differences:
            title = {"facts": "The system", "functions": "Who represents each function"}[name]
            yield Changed(CHANGED, "", INTRODUCTION, title, differences=differences)
    if before["closed"] != after["closed"]:
        difference = Difference("Registers left out", ", ".join(before["closed"]), ", ".join(after["closed"]))
        yield Changed(CHANGED, "", INTRODUCTION, "Closed registers", differences=[difference])


def _of_element(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Changed]:
    texts = [_text("Own words", before.get("words", ""), after["words"])]
    notes = [_difference("", "\n".join(before.get("notes", [])), "\n".join(after["notes"]))]
    for title, found in (("In our own words", texts), ("What else is said", notes)):
        if differences := [each for each in found if each]:
            yield Changed(CHANGED, after["slug"], after["name"], title, differences=differences)


def _of_record(
    was_at: Mapping[str, Any], before: Mapping[str, Any], at: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    found = [
        Difference("Element", was_at["name"], at["name"]) if was_at["slug"] != at["slug"] else None,
        _difference("Title", before["title"], after["title"]),
        _difference("Areas", " ".join(before["areas"]), " ".join(after["areas"])),
        _difference("Owner", before["owner"], after["owner"]),
        _text("Text", before["text"], after["text"]),
    ]
    yield from (each for each in found if each)
    yield from _of_pairs(before["facts"], after["facts"])


def _of_pairs(before: list[list[str]], after: list[list[str]]) -> Iterator[Difference]:
    """Compares pairs of a label and its words."""
    was, now = dict(before), dict(after)
    for label in dict.fromkeys([*now, *was]):
        if found := _difference(label, was.get(label, ""), now.get(label, "")):
            yield found


def _difference(label: str, before: str, after: str) -> Difference | None:
    return Difference(label, before, after) if before != after else None


def _text(label: str, before: str, after: str) -> Difference | None:
    return Difference(label, before, after, pieces(before, after)) if before != after else None

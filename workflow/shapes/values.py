"""The shapes of values that are stored as JSON. Data files, model fields, forms and exports use the same ones."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


class Shape(ABC):
    """The allowed form of a value. ``faults`` yields what is wrong with a value; ``empty`` is the empty value."""

    empty: Any = None

    @abstractmethod
    def faults(self, value: Any) -> Iterator[str]: ...

    @abstractmethod
    def texts(self, value: Any) -> Iterator[str]:
        """Yields the parts that readers see, for the search."""

    def ordered(self, value: Any) -> Any:
        """Returns the value with its keys in the order of the shape, because jsonb does not keep their order."""
        return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_sourced(value: Any, said: str) -> bool:
    if not isinstance(value, dict) or set(value) - {"note"} != {said, "source"}:
        return False
    return all(_is_text(value[name]) for name in ("source", "note") if name in value)


def _in_order(value: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


class Lines(Shape):
    """``["one line", "another"]``"""

    empty: Any = []

    def faults(self, value: Any) -> Iterator[str]:
        if not isinstance(value, list) or not all(_is_text(line) and "\n" not in line for line in value):
            yield "Enter a list of lines without empty lines."

    def texts(self, value: Any) -> Iterator[str]:
        yield from value


class Slugs(Lines):
    """Lines that name other rows. They are not shown as text, so the search skips them."""

    def texts(self, value: Any) -> Iterator[str]:
        return iter(())


class Passage(Shape):
    """``{"text": …, "source": where it is from}``, optionally with a ``note`` on the source; or ``{}``"""

    empty: Any = {}

    def faults(self, value: Any) -> Iterator[str]:
        if value != {} and not (_is_sourced(value, "text") and _is_text(value["text"])):
            yield "Enter both a text and its source."

    def texts(self, value: Any) -> Iterator[str]:
        if value:
            yield value["text"]

    def ordered(self, value: Any) -> Any:
        return _in_order(value, ("text", "source", "note"))


class Listing(Shape):
    """``{"items": [lines], "source": …}``, optionally with a ``note``; or ``{}``"""

    empty: Any = {}

    def faults(self, value: Any) -> Iterator[str]:
        if value == {}:
            return
        if not _is_sourced(value, "items"):
            yield "Enter both a list and its source."
        elif not value["items"] or any(Lines().faults(value["items"])):
            yield "The list needs at least one line and no empty lines."

    def texts(self, value: Any) -> Iterator[str]:
        yield from value.get("items", [])

    def ordered(self, value: Any) -> Any:
        return _in_order(value, ("items", "source", "note"))


LISTS = ("lines", "slugs")


@dataclass(frozen=True)
class Key:
    """A key of a record. ``kind`` is text, line, number, lines or choice; slug and slugs name other rows.

    ``choices``: (value, label) of each value that a choice may have. ``blank``: the label of no choice.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    blank: str = "–"

    def accepts(self, value: Any) -> bool:
        if self.kind == "number":
            return isinstance(value, int) and not isinstance(value, bool)
        if self.kind == "choice":
            return isinstance(value, str) and value in dict(self.choices)
        if self.kind in LISTS:
            return not any(Lines().faults(value)) and bool(value or not self.required)
        return _is_text(value)

    @property
    def expected(self) -> str:
        """What a value must be, for messages."""
        if self.kind == "choice":
            return f"one of: {', '.join(value for value, _ in self.choices)}"
        return f"of type {self.kind}"


class Records(Shape):
    """``[{name: value, …}, …]``; a key that is not required may be missing."""

    empty: Any = []

    def __init__(self, *keys: Key) -> None:
        self.keys = keys

    def faults(self, value: Any) -> Iterator[str]:
        yield from (words for _, _, words in self.faults_at(value))

    def faults_at(self, value: Any) -> Iterator[tuple[int, str, str]]:
        """Yields (number of the record, its key, message); 0 if the value has no records."""
        if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
            yield 0, "", "Enter a list of records."
            return
        names = {key.name for key in self.keys}
        for place, record in enumerate(value, start=1):
            for unknown in record.keys() - names:
                yield place, unknown, f"Record {place} has an unknown field “{unknown}”."
            for key in self.keys:
                if key.name not in record:
                    if key.required:
                        yield place, key.name, f"Record {place} is missing: {key.label.lower()}."
                elif not key.accepts(record[key.name]):
                    yield place, key.name, f"Record {place}: “{key.label}” must be {key.expected}."

    def texts(self, value: Any) -> Iterator[str]:
        for record in value:
            for key in self.keys:
                if key.name in record and key.name != "source" and key.kind in ("text", "line", "lines"):
                    said = record[key.name]
                    yield from said if isinstance(said, list) else [said]

    def ordered(self, value: Any) -> Any:
        return [_in_order(record, [key.name for key in self.keys]) for record in value]


class Reasons(Shape):
    """``{field: why it is empty}``"""

    empty: Any = {}

    def ordered(self, value: Any) -> Any:
        return _in_order(value, sorted(value))

    def faults(self, value: Any) -> Iterator[str]:
        if not isinstance(value, dict) or not all(_is_text(reason) for reason in value.values()):
            yield "Each field needs a reason in words."

    def texts(self, value: Any) -> Iterator[str]:
        return iter(())


class Grid(Shape):
    """``[[cell, …], …]``: the rows of a table, all of the same length. ``head``: the field with its column headings."""

    empty: Any = []

    def __init__(self, head: str = "") -> None:
        self.head = head

    def faults(self, value: Any) -> Iterator[str]:
        rows = isinstance(value, list) and all(isinstance(row, list) for row in value)
        if not rows or not all(isinstance(cell, str) for row in value for cell in row):
            yield "Enter a list of rows, each a list of text cells."
        elif len({len(row) for row in value}) > 1:
            yield "Every row needs the same number of cells."

    def texts(self, value: Any) -> Iterator[str]:
        for row in value:
            yield from filter(None, row)


TEXT, SOURCE = Key("text", "Text"), Key("source", "Source", "line")
NOTE = Key("note", "Note on the source", "line", required=False)

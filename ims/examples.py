"""Examples that a utility may start a register from, each with the source that names it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pdca.loading import read

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Example:
    """A record to start from. ``fields``: names of the register's form → values, except the title.

    ``group`` is the heading under which it is offered, ``source`` where it is from ("guide 2004, §4.3.2"), ``named``
    what the source calls it, if that differs from the title.
    """

    group: str
    title: str
    source: str
    named: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def from_file(name: str) -> list[Example]:
    """Reads ims/data/<name>.yaml: groups with ``group``, ``source`` and ``examples``.

    Each of the examples has a ``title``, perhaps ``named``, and fields of the register's form.
    """
    return [_example(group, dict(each)) for group in read(DATA / f"{name}.yaml") for each in group["examples"]]


def _example(group: Mapping[str, Any], each: dict[str, Any]) -> Example:
    return Example(group["group"], each.pop("title"), group["source"], each.pop("named", ""), each)


def by_group(examples: list[Example]) -> Iterator[tuple[str, str, list[tuple[int, Example]]]]:
    """Yields (group, source, its examples, each with its place in the list), in the order of the list."""
    groups: dict[tuple[str, str], list[tuple[int, Example]]] = {}
    for place, each in enumerate(examples):
        groups.setdefault((each.group, each.source), []).append((place, each))
    for (group, source), found in groups.items():
        yield group, source, found

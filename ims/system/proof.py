"""What proves each ask of an initiative: plain functions over plain values.

A record proves an ask if it serves the element, names the initiative and counts as living. So one record can prove the
asks of several initiatives, which is what integration means here (guide 2004, §1.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ims.system.coverage import Held, in_scope


@dataclass(frozen=True)
class Ask:
    """What an initiative asks at one element. ``order`` is its place among the asks, from 1."""

    order: int
    element: str  # its slug
    name: str
    component: str  # its slug
    text: str
    source: str


@dataclass(frozen=True)
class Answered:
    """An ask with the records of its element: those that prove it, those that would but do not count, the others."""

    ask: Ask
    proof: list[Held]
    failing: list[Held]
    unnamed: list[Held]

    @property
    def is_gap(self) -> bool:
        return not self.proof


def asks_of(required: Mapping[str, Mapping[str, str]], elements: Mapping[str, tuple[str, str]]) -> list[Ask]:
    """Returns what is required (Initiative.required), in order. ``elements`` are slug → (name, component), in order."""
    asked = [(slug, *named, required[slug]) for slug, named in elements.items() if slug in required]
    return [
        Ask(n, slug, name, component, text=each.get("text", ""), source=each.get("source", ""))
        for n, (slug, name, component, each) in enumerate(asked, start=1)
    ]


def not_asked(required: Mapping[str, Any], elements: Mapping[str, tuple[str, str]]) -> list[str]:
    """Returns the names of the elements at which nothing is required, or the catalog does not say."""
    return [name for slug, (name, _) in elements.items() if slug not in required]


def answered(
    asks: Iterable[Ask], held: Mapping[str, Sequence[Held]], initiative: str, scope: Sequence[str] = ()
) -> list[Answered]:
    """Returns the asks of the initiative with this slug and the records in scope. ``held`` are those by element."""
    found = []
    for ask in asks:
        records = [each for each in held.get(ask.element, ()) if in_scope(each.areas, scope)]
        named = [each for each in records if initiative in each.initiatives]
        found.append(
            Answered(
                ask,
                proof=[each for each in named if not each.lacks],
                failing=[each for each in named if each.lacks],
                unnamed=[each for each in records if not each.lacks and initiative not in each.initiatives],
            )
        )
    return found


def named_by(held: Mapping[str, Sequence[Held]]) -> set[str]:
    """Returns the slugs of the initiatives that records name."""
    return {slug for records in held.values() for each in records for slug in each.initiatives}

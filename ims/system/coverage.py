"""What the living records say of each element: which areas they serve, and how a gap analysis would rate it.

Plain functions over plain values. The ratings are those of guide 2004, Table 2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.text import get_text_list

NAMED = 3  # records in a sentence


@dataclass(frozen=True)
class Held:
    """A record as coverage sees it. ``lacks`` is why it does not count as living, empty if it does.

    ``slug`` is its register's; ``within`` and ``same`` are the values of the fields that Merging names.
    """

    number: str
    title: str
    register: str  # its name
    url: str
    areas: list[str]
    initiatives: list[str]
    lacks: str = ""
    key: int = 0
    slug: str = ""
    units: list[int] = field(default_factory=list)
    within: str = ""
    same: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Proposal:
    """What a row of a gap analysis would say. ``rating`` is None where the records do not tell."""

    rating: int | None
    areas: list[str]
    initiatives: list[str]
    why: str
    living: list[Held] = field(default_factory=list)
    others: list[Held] = field(default_factory=list)


def proposal(records: Sequence[Held], scope: Sequence[str]) -> Proposal:
    """Returns what the records of one element propose. ``scope`` are the letters of the areas in scope, in order.

    Without any record nothing is proposed: that nothing was entered does not say that nothing exists.
    """
    living = [each for each in records if not each.lacks]
    others = [each for each in records if each.lacks]
    areas = [code for code in scope if any(code in each.areas for each in living)]
    initiatives = list(dict.fromkeys(slug for each in living for slug in each.initiatives))
    if not records:
        return Proposal(None, [], [], "No record says anything about it.")
    if not living:
        return Proposal(0, [], [], f"{_named(others)}, but none counts: {others[0].lacks}", [], others)
    if not areas:
        why = f"{_named(living)}, but no record names an area in scope."
        return Proposal(None, [], initiatives, why, living, others)
    rating = 2 if len(areas) > 1 else 1
    return Proposal(rating, areas, initiatives, f"{_named(living)}.", living, others)


def in_scope(areas: Sequence[str], scope: Sequence[str]) -> bool:
    """Whether a record of these areas belongs to the areas in scope. One without an area is about all of them."""
    return not scope or not areas or any(code in scope for code in areas)


def _named(records: Sequence[Held]) -> str:
    numbers = [each.number for each in records[:NAMED]]
    more = len(records) - len(numbers)
    return get_text_list([*numbers, *([f"{more} more"] if more else [])], "and")


def evidence(living: Iterable[Held]) -> str:
    """Returns the records as the text of the evidence, one on each line."""
    return "\n".join(f"{each.number} {each.title} ({each.register})" for each in living)

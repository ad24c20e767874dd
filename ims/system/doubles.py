"""Two living records that do one job for different initiatives (guide 2004, ch. 4). Plain functions over plain values.

Two records are compared if they are of one register, serve one element, differ in their initiatives and are alike.
How many words of both titles are in each of them, of all words in either, says how alike the titles are:

| in common | titles are alike from |
| --- | --- |
| a unit, or what Merging.same names | one third |
| an area | one half |
| neither | three quarters |

Records ``by_unit`` (Merging) need the unit only. Words are compared without what they have in common with any text
(STOP) and without their endings.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.utils.text import get_text_list

from ims.system.coverage import Held

STOP = frozenset(
    re.findall(
        r"\w+",
        """
        a an and are as at be by for from how in into is it its of on or our that the their this to we what when where
        which who with all any each every new old our use used using do does done make made procedure procedures
        instruction instructions plan plans policy policies program programs training trainings statement document
        documents form list record records manual
        """,
    )
)
ENDINGS = ("ings", "ing", "ions", "ion", "es", "ed", "s", "e")
MIN_STEM = 4  # letters that are left of a word without its ending
COMMON = 20  # a word or unit that more records of one register have does not by itself bring two of them together
SAME_UNIT, SAME_AREA, NEITHER = 1 / 3, 1 / 2, 3 / 4
OF_A_UNIT, OF_AN_AREA = 0.5, 0.25  # what they add to the certainty


@dataclass(frozen=True)
class Double:
    """Two records, the older first, and what they have in common. ``titles`` is how alike these are, 0 to 1."""

    element: str
    first: Held
    second: Held
    words: tuple[str, ...]  # as the first title has them
    units: tuple[int, ...]
    same: tuple[str, ...]
    areas: tuple[str, ...]
    titles: float

    @property
    def needs(self) -> float:
        """How alike the titles must be."""
        return SAME_UNIT if self.units or self.same else SAME_AREA if self.areas else NEITHER

    @property
    def certainty(self) -> float:
        return self.titles + OF_A_UNIT * bool(self.units or self.same) + OF_AN_AREA * bool(self.areas)

    @property
    def initiatives(self) -> set[str]:
        return {*self.first.initiatives, *self.second.initiatives}

    def why(self, units: Mapping[int, str]) -> str:
        """Returns why, in words. ``units`` are the names of the units."""
        reasons = []
        if self.units:
            names = [units.get(key, "a unit") for key in self.units]
            reasons.append(f"same unit: {get_text_list(names, 'and')}")
        if self.same:
            reasons.append(f"for the same people: {get_text_list(list(self.same), 'and')}")
        if self.areas and not reasons:
            reasons.append(f"same area: {get_text_list(list(self.areas), 'and')}")
        if self.words:
            reasons.append(f"titles share {get_text_list([f'“{word}”' for word in self.words], 'and')}")
        return "; ".join(reasons)


def words_of(title: str) -> dict[str, str]:
    """Returns the words of a title that tell something: without its ending → as it is written."""
    found: dict[str, str] = {}
    for word in re.findall(r"[^\W_]+", title.lower()):
        if word not in STOP:
            found.setdefault(_stem(word), word)
    return found


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word[: -len(ending)]
    return word


def doubles(
    held: Mapping[str, Sequence[Held]], by_unit: Collection[str] = (), apart: Collection[tuple[int, int]] = ()
) -> list[Double]:
    """Returns the pairs of all elements, the most certain first. ``held`` are the records by element.

    ``by_unit`` are registers whose records need a unit in common only. ``apart`` are the keys (lower, higher) of
    pairs that are two jobs, as somebody said. Only records that share a word or a unit are compared.
    """
    found: list[Double] = []
    for element, records in held.items():
        groups: dict[tuple[str, str], list[Held]] = defaultdict(list)
        for each in records:
            if each.key and not each.lacks:
                groups[each.slug, each.within].append(each)
        for (slug, _), group in groups.items():
            found += _in_group(element, group, slug in by_unit, apart)
    return sorted(found, key=lambda pair: (-pair.certainty, pair.first.number, pair.second.number))


def _in_group(
    element: str, group: Sequence[Held], is_by_unit: bool, apart: Collection[tuple[int, int]]
) -> Iterator[Double]:
    records = {each.key: each for each in group}
    words = {key: words_of(each.title) for key, each in records.items()}
    stems = {key: frozenset(found) for key, found in words.items()}
    asked = {key: frozenset(each.initiatives) for key, each in records.items()}
    units = {key: frozenset(each.units) for key, each in records.items()}
    for one, other in _near(stems, units if is_by_unit else {}).difference(apart):
        n = len(stems[one] & stems[other])
        titles = n / (len(stems[one]) + len(stems[other]) - n or 1)
        may_be = not units[one].isdisjoint(units[other]) if is_by_unit else titles >= SAME_UNIT
        if may_be and asked[one] != asked[other]:
            pair = _compared(element, records[one], records[other], words, titles)
            if is_by_unit or titles >= pair.needs:
                yield pair


def _near(*shared: Mapping[int, Collection[Any]]) -> set[tuple[int, int]]:
    """Returns the keys (lower, higher) of those that share a word or a unit that not too many have."""
    buckets: dict[Any, list[int]] = defaultdict(list)
    for each in shared:
        for key in sorted(each):
            for value in each[key]:
                buckets[value].append(key)
    return {pair for keys in buckets.values() if len(keys) <= COMMON for pair in combinations(keys, 2)}


def _compared(element: str, first: Held, second: Held, words: Mapping[int, Mapping[str, str]], titles: float) -> Double:
    mine, theirs = words[first.key], words[second.key]
    return Double(
        element,
        first,
        second,
        words=tuple(mine[stem] for stem in mine if stem in theirs),
        units=tuple(unit for unit in dict.fromkeys(first.units) if unit in second.units),
        same=tuple(each for each in dict.fromkeys(first.same) if each in second.same),
        areas=tuple(area for area in first.areas if area in second.areas),
        titles=titles,
    )

"""Who asks, and which record answers: element × initiative. Plain functions over plain values.

An initiative asks something at an element where the catalog says so; it is answered there if a living record of the
element names the initiative.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.humanize.templatetags.humanize import apnumber
from django.template.defaultfilters import pluralize
from django.utils.text import get_text_list

from ims.system.coverage import Held

NAMED = 4  # initiatives in a sentence


@dataclass(frozen=True)
class Asker:
    """An initiative with what it asks, by element (slug)."""

    slug: str
    name: str
    asks: Mapping[str, str]


@dataclass(frozen=True)
class Cell:
    """What one initiative asks at one element, empty if nothing; who answers, and who names it but does not count."""

    slug: str
    name: str
    asked: str
    living: list[Held] = field(default_factory=list)
    others: list[Held] = field(default_factory=list)
    is_double: bool = False

    @property
    def state(self) -> str:
        """One of "twice", "answered", "open" and "not-asked"."""
        if not self.asked:
            return "not-asked"
        return "open" if not self.living else "twice" if self.is_double else "answered"


@dataclass(frozen=True)
class Row:
    """The cells of an element, one for each initiative in one order."""

    element: str
    cells: list[Cell]

    @property
    def open(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.state == "open"]

    @property
    def answered(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.asked and cell.living]

    @property
    def not_asked(self) -> list[Cell]:
        return [cell for cell in self.cells if not cell.asked]

    @property
    def gap(self) -> str:
        """Returns who asks without an answer, and whom the records answer, in words."""
        asks = f"{named(self.open)} {'asks' if len(self.open) == 1 else 'ask'}, and nobody answers."
        return f"{asks} Living records answer {named(self.answered)} only." if self.answered else asks


def named(cells: Sequence[Cell]) -> str:
    names = [cell.name for cell in cells]
    more = len(names) - NAMED
    return get_text_list([*names[:NAMED], f"{more} more"] if more > 0 else names, "and")


def matrix(
    elements: Iterable[str],
    askers: Sequence[Asker],
    held: Mapping[str, Sequence[Held]],
    twice: Collection[tuple[str, str]] = (),
) -> list[Row]:
    """Returns a row for each element. ``twice`` are (element, initiative) of records that do one job."""
    return [
        Row(element, [_cell(element, each, held.get(element, []), twice) for each in askers]) for element in elements
    ]


def _cell(element: str, asker: Asker, records: Sequence[Held], twice: Collection[tuple[str, str]]) -> Cell:
    naming = [each for each in records if asker.slug in each.initiatives]
    return Cell(
        asker.slug,
        asker.name,
        asker.asks.get(element, ""),
        [each for each in naming if not each.lacks],
        [each for each in naming if each.lacks],
        (element, asker.slug) in twice,
    )


@dataclass(frozen=True)
class Figures:
    """How many things are asked, how many of them are answered, and how many living records answer them."""

    asked: int
    answered: int
    records: int

    @property
    def open(self) -> int:
        return self.asked - self.answered


def figures(rows: Iterable[Row]) -> Figures:
    cells = [cell for row in rows for cell in row.cells if cell.asked]
    answering = {each.number for cell in cells for each in cell.living}
    return Figures(len(cells), sum(bool(cell.living) for cell in cells), len(answering))


def sentence(counts: Figures, n_initiatives: int, n_doubles: int) -> str:
    """Returns the figures in words: what is answered, what nobody answers, what is done twice."""
    if not counts.asked:
        return "No initiative that asks for something is in place: no gap analysis and no living record names one."
    who = f"your {apnumber(n_initiatives)} initiative{pluralize(n_initiatives, ' asks,s ask')}"
    if not counts.records:
        answered = f"No living record answers any of the {counts.asked} things {who}."
    else:
        records = f"{counts.records} living record{pluralize(counts.records, ' answers,s answer')}"
        answered = f"{records} {counts.answered} of the {counts.asked} things {who}."
    unanswered = f"Nobody answers {counts.open}." if counts.open else "Nothing is left without an answer."
    return f"{answered} {unanswered}{_twice(n_doubles)}"


def _twice(n: int) -> str:
    return f" {str(apnumber(n)).capitalize()} job{pluralize(n, ' is,s are')} done twice." if n else ""

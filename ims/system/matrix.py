"""Who asks, and which record answers: element × initiative. Plain functions over plain values.

An initiative asks something at an element where the catalog says so; it is answered there if a living record of the
element names the initiative.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ims.system.coverage import Held


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

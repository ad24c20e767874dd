"""What is going on at each utility of a person: the columns of the overview of utilities.

And what a group of utilities, whose people need not belong to any of them, sees of each side by side: figures only.

An app registers its columns in its ``overview.py``, which is imported at startup, like ``admin.py``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser


@dataclass(frozen=True)
class Line:
    """One fact: a link or, without ``url``, words, and a ``note`` in small type. ``tone`` is its color: bad or warn.

    ``lead`` and ``tail`` are words before and after the link. ``done`` and ``of`` are drawn as a bar, if there is one.
    """

    words: str
    url: str = ""
    note: str = ""
    lead: str = ""
    tail: str = ""
    tone: str = ""
    done: int = 0
    of: int = 0


@dataclass(frozen=True)
class Cell:
    """What a column says of one utility, and how many things are late or due ``soon`` there: rows are sorted by it."""

    lines: list[Line] = field(default_factory=list)
    n_late: int = 0
    n_soon: int = 0


@dataclass(frozen=True)
class Figure:
    """A number, or a share: ``n`` of ``of``, which is not 0. ``before`` is the share as it was a year before."""

    n: int
    of: int | None = None
    before: tuple[int, int] | None = None

    @property
    def rank(self) -> float:
        return self.n / self.of if self.of else self.n

    @property
    def moved(self) -> int | None:
        """Returns by how many percentage points the share is more than a year before; None if unknown."""
        if self.before is None or not self.of:
            return None
        n, of = self.before
        return round(100 * self.n / self.of) - round(100 * n / of)


Cells = Callable[[Any], Mapping[int, Cell]]
Figures = Callable[[Sequence[int]], Sequence[Mapping[int, Figure]]]
_columns: list[tuple[int, str, Cells]] = []
_figures: list[tuple[int, tuple[str, ...], Figures]] = []


def column(name: str, *, order: int) -> Callable[[Cells], Cells]:
    """Decorator: the overview has a column ``name``, the lowest ``order`` first.

    The function returns the cells of the utilities in ``user.memberships.all()``, by key of the utility. It makes a
    fixed number of queries, however many utilities there are.
    """

    def add(cells: Cells) -> Cells:
        _columns.append((order, name, cells))
        _columns.sort(key=lambda each: each[0])
        return cells

    return add


def columns_for(user: AbstractBaseUser) -> list[tuple[str, Mapping[int, Cell]]]:
    """Returns the columns with their cells."""
    return [(name, cells(user)) for _, name, cells in _columns]


def figures(*names: str, order: int) -> Callable[[Figures], Figures]:
    """Decorator: the page of a group has the columns ``names``, the lowest ``order`` first.

    The function gets the keys of utilities and returns for each column the figures by utility. People outside of the
    utilities see them: no words that anyone entered, nothing of closed registers. It makes a fixed number of queries.
    """

    def add(function: Figures) -> Figures:
        _figures.append((order, names, function))
        _figures.sort(key=lambda each: each[0])
        return function

    return add


def side_by_side(utilities: Sequence[int]) -> list[tuple[str, Mapping[int, Figure]]]:
    """Returns the columns with their figures."""
    return [pair for _, names, function in _figures for pair in zip(names, function(utilities), strict=True)]

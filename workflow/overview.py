"""What is going on at each utility of a person: the columns of the overview of utilities.

An app registers its columns in its ``overview.py``, which is imported at startup, like ``admin.py``.
"""

from collections.abc import Callable, Mapping
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


Cells = Callable[[Any], Mapping[int, Cell]]
_columns: list[tuple[int, str, Cells]] = []


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

"""The utilities of a group side by side: their figures, sorted, and as rows of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import slugify

from accounts.groups import UtilityGroup
from accounts.models import User, Utility
from workflow import overview
from workflow.overview import Figure

NAME = "utility"


@dataclass(frozen=True)
class Row:
    """A utility. ``is_mine``: the reader belongs to it, so its name is a link. ``cells``: (name, figure)s."""

    utility: Utility
    is_mine: bool
    cells: list[tuple[str, Figure | None]]


class Board:
    """What ``user`` sees of a group; ``asked`` names the column to sort by, with - before it for the other way.

    Makes a fixed number of queries, at any number of utilities.
    """

    def __init__(self, group: UtilityGroup, user: User, asked: str) -> None:
        self.group, self.user = group, user
        names = {NAME, *(slugify(name) for name, _ in self.columns)}
        self.order = asked if asked.removeprefix("-") in names else NAME

    @cached_property
    def utilities(self) -> list[Utility]:
        return [each.utility for each in self.group.utilities.agreed().select_related("utility")]

    @cached_property
    def columns(self) -> list[tuple[str, Any]]:
        return overview.side_by_side([utility.pk for utility in self.utilities])

    @property
    def heads(self) -> list[tuple[str, str, str, str]]:
        """Each column's name, the order that its link asks for, how it is sorted now, and the mark of that."""
        found = []
        for slug, name in self.sortable:
            now = {slug: "ascending", f"-{slug}": "descending"}.get(self.order, "")
            found.append(
                (name, f"-{slug}" if now == "ascending" else slug, now, {"": "↕", "ascending": "↑"}.get(now, "↓"))
            )
        return found

    @property
    def sortable(self) -> list[tuple[str, str]]:
        return [(NAME, "Utility"), *((slugify(name), name) for name, _ in self.columns)]

    @cached_property
    def rows(self) -> list[Row]:
        """Sorted; what is unknown comes last either way."""
        mine = {membership.utility_id for membership in self.user.memberships.all()}
        rows = [
            Row(utility, utility.pk in mine, [(name, found.get(utility.pk)) for name, found in self.columns])
            for utility in sorted(self.utilities, key=lambda each: (each.name.lower(), each.pk))
        ]
        slug, down = self.order.removeprefix("-"), self.order.startswith("-")
        if slug == NAME:
            return rows[::-1] if down else rows
        place = [slugify(name) for name, _ in self.columns].index(slug)
        known = [row for row in rows if row.cells[place][1] is not None]
        known.sort(key=lambda row: row.cells[place][1].rank, reverse=down)  # type: ignore[union-attr]
        return known + [row for row in rows if row.cells[place][1] is None]

    def exported(self) -> Iterator[list[Any]]:
        """Yields the rows of a file. A share has a column for each of its numbers."""
        shares = {name for name, found in self.columns if any(each.of is not None for each in found.values())}
        dated = {name for name, found in self.columns if any(each.before for each in found.values())}
        heads: list[Any] = ["Utility", "City", "State"]
        for name, _ in self.columns:
            heads += [name, *([f"{name}, of"] if name in shares else [])]
            heads += [f"{name} a year before", f"{name} a year before, of"] if name in dated else []
        yield heads
        for row in self.rows:
            line: list[Any] = [row.utility.name, row.utility.city, row.utility.state]
            for name, figure in row.cells:
                before = figure.before if figure and figure.before else ("", "")
                line += ["" if figure is None else figure.n]
                line += [("" if figure is None else figure.of)] if name in shares else []
                line += list(before) if name in dated else []
            yield line

"""The overview of a person's utilities: for an advisor of many, what is most urgent where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import Count, Prefetch, Q, prefetch_related_objects
from django.utils.formats import date_format

from accounts.models import Membership, User
from workflow.overview import Cell, Line, column, columns_for
from workflow.recent import Sentence, last_by_utility


@dataclass(frozen=True)
class Row:
    """A utility in the overview: the person's membership, with ``asking``, and the (column, cell)s."""

    NOTICE: ClassVar[timedelta] = timedelta(days=30)

    membership: Any
    cells: list[tuple[str, Cell]]

    @property
    def n_late(self) -> int:
        return sum(cell.n_late for _, cell in self.cells)

    @property
    def n_soon(self) -> int:
        return sum(cell.n_soon for _, cell in self.cells)

    @property
    def ends_soon(self) -> bool:
        return bool(self.membership.ends_within(self.NOTICE))

    @property
    def urgency(self) -> tuple[int, int, date, str, int]:
        """What has most late comes first, then most due soon, then what ends first."""
        until = self.membership.until if self.ends_soon else date.max
        return -self.n_late, -self.n_soon, until, self.membership.utility.name, self.membership.pk


def read_memberships(user: User) -> None:
    """Makes ``user.memberships.all()`` those of today, by name of the utility, and how many are ``asking`` to join."""
    waiting = Q(utility__claims__decided_at=None, utility__claims__isnull=False)
    rows = Membership.objects.select_related("utility").annotate(asking=Count("utility__claims", filter=waiting))
    prefetch_related_objects([user], Prefetch("memberships", rows.order_by("utility__name", "pk")))


def rows_for(user: User) -> list[Row]:
    """Returns the rows, the most urgent first. Call it after ``read_memberships``."""
    columns = columns_for(user)
    rows = [
        Row(membership, [(name, cells.get(membership.utility_id, Cell())) for name, cells in columns])
        for membership in user.memberships.all()
    ]
    return sorted(rows, key=lambda row: row.urgency)


@column("Last change", order=90)
def changes(user: User) -> Mapping[int, Cell]:
    """What was last done there, by anyone."""
    return {pk: Cell([_line(sentence)]) for pk, sentence in last_by_utility(user).items()}


def _line(last: Sentence) -> Line:
    (words, url), day = last.links[0], date_format(last.day, "M j, Y")
    if last.did:
        return Line(words, url, note=day, lead=f"{last.who} {last.did}", tail=last.then)
    return Line(words, url, note=f"{last.who}, {day}" if last.who else day, tail=last.then)

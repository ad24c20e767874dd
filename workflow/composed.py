"""Queries that are composed once a day, and then asked for one person after another.

The home page reads unions of dozens of parts. Django takes several times as long to compose one as PostgreSQL takes to
answer it, and but for the keys of the person and of their utilities it is the same for all. So it is composed for a
stand-in, whose keys are then replaced. A part that asks the stand-in for anything else fails, and is never composed for
the wrong person.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

ANYONE, ANYWHERE = -2_000_000_001, -2_000_000_002  # the keys of the stand-in and of its one utility
ANY_TIME = datetime(1900, 1, 1, tzinfo=UTC)
MOST = 100  # statements that are kept

Compose = Callable[..., QuerySet[Any]]


class Keys:
    """Keys in the place of the one utility of the stand-in, in a list of which it is the only member."""

    def __init__(self, keys: Sequence[int]) -> None:
        self.keys = keys

    def __conform__(self, protocol: Any) -> "Keys":
        """What psycopg2 asks of a value that it doesn't know."""
        return self

    def getquoted(self) -> bytes:
        return ", ".join(str(int(key)) for key in self.keys).encode()


@dataclass(frozen=True)
class Statement:
    """``given`` are the parameters of ``sql``, with the keys of the stand-in, for whom ``composed`` was composed."""

    composed: QuerySet[Any]
    compiler: Any
    sql: str
    given: tuple[Any, ...]

    @classmethod
    def of(cls, composed: QuerySet[Any]) -> "Statement":
        """Raises ValueError for a moment among the parameters: it would be that of the first person who asks."""
        compiler = composed.query.get_compiler(connection=connection)
        sql, given = compiler.as_sql()
        if any(isinstance(each, datetime) and each != ANY_TIME for each in given):
            raise ValueError("A query that is composed once has no moment of its own.")
        return cls(composed, compiler, sql, tuple(given))

    def rows(self, replaced: dict[Any, Any]) -> QuerySet[Any]:
        """Returns the queryset with other keys, still to be asked."""
        given = tuple(replaced.get(each, each) if type(each) in (int, datetime) else each for each in self.given)
        compiler = copy(self.compiler)
        compiler.connection = connection  # of this thread
        compiler.as_sql = lambda *_, **__: (self.sql, given)
        found: Any = self.composed.all()
        found.query.get_compiler = lambda *_, **__: compiler
        return found


_statements: dict[Any, Statement] = {}


def rows(compose: Compose, user: Any, since: datetime | None = None) -> list[Any]:
    """Returns the rows of ``compose(user)``, or of ``compose(user, since)``. Makes one query.

    ``compose`` may ask for the user's key, staff roles and, in a list of keys, utilities, and for the date of the site
    and of the reader. Nothing else may make a difference. In no utility nothing is found, and nothing asked.
    """
    dates = timezone.localdate(), timezone.localdate(timezone=timezone.get_default_timezone())
    key = compose, *dates, timezone.get_current_timezone_name(), user.staff_groups, since is None
    if (statement := _statements.get(key)) is None:
        if len(_statements) >= MOST:
            _statements.clear()
        anyone, any_time = user.stand_in(ANYONE, ANYWHERE), [ANY_TIME] if since else []
        statement = _statements[key] = Statement.of(compose(anyone, *any_time))
    replaced: dict[Any, Any] = {ANYONE: user.pk, ANY_TIME: since}
    if ANYWHERE in statement.given:
        mine = [membership.utility_id for membership in user.memberships.all()]
        if not mine:
            return []
        replaced[ANYWHERE] = Keys(mine)
    return list(statement.rows(replaced))

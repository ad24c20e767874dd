"""Queries that are composed once a day, and then asked for one person after another.

The home page reads unions of dozens of parts. Django takes several times as long to compose one as PostgreSQL takes to
answer it, and but for the keys of the person and of their utilities it is the same for all. So it is composed for a
stand-in, whose keys are then replaced. A part that asks the stand-in for anything else fails, and is never composed for
the wrong person. A row that is asked for all day, by its key, is found in the same way.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import Aggregate, QuerySet
from django.http import Http404
from django.utils import timezone

ANYONE, ANYWHERE = -2_000_000_001, -2_000_000_002  # the keys of the stand-in and of its one utility
ANY_KEY, ANY_TEXT, ANY_TIME = -2_000_000_100, "any text", datetime(1900, 1, 1, tzinfo=UTC)
MAX_KEY = 2**63 - 1  # of PostgreSQL
MAX_KEPT = 400  # statements that are kept

Compose = Callable[..., QuerySet[Any]]
Summed = tuple[QuerySet[Any], Mapping[str, Aggregate]]  # rows, and the figures that sum them up
ComposeFigures = Callable[..., Summed]


class _Written:
    """What is written into SQL as it is, among parameters that are quoted."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def __conform__(self, protocol: Any) -> "_Written":
        """What psycopg2 asks of a value that it doesn't know."""
        return self

    def getquoted(self) -> bytes:
        return self.sql.encode()


class Statement:
    """SQL with the parameters ``given``, among them the keys of the stand-in for whom it was composed.

    Each connection to the database prepares it once, which then need not read and plan it for each person.
    """

    def __init__(self, sql: str, given: Sequence[Any]) -> None:
        """Raises ValueError for a moment among the parameters: it would be that of the first person who asks."""
        self.sql, self.given, self.number = sql, tuple(given), next(_numbers)
        self.stand_ins = list(dict.fromkeys(filter(_is_stand_in, self.given)))
        if any(isinstance(each, datetime) and each.year != ANY_TIME.year for each in self.given):
            raise ValueError("A query that is composed once has no moment of its own.")

    def filled(self, replaced: dict[Any, Any]) -> tuple[str, list[Any]]:
        """Returns what to ask this thread's connection, and with which parameters. A list stands for one key."""
        sets = [_padded(value) if isinstance(value := replaced[each], list) else [value] for each in self.stand_ins]
        sizes = [len(values) for values in sets]
        name = f"composed_{self.number}_{'_'.join(map(str, sizes))}"
        connection.close_if_health_check_failed()  # a connection that was lost had it prepared
        connection.ensure_connection()
        prepared = _prepared.setdefault(connection.connection, set())
        if name not in prepared:
            self._prepare(name, sizes)
            prepared.add(name)
        values = [value for values in sets for value in values]
        return f"EXECUTE {name}" + (f" ({', '.join(['%s'] * len(values))})" if values else ""), values

    def _prepare(self, name: str, sizes: list[int]) -> None:
        numbers = count(1)
        written = {each: [f"${next(numbers)}" for _ in range(n)] for each, n in zip(self.stand_ins, sizes, strict=True)}
        types = [TYPES[type(each)] for each, n in zip(self.stand_ins, sizes, strict=True) for _ in range(n)]
        given = [_Written(", ".join(written[each])) if _is_stand_in(each) else each for each in self.given]
        declared = f"({', '.join(types)})" if types else ""
        # Not by Django's cursor, which counts and logs queries: this is none.
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"{ONE_PLAN}; PREPARE {name} {declared} AS {self.sql}", given)


def _padded(keys: list[int]) -> list[int]:
    """Repeats the last key up to a power of two, so that there are few sizes to prepare."""
    return keys + keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys))


def _is_stand_in(given: Any) -> bool:
    if type(given) is datetime:
        return given.year == ANY_TIME.year
    return given <= ANYONE if type(given) is int else type(given) is str and given.startswith(ANY_TEXT)


ONE_PLAN = "SET plan_cache_mode = force_generic_plan"  # not a new plan for each of the first persons
TYPES = {int: "bigint", str: "text", datetime: "timestamptz"}
_numbers = count(1)
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # connection → names


class Rows(Statement):
    """A statement that finds the rows of the queryset ``composed``."""

    def __init__(self, composed: QuerySet[Any]) -> None:
        self.composed, self.compiler = composed, composed.query.get_compiler(connection=connection)
        super().__init__(*self.compiler.as_sql())
        self.converters: Any = None

    def ask(self, replaced: dict[Any, Any]) -> list[Any]:
        """Returns the rows that it finds with other keys."""
        asked = self.filled(replaced)
        compiler = copy(self.compiler)
        compiler.connection = connection  # of this thread
        compiler.as_sql = lambda *_, **__: asked
        compiler.get_converters = self._converters
        query: Any = copy(self.composed.query)
        query.get_compiler = lambda *_, **__: compiler
        # As all() does, but without a copy of each part of the query, which takes as long as to ask it.
        found: Any = object.__new__(type(self.composed))
        vars(found).update(vars(self.composed) | {"_query": query})
        return list(found)

    def _converters(self, columns: Any) -> Any:
        """Returns what becomes of the values of the columns, which is found out once."""
        if self.converters is None:
            self.converters = self.compiler.get_converters(columns)
        return self.converters


class Figures(Statement):
    """A statement that finds one row: figures, each with its name."""

    def __init__(self, composed: Summed) -> None:
        rows, figures = composed
        self.names = [*figures]
        with connection.execute_wrapper(_stop):  # Django has no way to compose it without asking the database
            try:
                rows.aggregate(**figures)
            except _Stopped as stopped:
                super().__init__(stopped.sql, stopped.given)
        if connection.queries_logged:
            connection.queries_log.pop()  # it was not asked

    def ask(self, replaced: dict[Any, Any]) -> dict[str, Any]:
        """Returns the figures with other keys."""
        with connection.cursor() as cursor:
            cursor.execute(*self.filled(replaced))
            return dict(zip(self.names, cursor.fetchone(), strict=True))


class _Stopped(Exception):
    def __init__(self, sql: str, given: Sequence[Any]) -> None:
        self.sql, self.given = sql, given


def _stop(execute: Any, sql: str, given: Sequence[Any], many: bool, context: Any) -> None:
    raise _Stopped(sql, given)


def _refuse(*_: Any) -> None:
    raise ValueError("A query that is composed once asks the database nothing before: the answer would be kept.")


_statements: dict[Any, Any] = {}


def rows(compose: Compose, user: Any, *given: Any) -> list[Any]:
    """Returns the rows of ``compose(user, *given)``; without a person, of ``compose(*given)``. Makes one query.

    ``compose`` may ask for the user's key, staff roles and, in a list of keys, utilities, and for the date of the site
    and of the reader. Nothing else may make a difference. In no utility nothing is found, and nothing asked.

    ``given`` are keys, lists of keys, texts and moments, which ``compose`` must compare as they are.
    """
    statement, replaced = _statement(Rows, compose, user, given)
    return [] if replaced is None else statement.ask(replaced)


def first(compose: Compose, user: Any, *given: Any) -> Any:
    """Returns the first of ``rows``, None if there is none."""
    return next(iter(rows(compose, user, *given)), None)


def get_or_404(compose: Compose, user: Any, *given: Any) -> Any:
    """Returns the first of ``rows``. Raises Http404 if there is none."""
    if (found := first(compose, user, *given)) is None:
        raise Http404
    return found


def figures(compose: ComposeFigures, user: Any, *given: Any) -> dict[str, Any]:
    """Like ``rows``, for the figures that ``compose`` returns beside the rows that they sum up."""
    statement, replaced = _statement(Figures, compose, user, given)
    return dict.fromkeys(statement.names, 0) if replaced is None else statement.ask(replaced)


def _statement(kind: Any, compose: Any, user: Any, given: tuple[Any, ...]) -> tuple[Any, dict[Any, Any] | None]:
    """Returns the statement and what to replace in it; None instead where nothing can be found."""
    dates = timezone.localdate(), timezone.localdate(timezone=timezone.get_default_timezone())
    roles = user and user.staff_groups
    key = compose, *dates, timezone.get_current_timezone_name(), roles, *map(type, given)
    stand_ins = [_stand_in(number, each) for number, each in enumerate(given)]
    if (statement := _statements.get(key)) is None:
        if len(_statements) >= MAX_KEPT:
            _statements.clear()
        sent = [[each] if isinstance(one, list) else each for one, each in zip(given, stand_ins, strict=True)]
        with connection.execute_wrapper(_refuse):
            found = compose(*([user.stand_in(ANYONE, ANYWHERE)] if user else []), *sent)
        statement = kind(found)
        if not {*stand_ins} <= {*statement.stand_ins}:
            raise ValueError("What is given is compared as it is.")
        _statements[key] = statement
    replaced: dict[Any, Any] = {ANYONE: user and user.pk} | dict(zip(stand_ins, given, strict=True))
    if ANYWHERE in statement.stand_ins:
        replaced[ANYWHERE] = [membership.utility_id for membership in user.memberships.all()]
    is_none = any(each == [] or (isinstance(each, int) and abs(each) > MAX_KEY) for each in replaced.values())
    return statement, None if is_none else replaced


def _stand_in(number: int, given: Any) -> Any:
    """Returns what stands for the argument with this number; in a list of keys, for its one key."""
    if isinstance(given, datetime):
        return ANY_TIME + timedelta(days=number)
    return f"{ANY_TEXT} {number}" if isinstance(given, str) else ANY_KEY - number

"""Copies of a block, which the database makes of its own rows: a country of them in minutes.

A copy's keys lie beyond those of all blocks before it: a key of the block plus a multiple of the block's length. Names
and numbers count on. Its applications are those of earlier cycles, and as much older; who reviewed them has left the
panel. The copied rows kept every rule when they were made, so no trigger looks at the copies where PostgreSQL lets us
leave them out; neither does the audit log then.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction

from accounts.models import Identifier, User, Utility
from config.load import utilities
from config.load.program import APART, MEMBERS, VALID, Program
from recognition.models import Application, PanelMember, Recognition

Keys = dict[type[models.Model], int]  # the last key of each table that counts its rows

COUNTED = r"coalesce(regexp_replace({0}, '\d+$', (substring({0} from '\d+$')::int + %(people)s)::text), {0})"
ADDRESS = r"regexp_replace(email, '\d+', (substring(email from '\d+')::int + %(people)s)::text)"
# 16 random signs in fours, as ``recognition.models.recognition.new_number`` gives them
NUMBER = r"upper(regexp_replace(left(md5(gen_random_uuid()::text), 16), '(....)(?!$)', '\1-', 'g'))"
# What is unlike in a copy, besides keys and days.
UNLIKE: dict[tuple[type[models.Model], str], str] = {
    (User, "email"): ADDRESS,
    (User, "name"): COUNTED.format("name"),
    (Utility, "name"): COUNTED.format("name"),
    (Identifier, "value"): "left(value, 2) || lpad((right(value, 7)::int + %(people)s)::text, 7, '0')",
    (Recognition, "number"): NUMBER,
    (Application, "cycle"): "(%(cycles)s::jsonb ->> cycle_id::text)::bigint",
}


ONLY_ONCE = (PanelMember, User.groups.through)


class Block:
    """The rows that were made since the keys were ``before``."""

    def __init__(self, program: Program, before: Keys) -> None:
        now = last_keys()
        self.program = program
        self.before = before
        self.length = {model: last - before[model] for model, last in now.items() if last > before[model]}
        self.copies = 0

    def copy(self) -> None:
        """Adds one more copy, in one statement for each table."""
        self.copies += 1
        older = self.copies % VALID  # by how many cycles
        past = self.program.past
        cycles = {past[n].pk: past[n + older].pk for n in (0, VALID, VALID + 1)}
        values: dict[str, int | str] = {
            "n": self.copies,
            "people": self.copies * max(utilities.UTILITIES, MEMBERS),  # as many new names of each kind
            "cycles": json.dumps(cycles),
        }
        with transaction.atomic(), connection.cursor() as cursor, _without_triggers():
            for model in _tables():
                if model not in ONLY_ONCE and any(issubclass(model, made) for made in self.length):
                    cursor.execute(self._statement(model), values | {"older": older * APART})

    def end(self) -> None:
        """Lets each table count on after the last copy."""
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self.length)):
                cursor.execute(statement)

    def _statement(self, model: type[models.Model]) -> str:
        fields = [field for field in model._meta.local_concrete_fields if not field.generated]
        quote = connection.ops.quote_name
        names = ", ".join(quote(str(field.column)) for field in fields)
        values = ", ".join(self._value(model, field) for field in fields)
        table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
        first, length = self._of(model)
        return (
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}"
            f" WHERE {key} > {first} AND {key} <= {first + length} ORDER BY {key}"
        )

    def _of(self, model: type[models.Model]) -> tuple[int, int]:
        made = next(each for each in self.length if issubclass(model, each))
        return self.before[made], self.length[made]

    def _value(self, model: type[models.Model], field: models.Field) -> str:
        if (model, field.name) in UNLIKE:
            return UNLIKE[model, field.name]
        column = connection.ops.quote_name(str(field.column))
        of = field.related_model if field.is_relation else model if field.primary_key else None
        if of in self.length:
            first, length = self._of(of)
            return f"CASE WHEN {column} > {first} THEN {column} + %(n)s * {length} ELSE {column} END"
        if model._meta.app_label == Application._meta.app_label and isinstance(field, models.DateField):
            return f"({column} - make_interval(days => %(older)s))::{field.db_type(connection)}"
        return column


def last_keys() -> Keys:
    counted = [model for model in _tables() if isinstance(model._meta.pk, models.AutoField)]
    return {model: model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0 for model in counted}


def _tables() -> list[type[models.Model]]:
    """Returns the tables of Headworks without its audit log, which triggers write."""
    ours = [app for app in apps.get_app_configs() if app.label != "config" and not app.name.startswith("django.")]
    models_ = [model for app in ours for model in app.get_models(include_auto_created=True)]
    return [model for model in models_ if model._meta.managed and not model._meta.proxy]


@contextmanager
def _without_triggers() -> Iterator[None]:
    """Leaves the triggers out, those of foreign keys too, if the database lets this user do so."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
    except DatabaseError:  # only a superuser may
        yield
        return
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")

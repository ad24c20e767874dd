"""The test databases: each process has one of its own, with the catalog in it, and every test finds it the same.

The tables are migrated once and kept between runs as a template, which each process copies; the template's name is a
hash of what it was made from. After a test that commits, the tables that it changed are put back as they were.
"""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pgtrigger
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from config import migrating


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    configured = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        make_database(f"test_{configured}_template_")
        settle()
        call_command("load_catalog", stdout=StringIO())
        tables = Tables()
    with pytest.MonkeyPatch.context() as patch:
        # Django would empty all tables, which takes ten times as long, and the catalog with them.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: tables.restore())
        # And would end the connection, which keeps the plans of what is asked after each test.
        patch.setattr(TransactionTestCase, "_should_reload_connections", lambda case: False)
        yield
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:  # FORCE: a server's thread may still be connected
            cursor.execute(f'DROP DATABASE "{connection.settings_dict["NAME"]}" WITH (FORCE)')


def make_database(prefix: str) -> None:
    """Copy the template. The first process that finds none migrates its own database and makes the template of it."""
    made_from = [*sorted(settings.BASE_DIR.glob("*/migrations/*.py")), Path(migrating.__file__)]
    made_from.append(settings.BASE_DIR / "uv.lock")
    template = prefix + sha256(b"".join(path.read_bytes() for path in made_from)).hexdigest()[:16]
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [prefix])  # let go of with this cursor's connection
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        found = [name for (name,) in cursor.fetchall()]
        if template in found:
            connection.settings_dict["TEST"]["TEMPLATE"] = template
        left = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
        cursor.execute(f'DROP DATABASE IF EXISTS "{left}" WITH (FORCE)')  # a killed run may still be asking it
        with migrating.quickly():
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        if template not in found:
            for outdated in found:
                cursor.execute(f'DROP DATABASE "{outdated}"')
            connection.close()
            cursor.execute(f'CREATE DATABASE "{template}" TEMPLATE "{connection.settings_dict["NAME"]}"')


def settle() -> None:
    """No test's rows need outlive a crash of the machine, and so few are not worth a second process that reads them."""
    with connection.cursor() as cursor:
        for setting in ("synchronous_commit = off", "max_parallel_workers_per_gather = 0"):
            cursor.execute(f'ALTER DATABASE "{connection.settings_dict["NAME"]}" SET {setting}')
    connection.close()  # the next one has the settings


class Tables:
    """The tables as they are now, with a copy of each in the schema ``kept``, to go back to."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(table_name), string_agg(quote_ident(column_name), ', ')"
                " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
                " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' GROUP BY 1"
            )
            self.columns: dict[str, str] = dict(cursor.fetchall())
            cursor.execute("CREATE SCHEMA kept")
            cursor.execute(";".join(f"CREATE TABLE kept.{table} AS TABLE {table}" for table in self.columns))
            # A function, whose plan is kept: planning takes most of the time.
            state = "SELECT '{0}', count(*), max(xmin::text::bigint) FROM {0}"
            looking = " UNION ALL ".join(state.format(table) for table in self.columns)
            cursor.execute(
                "CREATE FUNCTION kept.look() RETURNS TABLE (name text, rows bigint, written bigint) LANGUAGE plpgsql"
                f" AS $$ BEGIN RETURN QUERY {looking}; END $$"
            )
        self.states = self.look()

    def look(self) -> dict[str, tuple[int, int]]:
        """How many rows each table has, and the number of the last transaction that wrote one of them."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM kept.look()")
            return {table: (rows, written) for table, rows, written in cursor.fetchall()}

    def restore(self) -> None:
        """Tries again where the last request of a closed page holds a row, or wrote one in the meantime."""
        for _ in range(5):
            changed = [table for table, state in self.look().items() if state != self.states[table]]
            if not changed:
                return
            with suppress(OperationalError):
                self._put_back(changed)
                now = self.look()
                self.states |= {table: now[table] for table in changed}

    def _put_back(self, changed: list[str]) -> None:
        # The triggers hold for what the site does. Foreign keys are checked at the end of the transaction.
        with pgtrigger.ignore(), transaction.atomic(), connection.cursor() as cursor:
            lost = []
            for table in changed:
                rows, written = self.states[table]
                cursor.execute(f"DELETE FROM {table} WHERE xmin::text::bigint > {written or 0}")  # noqa: S608
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
                if cursor.fetchone() != (rows,):  # the test changed or deleted some of those that were there
                    cursor.execute(f"DELETE FROM {table}")  # noqa: S608
                    lost.append(table)
            for table in lost:
                columns = self.columns[table]
                cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM kept.{table}")  # noqa: S608


def analyze() -> None:
    """Lets the database count its rows, as autovacuum does within a minute: else many new ones are taken for few."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture
def no_catalog(db: None) -> None:
    """The test finds the database as it was before ``load_catalog``."""
    with pgtrigger.ignore(), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for table in tables - {"django_migrations", "django_content_type", "auth_permission"}:
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608

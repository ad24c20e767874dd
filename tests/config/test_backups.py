"""A backup holds everything and comes back the same; what could lose something is refused in words."""

import json
import os
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from tests.processes import database_url

pytestmark = pytest.mark.timeout(900)  # many programs, one after the other

FILL = """
import django; django.setup()
from tests.factories import MembershipFactory
from files.models import StoredFile
person = MembershipFactory(user__name="Ren\u00e9e\tO'Neil", user__email="kept@example.org")
for n in range(3):
    StoredFile.keep_made(f"plan\t{n}.pdf", "application/pdf", b"%PDF" + bytes([n]) * 3_000_000, by=person.user)
"""


def run(place: tuple[str, Path], *command: str) -> subprocess.CompletedProcess:
    url, folder = place
    given = {"DATABASE_URL": url, "REDIS_URL": "redis://none", "LOCAL_DIR": str(folder), "SECRET_KEY": "x"}
    given |= {"DJANGO_SETTINGS_MODULE": "config.settings", "FILES_BUCKET": ""}
    return subprocess.run(
        [sys.executable, *command], env=os.environ | given, cwd=settings.BASE_DIR, capture_output=True, text=True
    )


def manage(place, *command: str) -> subprocess.CompletedProcess:
    return run(place, "manage.py", *command)


@pytest.fixture(scope="module")
def databases(django_db_setup, django_db_blocker):
    """``new(name, whole)``: the address of a database that goes in the end; ``whole``: with all tables."""
    made = []
    with django_db_blocker.unblock():
        usual = connection.settings_dict["NAME"]

        def new(name: str, *, whole: bool) -> str:
            name = f"headworks_backup_{os.getpid()}_{name}"
            with connection._nodb_cursor() as cursor:
                if whole:
                    pattern = "test\\_%\\_template\\_%"
                    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s LIMIT 1", [pattern])
                    cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{cursor.fetchone()[0]}"')
                else:
                    cursor.execute(f'CREATE DATABASE "{name}"')
            made.append(name)
            return database_url().replace(f"/{usual}", f"/{name}")

        yield new
        with connection._nodb_cursor() as cursor:
            for name in made:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def here(databases, tmp_path_factory):
    """A site with three files, which no test changes."""
    place = (databases("from", whole=True), tmp_path_factory.mktemp("here") / "from")
    assert run(place, "-c", FILL).returncode == 0
    return place


@pytest.fixture(scope="module")
def archive(here):
    """Its backup, made once."""
    archive = here[1].parent / "backup.zip"
    ended = manage(here, "backup", str(archive))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "3 files" in ended.stdout
    assert archive.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in archive.parent.iterdir()) == ["backup.zip", "from"], "nothing else is left"
    return archive


def shown(place) -> list[tuple]:
    """Each table with the number and the checksum of its rows, and all triggers."""
    with closing(psycopg2.connect(place[0])) as to, to.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = cursor.fetchall()
        assert len(found) > 100
        for (table,) in list(found):
            rows = f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'  # noqa: S608
            cursor.execute(rows)
            found.append((table, *cursor.fetchone()))
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
        return found + cursor.fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_comes_back_into_an_empty_place_as_it_was(databases, here, archive, tmp_path):
    there = (databases("to", whole=False), tmp_path / "to")
    ended = manage(there, "restore", str(archive))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Restored and compared: the database and 3 files." in ended.stdout
    assert shown(there) == shown(here)
    assert contents(there[1] / "files") == contents(here[1] / "files")

    again = manage(there, "restore", str(archive))
    assert "There are 1 accounts in this database already. Nothing was changed." in again.stderr
    assert "Traceback" not in again.stderr
    assert "Choose another name" in manage(here, "backup", str(archive)).stderr
    over = manage(there, "restore", "--over", str(archive))
    assert (over.returncode, over.stderr) == (0, "")
    assert shown(there) == shown(here)


def test_a_site_that_runs_and_a_damaged_backup_are_refused(here, archive, tmp_path):
    before = shown(here)
    serve = "import django; django.setup(); from accounts.models import User; print(User.objects.count()); "
    serve += "import sys; sys.stdout.flush(); input()"
    running = subprocess.Popen(
        [sys.executable, "-c", serve],
        env=os.environ
        | {"DATABASE_URL": here[0], "REDIS_URL": "redis://none", "LOCAL_DIR": str(here[1])}
        | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    running.stdout.readline()
    refused = manage(here, "restore", "--over", str(archive))
    running.communicate("\n", timeout=60)
    assert refused.returncode == 1
    assert "Headworks is running: 1 connections" in refused.stderr
    assert "Traceback" not in refused.stderr

    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(damaged, "w") as copy:
        for entry in whole.infolist():
            data = whole.read(entry)
            copy.writestr(entry.filename, data[:-1] + b"?" if entry.filename.startswith("files/") else data)
        about = json.loads(whole.read("manifest.json"))
    assert len(about["sha256"]) == 4
    for path in (damaged, tmp_path / "none.zip", Path(__file__)):
        refused = manage(here, "restore", "--over", str(path))
        assert refused.returncode == 1
        assert "damaged" in refused.stderr
    assert "is whole: 3 files" in manage(here, "restore", "--check", str(archive)).stdout
    assert shown(here) == before

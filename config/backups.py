"""A backup: the database and the files in one ZIP, each part with its checksum; and the way back into an empty place.

The database is dumped by PostgreSQL's own pg_dump, as it is at one moment. Then the files are copied whose rows are
in the dump. A file never changes; one that is deleted in between is named as missing. Nothing is encrypted: keep the
archive as safe as the site.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from files.models import StoredFile

DUMP, MANIFEST, FILES = "database.dump", "manifest.json", "files/"
FORMAT, VERSION = "headworks-backup", 1
CHUNK = 1024 * 1024


class Failed(Exception):
    """The backup or the restore was not done; the message says why, and what to do."""


@dataclass(frozen=True)
class Made:
    """``missing``: names of files that a row has and the storage does not."""

    path: Path
    files: int
    size: int
    missing: list[str]


def back_up(path: Path) -> Made:
    """Writes the archive, reads it again and compares every checksum, and only then gives it its name."""
    if path.exists():
        raise Failed(f"{path} exists already. Choose another name; a backup replaces no other.")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with TemporaryDirectory(dir=path.parent) as folder, ZipFile(unfinished, "w", allowZip64=True) as archive:
            os.chmod(unfinished, 0o600)  # all personal data and all links that let people in
            dump = Path(folder) / DUMP
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
            sums = {DUMP: _written(archive, DUMP, dump.open("rb"))}
            missing = []
            for name in _contents_of(dump):
                try:
                    sums[FILES + name] = _written(archive, FILES + name, default_storage.open(name))
                except FileNotFoundError:
                    missing.append(name)
            about = {
                "format": FORMAT,
                "version": VERSION,
                "made_at": timezone.now().isoformat(),
                "migrations": _migrations(),
                "missing": missing,
                "sha256": sums,
            }
            archive.writestr(MANIFEST, json.dumps(about, indent=1), ZIP_DEFLATED)
        verified(unfinished)
        unfinished.rename(path)
    except OSError as error:
        raise Failed(f"The backup could not be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Made(path, len(sums) - 1, path.stat().st_size, missing)


def _contents_of(dump: Path) -> list[str]:
    """Returns the names of the contents that the rows in the dump have, since the database has gone on since."""
    table = StoredFile._meta.db_table
    text = _run("pg_restore", "--data-only", f"--table={table}", "--file=-", str(dump), on_server=False)
    head, _, rows = text.partition(" FROM stdin;\n")
    columns = re.search(rf"COPY public\.{table} \((.*)\)$", head.rstrip())
    if columns is None:
        raise Failed("The dump has no table of files.")
    place = [name.strip(' "') for name in columns[1].split(",")].index("content")
    lines = f"\n{rows}".partition("\n\\.\n")[0].splitlines()[1:]
    return [line.split("\t")[place] for line in lines]


def _written(archive: ZipFile, name: str, source: IO[bytes] | File) -> str:
    """Copies ``source`` into the archive and returns its SHA-256. Uploads are mostly compressed already."""
    digest = hashlib.sha256()
    with source, archive.open(name, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _digest(source: Any) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def verified(path: Path) -> dict[str, Any]:
    """Compares every checksum of an archive. Returns its manifest. Raises Failed."""
    try:
        with ZipFile(path) as archive:
            about = json.loads(archive.read(MANIFEST))
            if about.get("format") != FORMAT or about.get("version") != VERSION:
                raise Failed(f"{path} is a backup of another format than this version of Headworks reads.")
            sums: dict[str, str] = about["sha256"]
            if set(archive.namelist()) != {*sums, MANIFEST} or len(archive.namelist()) != len(sums) + 1:
                raise Failed(f"{path} does not have the parts that its list names. Use another backup.")
            for name, expected in sums.items():
                with archive.open(name) as part:
                    if _digest(part) != expected:
                        raise Failed(f"{name} in {path} is damaged. Use another backup.")
    except (BadZipFile, KeyError, ValueError, EOFError, FileNotFoundError) as error:
        raise Failed(f"{path} is no backup of Headworks, or it is damaged: {error}") from error
    return dict(about)


def restore(path: Path, *, tell: Callable[[str], None], over: bool = False) -> int:
    """Brings a backup back into an empty database and an empty storage; ``over``: in place of what is there.

    Returns the number of files. Raises Failed; before anything is changed unless a program failed midway.
    """
    about = verified(path)
    _refuse_other_migrations(about)
    _refuse_while_running()
    if not over:
        _refuse_what_is_there()
    tell(f"Bringing back the backup of {datetime.fromisoformat(about['made_at']):%B %-d, %Y, %H:%M} UTC")
    with TemporaryDirectory(dir=path.parent) as folder, ZipFile(path) as archive:
        archive.extract(DUMP, folder)
        n = 0
        for name in _names_of_files(about):
            if not default_storage.exists(name):  # of an interrupted restore, or the same file: its name is random
                with archive.open(FILES + name) as source:
                    default_storage.save(name, File(source, name=name))
            n += 1
        connection.close()
        script = Path(folder) / "database.sql"
        dump = str(Path(folder) / DUMP)
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", dump, on_server=False)
        # One transaction: a restore that fails leaves the database as it was.
        empty = ["--command=DROP SCHEMA public CASCADE", "--command=CREATE SCHEMA public"]
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        _run("psql", *options, *empty, f"--file={script}")
    _compare(about)
    return n


def _names_of_files(about: dict[str, Any]) -> Iterator[str]:
    for name in about["sha256"]:
        if name.startswith(FILES):
            yield name.removeprefix(FILES)


def _compare(about: dict[str, Any]) -> None:
    """Reads back what was stored and compares it with the backup. Raises Failed."""
    for name in _names_of_files(about):
        with default_storage.open(name) as stored:
            digest = _digest(stored)
        if digest != about["sha256"][FILES + name]:
            raise Failed(f"The file {name} was not stored as it is in the backup. Restore it again.")
    lost = set(StoredFile.objects.values_list("content", flat=True)) - set(_names_of_files(about))
    if lost - set(about["missing"]):
        raise Failed("Rows of the database name files that the backup does not have.")


def _migrations() -> list[str]:
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return []
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def _refuse_other_migrations(about: dict[str, Any]) -> None:
    """A backup of a newer version has tables that this version does not know; an older one is migrated afterward."""
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := set(about["migrations"]) - known:
        raise Failed(
            f"The backup was made by a newer version of Headworks, which has {len(newer)} changes of the database that"
            " this version does not know. Install that version first."
        )


def _refuse_while_running() -> None:
    """Raises Failed if another program is connected: what it writes meanwhile would be lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        n = cursor.fetchone()[0]
    if n:
        raise Failed(
            f"Headworks is running: {n} connections to this database are open. Nothing was changed. Stop the web"
            " server, the workers and the scheduler (docker compose stop web worker bundles beat), then restore again."
        )


def _refuse_what_is_there() -> None:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        table = settings.AUTH_USER_MODEL.replace(".", "_").lower()
        if table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  a setting
            if n := cursor.fetchone()[0]:
                raise Failed(
                    f"There are {n} accounts in this database already. Nothing was changed. Restore into an empty"
                    " database, or add --over to delete what is there."
                )


def _run(program: str, *options: str, on_server: bool = True) -> str:
    """Runs a program of PostgreSQL on the database of the settings. Raises Failed with what it says."""
    database, environment = connection.settings_dict, dict(os.environ)
    where: list[str] = []
    if on_server:
        host = database["HOST"] or database.get("OPTIONS", {}).get("host", "")
        given = {"--host": host, "--port": database["PORT"], "--username": database["USER"]}
        where = [f"{name}={value}" for name, value in given.items() if value]
        where.append(f"--dbname={database['NAME']}")
        environment["PGPASSWORD"] = database["PASSWORD"] or environment.get("PGPASSWORD", "")
        if mode := database.get("OPTIONS", {}).get("sslmode"):
            environment["PGSSLMODE"] = str(mode)
    command = [_program(program), *where, *options]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603
    if ended.returncode:
        raise Failed(f"{program} failed: {ended.stderr.strip()[-1000:]}")
    return ended.stdout


def _program(name: str) -> str:
    """Returns the path of a program of PostgreSQL: the embedded one's, as new as its server, or the system's."""
    with suppress(Exception):
        from config import embedded

        return str(embedded.PROGRAMS / name)
    if found := shutil.which(name):
        return found
    raise Failed(f"{name} is not installed. Install PostgreSQL’s client programs, at least as new as its server.")

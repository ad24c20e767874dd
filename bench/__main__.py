"""``python -m bench``: creates a separate database, measures, prints the figures and drops the database."""

import argparse
import atexit
import dataclasses
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import django

from bench import side_by_side

if TYPE_CHECKING:
    from bench.cost import Cost

Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What each page, report and process costs.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: a first look, not a measurement")
    parser.add_argument(
        "--scale",
        type=int,
        nargs="+",
        metavar="N",
        help="only the pages of every day, on make_load_data's rows, 1 to 100; at two scales page by page in turn",
    )
    parser.add_argument(side_by_side.IN_TURN, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show an earlier result of --json beside it")
    parser.add_argument("--throughput", action="store_true", help="instead: pages a second under a mix of roles")
    parser.add_argument("--soak", action="store_true", help="instead: ten minutes of pages and a cycle's documents")
    parser.add_argument("--cycle", action="store_true", help="instead: a cycle of 1,500 applications, by its pages")
    options = parser.parse_args()
    requests, times = (3, 1) if options.quick else (7, 2)
    if options.scale and len(options.scale) > 1:
        if len(options.scale) > 2 or options.compare:
            parser.error("two scales at most, which are compared with each other")
        _of_two(options)
        return

    _set_up(Path(tempfile.mkdtemp(prefix="headworks-bench-")))
    with _own_database():
        if options.soak or options.throughput or options.cycle:
            found, lines = _instead(options)
            _print(*([json.dumps(found, indent=1)] if options.json else lines))
            return
        if options.in_turn:
            _in_turn(options.scale[0], requests)
            return
        earlier = json.loads(options.compare.read_text()) if options.compare else None
        found, lines = _of_scale(options.scale[0], requests) if options.scale else _everything(requests, times)
        _print(*([json.dumps(found, indent=1)] if options.json else [*_lines(found, earlier), "", *lines]))


def _set_up(folder: Path) -> None:
    """Sets up Django with the settings of the served site, but with files and broker in ``folder``."""
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the broker in it has stopped
    from config import embedded

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DEBUG": "False",
        "HTTPS": "False",
        "LOG_LEVEL": "ERROR",
        "ALLOWED_HOSTS": "localhost",
        "SITE_URL": "http://localhost:8000",
        "FILES_BUCKET": "",
        "REDIS_URL": embedded.valkey(folder / "valkey"),  # never the queue of a running site
    }
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings

    from config.management.commands.demo import static_files_changed

    settings.LOCAL_DIR = folder
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder / "files"}}
    # Unlike an assignment, this also resets the storages that are already in use.
    override_settings(STORAGES=settings.STORAGES | {"default": files}).enable()
    if static_files_changed():
        call_command("collectstatic", interactive=False, verbosity=0)
    # Child processes use the folder too, and share the secret key and static files with this process.
    os.environ |= {
        "LOCAL_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "STATIC_ROOT": str(settings.STATIC_ROOT),
    }


@contextmanager
def _own_database() -> Iterator[None]:
    """Creates a migrated database next to the configured one for this process and its children; drops it at the end.

    Migrating takes a minute, so a copy of its empty tables is kept for the next time.
    """
    from django.db import connection, connections

    from tests.database import make_database

    usual = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"headworks_bench_{os.getpid()}"
    make_database("headworks_bench_template_")
    try:
        os.environ["DATABASE_URL"] = _address(connection.settings_dict)
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(usual, verbosity=0)


def _address(database: dict[str, str]) -> str:
    """Returns the value of DATABASE_URL for ``database``."""
    person = ":".join(quote(part, safe="") for part in (database["USER"], database["PASSWORD"]) if part)
    if database["HOST"].startswith("/"):  # the folder of a Unix socket
        return f"postgresql://{person}@/{database['NAME']}?host={database['HOST']}"
    place = ":".join(str(part) for part in (database["HOST"] or "localhost", database["PORT"]) if part)
    return f"postgresql://{person}@{place}/{database['NAME']}"


def _of_two(options: argparse.Namespace) -> None:
    """Prints the costs of the pages of every day at two scales: those of the second beside those of the first."""
    first, second = side_by_side.measure(tuple(options.scale), ["--quick"] if options.quick else [])
    _print(*([json.dumps([first, second], indent=1)] if options.json else _lines(second, first)))


def _in_turn(scale: int, requests: int) -> None:
    """Prints an empty result, and then the cost of one page for each line that is read."""
    from bench import daily, meter

    loading, pages = _load(scale), [*daily.pages()]
    with meter.metered(daily.people()) as metered:
        began = _figures(scale, requests, []) | {"loading": loading, "n_pages": len(pages)}
        _print(json.dumps(began))
        for _, found in zip(sys.stdin, metered.costs(pages, requests), strict=False):
            _print(json.dumps(dataclasses.asdict(found)))


def _of_scale(scale: int, requests: int) -> tuple[Figures, list[str]]:
    """Returns the costs of the pages of every day, and nothing more to print."""
    from bench import daily, meter

    loading = _load(scale)
    with meter.metered(daily.people()) as metered:
        return _figures(scale, requests, metered.costs(daily.pages(), requests)) | {"loading": loading}, []


def _everything(requests: int, times: int) -> tuple[Figures, list[str]]:
    """Returns the costs of all pages, reports and processes, and those that are not of pages as text."""
    from bench import daily, documents, exchanging, meter, pages, recommending, report_time, tables, world

    loading = _load(1)
    place = world.build()
    with meter.metered(daily.people() | place.people()) as metered:
        costs = metered.costs([*daily.pages(), *pages.pages(place)], requests)
        found = _figures(1, requests, costs) | {"loading": loading}
    advice = recommending.measure(times)
    report = report_time.measure(place, times)
    printed = documents.measure(place, times)
    exchanged = exchanging.measure(place, times)
    found |= {"recommendations": [dataclasses.asdict(each) for each in advice]}
    found |= {name: dataclasses.asdict(each) for name, each in (("report", report), ("documents", printed))}
    found["exchange"] = dataclasses.asdict(exchanged)
    parts = (
        tables.recommendations(advice),
        tables.report(report, times),
        documents.lines(printed, times),
        exchanging.lines(exchanged, times),
    )
    return found, [line for part in parts for line in (*part, "")]


def _load(scale: int) -> int:
    """Makes the rows of ``scale`` hundredths of the country. Returns the seconds that it took."""
    from django.core.management import call_command
    from django.db import connection

    began = time.monotonic()
    call_command("make_load_data", scale=scale)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # as autovacuum would within minutes
    return round(time.monotonic() - began)


def _lines(found: Figures, earlier: Figures | None) -> Iterable[str]:
    from bench import tables

    return tables.pages(found, earlier)


def _figures(scale: int, requests: int, costs: Iterable["Cost"]) -> Figures:
    return {"scale": scale, "requests": requests, "pages": [dataclasses.asdict(each) for each in costs]}


def _instead(options: argparse.Namespace) -> tuple[Figures, Iterable[str]]:
    if options.soak:
        return _soak(quick=options.quick)
    if options.throughput:
        return _throughput(5 if options.quick else 30)
    return _cycle(5 if options.quick else 11)


def _throughput(seconds: int) -> tuple[Figures, Iterable[str]]:
    from bench import throughput

    _load(1)
    found = throughput.measure(seconds)
    return throughput.as_json(found), throughput.lines(found)


def _soak(*, quick: bool) -> tuple[Figures, Iterable[str]]:
    from bench import soak, world

    _load(1)
    place = world.build()
    found = soak.measure(place, 2, 20) if quick else soak.measure(place)
    return dataclasses.asdict(found), soak.lines(found)


def _cycle(requests: int) -> tuple[Figures, Iterable[str]]:
    from bench import cycle

    walked = cycle.measure(requests)
    return cycle.as_json(walked), cycle.lines(walked)


# The output of child processes goes to standard error, so that --json prints only JSON.
_out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def _print(*lines: str) -> None:
    _out.write("\n".join(lines) + "\n")
    _out.flush()


if __name__ == "__main__":
    main()

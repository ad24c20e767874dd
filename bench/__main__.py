"""``python -m bench``: creates a separate database, measures, prints the figures and drops the database."""

import argparse
import atexit
import dataclasses
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What each page, report and process costs.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: a first look, not a measurement")
    parser.add_argument("--soak", action="store_true", help="instead: the letters and certificates of a whole cycle")
    parser.add_argument("--cycle", action="store_true", help="instead: a cycle of 1,500 applications, by its pages")
    parser.add_argument("--scale", type=int, help="instead: the pages of every day on make_load_data's rows, 1 to 100")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="with --scale: a result of --json")
    options = parser.parse_args()
    requests, times = (20, 2) if options.quick else (200, 10)

    _set_up(Path(tempfile.mkdtemp(prefix="headworks-bench-")))
    with _own_database():
        if options.scale:
            _daily(options.scale, 3 if options.quick else 9, options.compare, as_json=options.json)
        elif options.soak:
            _soak()
        elif options.cycle:
            _cycle(5 if options.quick else 30, as_json=options.json)
        else:
            _run(requests, times, as_json=options.json)


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
    """Creates a migrated database next to the configured one for this process and its children; drops it at the end."""
    from django.db import connection, connections

    usual = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"headworks_bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
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


def _run(requests: int, times: int, *, as_json: bool) -> None:
    from bench import documents, exchanging, memory, pages, recommending, report_time, tables, world

    place = world.build()
    costs = pages.measure(place, requests)
    if not as_json:
        _print(*tables.pages(costs, requests), "")
    advice = recommending.measure(times)
    if not as_json:
        _print(*tables.recommendations(advice), "")
    report = report_time.measure(place, times)
    if not as_json:
        _print(*tables.report(report, times), "")
    printed = documents.measure(place, times)
    if not as_json:
        _print(*documents.told(printed, times), "")
    exchanged = exchanging.measure(place, times)
    if not as_json:
        _print(*exchanging.told(exchanged, times), "")
    held = memory.measure(place)
    if not as_json:
        _print(*tables.memory(held))
        return
    figures: dict[str, object] = {
        "requests": requests,
        "load": os.getloadavg(),
        "pages": [dataclasses.asdict(cost) for cost in costs],
    }
    figures |= {"recommendations": [dataclasses.asdict(each) for each in advice]}
    figures |= {"report": dataclasses.asdict(report), "documents": dataclasses.asdict(printed)}
    figures |= {"exchange": dataclasses.asdict(exchanged)}
    figures |= {"memory": [dataclasses.asdict(each) for each in held]}
    _print(json.dumps(figures, indent=2))


def _daily(scale: int, requests: int, earlier: Path | None, *, as_json: bool) -> None:
    from django.core.management import call_command

    from bench import daily

    began = time.monotonic()
    call_command("make_load_data", scale=scale)
    loading = time.monotonic() - began
    found = daily.as_json(scale, loading, list(daily.measure(requests)))
    if as_json:
        _print(json.dumps(found, indent=1))
    else:
        _print(*daily.told(found, json.loads(earlier.read_text()) if earlier else None))


def _soak() -> None:
    from bench import soak, world

    _print(*soak.told(soak.measure(world.build())))


def _cycle(requests: int, *, as_json: bool) -> None:
    from bench import cycle

    walked = cycle.measure(requests)
    _print(*([json.dumps(cycle.as_json(walked), indent=1)] if as_json else cycle.told(walked)))


# The output of child processes goes to standard error, so that --json prints only JSON.
_out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def _print(*lines: str) -> None:
    _out.write("\n".join(lines) + "\n")
    _out.flush()


if __name__ == "__main__":
    main()

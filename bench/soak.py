"""``python -m bench --soak``: ten minutes of work, after which no process may hold more memory than early on.

Two worker processes make the letters and certificates of a whole cycle, as after a click, and then one report after the
other, while visitors of all roles open pages. The 814 recognized utilities are the estimate of ICR 1287.10 for its
third year.
"""

import json
import statistics
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.db import transaction

from bench import served, throughput
from bench.documents import recognized
from bench.report_time import empty_page, took
from bench.throughput import Asked
from bench.world import World
from config.management.commands.demo import beat, worker
from recognition.deciding.reports import find_documents, find_scores
from recognition.models import Recommendation
from reports.models import Report

RECOGNIZED, PROCESSES, VISITORS = 814, 2, 2
MINUTES, WARM = 10, 3  # after WARM minutes each process has done everything once
HOUR, MINUTE, MB = 3600, 60, 1024 * 1024
FLAT = 1.1  # times what was held when warm


@dataclass(frozen=True)
class Made:
    """A cycle's bundle: ``seconds`` from request to ZIP, ``ratio`` per document to the empty page."""

    documents: int
    failed: int
    seconds: float
    ratio: float
    zipped: float
    for_the_printer: int
    scores: float


@dataclass(frozen=True)
class Held:
    """Memory in MB: that of the largest process of each server, minute by minute."""

    web: list[float]
    worker: list[float]

    def grew(self) -> list[str]:
        """Returns the servers that hold more at the end than when they were warm."""
        both = {"web": self.web, "worker": self.worker}
        return [name for name, held in both.items() if held[-1] > FLAT * max(held[: WARM + 1])]


@dataclass(frozen=True)
class Soaked:
    made: Made
    reports: int  # that followed
    asked: Asked
    held: Held


class Watch:
    """Looks once a minute at what the servers hold."""

    def __init__(self, *servers: psutil.Process) -> None:
        self.servers = servers
        self.began = time.monotonic()
        self.held: tuple[list[float], ...] = tuple([] for _ in servers)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def look(self) -> None:
        if self.seconds >= len(self.held[0]) * MINUTE:
            for held, server in zip(self.held, self.servers, strict=True):
                held.append(max(map(_rss, [server, *server.children()])) / MB)


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:  # a child that Celery was just replacing
        return 0


def measure(world: World, minutes: int = MINUTES, number: int = RECOGNIZED) -> Soaked:
    """Raises RuntimeError if a report is not made within an hour."""
    with transaction.atomic():
        pks = recognized(world.cycle, number)
        Recommendation.objects.bulk_create(
            Recommendation(application_id=pk, recommends=True, reasons="It meets the criteria.") for pk in pks
        )
    port, plan = served.free_port(), throughput.roles()
    with (
        tempfile.TemporaryDirectory() as folder,
        served.running(served.web(port)) as web,
        served.running(worker(port, processes=PROCESSES)) as celery,
        served.running(beat(port)),
    ):
        served.wait(lambda: served.answers(port), "the web server")
        found = Path(folder) / "found"
        visitors = throughput.visiting(port, "Someone", plan, 0, minutes * MINUTE, VISITORS, found)
        watch = Watch(web, celery)
        for _ in range(3 * PROCESSES):  # so that each has made some by the time when it is warm
            _followed(Report.request("gap-analysis", world.complete, world.person), watch)
        made, reports = _documents(world, watch), 0
        while watch.seconds < minutes * MINUTE or visitors.poll() is None:
            _followed(Report.request("gap-analysis", world.complete, world.person), watch)
            reports += 1
        watch.look()
        asked = throughput.read(json.loads(found.with_suffix(".json").read_text()), minutes * MINUTE)
    return Soaked(made, reports, asked, Held(*watch.held))


def _documents(world: World, watch: Watch) -> Made:
    asked = find_documents(world.staff, world.cycle.pk)
    seconds = _followed(Report.request("cycle-documents", asked, world.staff), watch)
    bundle = Report.objects.latest_of("cycle-documents", world.cycle.pk)
    summary = find_scores(world.staff, world.cycle.pk)
    scores = _followed(Report.request("score-summary", summary, world.staff), watch)
    if bundle is None or bundle.file is None:
        raise RuntimeError(f"The bundle was not made: {bundle and bundle.error}")
    with zipfile.ZipFile(bundle.file.content.open("rb")) as archive:
        printed = sum(name.startswith("to print/") for name in archive.namelist())
    tally = bundle.tally
    empty = statistics.median(took(empty_page) for _ in range(10))
    ratio = seconds * 1000 / tally["made"] / empty
    return Made(tally["made"], tally["failed"], seconds, ratio, bundle.file.size / MB, printed, scores)


def _followed(report: Report, watch: Watch) -> float:
    """Waits for the report. Returns the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < HOUR:
        watch.look()
        report.refresh_from_db()
        if report.status == Report.Status.FAILED:
            raise RuntimeError(f"{report} was not made: {report.error}")
        if report.is_finished:
            return time.monotonic() - began
        time.sleep(0.5)
    raise RuntimeError(f"{report} was not made within an hour.")


def lines(soaked: Soaked) -> Iterator[str]:
    """Yields the figures as text."""
    made, asked = soaked.made, soaked.asked
    yield f"Letters and certificates of a cycle by {PROCESSES} worker processes, while visitors open pages"
    yield f"{made.documents} documents, {made.failed} could not be made; {made.for_the_printer} files to print"
    yield f"{made.seconds:.0f} s, {made.zipped:.0f} MB; {made.seconds * 1000 / made.documents:.0f} ms per document,"
    yield f"{made.ratio:.1f} × an empty page; the scores of all took {made.scores:.0f} s; {soaked.reports} more reports"
    yield f"{asked.requests} pages, {asked.failed} failed, 95th percentile {asked.p95} ms"
    yield ""
    yield f"{'minute':>6}{'web MB':>9}{'worker MB':>11}   the largest process of each"
    for minute, (web, worker_) in enumerate(zip(soaked.held.web, soaked.held.worker, strict=True)):
        yield f"{minute:>6}{web:>9.0f}{worker_:>11.0f}"
    grew = soaked.held.grew()
    yield f"GREW: {', '.join(grew)}" if grew else f"flat: at the end at most {FLAT} times what was held when warm"

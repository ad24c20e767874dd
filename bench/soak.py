"""``python -m bench --soak``: the letters and certificates of a whole cycle, made by two worker processes.

The 814 recognized utilities are the estimate of ICR 1287.10 for its third year. Documents are made as after a click.
"""

import statistics
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
from django.db import transaction
from django.utils import timezone

from bench.documents import recognized
from bench.memory import MB
from bench.report_time import empty_page, took
from bench.served import free_port, running
from bench.world import World
from config.management.commands.demo import beat, worker
from recognition.deciding.reports import find_documents, find_scores
from recognition.models import Cycle, Recommendation
from reports.models import Report

RECOGNIZED = 814
PROCESSES = 2
HOUR = 3600


@dataclass(frozen=True)
class Soaked:
    """``seconds`` from request to ZIP, ``ratio`` per document to the empty page, ``peak`` MB of any process."""

    documents: int
    failed: int
    seconds: float
    putting_together: float
    ratio: float
    peak: float
    zipped: float
    for_the_printer: int
    scores: float


def measure(world: World, number: int = RECOGNIZED) -> Soaked:
    """Makes the bundle and the score summary. Raises RuntimeError if one is not made within an hour."""
    with transaction.atomic():
        pks = recognized(number)
        Recommendation.objects.bulk_create(
            Recommendation(application_id=pk, recommends=True, reasons="It meets the criteria.") for pk in pks
        )
    cycle = Cycle.objects.get()
    port = free_port()
    with running(worker(port, processes=PROCESSES)) as celery, running(beat(port)):
        asked = find_documents(world.staff, cycle.pk)
        peak, seconds, together = _followed(Report.request("cycle-documents", asked, world.staff), celery)
        made = Report.objects.latest_of("cycle-documents", cycle.pk)
        summary = find_scores(world.staff, cycle.pk)
        _, scores, _ = _followed(Report.request("score-summary", summary, world.staff), celery)
    if made is None or made.file is None:
        raise RuntimeError(f"The bundle was not made: {made and made.error}")
    with zipfile.ZipFile(made.file.content.open("rb")) as archive:
        printed = sum(name.startswith("to print/") for name in archive.namelist())
    tally = made.tally
    empty = statistics.median(took(empty_page) for _ in range(10))
    return Soaked(
        documents=tally["made"],
        failed=tally["failed"],
        seconds=seconds,
        putting_together=together,
        ratio=seconds * 1000 / tally["made"] / empty,
        peak=peak,
        zipped=made.file.size / MB,
        for_the_printer=printed,
        scores=scores,
    )


def _followed(report: Report, celery: psutil.Process) -> tuple[float, float, float]:
    """Waits for the report. Returns the peak MB of one process, the total seconds, and those after gathering."""
    began = time.monotonic()
    gathered, peak = began, 0.0
    while time.monotonic() - began < HOUR:
        held = [process.memory_info().rss for process in (celery, *celery.children()) if process.is_running()]
        peak = max(peak, *held)
        report.refresh_from_db()
        if report.status == Report.Status.GATHERING:
            gathered = time.monotonic()
        if report.is_finished:
            if report.status == Report.Status.FAILED:
                raise RuntimeError(f"{report} was not made: {report.error}")
            ended = time.monotonic()
            return peak / MB, ended - began, ended - gathered
        time.sleep(1)
    raise RuntimeError(f"{report} was not made within an hour, at {timezone.now()}")


def told(soaked: Soaked) -> Iterator[str]:
    """Yields the figures as text."""
    yield f"Letters and certificates of a cycle, {PROCESSES} worker processes"
    yield f"{soaked.documents} documents, {soaked.failed} could not be made; {soaked.for_the_printer} files to print"
    yield f"{soaked.seconds:.0f} s, {soaked.putting_together:.0f} s of them to put together; {soaked.zipped:.0f} MB"
    yield f"{soaked.seconds * 1000 / soaked.documents:.0f} ms per document, {soaked.ratio:.1f} × an empty page"
    yield f"at most {soaked.peak:.0f} MB in one process; the scores of all took {soaked.scores:.0f} s"

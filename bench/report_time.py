"""Measures how long a report takes, compared with WeasyPrint on an empty page."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from weasyprint import HTML

from bench.world import World
from reports import kinds, rendering

NOTHING = '<!doctype html><html lang="en"><head><title>Nothing</title></head><body></body></html>'


@dataclass(frozen=True)
class ReportCost:
    """Medians in milliseconds. ``bytes`` is the PDF's size; ``ratio`` is report to empty page, both PDF/UA-1."""

    report: float
    empty: float
    bytes: int
    ratio: float


def measure(world: World, times: int) -> ReportCost:
    """Measures the report of a complete gap analysis, from row to PDF bytes, alternating with the empty page."""
    size = len(_report(world))
    empty_page()  # fonts are looked up only the first time
    report, empty = [], []
    for _ in range(times):
        report.append(took(lambda: _report(world)))
        empty.append(took(empty_page))
    of_report, of_empty = statistics.median(report), statistics.median(empty)
    return ReportCost(of_report, of_empty, size, of_report / of_empty)


def _report(world: World) -> bytes:
    kind = kinds.single("gap-analysis")
    analysis = kind.find(world.person, world.complete.pk)
    return rendering.pdf(rendering.pages(kind.template, kind.context(analysis)))


def empty_page() -> bytes:
    document = HTML(string=NOTHING).render(pdf_variant=rendering.VARIANT)
    return bytes(document.write_pdf(pdf_variant=rendering.VARIANT))


def took(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000

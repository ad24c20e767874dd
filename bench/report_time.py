"""Measures the CPU that a report takes, compared with WeasyPrint on an empty page."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from weasyprint import HTML

from assessments.sheets import sheets
from bench.world import World
from reports import kinds, rendering, word
from workflow.spreadsheets import as_workbook

KIND = kinds.single("gap-analysis")

NOTHING = '<!doctype html><html lang="en"><head><title>Nothing</title></head><body></body></html>'


@dataclass(frozen=True)
class ReportCost:
    """Medians in milliseconds: the report as PDF, Word and Excel file, and an empty page.

    ``bytes`` is the PDF's size; ``ratio`` is report to empty page, both PDF/UA-1.
    """

    report: float
    word: float
    excel: float
    empty: float
    bytes: int
    ratio: float


def measure(world: World, times: int) -> ReportCost:
    """Measures the report of a complete gap analysis, from row to PDF bytes, alternating with the empty page."""
    size = len(_report(world))
    empty_page()  # fonts are looked up only the first time
    report, in_word, in_excel, empty = [], [], [], []
    for _ in range(times):
        report.append(took(lambda: _report(world)))
        in_word.append(took(lambda: word.docx(render_to_string(KIND.template, _context(world)))))
        in_excel.append(took(lambda: as_workbook(sheets(_context(world)))))
        empty.append(took(empty_page))
    of_report, of_word, of_excel, of_empty = map(statistics.median, (report, in_word, in_excel, empty))
    return ReportCost(of_report, of_word, of_excel, of_empty, size, of_report / of_empty)


def _context(world: World) -> dict[str, Any]:
    return KIND.context(KIND.find(world.person, world.complete.pk))


def _report(world: World) -> bytes:
    return rendering.pdf(rendering.pages(KIND.template, _context(world)))


def empty_page() -> bytes:
    document = HTML(string=NOTHING).render(pdf_variant=rendering.VARIANT)
    return bytes(document.write_pdf(pdf_variant=rendering.VARIANT))


def took(work: Callable[[], object]) -> float:
    """Returns the milliseconds of this process's CPU, so that other work on the machine does not count."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000

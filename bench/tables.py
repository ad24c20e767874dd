"""Formats the figures as lines of text."""

import os
import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.cost import AIM, Cost

if TYPE_CHECKING:  # they need Django
    from bench.recommending import Recommending
    from bench.report_time import ReportCost


def pages(found: dict[str, Any], earlier: dict[str, Any] | None = None) -> Iterator[str]:
    """Yields the cost of each page; beside that of an ``earlier`` result, which may be one of fewer rows."""
    yield f"Pages at scale {found['scale']}, medians of {found['requests']} requests, CPU of web and database in"
    load = f"Load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    yield f"milliseconds; ratio: × a bare view of as many bytes. {load}"
    known = {each["name"]: Cost(**each) for each in earlier["pages"]} if earlier else {}
    heads = f"{'ratio':>7}{'limit':>7}{'web':>8}{'database':>10}{'queries':>9}{'bytes':>9}"
    yield f"{'page':<44}{heads}" + (f"   at scale {earlier['scale']}: ratio, queries, times" if earlier else "")
    costs = [Cost(**each) for each in found["pages"]]
    for cost in costs:
        yield _page(cost, known.get(cost.name))
    if times := [cost.times(known[cost.name]) for cost in costs if cost.name in known]:
        grew = sum(cost.name in known and cost.grew(known[cost.name]) for cost in costs)
        yield f"median {statistics.median(times):.2f} times; {grew} of {len(times)} GREW: over {AIM} times, or queries"


def _page(cost: Cost, before: Cost | None) -> str:
    limit = "" if cost.most is None else f"{cost.most:g}"
    figures = f"{cost.web:>8.1f}{cost.database:>10.1f}{cost.queries:>9}{cost.bytes:>9}"
    line = f"{cost.name:<44}{cost.ratio:>7.1f}{limit:>7}{figures}"
    if before:
        line += f"{before.ratio:>16.1f}{before.queries:>8}{cost.times(before):>7.2f}"
        line += "  GREW" if cost.grew(before) else ""
    return line + ("  TOO MUCH" if cost.is_too_much else "")


def recommendations(costs: list["Recommending"]) -> Iterator[str]:
    yield "Recommendations for an analysis without any covered cell, median and longest in milliseconds."
    yield ""
    for cost in costs:
        met = _said(cost.longest <= cost.aim)
        yield f"{cost.name:<40}{cost.median:>8.2f}{cost.longest:>9.2f}  ≤ {cost.aim} ms: {met}"


def report(cost: "ReportCost", times: int) -> Iterator[str]:
    yield f"Report of a complete gap analysis, median of {times}, against WeasyPrint on an empty page, both PDF/UA-1."
    yield f"{cost.report:.0f} ms, {cost.bytes} bytes; empty page {cost.empty:.1f} ms; ratio {cost.ratio:.0f}"
    yield f"as Word file {cost.word:.0f} ms, as Excel file {cost.excel:.0f} ms"


def _said(met: bool) -> str:
    return "met" if met else "MISSED"

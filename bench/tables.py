"""Formats the figures as lines of text."""

import os
from collections.abc import Iterator

from bench.memory import Held
from bench.pages import Cost
from bench.recommending import Recommending
from bench.report_time import ReportCost


def pages(costs: list[Cost], requests: int) -> Iterator[str]:
    yield f"Pages, {requests} requests each, over HTTP, served as by make demo."
    yield "Each took turns with a bare view that returns as many bytes, and with session and user alone: the two ratios"
    yield f"are of medians. Load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    yield ""
    heads = f"{'median ms':>10}{'p95 ms':>9}{'queries':>9}{'bytes':>9}{'bare ms':>9}{'to bare':>9}{'to user':>9}"
    yield f"{'page':<32}{heads}  aim"
    for cost in costs:
        figures = f"{cost.median:>10.2f}{cost.p95:>9.2f}{cost.queries:>9}{cost.bytes:>9}{cost.bare:>9.2f}"
        yield f"{cost.name:<32}{figures}{cost.ratio:>9.1f}{cost.to_session:>9.1f}  {_aim(cost)}"


def _aim(cost: Cost) -> str:
    aims, met = [], True
    if cost.aim_ratio is not None:
        aims.append(f"≤ {cost.aim_ratio:g} ×")
        met &= cost.ratio <= cost.aim_ratio
    if cost.aim_queries is not None:
        aims.append(f"≤ {cost.aim_queries} queries")
        met &= cost.queries <= cost.aim_queries
    if cost.aim_ms is not None:
        aims.append(f"≤ {cost.aim_ms} ms")
        met &= cost.median <= cost.aim_ms
    return f"{', '.join(aims)}: {_said(met)}" if aims else ""


def recommendations(costs: list[Recommending]) -> Iterator[str]:
    yield "Recommendations for an analysis without any covered cell, median and longest in milliseconds."
    yield ""
    for cost in costs:
        met = _said(cost.longest <= cost.aim)
        yield f"{cost.name:<40}{cost.median:>8.2f}{cost.longest:>9.2f}  ≤ {cost.aim} ms: {met}"


def report(cost: ReportCost, times: int) -> Iterator[str]:
    yield f"Report of a complete gap analysis, median of {times}, against WeasyPrint on an empty page, both PDF/UA-1."
    yield f"{cost.report:.0f} ms, {cost.bytes} bytes; empty page {cost.empty:.1f} ms; ratio {cost.ratio:.0f}"
    yield f"as Word file {cost.word:.0f} ms, as Excel file {cost.excel:.0f} ms"


def memory(held: list[Held]) -> Iterator[str]:
    yield "Resident memory after every page was asked for 20 times and one report was made."
    yield ""
    yield f"{'process':<32}{'RSS MB':>10}{'PSS MB':>9}  aim"
    for each in held:
        pss = "?" if each.pss is None else f"{each.pss:.0f}"
        yield f"{each.process:<32}{each.rss:>10.0f}{pss:>9}  ≤ {each.aim} RSS: {_said(each.rss <= each.aim)}"


def _said(met: bool) -> str:
    return "met" if met else "MISSED"

"""Measures how long 300 actions take out to an Excel file and in again: each changed, and as many new ones."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from django.db import transaction

from bench.report_time import took
from bench.world import World
from ims import registers
from ims.exchange import RecordExchange
from workflow.exchange.planning import carry_out, planned
from workflow.exchange.workbook import written


@dataclass(frozen=True)
class ExchangeCost:
    """Medians in milliseconds."""

    rows: int
    out: float
    preview: float
    change: float
    add: float


def measure(world: World, times: int) -> ExchangeCost:
    register, utility = registers.get("actions"), world.complete.utility

    def exchange() -> RecordExchange:
        return RecordExchange(register, utility, world.person)

    def save(content: bytes) -> None:
        with transaction.atomic():
            carry_out(exchange(), content, planned(exchange(), content).token, over=[], by=world.person)
            transaction.set_rollback(True)

    content = written(exchange())
    changed, new = _retitled(content), _retitled(content, as_new=True)
    steps = (
        lambda: written(exchange()),
        lambda: planned(exchange(), changed),
        lambda: save(changed),
        lambda: save(new),
    )
    out, preview, change, add = (statistics.median(took(step) for _ in range(times)) for step in steps)
    return ExchangeCost(len(exchange().rows), out, preview, change, add)


def _retitled(content: bytes, *, as_new: bool = False) -> bytes:
    """Returns the file after a person changed each title, or entered each row as a new one."""
    from openpyxl import load_workbook

    book, made = load_workbook(BytesIO(content)), BytesIO()
    names = {cell.value: cell.column for cell in book["Rows"][1]}
    kept = [column for heading, column in names.items() if heading in ("Title", "Due", "Owner")]
    for line in book["Rows"].iter_rows(min_row=2):
        line[names["Title"] - 1].value = f"{line[names['Title'] - 1].value}, changed"
        if as_new:
            for cell in line:
                cell.value = cell.value if cell.column in kept else None
    book.save(made)
    return made.getvalue()


def lines(cost: ExchangeCost, times: int) -> Iterator[str]:
    """Yields the figures as text."""
    yield f"{cost.rows} actions in Excel, medians of {times}"
    yield f"out {cost.out:.0f} ms, preview of as many changes {cost.preview:.0f} ms"
    yield f"all changed {cost.change:.0f} ms, as many added {cost.add:.0f} ms"

"""Measures how long a letter and a certificate take, compared with WeasyPrint on an empty page."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils import timezone

from bench.report_time import empty_page, took
from bench.world import World
from recognition.models import Application, Cycle, Decision, Recognition
from reports import kinds, rendering

KINDS = ("recognition-letter", "certificate")


@dataclass(frozen=True)
class DocumentCost:
    """Medians in milliseconds. ``ratio`` is the mean of both documents to the empty page. All are PDF/UA-1."""

    letter: float
    certificate: float
    empty: float
    ratio: float


def measure(world: World, times: int) -> DocumentCost:
    """Measures ``times`` recognized utilities, from row to PDF bytes, alternating with the empty page."""
    with transaction.atomic():
        pks = recognized(world.cycle, times)
        for name in KINDS:  # fonts are looked up only the first time
            _made(world, name, pks[0])
        letter, certificate, empty = [], [], []
        for pk in pks:
            letter.append(took(partial(_made, world, "recognition-letter", pk)))
            certificate.append(took(partial(_made, world, "certificate", pk)))
            empty.append(took(empty_page))
        transaction.set_rollback(True)  # the next measurements need the original rows
    of_letter, of_certificate, of_empty = map(statistics.median, (letter, certificate, empty))
    return DocumentCost(of_letter, of_certificate, of_empty, (of_letter + of_certificate) / 2 / of_empty)


def recognized(cycle: Cycle, number: int) -> list[int]:
    """Returns the keys of ``number`` of its applications, as the release of their decisions would leave them."""
    cycle.signatory_name, cycle.signatory_title = "Dana Whitfield", "Director"
    cycle.letterhead = "Office of Water\n1200 River Avenue"
    cycle.save(update_fields=["signatory_name", "signatory_title", "letterhead"])
    waiting = cycle.applications.filter(status=Application.Status.PANEL)
    rows = list(waiting.select_related("cycle", "utility")[:number])
    for row in rows:
        subject, body = row.rendered(
            "recognized",
        )
        letter = {"subject": subject, "body": body, "released_at": timezone.now()}
        Decision.objects.create(application=row, recognize=True, recommended=True, **letter)
        Application.objects.filter(pk=row.pk).update(status=Application.Status.RECOGNIZED)
        Recognition.issue(row)
    return [row.pk for row in rows]


def _made(world: World, name: str, pk: int) -> bytes:
    kind = kinds.single(name)
    return rendering.pdf(rendering.pages(kind.template, kind.context(kind.find(world.staff, pk))))


def lines(cost: DocumentCost, times: int) -> Iterator[str]:
    """Yields the figures as text."""
    yield f"Letter and certificate, medians of {times}, against WeasyPrint on an empty page, all PDF/UA-1."
    yield f"letter {cost.letter:.0f} ms, certificate {cost.certificate:.0f} ms; empty page {cost.empty:.1f} ms"
    yield f"ratio per document {cost.ratio:.0f}"

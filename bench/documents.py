"""How long a letter and a certificate take, against WeasyPrint on a page with nothing on it."""

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
    """Medians, in milliseconds; ``ratio`` is of one document, the mean of the two, to the empty page, all PDF/UA-1."""

    letter: float
    certificate: float
    empty: float
    ratio: float


def measure(world: World, times: int) -> DocumentCost:
    """For ``times`` recognized utilities, each from its row to the bytes of its PDFs, in turn with the empty page."""
    with transaction.atomic():
        pks = recognized(times)
        for name in KINDS:  # fonts are looked up once
            _made(world, name, pks[0])
        letter, certificate, empty = [], [], []
        for pk in pks:
            letter.append(took(partial(_made, world, "recognition-letter", pk)))
            certificate.append(took(partial(_made, world, "certificate", pk)))
            empty.append(took(empty_page))
        transaction.set_rollback(True)  # what is measured next finds the world as it was
    of_letter, of_certificate, ofempty_page = map(statistics.median, (letter, certificate, empty))
    return DocumentCost(of_letter, of_certificate, ofempty_page, (of_letter + of_certificate) / 2 / ofempty_page)


def recognized(number: int) -> list[int]:
    """As the release of their decisions would leave them."""
    Cycle.objects.update(
        signatory_name="Dana Whitfield", signatory_title="Director", letterhead="Office of Water\n1200 River Avenue"
    )
    rows = list(Application.objects.filter(status=Application.Status.PANEL).select_related("cycle", "utility")[:number])
    for row in rows:
        subject, body = row.rendered(
            "recognized",
        )
        told = {"subject": subject, "body": body, "released_at": timezone.now()}
        Decision.objects.create(application=row, recognize=True, recommended=True, **told)
        Application.objects.filter(pk=row.pk).update(status=Application.Status.RECOGNIZED)
        Recognition.issue(row)
    return [row.pk for row in rows]


def _made(world: World, name: str, pk: int) -> bytes:
    kind = kinds.single(name)
    return rendering.pdf(rendering.pages(kind.template, kind.context(kind.find(world.staff, pk))))


def told(cost: DocumentCost, times: int) -> Iterator[str]:
    """For a person to read."""
    yield f"Letter and certificate, medians of {times}, against WeasyPrint on an empty page, all PDF/UA-1."
    yield f"letter {cost.letter:.0f} ms, certificate {cost.certificate:.0f} ms; empty page {cost.empty:.1f} ms"
    yield f"ratio per document {cost.ratio:.0f}"

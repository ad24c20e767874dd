"""Registers the kinds of report about applications and cycles: who may request each, and the name of its file."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.text import slugify

from accounts.models import User
from recognition.deciding import documents
from recognition.deciding.documents import Asked, AskedCycle
from recognition.models import Application, Cycle
from recognition.rights import Act, Rights, offered
from reports.kinds import Bundle, Kind, Part, register

Status = Application.Status


def _asked(user: User, pk: int, act: Act, **more: Any) -> Asked | None:
    """Returns the application and its rights, or None if ``user`` can't see it or may not do ``act``."""
    rows = Application.objects.visible_to(user).select_related("cycle__edition", "decision", "recognition")
    application = rows.filter(pk=pk, **more).first()
    if application is None:
        return None
    rights = Rights(user, application)
    return Asked(application, rights) if rights.may(act) else None


def find_letter(user: User, pk: int) -> Asked | None:
    return _asked(user, pk, Act.GET_LETTER, status=Status.RECOGNIZED)


def find_non_recognition_letter(user: User, pk: int) -> Asked | None:
    return _asked(user, pk, Act.GET_LETTER, status=Status.NOT_RECOGNIZED)


def find_certificate(user: User, pk: int) -> Asked | None:
    return _asked(
        user, pk, Act.GET_LETTER, status=Status.RECOGNIZED, recognition__isnull=False, recognition__revoked_at=None
    )


def find_packet(user: User, pk: int) -> Asked | None:
    return _asked(user, pk, Act.READ_TEXT, pk__in=Application.objects.exclude(submissions=None).values("pk"))


def _asked_cycle(user: User, pk: int, act: Act) -> AskedCycle | None:
    cycle = Cycle.objects.select_related("edition").filter(pk=pk).first() if offered(user, act) else None
    return AskedCycle(cycle, user) if cycle else None


def find_scores(user: User, pk: int) -> AskedCycle | None:
    return _asked_cycle(user, pk, Act.SEE_SCORES)


def find_documents(user: User, pk: int) -> AskedCycle | None:
    return _asked_cycle(user, pk, Act.NOTIFY)


def parts(asked: AskedCycle) -> list[Part]:
    """Returns the letters of all released outcomes, then the valid certificates, each by utility name."""
    shown, _ = documents.of_others(asked, Application.OUTCOME)
    rows = list(shown.select_related("recognition"))
    recognized = [row for row in rows if row.status == Status.RECOGNIZED]
    turned_down = [row for row in rows if row.status == Status.NOT_RECOGNIZED]
    valid = [row for row in recognized if not row.recognition.revoked_at]
    return [
        *_parts("recognition-letter", "letters", recognized),
        *_parts("non-recognition-letter", "letters-not-recognized", turned_down),
        *_parts("certificate", "certificates", valid),
    ]


def _parts(kind: str, folder: str, rows: Iterable[Application]) -> Iterator[Part]:
    for row in rows:
        yield Part(kind, row.pk, folder, row.utility.name)


def _named(asked: Asked, what: str) -> str:
    """Returns a file name. Its key keeps it unique for utilities with equal names or names without Latin letters."""
    return f"{what}-{slugify(asked.application.applicant)[:60]}-{asked.pk}".replace("--", "-")


def _kind(name: str, label: str, find: Any, context: Any, template: str) -> Kind:
    """Returns a kind of report about one application."""
    return Kind(
        name=name,
        label=label,
        template=f"recognition/deciding/reports/{template}.html",
        find=find,
        title=lambda asked: f"{label}: {asked.application}",
        filename=lambda asked: _named(asked, name),
        context=context,
    )


register(_kind("recognition-letter", "Recognition letter", find_letter, documents.letter, "letter"))
register(
    _kind(
        "non-recognition-letter",
        "Letter of non-recognition",
        find_non_recognition_letter,
        documents.letter,
        "letter",
    )
)
register(_kind("certificate", "Certificate", find_certificate, documents.certificate, "certificate"))
register(_kind("application-packet", "Application packet", find_packet, documents.packet, "packet"))
register(
    Kind(
        name="score-summary",
        label="Scores",
        template="recognition/deciding/reports/scores.html",
        find=find_scores,
        title=lambda asked: f"Scores: {asked.cycle}",
        filename=lambda asked: f"scores-{slugify(asked.cycle.title)[:80]}",
        context=documents.scores,
    )
)
register(
    Bundle(
        name="cycle-documents",
        label="Letters and certificates",
        find=find_documents,
        title=lambda asked: f"Letters and certificates: {asked.cycle}",
        filename=lambda asked: f"letters-and-certificates-{slugify(asked.cycle.title)[:80]}",
        parts=parts,
    )
)

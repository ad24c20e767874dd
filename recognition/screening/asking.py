"""Asks ECHO about the numbers of one application, and stores one answer a day for each, with how it was read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import DataError, transaction
from django.utils import timezone

from accounts.zones import site_today
from echo import reading
from echo.reading import Reading
from recognition.models import Application, EchoAnswer
from recognition.screening.numbers import applicants
from workflow import queue

if TYPE_CHECKING:
    from echo.client import Echo

ASK_LIMIT = 15 * 60  # seconds for all numbers of one application
REPORT = "https://echo.epa.gov/detailed-facility-report?fid="
NOT_ASKED = "Not queried: ECHO did not respond for another number."
NOT_KEPT = "The response has characters that can’t be stored."


def request(application: Application) -> bool:
    """Queues a task that asks ECHO, unless one is under way. Returns False if the broker is unavailable."""
    if not cache.add(_mark(application), timezone.now(), ASK_LIMIT + 60):
        return True
    sent = queue.send("recognition.tasks.ask_echo", application.pk)
    if not sent:
        cache.delete(_mark(application))
    return sent


def _mark(application: Application) -> str:
    """Returns the cache key of the time when asking began. The entry expires by itself if the worker dies."""
    return f"echo-asked-{application.pk}"


def ask(application: Application) -> None:
    """Asks about each number that ECHO has not answered about today."""
    from echo.client import Echo, Unreachable  # imported here because web processes need no HTTP client

    numbers = _numbers(application)
    answered = EchoAnswer.objects.filter(identifier__in=numbers, day=site_today()).exclude(raw={})
    done = set(answered.values_list("identifier", flat=True))
    away = False
    try:
        with Echo() as echo:
            for number, services in numbers.items():
                if number in done or not services:
                    continue
                if away:
                    _keep(number, services[0], {}, reading.unknown(NOT_ASKED))
                    continue
                try:
                    _keep(number, *about(echo, number, services))
                except Unreachable as error:
                    _keep(number, services[0], {}, reading.unknown(str(error)))
                    away = True
    finally:
        cache.delete(_mark(application))


def about(echo: "Echo", number: str, services: tuple[str, ...]) -> tuple[str, Any, Reading]:
    """Returns the service that answered, the raw answer, and how it is read. Raises Unreachable."""
    from echo.client import NoAnswer, Unreachable

    service, raw, read = services[0], {}, reading.unknown("")
    for service in services:
        try:
            raw = echo.permit(number) if service == reading.CWA else echo.system(number)
        except Unreachable:
            raise
        except NoAnswer as error:
            return service, {}, reading.unknown(str(error))
        read = reading.answer(raw, number, service)
        if read.error != reading.NOT_KNOWN:  # otherwise the other service may know it
            break
    return service, raw, read


def _keep(number: str, service: str, raw: Any, read: Reading) -> None:
    values = {
        "service": service,
        "verdict": read.verdict,
        "findings": read.findings,
        "error": read.error,
        "raw": raw,
        "asked_at": timezone.now(),
    }
    try:
        with transaction.atomic():
            EchoAnswer.objects.update_or_create(identifier=number, day=site_today(), defaults=values)
    except DataError:  # JSON may contain characters that PostgreSQL can't store
        if not raw:
            raise
        _keep(number, service, {}, reading.unknown(NOT_KEPT))


def _numbers(application: Application) -> dict[str, tuple[str, ...]]:
    found = next(applicants(Application.objects.filter(pk=application.pk)), None)
    return found.numbers if found else {}


# --- What the page shows ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One number with ECHO's last answer. ``report`` is the URL of its public report, ``source`` the raw answer."""

    number: str
    answer: EchoAnswer | None
    is_asked: bool  # whether ECHO can be asked about it
    report: str
    source: str


@dataclass(frozen=True)
class Panel:
    lines: list[Line]
    since: datetime | None  # when asking began, while it is under way

    @property
    def seen(self) -> str:
        """Changes whenever the page has something new to say."""
        moments = [line.answer.asked_at.isoformat() for line in self.lines if line.answer]
        return f"{self.since or ''}-{len(moments)}-{max(moments, default='')}"

    @property
    def is_open(self) -> bool:
        """Whether there is a number that ECHO has not answered about today."""
        today = site_today()
        return any(
            line.is_asked and not (line.answer and line.answer.day == today and line.answer.raw) for line in self.lines
        )


def panel(application: Application) -> Panel:
    return Panel(list(_lines(application)), cache.get(_mark(application)))


def _lines(application: Application) -> Iterator[Line]:
    numbers = _numbers(application)
    answers = {each.identifier: each for each in EchoAnswer.objects.filter(identifier__in=numbers).order_by("day")}
    for number, services in numbers.items():
        answer = answers.get(number)
        raw = answer.raw if answer else {}
        source = json.dumps(raw, indent=2, ensure_ascii=False) if raw else ""
        report = REPORT + (reading.registry_id(raw) or number) if services else ""
        yield Line(number, answer, bool(services), report, source)

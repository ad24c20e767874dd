"""Checks a cycle's applications against ECHO's weekly files: a finding for each number and file that may cover it."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from echo import bulk, reading
from echo.bulk import BrokenFile, Extract, File, Heard
from echo.reading import Reading
from echo.weekly import Period
from recognition.models import Application, Cycle, Screening, ScreeningFinding
from recognition.screening.numbers import Applicant, applicants
from workflow.models import WrongState

logger = logging.getLogger(__name__)

TELL_SECONDS = 1.0  # minimum time between two writes of the progress
RAW_ROWS = 50  # maximum number of rows stored with a finding

ERROR_INTERNAL = "Something went wrong. Site administrators can find the details in the log under number {}."
ERROR_TIMED_OUT = "It was stopped because it was not finished after six hours."
ERROR_NOTHING_READ = (
    "None of ECHO’s files could be read. See the list of files for the reasons. Earlier findings are unchanged."
)
NO_NUMBER = "The application lists no permit or system number."


def run(screening: Screening, folder: Path | None = None) -> None:
    """Runs it with the files in ``folder``, else with downloaded ones, and records the outcome on its row."""
    try:
        screening.start()
        _screen(screening, folder)
    except WrongState as elsewhere:
        logger.info("screening %s is not this worker's: %s", screening.pk, elsewhere)
    except (OperationalError, InterfaceError):
        raise  # without the database nothing can be recorded; the sweep fails it later
    except SoftTimeLimitExceeded:
        logger.exception("screening %s took too long", screening.pk)
        screening.fail(ERROR_TIMED_OUT)
    except Exception:
        logger.exception("screening %s broke", screening.pk)
        screening.fail(ERROR_INTERNAL.format(screening.pk))


def _screen(screening: Screening, folder: Path | None) -> None:
    """Raises WrongState if it was given up meanwhile."""
    period = Period(timezone.localdate())
    screened = under_review(screening.cycle)
    wanted: dict[str, set[str]] = {reading.CWA: set(), reading.SDWA: set()}
    for applicant in screened:
        for number, services in applicant.numbers.items():
            for service in services:
                wanted[service].add(number)
    meter = Meter(screening, steps=len(bulk.FILES) + (0 if folder else len(bulk.ARCHIVES)))
    outcomes = [each for name in bulk.ARCHIVES for each in _of_archive(name, folder, wanted, period, meter)]
    files = [outcome.as_json for outcome in outcomes]
    if all(outcome.error for outcome in outcomes):
        screening.fail(ERROR_NOTHING_READ, files=files)
        return
    meter.step("Saving the findings")
    findings = [
        ScreeningFinding(screening=screening, application_id=applicant.pk, **each)
        for applicant in screened
        for each in findings_of(applicant, outcomes, period)
    ]
    screening.finish(findings, files, meter.rows)


def under_review(cycle: Cycle) -> list[Applicant]:
    return list(applicants(Application.objects.under_review().filter(cycle=cycle)))


@dataclass
class Outcome:
    """The result of one file: its extract, or why there is none."""

    file: File
    extract: Extract | None = None
    error: str = ""

    @property
    def as_json(self) -> dict[str, Any]:
        """What the screening's row stores for the page."""
        found: dict[str, Any] = {"name": self.file.name, "archive": self.file.archive, "error": self.error}
        if self.extract:
            found |= {"rows": self.extract.rows, "refused": self.extract.refused, "date": str(self.extract.made)}
        return found

    def reading(self, service: str, number: str, period: Period) -> Reading:
        if self.extract is None:
            return reading.unknown(f"The file could not be read: {self.error}")
        return self.extract.reading(service, number, period)

    def rows(self, service: str, number: str) -> list[Any]:
        kept = self.extract and self.extract.kept.get((service, number))
        return [dict(row) for row in kept.rows[:RAW_ROWS]] if kept else []

    def has(self, service: str, number: str) -> bool:
        return self.extract is not None and (service, number) in self.extract.kept


def _of_archive(
    name: str, folder: Path | None, wanted: dict[str, set[str]], period: Period, meter: "Meter"
) -> Iterator[Outcome]:
    files = [file for file in bulk.FILES if file.archive == name]
    if not folder:
        meter.step(f"Downloading {name}")
    try:
        with bulk.archive(name, folder, meter.heard) as path:
            for file in files:
                meter.step(f"Reading {file.name}")
                yield _of_file(path, file, wanted, period, meter.heard)
    except BrokenFile as error:
        for file in files:
            yield Outcome(file, error=str(error))


def _of_file(path: Path, file: File, wanted: dict[str, set[str]], period: Period, heard: Heard) -> Outcome:
    try:
        return Outcome(file, bulk.extract(path, file, wanted, period, heard))
    except BrokenFile as error:
        return Outcome(file, error=str(error))


def findings_of(applicant: Applicant, outcomes: list[Outcome], period: Period) -> Iterator[dict[str, Any]]:
    """Yields the fields of an applicant's findings: each of its numbers in each file that may cover it."""
    if not applicant.numbers:
        yield _finding("", "", reading.unknown(NO_NUMBER), [])
    odd = {number[:12] for number, services in applicant.numbers.items() if not services}
    for shortened in sorted(odd):  # the column has 12 characters
        yield _finding(shortened, "", reading.unknown("Not a valid number."), [])
    for number, services in applicant.numbers.items():
        for service in _services(number, services, outcomes):
            for outcome in outcomes:
                if service in outcome.file.keys:
                    read = outcome.reading(service, number, period)
                    yield _finding(number, outcome.file.name, read, outcome.rows(service, number))


def _services(number: str, services: tuple[str, ...], outcomes: list[Outcome]) -> tuple[str, ...]:
    """Returns the one service to use: the first whose files have the number, else the likeliest."""
    known = [service for service in services if any(outcome.has(service, number) for outcome in outcomes)]
    return tuple(known[:1] or services[:1])


def _finding(number: str, file: str, read: Reading, rows: list[Any]) -> dict[str, Any]:
    lines = [*([read.error] if read.error else []), *read.findings]
    return {"identifier": number, "file": file, "verdict": read.verdict, "findings": lines, "raw": rows}


@dataclass
class Meter:
    """The progress of a screening, written to its row from time to time. Each download and each file is one step."""

    screening: Screening
    steps: int
    done: int = -1
    doing: str = ""
    rows: int = 0
    in_step: int = 0
    told_at: float = field(default=float("-inf"))

    def step(self, doing: str) -> None:
        self.done, self.doing = self.done + 1, doing
        self.rows, self.in_step = self.rows + self.in_step, 0
        self._tell(0)

    def heard(self, fraction: float, rows: int) -> None:
        """Updates the progress: ``fraction`` of this step's bytes and ``rows`` of its rows are read."""
        self.in_step = rows
        if time.monotonic() - self.told_at >= TELL_SECONDS:
            self._tell(min(fraction, 1))

    def _tell(self, fraction: float) -> None:
        self.told_at = time.monotonic()
        progress = min(int(100 * (self.done + fraction) / self.steps), 99)
        self.screening.report_progress(self.doing, progress, self.rows + self.in_step)

"""Makes reports, and recovers those whose worker or message was lost."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_ready
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.template.loader import render_to_string
from django.utils import timezone

from files.models import StoredFile
from reports import archives, bundles, kinds, rendering, zips
from reports.kinds import FileType
from reports.models import HEARTBEAT, MAX_SECONDS, Report
from workflow.models import WrongState
from workflow.spreadsheets import as_workbook

logger = logging.getLogger(__name__)

ERROR_INTERNAL = (
    "Something went wrong while the report was being created. "
    "Site administrators can find the details in the log under report number {}."
)
ERROR_TIMED_OUT = "It was stopped because it was not finished after {} minutes."
ERROR_SUBJECT_GONE = "The data for this report was deleted or you no longer have access to it."


@shared_task(acks_late=True, soft_time_limit=MAX_SECONDS, time_limit=MAX_SECONDS + 60)
def make(report_id: int) -> None:
    """Makes the report, unless another worker is making it or it is finished. Safe to run twice."""
    report = Report.objects.select_related("requested_by").filter(pk=report_id).first()
    if report is None:
        return
    try:
        report.start()
        with _kept_alive(report):
            _make(report)
    except WrongState as elsewhere:
        logger.info("report %s is not this worker's: %s", report_id, elsewhere)
    if report.parent_id:  # perhaps the bundle's last part; if this worker dies here, the sweeper resumes the bundle
        Report.objects.filter(pk=report.parent_id).gathered().resume()


def _make(report: Report) -> None:
    """Renders and stores ``report``, or records why that failed. Raises WrongState if the lease was lost."""
    try:
        kind = kinds.get(report.kind)
        subject = kind.find(report.requested_by, report.object_id)
        if subject is None:
            report.fail(ERROR_SUBJECT_GONE)
            return
        if isinstance(kind, kinds.Bundle):
            _make_bundle(report, kind, subject)
        elif isinstance(kind, kinds.Packed):
            _finish(report, _packed(report, kind, subject))
        else:
            made_as = FileType(report.file_type)
            with timezone.override(report.requested_by.zone):
                file = _made(report, kind, subject, made_as)
            _finish(report, file)
    except (WrongState, OperationalError, InterfaceError):
        raise  # without the database nothing can be recorded: the lease expires and the sweeper requeues it
    except SoftTimeLimitExceeded:
        logger.exception("report %s took too long", report.pk)
        report.fail(ERROR_TIMED_OUT.format(report.max_seconds // 60))
    except Exception:
        logger.exception("report %s broke", report.pk)
        report.fail(ERROR_INTERNAL.format(report.pk))


def _made(report: Report, kind: kinds.Kind, subject: Any, made_as: FileType) -> StoredFile:
    name = kind.filename(subject)[:200]
    report.report_progress(5, "Collecting the data")
    if made_as == FileType.ZIP:
        return archives.pack(report, kind, subject, name)
    data = _rendered(report, kind, kind.context(subject), made_as)
    return StoredFile.keep_made(f"{name}.{made_as}", made_as.content_type, data, by=report.requested_by)


def _rendered(report: Report, kind: kinds.Kind, context: dict[str, Any], made_as: FileType) -> bytes:
    if made_as == FileType.DOCX:
        from reports import word  # imported here because most workers never need python-docx

        report.report_progress(30, "Creating the Word document")
        return word.docx(render_to_string(kind.template, context))
    if made_as == FileType.XLSX and kind.sheets:
        report.report_progress(30, "Creating the Excel file")
        return as_workbook(kind.sheets(context))
    report.report_progress(30, "Laying out pages")
    pages = rendering.pages(kind.template, context)
    report.report_progress(80, "Creating the PDF")
    return rendering.pdf(pages)


def _packed(report: Report, kind: kinds.Packed, subject: Any) -> StoredFile:
    def write(path: Path) -> None:
        with timezone.override(report.requested_by.zone):
            kind.write(subject, report.requested_by, path, report.report_progress)

    return zips.stored(report, kind.filename(subject)[:200], write)


def _make_bundle(report: Report, bundle: kinds.Bundle, subject: Any) -> None:
    """Requests the unfinished parts or, if all are finished, puts them together."""
    report.report_progress(0, "Preparing the documents")
    bundles.sync_parts(report, bundle.parts(subject))
    if report.parts.unfinished().exists():
        report.gather()
        report.parts.unsent().publish()
        Report.objects.filter(pk=report.pk).gathered().resume()  # if all parts have finished by now
        return
    try:
        file = bundles.put_together(report, bundle.filename(subject)[:200])
    except bundles.NothingMade as nothing:
        report.fail(str(nothing))
    else:
        _finish(report, file)


def _finish(report: Report, file: StoredFile) -> None:
    try:
        report.finish(file)
    except WrongState:
        file.discard()  # another worker makes the report
        raise


@contextmanager
def _kept_alive(report: Report) -> Iterator[None]:
    """Renews the lease at every heartbeat, in a thread, until the work is done or the lease is lost."""
    done = threading.Event()

    def beat() -> None:
        try:
            while not done.wait(HEARTBEAT.total_seconds()):
                try:
                    if not report.heartbeat():
                        return
                except DatabaseError:
                    logger.warning("no heartbeat for report %s: the database is away", report.pk)
                    connection.close()  # the next beat opens another
        finally:
            connection.close()  # each thread has its own

    thread = threading.Thread(target=beat, name=f"heartbeat of report {report.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@shared_task
def sweep() -> None:
    """Requeues abandoned reports, resumes bundles whose parts are finished, and sends requests that were not sent."""
    Report.objects.abandoned().requeue()
    Report.objects.gathered().resume()
    Report.objects.unsent().publish()


@worker_ready.connect
def sweep_at_once(**_: Any) -> None:
    """Sweeps when a worker starts, instead of waiting for beat's next run."""
    sweep.delay()


@shared_task
def delete_expired() -> None:
    Report.objects.expired().discard()

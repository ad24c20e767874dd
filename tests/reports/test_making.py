"""What the task does: a PDF, or a calm word why not; never a file too many."""

import logging
import threading
from datetime import timedelta
from io import BytesIO

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import Membership, Utility
from files.models import StoredFile
from reports import rendering, tasks
from reports.models import Report
from tests.reports import slow_kind
from tests.word import letters, text_of_document


def made(report: Report) -> Report:
    tasks.make(report.pk)
    report.refresh_from_db()
    return report


def test_a_report_becomes_a_pdf(report, viewer):
    made(report)
    assert (report.status, report.progress, report.doing, report.lease != "") == ("done", 100, "", True)
    assert report.file.name == "Test report Riverbend Water and Sewer.pdf"
    assert (report.file.content_type, report.file.kept_by) == ("application/pdf", viewer)
    with report.file.content.open() as content:
        data = content.read()
    assert len(data) == report.file.size
    catalog = PdfReader(BytesIO(data)).root_object
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    assert catalog["/MarkInfo"]["/Marked"]


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_a_report_becomes_a_word_document(kind, utility, viewer, no_broker):
    kind(in_word=True)
    report = made(Report.request(slow_kind.NAME, utility, viewer, "docx"))
    assert (report.status, report.format) == ("done", "Word")
    assert (report.file.name, report.file.content_type) == ("Test report Riverbend Water and Sewer.docx", WORD)
    with report.file.content.open() as content:
        assert text_of_document(content.read()) == letters(f"{utility}All is well.")


def test_a_report_becomes_an_excel_file(kind, utility, viewer, no_broker):
    kind(sheets=lambda context: {"Words": [["Utility", "Words"], [context["utility"].name, context["words"]]]})
    report = made(Report.request(slow_kind.NAME, utility, viewer, "xlsx"))
    assert (report.status, report.format) == ("done", "Excel")
    assert (report.file.name, report.file.content_type) == ("Test report Riverbend Water and Sewer.xlsx", EXCEL)
    with report.file.content.open() as content:
        [sheet] = load_workbook(content).worksheets
    assert list(sheet.values) == [("Utility", "Words"), (utility.name, "All is well.")]


def test_the_waiting_person_is_told_each_step(report, kind, monkeypatch):
    steps = []
    heartbeat = Report.heartbeat

    def listen(self, progress=None, doing=None):
        steps.append((progress, doing))
        return heartbeat(self, progress, doing)

    monkeypatch.setattr(Report, "heartbeat", listen)
    made(report)
    assert steps == [(5, "Collecting the data"), (30, "Laying out pages"), (80, "Creating the PDF")]


def test_times_are_in_the_zone_of_the_person_who_asked(report, utility, kind, monkeypatch):
    Utility.objects.update(state="GU")
    zones, pages = [], rendering.pages
    monkeypatch.setattr(
        rendering, "pages", lambda *given: zones.append(timezone.get_current_timezone_name()) or pages(*given)
    )
    made(report)
    assert zones == ["Pacific/Guam"]


def test_the_second_message_for_one_request_does_nothing(report):
    made(report)
    made(report)
    assert StoredFile.objects.count() == 1
    assert report.attempts == 1


def test_a_report_deleted_before_its_turn(report):
    pk = report.pk
    report.discard()
    tasks.make(pk)
    assert not StoredFile.objects.exists()


def test_html_in_a_text_is_text(report, kind, utility):
    words = "<img src='http://example.org/x.png'><b>bold</b>"
    pages = rendering.pages("test_report.html", {"utility": utility, "words": words})
    data = rendering.pdf(pages)
    assert "<b>bold</b>" in PdfReader(BytesIO(data)).pages[0].extract_text()


def test_what_breaks_is_logged_and_said_calmly(report, kind, caplog):
    def broken(subject):
        raise ZeroDivisionError("secret detail")

    kind(context=broken)
    with caplog.at_level(logging.ERROR):
        made(report)
    assert report.status == "failed"
    assert f"report number {report.pk}" in report.error
    assert "secret" not in report.error
    assert "secret detail" in caplog.text
    assert report.attempts == 1  # not started again by itself


def test_a_report_that_takes_too_long_is_stopped(report, kind):
    def endless(subject):
        raise SoftTimeLimitExceeded

    kind(context=endless)
    assert (made(report).status, report.error) == ("failed", tasks.ERROR_TIMED_OUT.format(10))


def test_who_lost_access_gets_no_report(report, viewer):
    Membership.objects.filter(user=viewer).delete()
    assert (made(report).status, report.error) == ("failed", tasks.ERROR_SUBJECT_GONE)
    assert not StoredFile.objects.exists()


def test_a_kind_that_is_no_more(report):
    Report.objects.update(kind="forgotten")
    assert made(report).status == "failed"


def test_a_database_that_goes_away_leaves_it_to_the_sweeper(report, kind):
    def gone(subject):
        raise OperationalError("server closed the connection")

    kind(context=gone)
    with pytest.raises(OperationalError):
        tasks.make(report.pk)
    report.refresh_from_db()
    assert report.status == "running"


@pytest.mark.parametrize("moment", ["a step", "the end"])
def test_a_lost_lease_leaves_no_file(report, kind, silent, monkeypatch, moment):
    """Another worker took the report over meanwhile: this one's work is thrown away."""

    def take_over():
        mine = Report.objects.get(pk=report.pk)
        silent(mine)
        mine.requeue()
        mine.start()

    if moment == "a step":
        kind(context=lambda subject: take_over() or {})
    else:
        keep_made = StoredFile.keep_made

        def slow_keep(*arguments, **options):
            take_over()
            return keep_made(*arguments, **options)

        monkeypatch.setattr(StoredFile, "keep_made", slow_keep)
    made(report)
    assert (report.status, report.attempts) == ("running", 2)
    assert not StoredFile.objects.exists()


def test_the_thrown_away_file_leaves_the_disk_too(
    report, silent, monkeypatch, settings, django_capture_on_commit_callbacks
):
    def lost(self, file):
        raise tasks.WrongState("lost")

    monkeypatch.setattr(Report, "finish", lost)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.make(report.pk)
    assert not StoredFile.objects.exists()
    assert not [path for path in (settings.LOCAL_DIR / "files").rglob("*") if path.is_file()]


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_goes_on_beside_the_work(kind, utility, viewer, no_broker, monkeypatch):
    monkeypatch.setattr(tasks, "HEARTBEAT", timedelta(seconds=0.05))
    report = Report.request(slow_kind.NAME, utility, viewer)
    report.start()
    before = report.leased_until
    beaten = threading.Event()
    heartbeat = Report.heartbeat

    def listen(self, *arguments):
        alive = heartbeat(self, *arguments)
        beaten.set()
        return alive

    monkeypatch.setattr(Report, "heartbeat", listen)
    with tasks._kept_alive(report):
        assert beaten.wait(10)
    report.refresh_from_db()
    assert report.leased_until > before
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("heartbeat")]

"""A real worker on a real broker: made end to end; the worker killed; the broker gone and back."""

import os
import signal
import time
from io import BytesIO

import pytest
from django.conf import settings
from django.urls import reverse
from pypdf import PdfReader

from files.models import StoredFile
from reports.models import Report
from tests.processes import Broker, Worker, broker_at, wait_until
from tests.reports import slow_kind

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def broker():
    broker = Broker()
    with broker_at(broker.url):
        yield broker
    broker.stop()


@pytest.fixture
def worker(transactional_db, broker, kind, tmp_path):
    worker = Worker(broker.url, tmp_path, "tests.reports.worker_settings")
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def held(tmp_path):
    """The making of a report stops half way while this file is there."""
    hold = tmp_path / "hold"
    hold.touch()
    return hold


def ask(browser, utility) -> Report:
    answer = browser.post(reverse("reports:request", args=[slow_kind.NAME, utility.pk]))
    assert answer.status_code == 302
    return Report.objects.latest("pk")


def wait_for(report: Report, worker: Worker, status: str = "done") -> Report:
    def arrived() -> bool:
        report.refresh_from_db()
        return report.status == status

    try:
        wait_until(arrived, what=f"the report to be {status}")
    except AssertionError as late:
        raise AssertionError(f"{late}\n{worker.log}") from None
    return report


def moves(report: Report) -> list[tuple[str, str]]:
    return list(report.events.values_list("from_status", "to_status"))


def assert_one_good_file(browser, report: Report) -> None:
    assert StoredFile.objects.count() == 1
    answer = browser.get(reverse("reports:download", args=[report.pk]))
    pdf = b"".join(answer.streaming_content)
    answer.close()
    assert "All is well." in PdfReader(BytesIO(pdf)).pages[0].extract_text()
    kept = [path for path in (settings.LOCAL_DIR / "files").rglob("*") if path.is_file()]
    assert len(kept) == 1


def test_made_end_to_end(worker, as_, viewer, utility):
    browser = as_(viewer)
    report = wait_for(ask(browser, utility), worker)
    assert moves(report) == [("requested", "running"), ("running", "done")]
    assert_one_good_file(browser, report)


MADE_AT_THE_SECOND_START = [
    ("requested", "running"),
    ("running", "requested"),
    ("requested", "running"),
    ("running", "done"),
]


def test_worker_killed_half_way(worker, held, as_, viewer, utility):
    """All its processes at once, and started again: made soon, and once."""
    browser = as_(viewer)
    report = ask(browser, utility)
    wait_until((settings.LOCAL_DIR / "started").exists, what="the worker to start")
    worker.kill()
    held.unlink()
    worker.start()
    wait_for(report, worker)
    assert moves(report) == MADE_AT_THE_SECOND_START
    assert_one_good_file(browser, report)


def test_worker_process_killed_for_its_memory(worker, held, as_, viewer, utility):
    """Only the process that makes the report, as a system short of memory does: its parent goes on."""
    browser = as_(viewer)
    report = ask(browser, utility)
    started = settings.LOCAL_DIR / "started"
    wait_until(started.exists, what="the worker to start")
    held.unlink()
    os.kill(int(started.read_text()), signal.SIGKILL)
    wait_for(report, worker)
    assert moves(report) == MADE_AT_THE_SECOND_START
    assert_one_good_file(browser, report)


def test_asked_while_the_broker_is_away(worker, broker, held, as_, viewer, utility):
    """The request is kept, the page is not held up, and the report is made when the broker is back."""
    browser = as_(viewer)
    first = ask(browser, utility)
    wait_for(first, worker, "running")
    held.unlink()
    wait_for(first, worker)  # the worker is connected
    broker.stop()
    began = time.monotonic()
    second = ask(browser, utility)
    assert time.monotonic() - began < 3
    assert second != first
    assert second.queued_at is None
    broker.start()
    wait_for(second, worker)
    assert moves(second) == [("requested", "running"), ("running", "done")]


def test_broker_loses_what_was_sent(broker, as_, viewer, utility, kind, tmp_path, transactional_db):
    """Sent to a broker that then stops and forgets it, with no worker there: made when both are back."""
    browser = as_(viewer)
    report = ask(browser, utility)
    assert report.queued_at is not None
    broker.stop()
    broker.start()
    worker = Worker(broker.url, tmp_path, "tests.reports.worker_settings")
    worker.start()
    try:
        wait_for(report, worker)
    finally:
        worker.stop()
    assert_one_good_file(browser, report)

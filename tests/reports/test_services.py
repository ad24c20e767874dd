"""A real worker on a real broker: made end to end; the worker killed; the broker gone and back."""

import os
import signal
import time
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.urls import reverse
from pypdf import PdfReader

from files.models import StoredFile
from reports.models import Report
from tests.processes import Broker, Worker, broker_at, wait_until
from tests.reports import bundle_kind, slow_kind

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
    worker.kill()  # it takes seconds to end by itself, which is not looked at here


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
        worker.kill()
    assert_one_good_file(browser, report)


# --- Bundles


@pytest.fixture
def two(transactional_db, broker, bundle_kinds, several, tmp_path):
    """Two workers, each with a folder of its own; the files that they keep lie in one place. Both hold at the start."""
    folders = [tmp_path, tmp_path / "second"]
    (tmp_path / "files").mkdir()
    folders[1].mkdir()
    (folders[1] / "files").symlink_to(tmp_path / "files")
    for folder in folders:
        (folder / "hold").touch()
    workers = {folder: Worker(broker.url, folder, "tests.reports.worker_settings") for folder in folders}
    for worker in workers.values():
        worker.start()
    yield workers
    for worker in workers.values():
        worker.kill()


def ask_for_bundle(browser, utility) -> Report:
    assert browser.post(reverse("reports:request", args=[bundle_kind.NAME, utility.pk])).status_code == 302
    return Report.objects.get(parent=None)


def holds(folder: Path) -> bool:
    return (folder / "started").exists()


def release(folder: Path) -> None:
    (folder / "hold").unlink()


def assert_whole(browser, bundle: Report) -> None:
    answer = browser.get(reverse("reports:download", args=[bundle.pk]))
    archive = ZipFile(BytesIO(b"".join(answer.streaming_content)))
    answer.close()
    assert archive.testzip() is None
    assert len(archive.namelist()) == 6 + 2
    assert len(PdfReader(BytesIO(archive.read("to print/Letters-1.pdf"))).pages) == 3
    assert StoredFile.objects.count() == 6 + 1
    assert {part.status for part in bundle.parts.all()} == {"done"}


def test_a_bundle_is_made_by_two_workers(two, as_, viewer, utility):
    browser = as_(viewer)
    bundle = ask_for_bundle(browser, utility)
    for folder in two:
        wait_until(lambda folder=folder: holds(folder), what="both workers to make a part at the same time")
    bundle.refresh_from_db()
    assert bundle.status == "gathering"
    assert bundle.parts.filter(status="running").count() == 2
    for folder in two:
        release(folder)
    first, _ = two.values()
    wait_for(bundle, first)
    assert [to for _, to in moves(bundle)] == ["running", "gathering", "requested", "running", "done"]
    assert_whole(browser, bundle)


def test_a_worker_is_killed_while_the_parts_are_made(two, as_, viewer, utility):
    """Its part is made by the other one, and the bundle is whole."""
    browser = as_(viewer)
    bundle = ask_for_bundle(browser, utility)
    for folder in two:
        wait_until(lambda folder=folder: holds(folder), what="both workers to make a part at the same time")
    (kept, first), (_, second) = two.items()
    second.kill()
    release(kept)
    wait_for(bundle, first)
    assert sorted(bundle.parts.values_list("attempts", flat=True)) == [1, 1, 1, 1, 1, 2]
    assert_whole(browser, bundle)


def test_the_broker_is_lost_while_the_parts_are_made(two, broker, as_, viewer, utility):
    browser = as_(viewer)
    bundle = ask_for_bundle(browser, utility)
    for folder in two:
        wait_until(lambda folder=folder: holds(folder), what="both workers to make a part at the same time")
    broker.stop()
    for folder in two:
        release(folder)
    broker.start()
    Report.objects.filter(status="requested").update(queued_at=None)  # as after two minutes
    first, _ = two.values()
    wait_for(bundle, first)
    assert_whole(browser, bundle)

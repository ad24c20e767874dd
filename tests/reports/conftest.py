from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from files.models import StoredFile
from reports import kinds, tasks
from reports.models import Report
from tests.factories import MembershipFactory
from tests.processes import broker_at
from tests.reports import bundle_kind, slow_kind
from workflow import composed
from workflow import queue as tasks_queue


@pytest.fixture(autouse=True)
def own_folder(own_folder, settings, tmp_path):
    """Files that a test keeps, and the templates of its kind of report."""
    settings.LOCAL_DIR = tmp_path
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"].append("tests/reports/templates")
    settings.TEMPLATES = templates


@pytest.fixture
def kind(monkeypatch):
    """A registered kind of report about a utility, for its members. ``kind(context=…)`` changes a part of it."""

    monkeypatch.setattr(composed, "_statements", {})  # the list of reports knows the kinds of the site only

    def register(**changes):
        changed = replace(slow_kind.KIND, **changes)
        composed._statements.clear()
        monkeypatch.setitem(kinds._kinds, changed.name, changed)
        return changed

    register()
    return register


@pytest.fixture
def no_broker():
    """Nothing listens where the broker should be."""
    with broker_at("redis://127.0.0.1:1/0"):
        yield


@pytest.fixture
def report(kind, utility, viewer, no_broker) -> Report:
    """Asked for by the viewer, on its way to a worker."""
    report = Report.request(slow_kind.NAME, utility, viewer)
    Report.objects.filter(pk=report.pk).update(queued_at=timezone.now())
    report.refresh_from_db()
    return report


@pytest.fixture
def silent():
    """``silent(report)``: the worker that makes it has not been heard of for a while."""

    def fall_silent(report: Report) -> None:
        report.leased_until = timezone.now() - timedelta(seconds=1)
        Report.objects.filter(pk=report.pk).update(leased_until=report.leased_until)

    return fall_silent


@pytest.fixture
def done():
    """``done(report)`` has a file."""

    def finish(report: Report) -> Report:
        report.start()
        report.finish(StoredFile.keep_made("Report.pdf", "application/pdf", b"%PDF-1.7 made", by=report.requested_by))
        return report

    return finish


# --- Bundles


@pytest.fixture
def bundle_kinds(kind, monkeypatch):
    """The bundle of bundle_kind.py and the kinds of its parts. ``bundle_kinds(parts=…)`` changes the bundle."""

    def register(**changes):
        *singles, bundle = bundle_kind.KINDS
        for one in (*singles, replace(bundle, **changes)):
            monkeypatch.setitem(kinds._kinds, one.name, one)

    register()
    bundle_kind.laid_out.clear()
    return register


@pytest.fixture
def several(utility, viewer) -> list:
    """Three utilities of the viewer's, by name."""
    first, last = (MembershipFactory(user=viewer, utility__name=name).utility for name in ("Aldrich", "Zanes"))
    return [first, utility, last]


@pytest.fixture
def broken(utility, several):
    """The one of the three that no document can be made for."""
    utility.name = "Broken"
    utility.save()
    return utility


@pytest.fixture
def queue(monkeypatch, sent_tasks) -> list[int]:
    """The numbers of the reports that wait in the queue."""
    queue: list[int] = []
    send = tasks_queue.send
    monkeypatch.setattr(tasks_queue, "send", lambda *sent, **options: queue.append(sent[1]) or send(*sent, **options))
    return queue


@pytest.fixture
def work(queue, django_capture_on_commit_callbacks):
    """``work(3)``: a worker takes three reports from the queue; ``work()``: until it is empty. ``work.sweep()`` too."""

    def work(times: int = 1000) -> None:
        while queue and times:
            times -= 1
            with django_capture_on_commit_callbacks(execute=True):
                tasks.make(queue.pop(0))

    def sweep() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()

    work.sweep = sweep
    return work


@pytest.fixture
def bundle(bundle_kinds, several, queue, utility, viewer) -> Report:
    """Six letters and plates, asked for by the viewer, in the queue."""
    report = Report.request(bundle_kind.NAME, utility, viewer)
    if not queue:  # sent on commit, which most tests never reach
        report.publish()
    return report

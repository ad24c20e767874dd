from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from files.models import StoredFile
from reports import kinds
from reports.models import Report
from tests.processes import broker_at
from tests.reports import slow_kind


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

    def register(**changes):
        changed = replace(slow_kind.KIND, **changes)
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

"""A person's reports as a list: what it filters and sorts by, and what its files hold."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from files.models import StoredFile
from reports.models import Report
from tests.reports import slow_kind

LIST = reverse("reports:list")


@pytest.fixture
def listed(as_):
    """``listed(user, status="done", …)``: the text of that person's list at that address."""
    return lambda user, **query: as_(user).get(LIST, query).text


def made(by, title: str, day: int, status: str = "failed", **more) -> Report:
    fields = {"kind": slow_kind.NAME, "object_id": day, "requested_by": by, "title": title, "status": status}
    fields["requested_at"] = datetime(2026, 3, day, 12, tzinfo=UTC)
    if status == "done":
        fields["file"] = StoredFile.keep_made(f"{title}.pdf", "application/pdf", b"%PDF-1.7 made", by=by)
    if status == "running":
        fields |= {"leased_until": timezone.now(), "progress": 40}
    if status in ("done", "failed"):
        fields["finished_at"] = fields["requested_at"] + timedelta(days=20 - 2 * day)
    return Report.objects.create(**fields | more)


@pytest.fixture
def four(kind, viewer) -> None:
    made(viewer, "Beta", 1, "done")
    made(viewer, "alpha", 2, "running")
    made(viewer, "Delta", 3, "requested")
    made(viewer, "gamma", 4, "failed", kind="gone")


def titles(text: str) -> list[str]:
    return re.findall(r'<th role="rowheader" scope="row"><a href="[^"]+">(.*?)</a></th>', text)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["gamma", "Delta", "alpha", "Beta"]),
        ("title", ["alpha", "Beta", "Delta", "gamma"]),
        ("-title", ["gamma", "Delta", "Beta", "alpha"]),
        ("requested_at", ["Beta", "alpha", "Delta", "gamma"]),
        ("-requested_at", ["gamma", "Delta", "alpha", "Beta"]),
        ("status", ["Delta", "alpha", "Beta", "gamma"]),  # in the queue, in progress, ready, failed
        ("-status", ["gamma", "Beta", "alpha", "Delta"]),
        ("kept_until", ["gamma", "Beta", "Delta", "alpha"]),  # what is not finished last, newest first
        ("-kept_until", ["Beta", "gamma", "Delta", "alpha"]),
        ("actions", ["gamma", "Delta", "alpha", "Beta"]),
    ],
)
def test_it_sorts(four, listed, viewer, sort, expected):
    assert titles(listed(viewer, sort=sort)) == expected


def test_it_filters_by_state_and_kind(four, listed, viewer):
    assert titles(listed(viewer, status="done")) == ["Beta"]
    assert titles(listed(viewer, kind=slow_kind.NAME, sort="title")) == ["alpha", "Beta", "Delta"]
    assert titles(listed(viewer, kind=slow_kind.NAME, status="failed")) == []
    text = listed(viewer, kind="gone")
    assert titles(text) == ["gamma"]
    assert '<option value="gone" selected>gone</option>' in text
    assert f'<option value="{slow_kind.NAME}">Test report</option>' in text


def test_what_it_does_not_know_it_says_and_filters_by_the_rest(four, listed, viewer):
    text = listed(viewer, kind="nonsense", status="done")
    assert titles(text) == ["Beta"]
    assert "nonsense is not one of the available choices" in text


def test_kinds_are_offered_to_those_who_have_several(four, listed, viewer, manager):
    made(manager, "Mine", 1)
    assert 'name="kind"' in listed(viewer)
    assert 'name="kind"' not in listed(manager)


def test_nothing_of_another_person_is_in_the_list_its_filters_or_its_files(four, as_, listed, viewer, manager):
    made(manager, "Secret", 1, kind="secret-kind")
    made(viewer, "Secretary", 5)
    assert titles(listed(viewer, title="Secret", kind="secret-kind")) == titles(listed(viewer))
    for query in ({}, {"export": "csv"}):
        assert "secret-kind" not in as_(viewer).get(LIST, query).content.decode()
        assert "Secret," not in as_(viewer).get(LIST, query).content.decode()


def test_the_files_hold_the_filtered_list(four, as_, viewer):
    answer = as_(viewer).get(LIST, {"export": "csv", "sort": "title", "kind": slow_kind.NAME})
    assert answer["Content-Disposition"] == f'attachment; filename="reports-{timezone.localdate()}.csv"'
    assert list(csv.reader(StringIO(answer.content.decode("utf-8-sig")))) == [
        ["Report", "Type", "Format", "Requested by", "Requested", "Status", "Available until"],
        ["alpha", "Test report", "PDF", viewer.name, "2026-03-02T07:00:00-05:00", "In progress", ""],
        ["Beta", "Test report", "PDF", viewer.name, "2026-03-01T07:00:00-05:00", "Ready", "2026-06-17T08:00:00-04:00"],
        ["Delta", "Test report", "PDF", viewer.name, "2026-03-03T07:00:00-05:00", "In the queue", ""],
    ]
    answer = as_(viewer).get(LIST, {"export": "xlsx", "status": "done"})
    head, *rows = load_workbook(BytesIO(answer.content)).active.values
    assert rows == [
        ("Beta", "Test report", "PDF", viewer.name, datetime(2026, 3, 1, 7), "Ready", datetime(2026, 6, 17, 8))
    ]


@pytest.mark.parametrize("query", [{}, {"status": "failed"}, {"export": "csv"}, {"export": "xlsx"}], ids=str)
def test_it_asks_the_database_as_much_for_many_as_for_few(kind, as_, viewer, query):
    browser = as_(viewer)
    counts = []
    for day in (1, 2, 3):
        made(viewer, f"No. {day}", day)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(LIST, query).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2] <= 8


def test_the_files_need_a_person_who_is_signed_in(client, four):
    answer = client.get(LIST, {"export": "csv"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))

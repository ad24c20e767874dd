"""The file of a queue with contacts, numbers and ratings, for those who may read them."""

import csv
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from recognition.models import Application, QueueFile, Seat
from recognition.reviewing import queue_views
from reports import tasks
from reports.models import Report
from tests.factories import UtilityFactory
from tests.recognition.test_database_rules import refused_by

pytestmark = pytest.mark.django_db
Status = Application.Status
EVERYTHING = {"with": ["contacts", "numbers", "ratings"]}


def listed(browser, name: str, **query) -> list[dict[str, str]]:
    answer = browser.get(reverse("recognition:queue", args=[name]), {"export": "csv"} | query)
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_staff_get_the_columns_that_they_ask_for(at, staff, as_):
    application = at(Status.RECOMMENDED)
    application.utility.set_identifiers([("PWSID", "OR4100001"), ("NPDES", "OR0020001")])
    browser = as_(staff)
    [plain] = listed(browser, "all")
    assert "manager@example.org" not in "".join(plain.values())
    [row] = listed(browser, "all", **EVERYTHING)
    text = list(row.values())
    for said in ("Mara Gerr", "1 Mill Road", "97000", "manager@example.org", "OR4100001", "OR0020001"):
        assert said in text
    assert row["Panel recommends"] == "Recognize"
    assert (int(row["Rated met"]), row["Rated not met"]) == (3 * 6, "0"), "three members, six criteria"
    [some] = listed(browser, "all", **{"with": ["numbers", "nothing"]})
    assert "OR4100001" in some.values()
    assert "Panel recommends" not in some
    page = browser.get(reverse("recognition:queue", args=["all"])).text
    assert "manager@example.org" not in page
    assert 'value="ratings"' in page
    answer = browser.get(reverse("recognition:queue", args=["all"]), {"export": "xlsx"} | EVERYTHING)
    assert "Mara Gerr" in [cell for row in load_workbook(BytesIO(answer.content)).active.values for cell in row]


def test_nobody_gets_what_they_may_not_read(at, staff, compliance, panelists, as_):
    at(Status.COMPLIANCE)
    [row] = listed(as_(compliance), "compliance", **EVERYTHING)
    assert "Mara Gerr" in row.values()
    assert "Panel recommends" not in row, "compliance staff see no scores"
    Application.objects.update(status="panel")
    [row] = listed(as_(staff), "panel", **EVERYTHING)
    assert (row["Panel recommends"], row["Rated met"]) == ("", ""), "before the panel has recommended"
    panelists[0].groups.add(staff.groups.get())
    Seat.objects.create(application=Application.objects.get(), member=panelists[0], due="2027-01-01")
    [row] = listed(as_(panelists[0]), "panel", **EVERYTHING)
    assert "Mara Gerr" not in row.values(), "nothing of a panel they sit on"
    [row] = listed(as_(panelists[0]), "my-reviews", **EVERYTHING)
    assert "Mara Gerr" not in row.values()


def test_the_file_takes_as_many_queries_for_many(at, staff, as_):
    at(Status.RECOMMENDED)
    browser = as_(staff)
    with CaptureQueriesContext(connection) as captured:
        listed(browser, "all", **EVERYTHING)
    assert len(captured) <= 10
    assert len([query for query in captured if "recognition_rating" in query["sql"]]) == 1


def test_the_excel_file_of_a_large_queue_is_a_report(at, cycle, staff, compliance, as_, monkeypatch, sent_tasks):
    """A small one comes at once, as does text. More than 500 rows are a report, of what the person may read then."""
    assert queue_views.AT_ONCE == 500
    monkeypatch.setattr(queue_views, "AT_ONCE", 3)
    at(Status.SUBMITTED)
    for name in ("Bend", "Chico", "Davis"):
        Application.objects.create(utility=UtilityFactory(name=name, state="TX"), cycle=cycle, status="submitted")
    browser, queue = as_(staff), reverse("recognition:queue", args=["completeness"])
    assert browser.get(queue, {"export": "xlsx", "state": "TX"})["Content-Type"].endswith("sheet"), "three rows"
    assert browser.get(queue, {"export": "csv"})["Content-Type"].startswith("text/csv")
    large = browser.get(queue, {"export": "xlsx", "with": "contacts", "sort": "-utility", "page": "1"})
    file = reverse("recognition:queue_file", args=["completeness"])
    assert large.url == f"{file}?with=contacts&sort=-utility"
    assert "4 applications" in browser.get(large.url).text
    assert not Report.objects.exists(), "to look asks for nothing"
    answer = browser.post(large.url)
    browser.post(large.url)
    report = Report.objects.get()
    assert answer.url == reverse("reports:report", args=[report.pk])
    Application.objects.filter(utility__name="Davis").update(status="compliance")
    tasks.make(report.pk)
    report.refresh_from_db()
    assert (report.status, report.file_type, report.format) == ("done", "xlsx", "Excel")
    content = browser.get(reverse("reports:download", args=[report.pk]))
    rows = list(load_workbook(BytesIO(b"".join(content.streaming_content))).active.values)
    assert [row[0] for row in rows] == ["Utility", "Riverbend Water and Sewer", "Chico", "Bend"]
    assert "Mara Gerr" in rows[1]
    for name in ("completeness", "my-reviews", "nothing"):
        assert as_(compliance).get(reverse("recognition:queue_file", args=[name])).status_code == 404
    assert browser.post(reverse("reports:request", args=["queue-file", report.object_id])).status_code == 404, "no PDF"
    assert browser.get(f"{file}?words={'x' * 2000}").url.startswith(queue)
    staff.groups.clear()
    assert as_(staff).get(reverse("reports:download", args=[report.pk])).status_code == 404, "no longer of the staff"
    asked = QueueFile.objects.get()
    assert refused_by(QueueFile(by=staff, queue=asked.queue, query=asked.query).save) == "queue_file_once"

"""The file of a queue with contacts, numbers and ratings, for those who may read them."""

import csv
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from recognition.models import Application, Seat

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

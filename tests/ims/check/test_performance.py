"""The quarterly performance report: what it counts, its page, its PDF and its Excel file."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from ims.check.performance import Line, Value, report
from ims.models import Action, Measure, Objective, Quarter, Reading, Record
from reports import kinds, rendering
from reports.models import Report
from tests.ims.check.conftest import add, fill
from tests.pdf_ua import problems
from workflow.models import Stale
from workflow.spreadsheets import as_workbook

pytestmark = pytest.mark.django_db
KIND = kinds.single("performance")
FIRST = date(2026, 1, 1)


@pytest.fixture
def quarter(utility) -> Quarter:
    return Quarter.objects.create(utility=utility, first=FIRST)


@pytest.fixture
def line(quarter, measure):
    """``line()``: the measure in the first quarter of 2026."""
    return lambda: next(each for each in report(quarter).lines if each.measure.pk == measure.pk)


def test_the_value_of_a_quarter_the_one_before_and_a_year_ago(line, measure):
    fill(measure, "1", "2", "3", first=date(2025, 1, 1))
    fill(measure, "5", None, "6", first=date(2025, 10, 1))
    fill(measure, "3.3", "2.9", "2.4", "1.4")
    found = line()
    assert found.now == Value(Decimal("8.6") / 3, "Q1 2026", 3, 3)
    assert found.before == Value(Decimal("5.5"), "Q4 2025", 2, 3)
    assert found.year_ago == Value(Decimal(2), "Q1 2025", 3, 3)
    assert found.cells == ["2.9", "5.5 (2 of 3 months)", "2.0"]


@pytest.mark.parametrize(("combined", "expected"), [("total", "8.6"), ("last", "2.4"), ("average", "2.9")])
def test_how_months_become_a_quarter(line, read, combined, expected):
    Measure.objects.filter(pk=read.pk).update(combined=combined)
    assert line().cells == [expected, "none", "none"]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (date(2026, 1, 1), ["5.0 (2025)", "5.0 (2025)", "4.0 (2024)"]),
        (date(2025, 10, 1), ["5.0 (2025)", "4.0 (2024)", "4.0 (2024)"]),
        (date(2025, 7, 1), ["4.0 (2024)", "4.0 (2024)", "none"]),
    ],
)
def test_a_yearly_measure_has_the_last_full_year(utility, catalog, manager, first, expected):
    yearly = add(utility, manager, every="year")
    fill(yearly, "4", "5", first=date(2024, 1, 1))
    found = report(Quarter.objects.create(utility=utility, first=first)).lines[0]
    assert found.cells == expected


def test_a_quarterly_measure(utility, catalog, manager, quarter):
    quarterly = add(utility, manager, every="quarter", target=3)
    fill(quarterly, "2", "4", first=date(2025, 10, 1))
    found = report(quarter).lines[0]
    assert found.cells == ["4.0", "2.0", "none"]
    assert (found.met, found.all_met) == ("not met", False)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["3.3", "2.9", "2.4"], ("met in 0 of 3 months", False)),
        (["2", "2.1", None], ("met in 1 of 2 months", False)),
        (["2", "1", "0"], ("met in 3 of 3 months", True)),
        ([None, None, None], ("", True)),
    ],
)
def test_a_target_is_that_of_one_month(line, measure, values, expected):
    fill(measure, *values)
    assert (line().met, line().all_met) == expected


def test_the_trend_is_as_of_the_end_of_the_quarter(line, measure):
    fill(measure, "3", "3", "3", "1", first=date(2025, 10, 1))
    fill(measure, "1", "1", "9", first=date(2026, 2, 1))
    assert line().standing.trend == "better"


def test_what_has_no_reading(line, measure):
    def added(day: datetime) -> None:
        Record.objects.filter(pk=measure.pk).update(created_at=day)

    added(datetime(2026, 2, 10, 12, tzinfo=UTC))
    assert line().missing == [("February 2026", ""), ("March 2026", "")]
    fill(measure, "1", None, "1", first=date(2025, 12, 1))
    Reading.objects.create(measure=measure, period=date(2026, 3, 1), why="The meter was broken.")
    assert line().missing == [("January 2026", ""), ("March 2026", "The meter was broken.")]
    assert line().notes == [("March 2026", "The meter was broken.")]


def test_a_period_that_has_not_ended_is_not_missing(utility, measure):
    Record.objects.filter(pk=measure.pk).update(created_at=datetime(2026, 1, 10, 12, tzinfo=UTC))
    current = Quarter.objects.create(utility=utility, first=date(2026, 4, 1))
    assert report(current).lines[0].missing == [("April 2026", "")]
    before = Quarter.objects.create(utility=utility, first=date(2025, 10, 1))
    assert report(before).lines[0].missing == []


def test_a_year_is_missing_in_its_last_quarter_only(utility, catalog, manager):
    yearly = add(utility, manager, every="year")
    fill(yearly, "1", first=date(2023, 1, 1))
    missing = {
        first: report(Quarter.objects.create(utility=utility, first=first)).lines[0].missing
        for first in (date(2025, 7, 1), date(2025, 10, 1), FIRST)
    }
    assert missing == {date(2025, 7, 1): [], date(2025, 10, 1): [("2025", "")], FIRST: []}


def test_objectives_reached_and_actions_done_and_late(utility, catalog, manager, quarter):
    def made(model, title: str, *steps: str, on: datetime, **fields):
        record = model.open_in(utility, by=manager, title=title, **fields)
        for step in steps:
            record = model.objects.visible_to(manager).get(pk=record.pk)
            more = {"verified": "It works.", "verified_by": "Dana"} if step == "closed" else {}
            record.move(step, by=manager, why="So.", **more)
        record.events.update(at=on)
        return record

    within, after = datetime(2026, 4, 1, 3, tzinfo=UTC), datetime(2026, 4, 1, 12, tzinfo=UTC)  # March 31 in New York
    made(Objective, "Reached in time", "agreed", "reached", on=within)
    made(Objective, "Reached later", "agreed", "reached", on=after)
    made(Objective, "Reached and reopened", "agreed", "reached", "agreed", on=within)
    made(Action, "Done", "under-way", "done", on=within)
    made(Action, "Closed", "under-way", "done", "closed", on=within)
    made(Action, "Done and sent back", "under-way", "done", "under-way", on=within)
    made(Action, "Done later", "under-way", "done", on=after)
    made(Action, "Late", "under-way", on=within, due=date(2026, 3, 31))
    made(Action, "Due later", on=within, due=date(2026, 4, 1))
    made(Action, "Late but done", "under-way", "done", on=after, due=date(2026, 3, 1))
    found = report(quarter)
    assert [each.title for each in found.reached] == ["Reached in time"]
    assert [each.title for each in found.done] == ["Done", "Closed"]
    assert [each.title for each in found.late] == ["Late"]


# --- the page


def test_the_last_full_quarter_unless_another_is_chosen(read, utility, as_, viewer):
    page = reverse("ims:performance", args=[utility.pk])
    browser = as_(viewer)
    assert "Performance in Q1 2026" in browser.get(page).text
    assert "Performance in Q2 2026" in browser.get(page, {"quarter": "2026-04"}).text
    for wrong in ("2026-07", "2026-05", "x", "0001-01"):
        assert browser.get(page, {"quarter": wrong}).status_code == 404


def test_the_page_tells_measures_and_what_is_missing(read, utility, as_, viewer, manager):
    read.readings.filter(period=date(2026, 2, 1)).update(note="Heavy rain")
    fines = add(utility, manager, title="Fines")
    Record.objects.filter(pk=fines.pk).update(created_at=datetime(2026, 1, 1, 12, tzinfo=UTC))
    page = as_(viewer).get(reverse("ims:performance", args=[utility.pk])).text
    for words in ("0 of 1 measures with a target met it", "met in 0 of 3 months", "February 2026: Heavy rain"):
        assert words in page
    assert "January 2026, February 2026, March 2026" in page
    assert "What happened this quarter" not in page


def test_two_people_comment_on_a_quarter(quarter, utility, as_, manager, contributor):
    url = reverse("ims:performance_comment", args=[utility.pk, "2026-01"])
    headers = {"Accept": "application/json"}
    assert as_(manager).post(url, {"version": 1, "summary": "Dry."}, headers=headers).json()["version"] == 2
    late = as_(contributor).post(url, {"version": 1, "summary": "Wet."}, headers=headers)
    assert late.status_code == 409
    assert "Mara Gerr" in late.json()["conflict"]
    mine = Quarter.objects.visible_to(manager).get(pk=quarter.pk)
    with pytest.raises(Stale):
        mine.comment(1, by=manager, summary="Late")


def test_reading_stores_nothing_and_the_first_who_writes_or_asks_for_a_file_does(utility, as_, viewer, contributor):
    page = reverse("ims:performance", args=[utility.pk])
    comment, file = (reverse(f"ims:performance_{each}", args=[utility.pk, "2026-01"]) for each in ("comment", "report"))
    for user in (viewer, contributor):
        assert as_(user).get(page).status_code == 200
    assert not Quarter.objects.exists()
    assert as_(viewer).post(comment, {"version": 1, "summary": "Dry."}).status_code == 403
    assert not Quarter.objects.exists()
    assert f'action="{file}"' in as_(viewer).get(page).text
    answer = as_(viewer).post(file, {"file_type": "xlsx"})
    made = Report.objects.get()
    assert answer["Location"] == reverse("reports:report", args=[made.pk])
    assert (made.object_id, made.file_type) == (Quarter.objects.get().pk, "xlsx")
    version = as_(contributor).get(page).context["form"]["version"].value()
    assert as_(contributor).post(comment, {"version": version, "summary": "Dry."}).status_code == 302
    assert as_(viewer).post(file).status_code == 302
    assert Quarter.objects.get().summary == "Dry."
    assert as_(viewer).post(reverse("ims:performance_report", args=[utility.pk, "2026-07"])).status_code == 404


def test_two_people_write_the_first_words_on_a_quarter(utility, as_, manager, contributor):
    url = reverse("ims:performance_comment", args=[utility.pk, "2026-01"])
    headers = {"Accept": "application/json"}
    versions = {user: as_(user).get(reverse("ims:performance", args=[utility.pk])) for user in (manager, contributor)}
    sent = {user: {"version": page.context["form"]["version"].value()} for user, page in versions.items()}
    assert as_(manager).post(url, sent[manager] | {"summary": "Dry."}, headers=headers).status_code == 200
    late = as_(contributor).post(url, sent[contributor] | {"summary": "Wet."}, headers=headers)
    assert late.status_code == 409
    assert "Dry." in late.json()["conflict"]


# --- PDF and Excel


@pytest.fixture
def filled_quarter(quarter, read, utility, manager):
    Quarter.objects.filter(pk=quarter.pk).update(summary="A dry quarter.")
    fill(add(utility, manager, title="Filtered water", unit="%", direction="higher", target=95), *["96.5"] * 3)
    add(utility, manager, title="Fines")
    return KIND.find(manager, quarter.pk)


def test_who_gets_the_report(quarter, manager, viewer, stranger):
    assert KIND.find(viewer, quarter.pk) == quarter
    assert KIND.find(stranger, quarter.pk) is None
    assert KIND.sharing.readable(viewer).get() == quarter
    assert [list(KIND.sharing.managed(user)) for user in (manager, viewer)] == [[quarter], []]
    assert (KIND.title(quarter), KIND.filename(quarter)) == (
        "Performance in Q1 2026: Riverbend Water and Sewer",
        "riverbend-water-and-sewer-performance-2026-01",
    )


def test_the_pdf_is_accessible_and_has_charts_and_tables(filled_quarter, tmp_path):
    file = tmp_path / "performance.pdf"
    document = rendering.pages(KIND.template, KIND.context(filled_quarter))
    file.write_bytes(rendering.pdf(document))
    assert problems(file) == []


def test_the_excel_file(filled_quarter):
    book = load_workbook(BytesIO(as_workbook(KIND.sheets(KIND.context(filled_quarter)))))
    assert book.sheetnames == ["Summary", "Measures", "Readings"]
    overflows = [cell.value for cell in book["Measures"][2]]
    assert overflows[1:5] == ["Overflows", "per 100 miles", "Monthly", "Lower is better"]
    assert overflows[5] == pytest.approx(8.6 / 3)
    assert overflows[8:11] == ["2.0 or less", "met in 0 of 3 months", "Better"]
    assert book["Readings"].max_row == 1 + 3 + 3, "those up to the end of the quarter"
    assert [cell.value for cell in book["Summary"][2]] == ["Q1 2026", "Riverbend Water and Sewer", "A dry quarter."]


def test_a_measure_without_readings_has_no_chart(filled_quarter):
    found = report(filled_quarter)
    assert [line.measure.title for line in found.with_readings] == ["Overflows", "Filtered water"]
    assert (found.n_met, len(found.judged)) == (1, 2)
    assert isinstance(found.lines[0], Line)

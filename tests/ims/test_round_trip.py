"""Objectives, actions, measures and readings go out to Excel and come in again: the next file is the same in each cell.

Through the pages, with what spreadsheets like to change: dates, percentages, long texts, zeros in front, texts that
look like formulas, and names with semicolons.
"""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from ims.models import Action, Measure, Objective, Person, Reading, Record, RecordChange, Unit
from tests.workbooks import edited, sent

pytestmark = pytest.mark.django_db

OF_THE_SITE = {"Number", "Status", "Last changed by", "Last changed on"}  # columns that nobody fills in
LONG = "\n".join(f"{n}. Look at manhole {n:04}; write down “depth” & <flow>." for n in range(1, 60))
TEXTS = [
    "0071",
    "=SUM(A1:A9)",
    "+1-800-555-0100",
    "-5 %",
    "@cmd|' /C calc'!A0",
    "'quoted",
    "1E5",
    "12/31",
    "Mar 2026",
    "TRUE",
    "#N/A",
    "100%",
    "2.10",
    "_x000D_ and _x0041_",
    "Ünïts; ≤ 0.10 NTU 🚰",
    "a  b",
]
UNITS = ["Lift stations; north", "Lift stations", "Lift; stations", "0012", "=1+1", "Pump, 1; Pump, 2"]


def everything(content: bytes) -> dict:
    """Sheet → cell → (value, its type, its format), except when it was downloaded."""
    book = load_workbook(BytesIO(content))
    return {
        sheet.title: {
            cell.coordinate: (cell.value, cell.data_type, cell.number_format)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None and "Downloaded" not in (sheet.cell(cell.row, 1).value, cell.value)
        }
        for sheet in book.worksheets
    }


@pytest.fixture
def surroundings(catalog, utility, manager) -> dict:
    units = [Unit.open_in(utility, by=manager, title=title).pk for title in UNITS]
    people = [Person.objects.create(utility=utility, name=name) for name in ("Pat Lee", "=1+1", "0071")]
    return {"units": units, "people": people}


@pytest.fixture
def records(surroundings, utility, manager) -> dict[str, list]:
    """Objectives, actions and measures with hostile values."""
    made: dict[str, list] = {"objectives": [], "actions": [], "measures": []}
    numbers = [None, 0, Decimal("0.0001"), Decimal("1234567890.1234"), Decimal("-12.5")]
    days = [None, date(1999, 12, 31), date(2024, 2, 29), date(2030, 1, 1)]
    for n, text in enumerate(TEXTS):
        shared = {
            "title": text,
            "areas": ["E", "S", "Q", "F", "H"][: n % 6],
            "initiatives": ["cmom", "iso-14001"][: n % 3],
            "units": sorted(surroundings["units"][: n % 7]),
            "owner": ([None, *surroundings["people"]])[n % 4],
        }
        number = numbers[n % 5]
        objective = Objective.open_in(
            utility,
            by=manager,
            **shared,
            due=days[n % 4],
            measure=text,
            unit=["%", "per 100 miles; a year", "mg/l", "0071", "=A1"][n % 5],
            baseline=number,
            target=numbers[(n + 1) % 5],
            why=[LONG[:2000].strip(), text, ""][n % 3],
        )
        made["objectives"].append(objective)
        made["actions"].append(
            Action.open_in(
                utility,
                by=manager,
                **shared,
                due=days[n % 4],
                starts=[date(1950, 1, 1), None, date(1999, 12, 31)][n % 3],
                objective=objective if n % 2 else None,
                lines=[LONG, text, "", f"{text}\n\n{text}"][n % 4],
                cost=[None, 0, Decimal("0.01"), Decimal("9999999999.99")][n % 4],
                hours=[None, 0, Decimal("0.5"), Decimal("9999999.9")][n % 4],
            )
        )
        made["measures"].append(
            Measure.open_in(
                utility,
                by=manager,
                **shared,
                unit=["%", "percent of time", "mg/l; as N", "0071", "=A1"][n % 5],
                how=text,
                every=["month", "quarter", "year"][n % 3],
                baseline=number,
                target=numbers[(n + 1) % 5],
                target_date=days[n % 4],
                objective=objective if n % 2 else None,
            )
        )
    return made


@pytest.fixture
def pages(as_, manager, utility):
    """``pages(name, register, data=None)``: an address of the exchange, read or sent to."""
    browser = as_(manager)

    def of(name: str, register: str, data: dict | None = None):
        url = reverse(f"ims:{name}", args=[utility.pk, register])
        return browser.get(url) if data is None else browser.post(url, data)

    return of


REGISTERS = ["objectives", "actions", "measures"]


@pytest.mark.parametrize("register", REGISTERS)
def test_out_and_in_again_is_the_same_in_each_cell(register, records, pages):
    first = pages("excel", register).content
    assert len(everything(first)["Rows"]) > len(TEXTS) * 5
    preview = pages("excel_import", register, sent(first))
    plan = preview.context["plan"]
    assert (preview.status_code, plan.changes, plan.added, plan.faults) == (200, [], [], [])
    changes = RecordChange.objects.count()
    assert pages("excel_confirm", register, {"token": plan.token}).status_code == 422, "there is nothing to import"
    assert RecordChange.objects.count() == changes
    assert everything(pages("excel", register).content) == everything(first)


@pytest.mark.parametrize("register", REGISTERS)
def test_copies_made_of_the_file_are_the_same_in_each_cell(register, records, pages, manager):
    """So the values come out of the file, not from what the site has already."""
    first = pages("excel", register).content
    Record.objects.filter(register=register).update(title="Renamed")

    def as_new_rows(book: Workbook) -> None:
        for cell in book["Rows"][1]:
            if cell.value.split(" (")[0] in OF_THE_SITE:
                for (below,) in book["Rows"].iter_rows(min_row=2, min_col=cell.column, max_col=cell.column):
                    below.value = None

    copies = edited(first, {}, as_new_rows)
    plan = pages("excel_import", register, sent(copies)).context["plan"]
    assert (plan.faults, len(plan.added)) == ([], len(TEXTS))
    assert pages("excel_confirm", register, {"token": plan.token}).status_code == 302
    second = pages("excel", register).content
    head, *rows = (list(row) for row in load_workbook(BytesIO(second))["Rows"].iter_rows())
    kept = {"Number", "Last changed on"}

    def comparable(row) -> list:
        cells = zip((cell.value for cell in head), row, strict=True)
        return [
            (cell.value, cell.data_type, cell.number_format) for name, cell in cells if name.split(" (")[0] not in kept
        ]

    _, *before = (list(row) for row in load_workbook(BytesIO(first))["Rows"].iter_rows())
    copied = [row for row in rows if row[1].value != "Renamed"]
    assert [comparable(row) for row in copied] == [comparable(row) for row in before]


# Readings.


VALUES = ["0", "0.000001", "-3.5", "95", "1234.5", "12345678901234.123456", "-12345678901234.1", "100.1", "0.1", "7"]


@pytest.fixture
def readings(records, manager) -> None:
    for place, measure in enumerate(records["measures"]):
        months = {"month": 1, "quarter": 3, "year": 12}[measure.every]
        for n, value in enumerate(VALUES):
            at = 12 * 2010 + n * months
            Reading.objects.create(
                measure=measure,
                period=date(at // 12, at % 12 + 1, 1),
                value=Decimal(value),
                note=["", *TEXTS, LONG[:300].strip(), "Rain\non the 14th"][(n + place) % (len(TEXTS) + 3)],
                entered_by=manager,
            )


@pytest.fixture
def export(as_, manager, utility):
    return lambda ending="xlsx": as_(manager).get(reverse("ims:readings_export", args=[utility.pk, ending])).content


@pytest.fixture
def preview(as_, manager, utility):
    """``preview(content)``: the page that shows what a file of readings would change."""

    def of(content: bytes, ending="xlsx"):
        data = {"file": SimpleUploadedFile(f"readings.{ending}", content)}
        return as_(manager).post(reverse("ims:paste", args=[utility.pk]), data)

    return of


@pytest.fixture
def confirm(as_, manager, utility):
    """``confirm(page)`` sends what the page of the preview would."""

    def of(page):
        sent = page.context["confirm"].initial | {"why": ""}
        return as_(manager).post(reverse("ims:paste_confirm", args=[utility.pk]), sent)

    return of


def test_readings_out_and_in_again_are_the_same_in_each_cell(readings, export, preview, confirm):
    first, before = export(), list(Reading.objects.order_by("pk").values())
    page = preview(first)
    plan = page.context["plan"]
    assert (plan.faults, plan.changed, plan.added) == ([], [], [])
    assert len(plan.same) == len(TEXTS) * len(VALUES)
    confirm(page)
    assert list(Reading.objects.order_by("pk").values()) == before
    assert everything(export()) == everything(first)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_readings_that_are_all_entered_from_the_file_are_the_same(ending, readings, export, preview, confirm):
    """So the values come out of the file, not from what the site has already."""
    first, file = export(), export(ending)
    Reading.objects.all().delete()
    page = preview(file, ending)
    assert page.context["plan"].faults == []
    assert confirm(page).status_code == 302
    assert Reading.objects.count() == len(TEXTS) * len(VALUES)
    assert everything(export()) == everything(first)

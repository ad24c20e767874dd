"""Pasting and importing: the shapes that are read, the preview, all or nothing, and the way back from an export."""

import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from ims.check import periods
from ims.check.numbers import exact, kept
from ims.check.pasting import Line, as_text, exported, from_csv, from_xlsx, pasted, read
from ims.models import Measure, Reading
from tests.ims.check.conftest import add, fill
from workflow.spreadsheets import Unreadable, as_csv, as_xlsx


def lines(text: str, *, one: bool) -> list[tuple[str, str, str]]:
    return [(line.measure, line.period, line.value) for line in read(pasted(text, one=one), one=one).lines]


ONE = [("", "Mar 2026", "1.5"), ("", "Apr 2026", "2")]
TWO = [("A", "Mar 2026", "1"), ("A", "Apr 2026", "2"), ("B", "Mar 2026", "3")]


@pytest.mark.parametrize(
    "text",
    [
        "Mar 2026\t1.5\nApr 2026\t2",
        "Month\tOverflows\nMar 2026\t1.5\nApr 2026\t2\n\n",
        "Period\tValue\nMar 2026\t1.5\nApr 2026\t2",
        "Mar 2026 1.5\nApr 2026, 2",
        "Mar 2026; 1.5\nApr 2026:  2",
        "Mar 2026\tApr 2026\n1.5\t2",
        "\tMar 2026\tApr 2026\nOverflows\t1.5\t2",
        "Mar 2026\t1.5\nApr 2026\t2\nMay 2026\t",
    ],
)
def test_shapes_of_one_measure(text):
    assert lines(text, one=True) == ONE


@pytest.mark.parametrize(
    "text",
    [
        "Measure\tMar 2026\tApr 2026\nA\t1\t2\nB\t3\t",
        "\tMar 2026\tApr 2026\nA\t1\t2\nB\t3\t",
        "Month\tA\tB\nMar 2026\t1\t3\nApr 2026\t2\t",
        "Measure\tPeriod\tValue\nA\tMar 2026\t1\nA\tApr 2026\t2\nB\tMar 2026\t3",
        "A\tMar 2026\t1\nA\tApr 2026\t2\nB\tMar 2026\t3",
        "Measure,Mar 2026,Apr 2026\nA,1,2\nB,3,",
    ],
)
def test_shapes_of_several_measures(text):
    assert sorted(lines(text, one=False)) == sorted(TWO)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mar 2026\t2024\nApr 2026\t2031", [("", "Mar 2026", "2024"), ("", "Apr 2026", "2031")]),
        ("2024\t2031\n2025\t1999", [("", "2024", "2031"), ("", "2025", "1999")]),
        ("2024\t2025\n7\t8", [("", "2024", "7"), ("", "2025", "8")]),
        ("Jan 2026\tFeb 2026\n2024\t2031", [("", "Jan 2026", "2024"), ("", "Feb 2026", "2031")]),
    ],
)
def test_a_value_that_looks_like_a_year(text, expected):
    assert lines(text, one=True) == expected


def test_columns_that_are_no_period_are_named():
    found = read(pasted("Measure\tUnit\tMar 2026\tYTD\nA\tmiles\t1\t9", one=False), one=False)
    assert (found.ignored, [line.value for line in found.lines]) == (["Unit", "YTD"], ["1"])


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("Mar 2026 1,234.5", ["Mar 2026", "1,234.5"]),
        ("3/31/2026, 12 %", ["3/31/2026", "12 %"]),
        ("March 31, 2026; (3.2)", ["March 31, 2026", "(3.2)"]),
        ("2026 5", ["2026", "5"]),
        ("1Q2026 <0.5", ["1Q2026", "<0.5"]),
        ("Mar 2026 ND", ["Mar 2026", "ND"]),
        ("Total 7", ["Total 7"]),
    ],
)
def test_a_line_without_tabs(line, cells):
    assert pasted(line, one=True) == [cells]


@pytest.mark.parametrize("text", ["", "  \n ", "hello", "a\tb\nc\td"])
@pytest.mark.parametrize("one", [True, False])
def test_what_is_no_table(text, one):
    with pytest.raises(Unreadable):
        read(pasted(text, one=one), one=one)


def test_too_many_values():
    with pytest.raises(Unreadable, match="20,001 values"):
        read([["Mar 2026", "1"]] * 20_001, one=True)


def workbook(*rows, formats=None, sheets=()) -> bytes:
    book, content = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    for place, form in (formats or {}).items():
        book.active[place].number_format = form
    for name in sheets:
        book.create_sheet(name)
    book.save(content)
    return content.getvalue()


def test_cells_of_an_excel_file():
    content = workbook(
        ["Measure", date(2026, 3, 1), date(2026, 4, 30)],
        ["A", 0.1 + 0.2, 0.125],
        ["B", True, "  1,234.5 "],
        formats={"C2": "0.0%"},
    )
    assert from_xlsx(content) == [
        ["Measure", "2026-03-01", "2026-04-30"],
        ["A", "0.3", "12.500 %"],
        ["B", "TRUE", "1,234.5"],
    ]


def test_a_formula_without_a_result_is_refused():
    with pytest.raises(Unreadable, match="formula in row 2, column 2 has no result"):
        from_xlsx(workbook(["Mar 2026", 1], ["Apr 2026", "=B1*2"]))


@pytest.mark.parametrize(
    ("content", "grid"),
    [
        (b"\xef\xbb\xbfMar 2026,1\r\n", [["Mar 2026", "1"]]),
        (b'Mar 2026;"1,5"\n', [["Mar 2026", "1,5"]]),
        (b"Caf\xe9\tx\n", [["Café", "x"]]),
        (b'="2.10",\'=x\n', [["2.10", "=x"]]),
    ],
)
def test_cells_of_a_csv_file(content, grid):
    assert from_csv(content) == grid


def test_a_file_that_is_no_workbook():
    with pytest.raises(Unreadable):
        from_xlsx(b"PK no")


# --- the way back from an export

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn")), max_size=30).map(
    lambda text: " ".join(text.split())
)
NUMBERS = st.decimals(-(10**14) + 1, 10**14 - 1, allow_nan=False, places=6).map(kept)


def readings(pairs, every="month"):
    measure = Measure(number="MEA-2026-001", title="Overflows", every=every)
    first = date(2020, 1, 1)
    return [
        Reading(measure=measure, period=periods.moved(first, every, n), value=value, note=note)
        for n, (value, note) in enumerate(pairs)
    ]


@given(st.lists(st.tuples(NUMBERS, WORDS.filter(lambda word: not word.startswith("'"))), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_exported_is_read_again(pairs):
    rows = readings(pairs)
    expected = [("MEA-2026-001", str(row), row.value, row.note) for row in rows]
    for grid in (from_xlsx(as_xlsx(exported(rows), "Readings")), from_csv(as_csv(exported(rows), "Readings"))):
        found = read(grid, one=False).lines
        assert [(each.measure, each.period, Decimal(each.value), each.note) for each in found] == expected


@given(
    st.lists(st.builds(Line, st.just(2), WORDS, st.just("Mar 2026"), NUMBERS.map(exact), WORDS), min_size=1, max_size=5)
)
def test_lines_as_text_are_read_again(some):
    found = read(pasted(as_text(some).replace("\n", "\r\n"), one=False), one=False).lines
    assert [(each.measure, each.value, each.note) for each in found] == [
        (each.measure, each.value, each.note) for each in some
    ]


# --- the pages


@pytest.fixture
def pages(utility, read):
    number = read.number
    return {
        "paste": reverse("ims:paste", args=[utility.pk]),
        "confirm": reverse("ims:paste_confirm", args=[utility.pk]),
        "paste_one": reverse("ims:paste_one", args=[utility.pk, number]),
        "confirm_one": reverse("ims:paste_one_confirm", args=[utility.pk, number]),
    }


def values(measure) -> list[str]:
    return [exact(row.value) for row in measure.readings.order_by("period")]


def confirmed(page, **more) -> dict:
    return {name: page.context["confirm"][name].value() or "" for name in ("text", "token")} | more


@pytest.mark.django_db
def test_the_preview_says_what_each_line_does_and_saves_nothing(pages, read, as_, manager):
    text = "Feb 2026\t2.9\nMar 2026\t2.5\nMay 2026\t1.1\n"
    page = as_(manager).post(pages["paste_one"], {"text": text})
    plan = page.context["plan"]
    assert [(entry.line.place, entry.state, entry.period_name) for entry in plan.entries] == [
        (1, "same", "February 2026"),
        (2, "change", "March 2026"),
        (3, "add", "May 2026"),
    ]
    for words in ("1 added, 1 changed, 1 unchanged", "Added: 1", "Changed: 1", "Save 2 readings"):
        assert words in page.text
    assert values(read) == ["3.3", "2.9", "2.4", "1.4"]


@pytest.mark.django_db
def test_confirming_saves_all_with_the_reason(pages, read, as_, manager):
    browser = as_(manager)
    preview = browser.post(pages["paste_one"], {"text": "Mar 2026\t2.5\nMay 2026\t1.1"})
    refused = browser.post(pages["confirm_one"], confirmed(preview))
    assert refused.status_code == 422
    assert "Enter the reason for the changes." in refused.text
    assert values(read) == ["3.3", "2.9", "2.4", "1.4"]
    done = browser.post(pages["confirm_one"], confirmed(preview, why="Recounted."), follow=True)
    assert "1 reading added, 1 changed." in done.text
    assert values(read) == ["3.3", "2.9", "2.5", "1.4", "1.1"]
    march = read.readings.get(period=date(2026, 3, 1))
    assert (march.why, march.history.get().before["value"], march.changed_by) == ("Recounted.", "2.400000", manager)
    assert read.readings.get(period=date(2026, 5, 1)).entered_by == manager


@pytest.mark.django_db
def test_what_changed_since_the_preview_is_shown_again(pages, read, as_, manager):
    browser = as_(manager)
    preview = browser.post(pages["paste_one"], {"text": "May 2026\t1.1"})
    fill(read, "9", first=date(2026, 5, 1))
    again = browser.post(pages["confirm_one"], confirmed(preview))
    assert "readings changed since the preview" in again.text
    assert "Changed: 1" in again.text
    assert values(read)[-1] == "9"
    browser.post(pages["confirm_one"], confirmed(again, why="Mine is right."))
    assert values(read)[-1] == "1.1"


@pytest.mark.django_db
def test_one_fault_keeps_all_from_being_saved(pages, read, as_, manager):
    browser = as_(manager)
    text = "Apr 2026\t1\nMay 2026\tND\nJan 2026\t<0.5\n2026\t3\nJul 2026\t1\nApr 2026\t2\nxx\t4"
    page = browser.post(pages["paste_one"], {"text": text})
    assert page.status_code == 422
    assert [(entry.line.place, entry.words) for entry in page.context["plan"].faults] == [
        (2, "“ND” is not a number. Enter the number that you report when nothing is detected."),
        (3, "“<0.5” is a limit, not a number. Enter the number that you report for it."),
        (4, "“2026” is a year, but this measure is read monthly. Write it as Mar 2026."),
        (5, "July 2026 has not begun."),
        (6, "April 2026 is in line 1 already."),
        (7, "“xx” is not a date that can be read. Write it as Mar 2026."),
    ]
    assert "Save" not in page.text.split("Preview of readings")[1].split("Preview again")[0]
    assert browser.post(pages["confirm_one"], confirmed(page)).status_code == 422
    assert values(read) == ["3.3", "2.9", "2.4", "1.4"]


@pytest.mark.django_db
def test_a_table_of_several_measures_from_an_excel_file(pages, read, utility, as_, manager):
    clear = add(utility, manager, title="Filtered water below 0.1 NTU", unit="percent of time", direction="higher")
    content = workbook(
        ["Measure", "Unit", date(2026, 4, 1), date(2026, 5, 1)],
        [read.number, "", 1.4, 2],
        ["filtered  water below 0.1 ntu", "%", 0.985, "97 %"],
        formats={"C3": "0.0%"},
    )
    browser = as_(manager)
    page = browser.post(pages["paste"], {"file": SimpleUploadedFile("readings.xlsx", content)})
    assert page.status_code == 200
    assert "These columns were not read: Unit." in page.text
    assert "3 added, 0 changed, 1 unchanged" in page.text
    browser.post(pages["confirm"], confirmed(page))
    assert values(clear) == ["98.5", "97"]
    assert values(read) == ["3.3", "2.9", "2.4", "1.4", "2"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rain\tMar 2026\t1", "No measure has the number or title “Rain”."),
        ("Old\tMar 2026\t1", "MEA-2026-002 is retired."),
        ("Twice\tMar 2026\t1", "Several measures have the title “Twice”. Use the number."),
        ("\tMar 2026\t1", "The measure is missing."),
        ("Overflows\tMay 2026\t12 %", "“12 %” is in percent, but the unit of this measure is not."),
        (f"Overflows\tMay 2026\t1\t{'x' * 301}", "The note has more than 300 characters."),
    ],
)
def test_what_is_not_understood(pages, utility, as_, manager, text, words):
    add(utility, manager, title="Old").move("retired", by=manager, why="Not useful.")
    for _ in range(2):
        add(utility, manager, title="Twice")
    page = as_(manager).post(pages["paste"], {"text": text})
    assert page.status_code == 422
    assert [entry.words for entry in page.context["plan"].faults] == [words]


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_export_imported_again_changes_nothing(pages, read, utility, as_, manager, ending):
    yearly = add(utility, manager, title="Paper, recycled", every="year", unit="%")
    fill(yearly, "12345678901234.567891", "-0.5", first=date(2024, 1, 1))
    read.readings.filter(period=date(2026, 1, 1)).update(note="=Rain  in January")
    browser = as_(manager)
    export = browser.get(reverse("ims:readings_export", args=[utility.pk, ending]))
    page = browser.post(pages["paste"], {"file": SimpleUploadedFile(f"readings.{ending}", export.content)})
    plan = page.context["plan"]
    assert (len(plan.same), len(plan.entries)) == (6, 6)
    assert plan.same[-1].value == Decimal("-0.5")
    if ending == "csv":
        rows = list(csv.reader(StringIO(export.content.decode("utf-8-sig"))))
        assert rows[0] == ["Number", "Measure", "Period", "Value", "Note"]
        assert rows[1][:4] == [read.number, "Overflows", "January 2026", "3.3"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("readings.pdf", b"%PDF-1.4", "Choose an Excel workbook (.xlsx) or a CSV file."),
        ("readings.xlsx", b"Mar 2026,1", "The file is not what its name says."),
        ("readings.csv", b"hello", "Nothing that looks like readings was found."),
    ],
)
def test_a_file_that_is_refused(pages, as_, manager, name, content, words):
    page = as_(manager).post(pages["paste"], {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 422
    assert words in page.text


@pytest.mark.django_db
def test_readings_of_others_are_out_of_reach(pages, read, stranger, as_):
    own = stranger.memberships.get().utility
    page = as_(stranger).post(reverse("ims:paste", args=[own.pk]), {"text": f"{read.number}\tMay 2026\t1"})
    assert [entry.state for entry in page.context["plan"].entries] == ["fault"]


@pytest.mark.django_db
def test_a_preview_takes_as_many_queries_for_many_lines(
    pages, read, utility, as_, manager, django_assert_max_num_queries
):
    browser = as_(manager)
    for number in range(3):
        add(utility, manager, title=f"Measure {number}")
    wide = "\t".join(["", *(f"{1 + n % 12}/{2023 + n // 12}" for n in range(36))])
    for n_lines in (1, 3):
        text = "\n".join([wide, *("\t".join([f"Measure {n}", *["1"] * 36]) for n in range(n_lines))])
        with django_assert_max_num_queries(10):
            page = browser.post(pages["paste"], {"text": text})
        assert len(page.context["plan"].added) == 36 * n_lines

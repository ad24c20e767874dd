"""What each of ECHO's weekly files suggests of one number in the last four quarters; files that are broken."""

import tracemalloc
import zipfile
from datetime import date

import pytest

from echo import bulk
from echo.reading import CWA, SDWA, Verdict
from echo.weekly import Period
from recognition.models import Application
from tests.echo_files import (
    PERIOD,
    PERMIT,
    QUARTERS,
    SYSTEM,
    action,
    as_csv,
    event,
    facility,
    quarter,
    violation,
    zipped,
)

pytestmark = pytest.mark.django_db
Status = Application.Status


# --- What one file says.


@pytest.fixture
def said(tmp_path):
    """``said(name, rows or bytes)``: the reading of the file, of the number that it is about, and the extract."""

    def read(name: str, content, number: str | None = None, service: str | None = None):
        file = next(file for file in bulk.FILES if file.name == name)
        path = tmp_path / "one.zip"
        data = content if isinstance(content, bytes) else as_csv(content)
        path.write_bytes(zipped({f"some/folder/{name.lower()}": data}))
        service = service or next(iter(file.keys))
        number = number or (PERMIT if service == CWA else SYSTEM)
        found = bulk.extract(path, file, {CWA: {PERMIT}, SDWA: {SYSTEM}}, PERIOD, lambda fraction, rows: None)
        return found.reading(service, number, PERIOD), found

    return read


def test_the_period_is_the_last_four_quarters_that_are_over():
    assert PERIOD.since == date(2025, 10, 1)
    assert Period(date(2026, 1, 1)).since == date(2025, 1, 1)
    assert Period(date(2026, 12, 31)).since == date(2025, 10, 1)


def test_quarters_without_anything(said):
    read, found = said("NPDES_QNCR_HISTORY.csv", [quarter(when) for when in QUARTERS])
    assert read.verdict == Verdict.CLEAR
    assert read.findings == ["Nothing from 2025 Q4 to 2026 Q3"]
    assert (found.rows, found.refused) == (4, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"HLRNC": "S"}, "2026 Q2: significant noncompliance (HLRNC S)"),
        ({"HLRNC": "N"}, "2026 Q2: noncompliance (HLRNC N)"),
        ({"NUME90Q": "2"}, "2026 Q2: effluent violations: 2"),
        ({"NUMPSCH": "1"}, "2026 Q2: permit schedule violations: 1"),
    ],
)
def test_quarters_with_something(said, changes, words):
    rows = [quarter(when, **(changes if when == "20262" else {})) for when in QUARTERS]
    read, _ = said("NPDES_QNCR_HISTORY.csv", rows)
    assert (read.verdict, read.findings) == (Verdict.FOUND, [words])


def test_what_is_older_than_four_quarters_does_not_count(said):
    rows = [quarter("20253", HLRNC="S"), *(quarter(when) for when in QUARTERS)]
    assert said("NPDES_QNCR_HISTORY.csv", rows)[0].verdict == Verdict.CLEAR


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([quarter(when) for when in QUARTERS[1:]], "no row for 2025 Q4"),
        ([quarter(when, HLRNC="%") for when in QUARTERS], "an unknown code"),
        ([quarter(when, HLRNC="U") for when in QUARTERS], "undetermined"),
        ([quarter(when, NUME90Q="") for when in QUARTERS], "not a number"),
        ([quarter(when) for when in ["20221", "20222", "20223", "20224"]], "The file ends with 2022 Q4"),
        ([*(quarter(when) for when in QUARTERS), quarter("2026Q3")], "1 of its rows could not be read"),
        ([*(quarter(when) for when in QUARTERS), quarter("20991")], "1 of its rows could not be read"),
        ([quarter(when, NPDES_ID="OR00000XX") for when in QUARTERS], "Not in the file."),
    ],
)
def test_quarters_that_are_not_as_they_should_be(said, rows, words):
    read, _ = said("NPDES_QNCR_HISTORY.csv", rows)
    assert read.verdict == Verdict.UNKNOWN
    assert words in read.error


def test_quarters_may_be_named_by_the_federal_fiscal_year(said):
    rows = [quarter(when) for when in ["20261", "20262", "20263", "20264"]]
    assert said("NPDES_QNCR_HISTORY.csv", rows)[0].findings == ["Nothing from 2026 Q1 to 2026 Q4"]


@pytest.mark.parametrize(
    ("name", "made", "what"),
    [("NPDES_SE_VIOLATIONS.csv", event, "Overflow"), ("NPDES_FORMAL_ENFORCEMENT_ACTIONS.csv", action, "Admin")],
)
def test_events_and_actions_count_from_the_first_day_of_the_four_quarters(said, name, made, what):
    assert said(name, [made("09/30/2025")])[0].verdict == Verdict.CLEAR
    read, _ = said(name, [made("09/30/2025"), made("10/01/2025")])
    assert read.verdict == Verdict.FOUND
    assert len(read.findings) == 1
    assert f"October 1, 2025: {what}" in read.findings[0]
    odd, found = said(name, [made("2025-10-01")])
    assert (odd.verdict, found.refused) == (Verdict.UNKNOWN, 1)


def test_violations_of_a_system_are_counted_once_whatever_was_done_about_them(said):
    ours = {"ENF_ACTION_CATEGORY": "Formal", "ENFORCEMENT_DATE": "05/01/2026", "IS_HEALTH_BASED_IND": "Y"}
    rows = [violation("01/01/2026", "03/31/2026", **ours), violation("01/01/2026", "03/31/2026")]
    rows.append(violation("01/01/2019", "03/31/2019", VIOLATION_ID="V0"))
    read, _ = said("SDWA_VIOLATIONS_ENFORCEMENT.csv", rows)
    assert read.verdict == Verdict.FOUND
    assert read.findings[0].endswith(": 1")


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (violation("01/01/2020", "03/31/2020"), Verdict.CLEAR),
        (violation("01/01/2020"), Verdict.FOUND),  # no end
        (violation("01/01/2020", CALCULATED_RTC_DATE="06/30/2020"), Verdict.CLEAR),
        (violation("01/01/2020", "12/31/2025"), Verdict.FOUND),
        (violation("01/01/2020", "03/31/2020", ENFORCEMENT_DATE="02/01/2026"), Verdict.FOUND),
        (violation("", "03/31/2020"), Verdict.UNKNOWN),
        *((violation("01/01/2020", arrow), Verdict.FOUND) for arrow in ("--->", " -->", "-", "—")),  # not over yet
        (violation("01/01/2020", "--->", CALCULATED_RTC_DATE="06/30/2020", ENFORCEMENT_DATE="--->"), Verdict.CLEAR),
        (violation("01/01/2020", "-03/31/2020"), Verdict.UNKNOWN),
    ],
)
def test_which_violations_are_of_the_period(said, row, verdict):
    assert said("SDWA_VIOLATIONS_ENFORCEMENT.csv", [row])[0].verdict == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.CLEAR),
        ({"NPDES_IDS": f"OR00000XX {PERMIT}"}, Verdict.CLEAR),
        ({"CWA_SNC_FLAG": "Y"}, Verdict.FOUND),
        ({"CWA_13QTRS_COMPL_HISTORY": "_" * 8 + "V____"}, Verdict.FOUND),
        ({"CWA_13QTRS_COMPL_HISTORY": "V" * 8 + "_____", "CWA_QTRS_WITH_NC": "8"}, Verdict.CLEAR),
        ({"CWA_DATE_LAST_FORMAL_ACTION": "10/01/2025"}, Verdict.FOUND),
        ({"CWA_DATE_LAST_FORMAL_ACTION": "09/30/2025", "CWA_FORMAL_ACTION_COUNT": "1"}, Verdict.CLEAR),
        ({"CWA_13QTRS_COMPL_HISTORY": "_" * 11}, Verdict.UNKNOWN),
        ({"CWA_COMPLIANCE_STATUS": ""}, Verdict.UNKNOWN),
        ({"CWA_COMPLIANCE_STATUS": "Not Applicable"}, Verdict.UNKNOWN),
        ({"NPDES_IDS": ""}, Verdict.UNKNOWN),
    ],
)
def test_a_facility_with_its_permits(said, changes, verdict):
    assert said("ECHO_EXPORTER.csv", [facility(**changes)])[0].verdict == verdict


def test_a_facility_with_its_water_system(said):
    assert said("ECHO_EXPORTER.csv", [facility()], service=SDWA)[0].verdict == Verdict.CLEAR
    found = facility(SDWA_COMPLIANCE_STATUS="Serious Violator", SDWA_SNC_FLAG="Y")
    assert said("ECHO_EXPORTER.csv", [facility(), found], service=SDWA)[0].verdict == Verdict.FOUND


# --- Files that are not as they should be.


def test_latin_1_among_utf_8(said):
    content = as_csv([event("10/02/2025")]).replace(b"Overflow", "Overflow at Cañon \0".encode("latin-1"))
    read, _ = said("NPDES_SE_VIOLATIONS.csv", b"\xef\xbb\xbf" + content)
    assert read.findings[0].endswith("Overflow at Cañon")


def test_broken_rows_are_counted_and_whom_they_name_is_unknown(said):
    content = as_csv([event("09/30/2024")]) + f"{PERMIT},too,many,fields\r\n\r\nOR00000XX\r\n".encode()
    read, found = said("NPDES_SE_VIOLATIONS.csv", content)
    assert (found.rows, found.refused) == (3, 2)
    assert (read.verdict, read.error) == (Verdict.UNKNOWN, "1 of its rows could not be read.")


def test_a_field_without_an_end_is_one_broken_row(said):
    endless = b'"' + b"x,y\r\n" * 40_000 + b'"\r\n'
    content = as_csv([event("09/30/2024")]) + endless + as_csv([event("10/02/2025")])
    _, found = said("NPDES_SE_VIOLATIONS.csv", content)
    assert found.refused >= 1
    assert (CWA, PERMIT) in found.kept


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "missing: NPDES_ID"),
        (b"NPDES_ID,WHEN\r\n", "missing: SINGLE_EVENT_VIOLATION_DATE, VIOLATION_DESC"),
        (b"x" * 1_500_000, "A line is longer"),
    ],
)
def test_a_file_that_is_none(said, content, words):
    with pytest.raises(bulk.BrokenFile, match=words):
        said("NPDES_SE_VIOLATIONS.csv", content)


def test_a_file_that_would_fill_the_disk_is_not_unpacked(said, settings):
    settings.ECHO_MAX_CSV_BYTES = 1_000
    with pytest.raises(bulk.BrokenFile, match="too large"):
        said("NPDES_SE_VIOLATIONS.csv", b"0" * 1_001)


def test_a_zip_that_says_it_is_smaller_than_it_is(tmp_path):
    """The size in its head is what is read at most; the rest does not come."""
    content = bytearray(zipped({"NPDES_SE_VIOLATIONS.csv": as_csv([event("10/02/2025")] * 50_000)}))
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = (100).to_bytes(4, "little")
    path = tmp_path / "bomb.zip"
    path.write_bytes(content)
    file = next(file for file in bulk.FILES if file.name == "NPDES_SE_VIOLATIONS.csv")
    with pytest.raises(bulk.BrokenFile, match="damaged"):
        bulk.extract(path, file, {CWA: {PERMIT}}, PERIOD, lambda fraction, rows: None)


def test_more_rows_of_one_number_than_are_read(said, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_ROWS", 3)
    read, found = said("NPDES_SE_VIOLATIONS.csv", [event("10/02/2025")] * 5)
    assert "It has 5 rows" in read.error
    assert len(found.kept[CWA, PERMIT].rows) == 3


def test_two_hundred_thousand_rows_in_bounded_memory(tmp_path):
    path, heard = tmp_path / "large.zip", []
    packed = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed, packed.open("NPDES_QNCR_HISTORY.csv", "w") as target:
        target.write(as_csv([quarter(when) for when in QUARTERS]))
        for start in range(0, 200_000, 1_000):
            lines = (f"XX{n:07},20263, ,0,0,0,0\r\n" for n in range(start, start + 1_000))
            target.write("".join(lines).encode())
    file = next(file for file in bulk.FILES if file.name == "NPDES_QNCR_HISTORY.csv")
    tracemalloc.start()
    found = bulk.extract(path, file, {CWA: {PERMIT}}, PERIOD, lambda fraction, rows: heard.append((fraction, rows)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.rows, found.refused, list(found.kept)) == (200_004, 0, [(CWA, PERMIT)])
    assert found.reading(CWA, PERMIT, PERIOD).verdict == Verdict.CLEAR
    assert peak < 4_000_000
    assert heard == sorted(heard)
    assert heard[-1] == (1, 200_004)
    assert 0.4 < heard[len(heard) // 2][0] < 0.7

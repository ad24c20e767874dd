"""ECHO's weekly files as it packs them, with nothing against anyone, for the tests that read them."""

import csv
import io
import zipfile
from datetime import date

from echo.weekly import Period

PERIOD = Period(date(2026, 11, 22))  # its quarters: 2025 Q4 to 2026 Q3
PERMIT, SYSTEM = "OR00204AB", "OR4100001"
QUARTERS = ["20254", "20261", "20262", "20263"]


def facility(**changes) -> dict:
    row = {
        "REGISTRY_ID": "110000500000",
        "NPDES_IDS": PERMIT,
        "SDWA_IDS": SYSTEM,
        "CWA_COMPLIANCE_STATUS": "No Violation Identified",
        "CWA_SNC_FLAG": "N",
        "CWA_QTRS_WITH_NC": "0",
        "CWA_13QTRS_COMPL_HISTORY": "_" * 13,
        "CWA_FORMAL_ACTION_COUNT": "0",
        "CWA_DATE_LAST_FORMAL_ACTION": "",
        "SDWA_COMPLIANCE_STATUS": "No Violation Identified",
        "SDWA_SNC_FLAG": "N",
        "SDWA_FORMAL_ACTION_COUNT": "0",
    }
    return row | changes


def quarter(when: str, **changes) -> dict:
    counts = {"NUME90Q": "0", "NUMCVDT": "0", "NUMSVCD": "0", "NUMPSCH": "0"}
    return {"NPDES_ID": PERMIT, "YEARQTR": when, "HLRNC": " "} | counts | changes


def event(when: str, number: str = PERMIT) -> dict:
    return {"NPDES_ID": number, "VIOLATION_DESC": "Overflow", "SINGLE_EVENT_VIOLATION_DATE": when}


def action(when: str) -> dict:
    kind = {"ENF_TYPE_DESC": "Administrative order", "AGENCY": "EPA", "FED_PENALTY_ASSESSED_AMT": "10000"}
    return {"NPDES_ID": PERMIT, "SETTLEMENT_ENTERED_DATE": when} | kind


def violation(begin: str, end: str = "", **changes) -> dict:
    row = {
        "PWSID": SYSTEM,
        "VIOLATION_ID": "V1",
        "NON_COMPL_PER_BEGIN_DATE": begin,
        "NON_COMPL_PER_END_DATE": end,
        "VIOLATION_CATEGORY_CODE": "MR",
        "IS_HEALTH_BASED_IND": "N",
        "VIOLATION_STATUS": "Resolved",
        "CALCULATED_RTC_DATE": "",
        "ENFORCEMENT_DATE": "",
        "ENF_ACTION_CATEGORY": "",
    }
    return row | changes


def as_csv(rows: list[dict], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def quiet_files() -> dict[str, dict[str, bytes]]:
    """Archive → its files."""
    return {
        "echo_exporter.zip": {"ECHO_EXPORTER.csv": as_csv([facility()])},
        "npdes_downloads.zip": {
            "NPDES_QNCR_HISTORY.csv": as_csv([quarter(when) for when in ["20243", *QUARTERS]]),
            "NPDES_SE_VIOLATIONS.csv": as_csv([event("09/30/2025")]),
            "NPDES_FORMAL_ENFORCEMENT_ACTIONS.csv": as_csv([action("01/31/2019")]),
        },
        "SDWA_latest_downloads.zip": {
            "SDWA_VIOLATIONS_ENFORCEMENT.csv": as_csv([violation("01/01/2020", "03/31/2020")])
        },
    }


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()

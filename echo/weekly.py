"""Turns one number's rows in ECHO's weekly files into a suggestion on the last four quarters. Pure functions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from echo.reading import OFFICIAL, Reader, Reading, Record, Verdict, unknown, us_date

# Codes of HLRNC, a quarter's worst noncompliance. REPORTABLE includes resolved; blank and C (set aside) are none.
SIGNIFICANT, REPORTABLE = frozenset("SEXTD"), frozenset("SEXTDNVPR")


@dataclass(frozen=True)
class Period:
    """The last four quarters that are over on ``today``, and the time since."""

    today: date

    @property
    def quarter(self) -> int:
        """The current calendar quarter, numbered as in ``quarter_of``."""
        return self.today.year * 4 + (self.today.month - 1) // 3

    @property
    def since(self) -> date:
        year, place = divmod(self.quarter - 4, 4)
        return date(year, place * 3 + 1, 1)


def quarter_of(value: str) -> int:
    """Converts YYYYQ to a running number. Raises ValueError."""
    if not re.fullmatch(r"[12][0-9]{3}[1-4]", value):
        raise ValueError(value)
    return int(value[:4]) * 4 + int(value[4]) - 1


def quarter_name(quarter: int) -> str:
    return f"{quarter // 4} Q{quarter % 4 + 1}"


def facility_cwa(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Reads rows of ECHO_EXPORTER. Each is a facility, which may hold several permits."""
    return _worst(_facility_cwa(row, period) for row in rows)


def _facility_cwa(row: Record, period: Period) -> Reading:
    read = Reader(row)
    read.status("CWA_COMPLIANCE_STATUS", "Compliance status")
    read.flag("CWA_SNC_FLAG", "Significant noncompliance")
    read.history("CWA_13QTRS_COMPL_HISTORY", OFFICIAL + 1)
    read.count("CWA_QTRS_WITH_NC", "Quarters with noncompliance in the last 12", tells=False)
    read.count("CWA_FORMAL_ACTION_COUNT", "Formal enforcement actions in five years", tells=False)
    read.day("CWA_DATE_LAST_FORMAL_ACTION", "Last formal enforcement action", since=period.since)
    return read.reading


def facility_sdwa(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    return _worst(_facility_sdwa(row) for row in rows)


def _facility_sdwa(row: Record) -> Reading:
    read = Reader(row)
    read.status("SDWA_COMPLIANCE_STATUS", "Compliance status")
    read.flag("SDWA_SNC_FLAG", "Serious violator")
    read.count("SDWA_FORMAL_ACTION_COUNT", "Formal enforcement actions in five years", tells=False)
    return read.reading


def _worst(readings: Iterable[Reading]) -> Reading:
    """Combines the readings of one number: unknown overrides found, found overrides clear. Keeps all lines."""
    each = list(readings)
    lines = list(dict.fromkeys(line for reading in each for line in reading.findings))
    errors = list(dict.fromkeys(reading.error for reading in each if reading.error))
    if errors:
        return unknown(" ".join(errors), lines)
    found = any(reading.verdict == Verdict.FOUND for reading in each)
    return Reading(Verdict.FOUND if found else Verdict.CLEAR, lines)


COUNTED = {
    "NUME90Q": "Effluent violations",
    "NUMCVDT": "Compliance schedule violations",
    "NUMSVCD": "Single event violations",
    "NUMPSCH": "Permit schedule violations",
}


def quarters(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Reads rows of NPDES_QNCR_HISTORY: the four quarters up to ``newest``, the latest in the file for any number.

    Its quarters may be those of the federal fiscal year, so the last quarter in the file counts, not the calendar's.
    """
    if newest < period.quarter - 3:
        return unknown(f"The file ends with {quarter_name(newest)}, which is too old.")
    read = Reader({})
    known = {quarter_of(str(row["YEARQTR"])): row for row in rows}
    last = range(newest - 3, newest + 1)
    if missing := [quarter_name(quarter) for quarter in last if quarter not in known]:
        read.odd.append(f"no row for {', '.join(missing)}")
    for quarter in last:
        if quarter in known:
            _quarter(read, quarter_name(quarter), known[quarter])
    if not read.found and not read.odd:
        read.lines.append(f"Nothing from {quarter_name(last[0])} to {quarter_name(newest)}")
    return read.reading


def _quarter(read: Reader, name: str, row: Record) -> None:
    code = str(row["HLRNC"]).strip().upper()
    if code in REPORTABLE:
        word = "significant noncompliance" if code in SIGNIFICANT else "noncompliance"
        read.lines.append(f"{name}: {word} (HLRNC {code})")
        read.found = True
    elif code == "U":
        read.unclear.append(f"{name} is undetermined")
    elif code not in ("", "C"):
        read.odd.append(f"HLRNC of {name} is “{code[:20]}”, an unknown code")
    for column, label in COUNTED.items():
        value = str(row[column]).strip()
        if not re.fullmatch(r"[0-9]{1,6}", value):
            read.odd.append(f"{column} of {name} is “{value[:20]}”, not a number")
        elif int(value):
            read.lines.append(f"{name}: {label.lower()}: {int(value)}")
            read.found = True


def events(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Reads rows of NPDES_SE_VIOLATIONS, all of them in the period."""
    return _dated(rows, period, "SINGLE_EVENT_VIOLATION_DATE", "VIOLATION_DESC", "Single event violation")


def actions(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Reads rows of NPDES_FORMAL_ENFORCEMENT_ACTIONS, all of them in the period."""
    return _dated(rows, period, "SETTLEMENT_ENTERED_DATE", "ENF_TYPE_DESC", "Formal enforcement action")


def _dated(rows: list[Record], period: Period, when: str, what: str, label: str) -> Reading:
    lines = [f"{label}, {us_date(row[when]):%B %-d, %Y}: {str(row[what]).strip()[:120]}" for row in rows]
    if lines:
        return Reading(Verdict.FOUND, lines)
    return _nothing_since(period)


def violations(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Reads rows of SDWA_VIOLATIONS_ENFORCEMENT: a violation with one action each. Counts a violation once."""
    if not rows:
        return _nothing_since(period)
    by_id = {row["VIOLATION_ID"]: row for row in rows}
    health = sum(str(row["IS_HEALTH_BASED_IND"]).strip().upper() == "Y" for row in by_id.values())
    formal = sum(str(row["ENF_ACTION_CATEGORY"]).strip().lower() == "formal" for row in rows)
    lines = [
        f"Violations in the last four quarters or unresolved: {len(by_id)}",
        f"Of these, health-based: {health}",
        f"Formal enforcement actions on these: {formal}",
    ]
    return Reading(Verdict.FOUND, lines)


def _nothing_since(period: Period) -> Reading:
    return Reading(Verdict.CLEAR, [f"Nothing since {period.since:%B %-d, %Y}; earlier records exist"])


# Tests for ``File.keeps``: whether a row is in the period. Each raises ValueError for a row with malformed dates.


def always(row: Record, period: Period) -> bool:
    return True


def of_late_quarter(row: Record, period: Period) -> bool:
    quarter = quarter_of(row["YEARQTR"])
    if quarter > period.quarter + 1:  # fiscal quarters run one ahead
        raise ValueError(row["YEARQTR"])
    return quarter >= period.quarter - 8


def of_late_event(row: Record, period: Period) -> bool:
    return us_date(row["SINGLE_EVENT_VIOLATION_DATE"]) >= period.since


def of_late_action(row: Record, period: Period) -> bool:
    return us_date(row["SETTLEMENT_ENTERED_DATE"]) >= period.since


def of_open_violation(row: Record, period: Period) -> bool:
    """Returns whether it began, ended, was resolved or acted on since the period began, or has no end."""
    began = us_date(row["NON_COMPL_PER_BEGIN_DATE"])
    ends = [us_date(row[name]) for name in ("NON_COMPL_PER_END_DATE", "CALCULATED_RTC_DATE") if _has_day(row[name])]
    acted = us_date(row["ENFORCEMENT_DATE"]) if _has_day(row["ENFORCEMENT_DATE"]) else began
    return not ends or max(began, acted, *ends) >= period.since


def _has_day(value: str) -> bool:
    """Returns whether it names a day. A date that is still to come is blank or an arrow, as in ``--->``."""
    return not re.fullmatch(r"[-–—]*>?", value.strip())

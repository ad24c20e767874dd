"""What ECHO's answers and rows come to, as a suggestion and in plain lines. Pure functions.

A record is clear only where everything that is needed is there, is of the expected form and speaks of no violation.
Anything missing, odd or about something else is unknown, with a word why.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from recognition.models.screening import Verdict

Record = Mapping[str, Any]
CWA, SDWA = "cwa", "sdwa"

NPDES = re.compile(r"[A-Z0-9]{9}")
PWSID = re.compile(r"(?:[A-Z]{2}|0[1-9]|10)[0-9]{7}")
TRIBAL = re.compile(r"(?:0[1-9]|10)[0-9]{7}")
REGISTRY_ID = re.compile(r"[0-9]{12}")

NOT_KNOWN = "ECHO knows no such number."
NOT_WELL_FORMED = "Not a well-formed number, so nobody was asked."
# Characters of a history, one a quarter, oldest first.
QUIET, VIOLATION, SERIOUS, UNDETERMINED = "_VSU"
OFFICIAL = 12  # quarters of a history; the Clean Water Act's has the running one behind them
# HLRNC, the highest noncompliance of a quarter: significant, reportable, resolved; blank and C (set aside) are none.
SIGNIFICANT, REPORTABLE = frozenset("SEXTD"), frozenset("SEXTDNVPR")


@dataclass(frozen=True)
class Reading:
    """``findings`` are plain lines; ``error`` says why nothing is known, empty unless the verdict is unknown."""

    verdict: Verdict
    findings: list[str] = field(default_factory=list)
    error: str = ""


def unknown(why: str, findings: Iterable[str] = ()) -> Reading:
    return Reading(Verdict.UNKNOWN, list(findings), why)


def services_for(number: str, kind: str = "", wastewater: bool = True) -> tuple[str, ...]:
    """Which of ECHO's two services may know ``number``, the likelier first; none for one that is not well formed.

    Two letters and seven digits can be a permit as well as a water system. ``kind`` is what the utility registered
    it as, where it did (that settles it); ``wastewater`` whether the application names such a facility.
    """
    if not NPDES.fullmatch(number):
        return ()
    if kind:
        return (SDWA,) if kind == "PWSID" else (CWA,)
    if not PWSID.fullmatch(number):
        return (CWA,)
    if TRIBAL.fullmatch(number):
        return (SDWA,)
    return (CWA, SDWA) if wastewater else (SDWA, CWA)


class _Reader:
    """Reads the fields of one record, each into a line, and remembers what speaks for which verdict."""

    def __init__(self, record: Record):
        self.record = record
        self.lines: list[str] = []
        self.found = False
        self.unclear: list[str] = []  # ECHO itself says that it does not know
        self.odd: list[str] = []  # not as it should be

    def text(self, name: str) -> str:
        """Empty where it is missing, null or no text."""
        value = self.record.get(name)
        return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""

    def needed(self, name: str) -> str:
        if not (value := self.text(name)):
            self.odd.append(f"{name} is missing")
        return value

    def shown(self, name: str, label: str) -> str:
        if value := self.text(name):
            self.lines.append(f"{label}: {value}")
        return value

    def count(self, name: str, label: str, *, tells: bool = True) -> None:
        """A number; more than 0 is a finding where it ``tells``."""
        if not (value := self.needed(name)):
            return
        if not re.fullmatch(r"[0-9]{1,6}", value):
            self.odd.append(f"{name} is “{value[:30]}”, not a number")
            return
        self.lines.append(f"{label}: {int(value)}")
        self.found |= tells and int(value) > 0

    def flag(self, name: str, label: str) -> None:
        """Yes or no, or how many."""
        value = self.needed(name).lower()
        if re.fullmatch(r"[0-9]{1,6}", value):
            value = "yes" if int(value) else "no"
        if value in ("yes", "y", "no", "n"):
            self.lines.append(f"{label}: {'yes' if value[0] == 'y' else 'no'}")
            self.found |= value[0] == "y"
        elif value:
            self.odd.append(f"{name} is “{value[:30]}”, not yes or no")

    def status(self, name: str, label: str) -> None:
        """One of ECHO's words for how a facility stands now."""
        if not (value := self.needed(name)):
            return
        word = value.lower()
        self.lines.append(f"{label}: {value[:80]}")
        if word.startswith(("significant", "serious", "enforcement priority", "noncompliance", "violation")):
            self.found = True
        elif word.startswith(("unknown", "undetermined", "not applicable")):
            self.unclear.append(f"ECHO says “{value}”")
        elif not word.startswith("no violation"):
            self.odd.append(f"{name} is “{value[:30]}”, a word not known here")

    def history(self, name: str, quarters: int) -> None:
        """One character a quarter: what the last four official quarters, and the running one, say."""
        value = self.needed(name)
        if not value:
            return
        if len(value) != quarters or set(value) - {QUIET, VIOLATION, SERIOUS, UNDETERMINED}:
            self.odd.append(f"{name} is “{value[:20]}”, not {quarters} known characters")
            return
        recent = value[OFFICIAL - 4 :]
        since = "the last four quarters" + (" and this one" if quarters > OFFICIAL else "")
        troubled = sum(each in (VIOLATION, SERIOUS) for each in recent)
        self.lines.append(f"Quarters with a violation in {since}: {troubled}")
        self.found |= troubled > 0
        if UNDETERMINED in recent:
            self.unclear.append("at least one of the last four quarters is not determined")

    def day(self, name: str, label: str, since: date | None = None) -> None:
        """A date that need not be there; one from ``since`` on is a finding."""
        if not (value := self.text(name)):
            return
        try:
            happened = us_date(value)
        except ValueError:
            self.odd.append(f"{name} is “{value[:20]}”, not a date")
            return
        self.lines.append(f"{label}: {happened:%B %-d, %Y}")
        self.found |= since is not None and happened >= since

    @property
    def reading(self) -> Reading:
        if self.odd:
            return unknown(f"Not as expected: {'; '.join(self.odd)}.", self.lines)
        if self.found:
            return Reading(Verdict.FOUND, self.lines)
        if self.unclear:
            return unknown(f"Not certain: {'; '.join(self.unclear)}.", self.lines)
        return Reading(Verdict.CLEAR, self.lines)


def us_date(value: str) -> date:
    """From MM/DD/YYYY. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", value):
        raise ValueError(value)
    return datetime.strptime(value, "%m/%d/%Y").date()


# --- The web services --------------------------------------------------------------------------------


def answer(raw: Any, number: str, service: str) -> Reading:
    """What a service's answer for one number suggests."""
    return permit(raw, number) if service == CWA else system(raw, number)


def permit(raw: Any, number: str) -> Reading:
    """Of ``get_facility_info``: counts of quarters go over 12, counts of actions over five years."""
    record = _only_record(raw, "Facilities", "SourceID", number)
    if isinstance(record, Reading):
        return record
    read = _Reader(record)
    read.shown("CWPName", "Facility")
    read.shown("CWPPermitStatusDesc", "Permit status")
    if "CWPStatus" in record:  # not among the columns with a known number
        read.status("CWPStatus", "Compliance status")
    if read.shown("CWPSNCStatus", "Significant noncompliance").lower().startswith("significant"):
        read.found = True
    read.count("CWPQtrsWithNC", "Quarters with noncompliance in the last 12")
    read.count("CWPQtrsWithSNC", "Quarters with significant noncompliance in the last 12")
    read.history("CWP13qtrsComplHistory", OFFICIAL + 1)
    read.count("CWPE90Cnt", "Effluent limits exceeded, times")
    read.count("CWPInformalEnfActCount", "Informal enforcement actions in five years")
    read.count("CWPFormalEaCnt", "Formal enforcement actions in five years")
    read.day("CWPDateLastFea", "Last formal enforcement action")
    return read.reading


def system(raw: Any, number: str) -> Reading:
    """Of ``get_qid`` for a public water system; its history and counts of quarters go over three years."""
    record = _only_record(raw, "WaterSystems", "PWSId", number)
    if isinstance(record, Reading):
        return record
    read = _Reader(record)
    read.shown("PWSName", "Water system")
    read.flag("SeriousViolator", "Serious violator")
    read.flag("CurrVioFlag", "In violation now")
    read.flag("HealthFlag", "Health-based violation")
    read.flag("MrFlag", "Monitoring or reporting violation")
    read.flag("PnFlag", "Public notice violation")
    read.count("QtrsWithVio", "Quarters with a violation in the last 12")
    read.count("QtrsWithSNC", "Quarters as a serious violator in the last 12")
    read.history("SDWA3yrComplQtrsHistory", OFFICIAL)
    read.flag("Feas", "Formal enforcement actions")
    read.flag("Ifea", "Informal enforcement actions")
    read.day("SDWDateLastFea", "Last formal enforcement action")
    return read.reading


def _only_record(raw: Any, name: str, key: str, number: str) -> Record | Reading:
    """The one record of an answer, if it is about ``number``; else why not."""
    results = raw.get("Results") if isinstance(raw, dict) else None
    if not isinstance(results, dict):
        return unknown("The answer has another form than ECHO’s.")
    records = results.get(name)
    if str(results.get("QueryRows")) == "0" or records == []:
        return unknown(NOT_KNOWN)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return unknown(f"The answer has no list of {name}.")
    if len(records) > 1:
        return unknown(f"The answer has {len(records):,} records instead of one.")
    about = records[0].get(key)
    if about != number:
        return unknown(f"The answer is about “{str(about)[:20]}”, not about {number}.")
    return records[0]


def registry_id(raw: Any) -> str:
    """The FRS id of the facility that an answer is about, or nothing."""
    results = raw.get("Results") if isinstance(raw, dict) else None
    for name in ("Facilities", "WaterSystems"):
        records = results.get(name) if isinstance(results, dict) else None
        if isinstance(records, list) and records and isinstance(records[0], dict):
            found = str(records[0].get("RegistryID", ""))
            return found if REGISTRY_ID.fullmatch(found) else ""
    return ""


# --- The bulk files ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """The last four quarters that are over on ``today``, and what came since."""

    today: date

    @property
    def quarter(self) -> int:
        """The running calendar quarter, as ``quarter_of`` counts them."""
        return self.today.year * 4 + (self.today.month - 1) // 3

    @property
    def since(self) -> date:
        year, place = divmod(self.quarter - 4, 4)
        return date(year, place * 3 + 1, 1)


def quarter_of(value: str) -> int:
    """YYYYQ as a running number. Raises ValueError."""
    if not re.fullmatch(r"[12][0-9]{3}[1-4]", value):
        raise ValueError(value)
    return int(value[:4]) * 4 + int(value[4]) - 1


def quarter_name(quarter: int) -> str:
    return f"{quarter // 4} Q{quarter % 4 + 1}"


def facility_cwa(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Of ECHO_EXPORTER: a row is a facility, which may hold several permits."""
    return _worst(_facility_cwa(row, period) for row in rows)


def _facility_cwa(row: Record, period: Period) -> Reading:
    read = _Reader(row)
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
    read = _Reader(row)
    read.status("SDWA_COMPLIANCE_STATUS", "Compliance status")
    read.flag("SDWA_SNC_FLAG", "Serious violator")
    read.count("SDWA_FORMAL_ACTION_COUNT", "Formal enforcement actions in five years", tells=False)
    return read.reading


def _worst(readings: Iterable[Reading]) -> Reading:
    """Of several rows about one number: unknown before found, found before clear; the lines of all."""
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
    """Of NPDES_QNCR_HISTORY: the four quarters up to ``newest``, the last that the file knows of anyone.

    Its quarters may be named by the federal fiscal year, so the file's own end counts, not the calendar's.
    """
    if newest < period.quarter - 3:
        return unknown(f"The file ends with {quarter_name(newest)}, which is too long ago.")
    read = _Reader({})
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


def _quarter(read: _Reader, name: str, row: Record) -> None:
    code = str(row["HLRNC"]).strip().upper()
    if code in REPORTABLE:
        word = "significant noncompliance" if code in SIGNIFICANT else "noncompliance"
        read.lines.append(f"{name}: {word} (HLRNC {code})")
        read.found = True
    elif code == "U":
        read.unclear.append(f"{name} is not determined")
    elif code not in ("", "C"):
        read.odd.append(f"HLRNC of {name} is “{code[:20]}”, a code not known here")
    for column, label in COUNTED.items():
        value = str(row[column]).strip()
        if not re.fullmatch(r"[0-9]{1,6}", value):
            read.odd.append(f"{column} of {name} is “{value[:20]}”, not a number")
        elif int(value):
            read.lines.append(f"{name}: {label.lower()}: {int(value)}")
            read.found = True


def events(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Of NPDES_SE_VIOLATIONS: ``rows`` are those of the period."""
    return _dated(rows, period, "SINGLE_EVENT_VIOLATION_DATE", "VIOLATION_DESC", "Single event violation")


def actions(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Of NPDES_FORMAL_ENFORCEMENT_ACTIONS."""
    return _dated(rows, period, "SETTLEMENT_ENTERED_DATE", "ENF_TYPE_DESC", "Formal enforcement action")


def _dated(rows: list[Record], period: Period, when: str, what: str, label: str) -> Reading:
    lines = [f"{label}, {us_date(row[when]):%B %-d, %Y}: {str(row[what]).strip()[:120]}" for row in rows]
    if lines:
        return Reading(Verdict.FOUND, lines)
    return _nothing_since(period)


def violations(rows: list[Record], period: Period, newest: int = 0) -> Reading:
    """Of SDWA_VIOLATIONS_ENFORCEMENT: a row is a violation and one action on it, so violations are counted once."""
    if not rows:
        return _nothing_since(period)
    by_id = {row["VIOLATION_ID"]: row for row in rows}
    health = sum(str(row["IS_HEALTH_BASED_IND"]).strip().upper() == "Y" for row in by_id.values())
    formal = sum(str(row["ENF_ACTION_CATEGORY"]).strip().lower() == "formal" for row in rows)
    lines = [
        f"Violations in the last four quarters or not resolved: {len(by_id)}",
        f"Health-based ones of them: {health}",
        f"Formal enforcement actions on them: {formal}",
    ]
    return Reading(Verdict.FOUND, lines)


def _nothing_since(period: Period) -> Reading:
    return Reading(Verdict.CLEAR, [f"Nothing since {period.since:%B %-d, %Y}; there are earlier records"])


# Which rows of a file are of the period. Each raises ValueError for a row that does not say so properly.


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
    """It began, ended, was resolved or acted on in the period, or has no end."""
    began = us_date(row["NON_COMPL_PER_BEGIN_DATE"])
    ends = [us_date(row[name]) for name in ("NON_COMPL_PER_END_DATE", "CALCULATED_RTC_DATE") if row[name].strip()]
    acted = us_date(row["ENFORCEMENT_DATE"]) if row["ENFORCEMENT_DATE"].strip() else began
    return not ends or max(began, acted, *ends) >= period.since

"""Turns ECHO's answers and rows into a suggestion and plain-text findings. Pure functions.

A record is clear only if every needed field is present, has the expected form and shows no violation. If anything is
missing, malformed or about something else, the result is unknown, with the reason.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models

Record = Mapping[str, Any]
CWA, SDWA = "cwa", "sdwa"

NPDES = re.compile(r"[A-Z0-9]{9}")
PWSID = re.compile(r"(?:[A-Z]{2}|0[1-9]|10)[0-9]{7}")
TRIBAL = re.compile(r"(?:0[1-9]|10)[0-9]{7}")
REGISTRY_ID = re.compile(r"[0-9]{12}")

NOT_KNOWN = "ECHO has no record of this number."
NOT_WELL_FORMED = "Not a valid number, so ECHO was not queried."
# Characters of a history, one per quarter, oldest first.
QUIET, VIOLATION, SERIOUS, UNDETERMINED = "_VSU"
OFFICIAL = 12  # quarters of a history; a Clean Water Act history also has the current one, last


class Verdict(models.TextChoices):
    """What a source suggests."""

    CLEAR = "clear", "No violation found"
    FOUND = "found", "Violation or action found"
    UNKNOWN = "unknown", "Unknown"


@dataclass(frozen=True)
class Reading:
    """A verdict. ``findings`` are lines of text; ``error`` says why nothing is known if the verdict is unknown."""

    verdict: Verdict
    findings: list[str] = field(default_factory=list)
    error: str = ""


def unknown(why: str, findings: Iterable[str] = ()) -> Reading:
    return Reading(Verdict.UNKNOWN, list(findings), why)


def services_for(number: str, kind: str = "", wastewater: bool = True) -> tuple[str, ...]:
    """Returns which of ECHO's two services may have ``number``, the likelier first; none if it is not well-formed.

    Two letters and seven digits can be a permit or a water system. If the utility registered it, ``kind`` is what it
    was registered as, which decides. ``wastewater`` is whether the application names such a facility.
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


class Reader:
    """A reader of one record: turns each field into a line and collects what decides the verdict."""

    def __init__(self, record: Record):
        self.record = record
        self.lines: list[str] = []
        self.found = False
        self.unclear: list[str] = []  # ECHO itself does not know
        self.odd: list[str] = []  # missing or malformed

    def text(self, name: str) -> str:
        """Returns a string or number as text; empty if it is missing, null or of another type."""
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
        """Reads a number. More than 0 is a finding if ``tells``."""
        if not (value := self.needed(name)):
            return
        if not re.fullmatch(r"[0-9]{1,6}", value):
            self.odd.append(f"{name} is “{value[:30]}”, not a number")
            return
        self.lines.append(f"{label}: {int(value)}")
        self.found |= tells and int(value) > 0

    def flag(self, name: str, label: str) -> None:
        """Reads yes or no, or a count."""
        value = self.needed(name).lower()
        if re.fullmatch(r"[0-9]{1,6}", value):
            value = "yes" if int(value) else "no"
        if value in ("yes", "y", "no", "n"):
            self.lines.append(f"{label}: {'yes' if value[0] == 'y' else 'no'}")
            self.found |= value[0] == "y"
        elif value:
            self.odd.append(f"{name} is “{value[:30]}”, not yes or no")

    def status(self, name: str, label: str) -> None:
        """Reads one of ECHO's terms for a facility's current status."""
        if not (value := self.needed(name)):
            return
        word = value.lower()
        self.lines.append(f"{label}: {value[:80]}")
        if word.startswith(("significant", "serious", "enforcement priority", "noncompliance", "violation")):
            self.found = True
        elif word.startswith(("unknown", "undetermined", "not applicable")):
            self.unclear.append(f"ECHO says “{value}”")
        elif not word.startswith("no violation"):
            self.odd.append(f"{name} is “{value[:30]}”, an unknown value")

    def history(self, name: str, quarters: int) -> None:
        """Reads a character per quarter. Only the last four official quarters and, if given, the current one count."""
        value = self.needed(name)
        if not value:
            return
        if len(value) != quarters or set(value) - {QUIET, VIOLATION, SERIOUS, UNDETERMINED}:
            self.odd.append(f"{name} is “{value[:20]}”, not {quarters} expected characters")
            return
        recent = value[OFFICIAL - 4 :]
        since = "the last four quarters" + (" and this one" if quarters > OFFICIAL else "")
        troubled = sum(each in (VIOLATION, SERIOUS) for each in recent)
        self.lines.append(f"Quarters with a violation in {since}: {troubled}")
        self.found |= troubled > 0
        if UNDETERMINED in recent:
            self.unclear.append("at least one of the last four quarters is undetermined")

    def day(self, name: str, label: str, since: date | None = None) -> None:
        """Reads an optional date. A date on or after ``since`` is a finding."""
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
            return unknown(f"Unexpected data: {'; '.join(self.odd)}.", self.lines)
        if self.found:
            return Reading(Verdict.FOUND, self.lines)
        if self.unclear:
            return unknown(f"Unclear: {'; '.join(self.unclear)}.", self.lines)
        return Reading(Verdict.CLEAR, self.lines)


def us_date(value: str) -> date:
    """Converts MM/DD/YYYY to a date. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", value):
        raise ValueError(value)
    return datetime.strptime(value, "%m/%d/%Y").date()


def answer(raw: Any, number: str, service: str) -> Reading:
    """Returns what a service's answer for one number suggests."""
    return permit(raw, number) if service == CWA else system(raw, number)


def permit(raw: Any, number: str) -> Reading:
    """Reads an answer of ``get_facility_info``. Counts of quarters cover the last 12, counts of actions five years."""
    record = _only_record(raw, "Facilities", "SourceID", number)
    if isinstance(record, Reading):
        return record
    read = Reader(record)
    read.shown("CWPName", "Facility")
    read.shown("CWPPermitStatusDesc", "Permit status")
    if "CWPStatus" in record:  # requested only if the metadata has its number
        read.status("CWPStatus", "Compliance status")
    if read.shown("CWPSNCStatus", "Significant noncompliance").lower().startswith("significant"):
        read.found = True
    read.count("CWPQtrsWithNC", "Quarters with noncompliance in the last 12")
    read.count("CWPQtrsWithSNC", "Quarters with significant noncompliance in the last 12")
    read.history("CWP13qtrsComplHistory", OFFICIAL + 1)
    read.count("CWPE90Cnt", "Effluent limit exceedances")
    read.count("CWPInformalEnfActCount", "Informal enforcement actions in five years")
    read.count("CWPFormalEaCnt", "Formal enforcement actions in five years")
    read.day("CWPDateLastFea", "Last formal enforcement action")
    return read.reading


def system(raw: Any, number: str) -> Reading:
    """Reads an answer of ``get_qid`` for a public water system. History and counts of quarters cover three years."""
    record = _only_record(raw, "WaterSystems", "PWSId", number)
    if isinstance(record, Reading):
        return record
    read = Reader(record)
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
    """Returns the one record of an answer if it is about ``number``, else a Reading that says why not."""
    results = raw.get("Results") if isinstance(raw, dict) else None
    if not isinstance(results, dict):
        return unknown("The response is not in ECHO’s format.")
    records = results.get(name)
    if str(results.get("QueryRows")) == "0" or records == []:
        return unknown(NOT_KNOWN)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return unknown(f"The response has no list of {name}.")
    if len(records) > 1:
        return unknown(f"The response has {len(records):,} records instead of one.")
    about = records[0].get(key)
    if about != number:
        return unknown(f"The response is for “{str(about)[:20]}”, not {number}.")
    return records[0]


def registry_id(raw: Any) -> str:
    """Returns the FRS ID of the facility that an answer is about, or an empty string."""
    results = raw.get("Results") if isinstance(raw, dict) else None
    for name in ("Facilities", "WaterSystems"):
        records = results.get(name) if isinstance(results, dict) else None
        if isinstance(records, list) and records and isinstance(records[0], dict):
            found = str(records[0].get("RegistryID", ""))
            return found if REGISTRY_ID.fullmatch(found) else ""
    return ""

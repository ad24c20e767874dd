"""What of an archive is for people: a workbook that opens anywhere, and a page that says what each file is."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import User, Utility
from ims.system.archive import tables as described
from ims.system.archive.contents import KEY, Contents
from ims.system.archive.tables import Table, tables
from workflow.spreadsheets import MAX_CELL, as_workbook

JSON, XLSX, README = "system.json", "system.xlsx", "README.txt"
CUT = " … (the whole text is in system.json)"
MAX_SHEET = 31  # characters in the name of a sheet
ABOUT = """Everything of {utility}
Made on {day} with Headworks by {by}.

This ZIP holds the management system and the gap analyses of one utility, also the registers that are closed to some
of its people. Keep it where only managers can open it.

README.txt    This page.
system.xlsx   For people: a sheet for each register and for each list that belongs to the records. It opens in Excel
              and other spreadsheet programs. The sheet "Contents" lists them all.
system.json   For programs: the same in an exact form. A cell of a spreadsheet can't hold a text of more than
              32,767 characters, a fraction of a second or a time zone, so this file is the one that comes back.
files/        The attachments, in a folder for each record by its number; "gap-analyses" has those of gap analyses.

To bring it back: open "Everything as one ZIP" under Our system of a utility in which nothing was entered yet, and
choose this file. Do not change what is in it: changes in system.xlsx would not come back, so a ZIP in which it was
changed is refused.

What is not in it: accounts and passwords, who belongs to the utility, people's own settings and saved views, reports
(request them again), and the consent to share the coverage with similar utilities.
{more}"""
ALONE = """
Kept secret: {n} ratings and scores that people gave alone and that are not shown to all yet.
"""
LOST = """
These files could not be read and are not in the ZIP:
{names}
"""


def readme(utility: Utility, by: User, found: Contents, lost: list[str]) -> str:
    more = ALONE.format(n=sum(found.withheld.values())) if found.withheld else ""
    more += LOST.format(names="\n".join(lost)) if lost else ""
    day = f"{timezone.localtime():%B %-d, %Y, %-I:%M %p %Z}"
    return ABOUT.format(utility=utility, day=day, by=by, more=more).replace("\n", "\r\n")


def workbook(found: Contents) -> bytes:
    """Returns the workbook: the contents, then a sheet for each table that has rows."""
    names = {table.label: _sheet_of(table) for table in tables().values()}
    listed = sorted(tables().values(), key=lambda table: (not table.is_register, table.name))
    overview: list[list[Any]] = [["Sheet", "What it has", "Rows"]]
    overview += [[names[table.label], _what(table), len(found.rows[table.label])] for table in listed]
    sheets = {"Contents": overview}
    words = _Words(found)
    sheets |= {names[table.label]: list(words.sheet(table)) for table in listed if found.rows[table.label]}
    return as_workbook(sheets)


def _sheet_of(table: Table) -> str:
    return table.name.replace(":", ",").replace("/", "-")[:MAX_SHEET]


def _what(table: Table) -> str:
    if table.is_register:
        return "A register"
    return "Who changed what, from what to what" if described.is_change(table) else "Rows that belong to records"


class _Words:
    """The rows in words: whom and what they refer to by name."""

    def __init__(self, found: Contents) -> None:
        self.found = found
        self.records = {
            row[KEY]: f"{row[KEY]} {row['title']}"
            for table in tables().values()
            if table.is_register
            for row in found.rows[table.label]
        }

    def sheet(self, table: Table) -> Iterator[list[Any]]:
        yield [("Number" if table.is_register else "No."), *(_heading(each) for each in self._shown(table))]
        choices = {each.name: self._choices(table, each) for each in table.fields}
        for row in self.found.rows[table.label]:
            yield [row[KEY], *(self._cell(each, row[each.name], choices[each.name]) for each in self._shown(table))]

    def _shown(self, table: Table) -> list[Any]:
        return [each for each in table.fields if not (table.is_register and each.name == "number")]

    def _choices(self, table: Table, field: Any) -> dict[Any, str]:
        if table.is_register and field.name == "status":
            return dict(table.model.Status.choices)  # type: ignore[attr-defined]
        return dict(field.flatchoices) if field.choices else {}

    def _cell(self, field: Any, value: Any, choices: dict[Any, str]) -> Any:
        if value is None:
            return ""
        if described.is_account(field):
            author = self.found.accounts[value - 1]
            return author.name or author.email
        if described.is_file(field):
            return self.found.files[value - 1].get("path") or self.found.files[value - 1]["name"]
        if field.is_relation:
            return self._named(field, value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if value in choices if not isinstance(value, list | dict) else False:
            return str(choices[value])
        return _plain(field, value)

    def _named(self, field: Any, value: Any) -> Any:
        label = field.related_model._meta.label_lower
        if label == "ims.person":
            return self.found.rows[label][value - 1]["name"]
        return self.records.get(value, value)


def _heading(field: Any) -> str:
    words = str(field.verbose_name)
    return words[:1].upper() + words[1:]


def _plain(field: Any, value: Any) -> Any:
    """Returns the value of a cell: dates and numbers as such, anything else as a text that fits."""
    kind = field.get_internal_type()
    if kind == "DateTimeField":
        moment: datetime | None = parse_datetime(value)
        return moment
    if kind == "DateField":
        return date.fromisoformat(value)
    if kind == "DecimalField":
        return field.to_python(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    elif isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False) if value else ""
    else:
        text = value
    if isinstance(text, str) and len(text) > MAX_CELL:
        return text[: MAX_CELL - len(CUT)] + CUT
    return text

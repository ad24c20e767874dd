"""Forms for readings: one by hand, its correction, and many that are pasted or sent as a file."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from files.checks import looks_like
from ims.check import pasting
from ims.check.measures import Measure
from ims.check.numbers import NotANumber, exact, number
from ims.check.pasting import Grid
from ims.check.periods import SAMPLE, Every, NotAPeriod, short, understood
from ims.check.planning import MAX_NOTE, Entry
from ims.check.readings import Reading
from workflow.spreadsheets import Unreadable

MAX_BYTES = 10 * 1024**2


class ReadingForm(forms.Form):
    """A value for a period of a measure."""

    period = forms.CharField(max_length=40)
    value = forms.CharField(max_length=40)
    note = forms.CharField(required=False, max_length=MAX_NOTE)

    def __init__(self, data: Any = None, *, measure: Measure, **options: Any) -> None:
        super().__init__(data, **options)
        self.measure = measure
        self.fields["period"].help_text = f"For example {SAMPLE[Every(measure.every)]}"
        self.fields["value"].label = f"Value, {measure.unit}" if measure.unit else "Value"
        self.fields["value"].widget.attrs = {"inputmode": "decimal", "autocomplete": "off"}

    def clean_period(self) -> date:
        try:
            return understood(self.cleaned_data["period"], self.measure.every)
        except NotAPeriod as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean_value(self) -> Decimal | None:
        return a_value(self.cleaned_data["value"], self.measure)


class NoReadingForm(ReadingForm):
    """Why a period has no value."""

    why = forms.CharField(label="Reason", max_length=MAX_NOTE)

    def __init__(self, data: Any = None, *, measure: Measure, **options: Any) -> None:
        super().__init__(data, measure=measure, auto_id="id_none_%s", **options)
        del self.fields["value"], self.fields["note"]


def a_value(text: str, measure: Measure) -> Decimal | None:
    """Returns the number, None for an empty text. Raises ValidationError."""
    if not text.strip():
        return None
    try:
        return number(text, percent=measure.in_percent)
    except NotANumber as refused:
        raise forms.ValidationError(str(refused)) from refused


class CorrectionForm(forms.Form):
    """A new value of a reading and the reason. An empty value removes it."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    value = forms.CharField(required=False, max_length=40, help_text="Leave it empty to remove the value.")
    note = forms.CharField(required=False, max_length=MAX_NOTE)
    why = forms.CharField(label="Reason for the change", max_length=MAX_NOTE)

    def __init__(self, data: Any = None, *, reading: Reading) -> None:
        value = exact(reading.value) if reading.value is not None else ""
        super().__init__(data, initial={"version": reading.version, "value": value, "note": reading.note})
        self.reading = reading
        self.fields["value"].widget.attrs = {"inputmode": "decimal", "autocomplete": "off"}

    def clean_value(self) -> Decimal | None:
        return a_value(self.cleaned_data["value"], self.reading.measure)


class PasteForm(forms.Form):
    """A pasted text or a file. ``grid`` has its cells."""

    text = forms.CharField(
        label="Paste from a spreadsheet",
        required=False,
        strip=False,
        max_length=4_000_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "usa-textarea cells"}),
    )
    file = forms.FileField(
        label="Or choose a file",
        required=False,
        help_text="Excel (.xlsx) or CSV, up to 10 MB. The first sheet is read.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    grid: Grid

    def __init__(self, data: Any = None, files: Any = None, *, one: bool = False) -> None:
        super().__init__(data, files)
        self.one = one

    def clean(self) -> None:
        try:
            file = self.cleaned_data.get("file")
            self.grid = _of_file(file) if file else pasting.pasted(self.cleaned_data.get("text", ""), one=self.one)
            self.found = pasting.read(self.grid, one=self.one)
        except Unreadable as refused:
            self.add_error("file" if file else "text", str(refused))


def _of_file(upload: UploadedFile) -> Grid:
    ending = str(upload.name).lower().rpartition(".")[2]
    if ending not in ("xlsx", "csv"):
        raise Unreadable("Choose an Excel workbook (.xlsx) or a CSV file.")
    if (upload.size or 0) > MAX_BYTES:
        raise Unreadable("The file is larger than 10 MB.")
    if not looks_like(upload.file, f".{ending}"):  # type: ignore[arg-type]
        raise Unreadable("The file is not what its name says. Save it again from your spreadsheet.")
    upload.seek(0)
    content = upload.read()
    return pasting.from_xlsx(content) if ending == "xlsx" else pasting.from_csv(content)


class ConfirmForm(forms.Form):
    """What the preview sends back: the same lines as text, and the reason if values change."""

    text = forms.CharField(strip=False, widget=forms.HiddenInput)
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)
    why = forms.CharField(label="Reason for the changes", required=False, max_length=MAX_NOTE)


@dataclass(frozen=True)
class Typed:
    """What was typed for a period that is no longer due: somebody entered its ``reading``, or retired the measure."""

    measure: Measure
    period: date
    value: str
    note: str
    reading: Reading | None

    @property
    def period_name(self) -> str:
        return self.measure.period_name(self.period)

    @property
    def is_there(self) -> bool:
        """Whether the reading says the same, as after a second click."""
        try:
            value = number(self.value, percent=self.measure.in_percent)
        except NotANumber:
            return False
        there = self.reading
        return there is not None and there.value == value and self.note in ("", there.note)


class DueForm(forms.Form):
    """One row for each measure of which a reading is due: the value, and a note."""

    def __init__(self, data: Any = None, *, due: list[tuple[Measure, date]]) -> None:
        super().__init__(data)
        self.due = due
        for measure, period in due:
            label = f"{measure.title}, {measure.period_name(period)}"
            entered = {"inputmode": "decimal", "autocomplete": "off", "class": "usa-input"}
            self.fields[f"value-{measure.pk}-{period}"] = forms.CharField(
                label=label, required=False, max_length=40, widget=forms.TextInput(attrs=entered)
            )
            self.fields[f"note-{measure.pk}-{period}"] = forms.CharField(
                label=f"Note: {label}",
                required=False,
                max_length=MAX_NOTE,
                widget=forms.TextInput(attrs={"class": "usa-input"}),
            )

    @property
    def rows(self) -> list[tuple[Measure, str, Any, Any]]:
        rows = []
        for measure, period in self.due:
            key = f"{measure.pk}-{period}"
            rows.append((measure, measure.period_name(period), self[f"value-{key}"], self[f"note-{key}"]))
        return rows

    @property
    def lines(self) -> list[pasting.Line]:
        """What was entered, as lines of a paste. Their ``place`` is the place of the row."""
        given = self.cleaned_data
        lines = []
        for place, (measure, period) in enumerate(self.due):
            value, note = (given[f"{part}-{measure.pk}-{period}"] for part in ("value", "note"))
            if value or note:
                lines.append(pasting.Line(place, measure.number, short(period, measure.every), value, note))
        return lines

    def typed_elsewhere(self) -> dict[tuple[int, date], tuple[str, str]]:
        """Returns (value, note) by measure and period of what was sent for rows that the form does not have."""
        found: dict[tuple[int, date], tuple[str, str]] = {}
        for name in self.data:
            match = re.fullmatch(r"(?:value|note)-(\d{1,18})-(\d{4}-\d\d-\d\d)", name, re.ASCII)
            with suppress(ValueError):
                if match and name not in self.fields:
                    texts = [self.data.get(f"{part}-{match[1]}-{match[2]}", "").strip() for part in ("value", "note")]
                    if any(texts):
                        found[int(match[1]), date.fromisoformat(match[2])] = (texts[0], texts[1])
        return found

    def add_faults(self, faults: Iterable[Entry]) -> None:
        for entry in faults:
            measure, period = self.due[entry.line.place]
            self.add_error(f"value-{measure.pk}-{period}", entry.words)

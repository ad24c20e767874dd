"""Form fields for the shapes: they convert a value to what a person edits, and back."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from workflow.shapes.values import LISTS, Grid, Key, Lines, Listing, Passage, Reasons, Records, Shape, Slugs

BLANK_RECORDS = 2
CELL, LINE = " | ", " ¶ "


def field_for(shape: Shape, *, label: str, help_text: str) -> forms.Field:
    """Returns the form field for values of ``shape``."""
    given: dict[str, Any] = {"label": label, "help_text": help_text, "required": False}
    if isinstance(shape, Records):
        return RecordsField(shape.keys, **given)
    return FIELDS[type(shape)](**given)


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"})
        kwargs["help_text"] = kwargs.get("help_text") or "One per line."
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, list) else lines_of(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class GridField(LinesField):
    """A table with one row on each line. ``|`` separates cells and ``¶`` the lines in a cell; empty cells are kept."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = (
            kwargs.get("help_text") or "One row per line. Separate cells with | and lines within a cell with ¶."
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(CELL.join(cell.replace("\n", LINE) for cell in row) for row in value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        rows = (line for line in (value or "").splitlines() if line.strip())
        return [[_cell(cell) for cell in line.split("|")] for line in rows]


def _cell(typed: str) -> str:
    return "\n".join(line.strip() for line in typed.split(LINE.strip())).strip()


class ReasonsField(LinesField):
    """Reasons as ``field: reason``, one on each line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or "One per line: the field, a colon and why it is empty."
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name}: {why}" for name, why in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        parted = [line.partition(":") for line in lines_of(value or "")]
        if any(not why.strip() for _, _, why in parted):
            raise ValidationError("Each line needs a field, a colon and a reason.")
        return {name.strip(): why.strip() for name, _, why in parted}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial or {}) or "") != (data or "").strip()


class PassageField(forms.MultiValueField):
    """A text and its source, both or neither, with an optional note on the source."""

    text_key = "text"

    def __init__(self, **kwargs: Any) -> None:
        parts = tuple(forms.CharField(required=False) for _ in range(3))
        widget = WithSource(self.text_key, kwargs.get("label", ""))
        super().__init__(parts, require_all_fields=False, widget=widget, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, Any]:
        text, source, note = (part.strip() for part in data_list or ("", "", ""))
        if bool(text) != bool(source) or (note and not text):
            raise ValidationError("Enter both the text and its source, or leave both empty.")
        said = {self.text_key: self.read(text), "source": source} if text else {}
        return said | ({"note": note} if note else {})

    def read(self, text: str) -> Any:
        return text


class ListingField(PassageField):
    """Lines and their source, both or neither, with an optional note on the source."""

    text_key = "items"

    def read(self, text: str) -> Any:
        return lines_of(text)


class OwnTemplate:
    """Mixin for a widget with a template of the project, which Django's default form renderer does not find."""

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        return render_to_string(template_name, context)


class WithSource(OwnTemplate, forms.MultiWidget):
    template_name = "workflow/shapes/with_source.html"

    def __init__(self, text_key: str, label: str) -> None:
        self.text_key, self.label = text_key, label
        super().__init__({"text": forms.Textarea, "source": forms.TextInput, "note": forms.TextInput})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs) | {"label": self.label}
        parts = ("One per line" if self.text_key == "items" else "Text", "Source", "Note on the source")
        for part, label in zip(context["widget"]["subwidgets"], parts, strict=True):
            part["label"] = label
        return context

    def decompress(self, value: Any) -> list[str]:
        value = value or {}
        said = value.get(self.text_key, "")
        return ["\n".join(said) if isinstance(said, list) else said, value.get("source", ""), value.get("note", "")]


class RecordsField(forms.Field):
    """A row of inputs for each record, plus BLANK_RECORDS rows for new ones. A record that is emptied is removed."""

    def __init__(self, keys: tuple[Key, ...], **kwargs: Any) -> None:
        self.keys = keys
        super().__init__(widget=RecordsWidget(keys, kwargs.get("label", "")), **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        records = [self._record(place, typed) for place, typed in enumerate(value, start=1)]
        found = [record for record in records if record]
        if faults := list(Records(*self.keys).faults(found)):
            raise ValidationError(faults)
        return found

    def _record(self, place: int, typed: dict[str, str]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for key in self.keys:
            said = typed.get(key.name, "").strip()
            if not said:
                continue
            if key.kind in LISTS:
                record[key.name] = lines_of(said)
            elif key.kind == "number":
                if not said.isdecimal():
                    raise ValidationError(f"Record {place}: “{key.label}” must be a number.")
                record[key.name] = int(said)
            else:
                record[key.name] = said
        return record

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or []) != self.clean(data)
        except ValidationError:
            return True


class RecordsWidget(OwnTemplate, forms.Widget):
    template_name = "workflow/shapes/records.html"

    def __init__(self, keys: tuple[Key, ...], label: str) -> None:
        self.keys, self.label = keys, label
        super().__init__()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        filled = [record for record in value or [] if any(record.values())]
        records = [*filled, *({} for _ in range(BLANK_RECORDS))]
        rows = [
            {"place": place, "cells": [self._cell(name, place, key, record) for key in self.keys]}
            for place, record in enumerate(records)
        ]
        own = {"filled": rows[: len(filled)], "blank": rows[len(filled) :], "name": name, "n": len(records)}
        return super().get_context(name, value, attrs) | own | {"label": self.label}

    def _cell(self, name: str, place: int | str, key: Key, record: dict[str, Any]) -> dict[str, Any]:
        said = record.get(key.name, "")
        shown = "\n".join(said) if isinstance(said, list) else said
        return {"key": key, "name": f"{name}-{place}-{key.name}", "value": shown, "long": key.kind in ("text", *LISTS)}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        sent = data.get(f"{name}-n", "0")
        n = int(sent) if sent.isdecimal() and len(sent) < 5 else 0
        return [
            {key.name: data.get(f"{name}-{place}-{key.name}", "") for key in self.keys} for place in range(min(n, 500))
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-n" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class KeyedRecordsField(RecordsField):
    """Records that each belong to one of ``rows``, [(key, label)], as a grid with one line for each of ``rows``."""

    def __init__(self, keys: tuple[Key, ...], by: str, rows: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(keys, **kwargs)
        self.by, self.labels = by, dict(rows)
        self.widget = KeyedRecordsWidget(keys, by, rows, kwargs.get("label", ""))

    def clean(self, value: Any) -> list[dict[str, Any]]:
        records = [self._record(place, typed) for place, typed in enumerate(value, start=1)]
        shape = Records(*self.keys)
        if faults := [
            fault.replace("Record 1", self.labels[record[self.by]])
            for record in records
            for fault in shape.faults([record])
        ]:
            raise ValidationError(faults)
        return records


class KeyedRecordsWidget(RecordsWidget):
    template_name = "workflow/shapes/keyed_records.html"

    def __init__(self, keys: tuple[Key, ...], by: str, rows: list[tuple[str, str]], label: str) -> None:
        super().__init__(keys, label)
        self.by, self.rows = by, rows

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        records = {record[self.by]: record for record in value or []}
        shown = [key for key in self.keys if key.name != self.by]
        rows = [
            {"label": label, "cells": [self._cell(name, slug, key, records.get(slug, {})) for key in shown]}
            for slug, label in self.rows
        ]
        return context | {"rows": rows, "heads": [key.label for key in shown]}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """Returns the records in which something was typed, in the order of ``rows``."""
        typed = [
            {key.name: data.get(f"{name}-{slug}-{key.name}", "") for key in self.keys} | {self.by: slug}
            for slug, _ in self.rows
        ]
        return [record for record in typed if any(said.strip() for part, said in record.items() if part != self.by)]


FIELDS: dict[type[Shape], type[forms.Field]] = {
    Lines: LinesField,
    Slugs: LinesField,
    Passage: PassageField,
    Listing: ListingField,
    Reasons: ReasonsField,
    Grid: GridField,
}

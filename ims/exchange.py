"""The records of a register as an Excel file that can be edited and imported again (workflow.exchange)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, TextField
from django.utils import timezone

from accounts.models import User, Utility
from ims.forms import RecordForm, form_of
from ims.people import Person
from ims.plan.units import Unit
from ims.records import Record
from ims.registers import Register
from initiatives.models import Initiative
from workflow.exchange.rows import Column, Exchange, columns_of
from workflow.matching import plain
from workflow.spreadsheets import CONTROL

HEADINGS = {"areas": "Area"}
WIDTHS = {"title": 40, "areas": 13, "initiatives": 26, "units": 26, "owner": 24}
WIDE = 50  # characters, for long texts
MOMENT = "%B %-d, %Y, %-I:%M %p %Z"
HOW_TO_EDIT = (
    "Change the white cells of the sheet “Rows”. Enter x for each area. Where a cell can have several initiatives or "
    "units, enter their names, one per line or with semicolons between them. The gray cells are for reading."
)
HOW_TO_ADD = "Enter a new record below the others and leave its number empty. It gets one when it is imported."
HOW_TO_MOVE = (
    "The status can’t be changed in this file, because each step has rules of its own: open the record and choose its "
    "next step there."
)
HOW_TO_LEAVE_OUT = "A row that you delete from the file stays on the site as it is. Nothing is deleted by an import."
HOW_TO_IMPORT = (
    "Open the list, choose “Import from Excel” and select this file. You see every change and every new record before "
    "it is saved, and what other people changed since the download. Either all of it is saved or nothing."
)


class KnownField(forms.TypedChoiceField):
    """A choice among rows that were read before, so that checking it makes no query. Its value is the key of a row."""

    def __init__(self, field: Any, kept: Iterable[Any]) -> None:
        """``kept``: the values that records have, though they may not be offered any more."""
        self.model, key = field.queryset.model, field.to_field_name or "pk"
        rows: list[Model] = list(field.queryset)
        offered = {row.serializable_value(key) for row in rows}
        self.closed = set(kept) - offered - {None}
        if self.closed:
            rows += self.model._base_manager.filter(**{f"{key}__in": self.closed})
        self.rows = {row.serializable_value(key): row for row in rows}
        words = _words(rows)
        super().__init__(
            label=field.label,
            required=field.required,
            choices=[("", ""), *((value, words[row.pk]) for value, row in self.rows.items())],
            coerce=(self.model._meta.pk if key == "pk" else self.model._meta.get_field(key)).to_python,
            empty_value=None,
        )


class ByKey:
    """A form in which other rows are named by their keys. Its rules still see the rows."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def clean(self) -> None:
        keys = {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}
        known = {name: field for name, field in self.fields.items() if isinstance(field, KnownField) and name in keys}
        self.cleaned_data |= {name: field.rows.get(keys[name]) for name, field in known.items()}
        super().clean()  # type: ignore[misc]
        self.cleaned_data |= {name: keys[name] for name in known if name in self.cleaned_data}


class RecordExchange(Exchange):
    """The records of a register in one utility, for a user who may read them."""

    key_word = "number"
    may_add = True

    def __init__(self, register: Register, utility: Utility, user: User, *, rows: Any = None) -> None:
        """``rows``: those to export, fetched through ``visible_to``; all if it is left out."""
        self.register, self.utility, self.user = register, utility, user
        self.recorded = register.recorded
        if rows is None:
            rows = register.model.objects.visible_to(user).filter(utility=utility)
        related = [name for name in self.recorded if _field(register, name).is_relation]
        super().__init__(rows.select_related("changed_by", *related))
        self.form: RecordForm = form_of(register)(utility=utility)
        self.known: dict[str, KnownField] = {}
        self.columns = list(self._columns())
        self.identity = f"records-{register.slug}-{utility.pk}"
        self.title = f"the list “{register.name}” of {utility}"

    @classmethod
    def locked(cls, register: Register, utility: Utility, user: User) -> "RecordExchange":
        """Locks the rows until the end of the transaction, as a save does: in the table of all records."""
        rows = Record.objects.filter(utility=utility, register=register.slug).order_by("pk")
        list(rows.select_for_update().values_list("pk"))
        return cls(register, utility, user)

    def _columns(self) -> Iterable[Column]:
        yield Column("number", "Number (do not change)", 18, locked=True)
        self._read_choices()
        own, locked = iter(self._own_columns()), self._locked_columns()
        yield next(own)
        yield Column("status", "Status (change it on the site)", 18, locked=True)
        yield from own
        yield from locked

    def _read_choices(self) -> None:
        for name, field in self.form.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                self.known[name] = KnownField(field, {self.value_of(row, name) for row in self.rows.values()})
        self.form.fields.update(self.known)

    def _own_columns(self) -> Iterable[Column]:
        everything = {"units": self._units, "initiatives": self._initiatives}
        for column in columns_of(self.form, HEADINGS, WIDTHS):
            field: Any = self.register.model._meta.get_field(column.field)
            if column.many:
                offered = {value for value, _ in self.form.fields[column.name].choices}  # type: ignore[attr-defined]
                choices = everything[column.name]() if column.name in everything else dict(column.choices)
                kept = {value for row in self.rows.values() for value in getattr(row, column.name)}
                choices |= {value: str(value) for value in kept - choices.keys()}
                closed = choices.keys() - offered
                column = replace(column, choices=choices, closed=closed, also=self._numbers(column.name))
                self.form.fields[column.name].choices = list(choices.items())  # type: ignore[attr-defined]
            elif column.name in self.known:
                known = self.known[column.name]
                column = replace(
                    column, also=self._also(column), closed=known.closed, width=WIDTHS.get(column.name, 30)
                )
            elif isinstance(field, TextField):
                column = replace(column, width=WIDE)
            yield column

    def _units(self) -> dict[Any, str]:
        return _words(list(Unit.objects.filter(utility=self.utility)), title=True)

    def _initiatives(self) -> dict[Any, str]:
        return dict(Initiative.objects.known().values_list("slug", "short_name"))

    def _numbers(self, name: str) -> dict[str, Any]:
        """Returns the numbers of units, which may be entered instead of their titles."""
        if name != "units":
            return {}
        rows = Unit.objects.filter(utility=self.utility).values_list("number", "pk")
        return {plain(number): pk for number, pk in rows}

    def _also(self, column: Column) -> dict[str, Any]:
        """Returns what may be entered for a row besides its words: the number of a record."""
        if not issubclass(self.known[column.name].model, Record):
            return {}
        return {plain(words.partition(" ")[0]): value for value, words in column.choices.items()}

    def _locked_columns(self) -> Iterable[Column]:
        for name in self.recorded:
            field = _field(self.register, name)
            heading = str(field.verbose_name).capitalize()
            yield Column(name, heading, WIDE if isinstance(field, TextField) else 24, locked=True)
        yield Column("changed_by", "Last changed by", 20, locked=True)
        yield Column("changed_at", "Last changed on", 24, locked=True)

    def key_of(self, row: Any) -> str:
        return str(row.number)

    def name_of(self, row: Any) -> str:
        return str(row)

    def value_of(self, row: Any, name: str) -> Any:
        """Returns the key of a row that it refers to, not the row."""
        return getattr(row, self.register.model._meta.get_field(name).attname)  # type: ignore[union-attr]

    def locked_texts(self, row: Any) -> dict[str, str]:
        found = {
            name: getattr(row, f"get_{name}_display", lambda name=name: getattr(row, name))() for name in self.recorded
        }
        return {name: "" if value is None else str(value) for name, value in found.items()} | {
            "number": row.number,
            "status": row.status_label,
            "changed_by": str(row.changed_by or "a former member"),
            "changed_at": f"{timezone.localtime(row.changed_at):{MOMENT}}" if row.changed_at else "",
        }

    def about(self) -> list[tuple[str, str]]:
        return [
            ("Utility", str(self.utility)),
            ("List", self.register.name),
            ("Records", str(len(self.rows))),
            ("Downloaded", f"{timezone.localtime():{MOMENT}}, by {self.user}"),
            ("How to edit", HOW_TO_EDIT),
            ("How to add", HOW_TO_ADD),
            ("Status", HOW_TO_MOVE),
            ("Left out", HOW_TO_LEAVE_OUT),
            ("How to import", HOW_TO_IMPORT),
        ]

    def why_closed(self, row: Any) -> str:
        return (
            "" if row.is_open else f"It is “{row.status_label}”, so it can’t be changed. Reopen it on the site first."
        )

    def bound(self, row: Any, values: dict[str, Any]) -> RecordForm:
        made = type("RowForm", (ByKey, form_of(self.register)), {})
        data = values | ({"version": row.version} if row else {})
        form: RecordForm = made(data, utility=self.utility, instance=row, like=self.form, from_values=True)
        form.fields.update(self.known)
        return form

    def save(self, row: Any, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        row.change(row.version, by=by, **self._stored(changes))

    def add(self, values: dict[str, Any], *, by: AbstractBaseUser) -> None:
        assert isinstance(by, User)  # noqa: S101  (for the type checker)
        self.register.model.open_in(self.utility, by=by, **self._stored(values))

    def _stored(self, values: dict[str, Any]) -> dict[str, Any]:
        """Returns the values by the names that hold keys: ``owner_id`` for an owner."""
        return {_field(self.register, name).attname: value for name, value in values.items()}

    def alike(self, values: Mapping[str, Any]) -> list[Any]:
        return self._by_title[plain(_in_one_line(values["title"]))]

    @property
    def _by_title(self) -> dict[str, list[Any]]:
        if not hasattr(self, "_titles"):
            self._titles: dict[str, list[Any]] = defaultdict(list)
            for row in self.rows.values():
                self._titles[plain(_in_one_line(row.title))].append(row)
        return self._titles


def _field(register: Register, name: str) -> Any:
    return register.model._meta.get_field(name)


def _words(rows: list[Model], *, title: bool = False) -> dict[Any, str]:
    """Returns key → words by which a person tells the rows apart; two of one name get something that differs."""
    texts = {row.pk: _in_one_line(row.title if title and isinstance(row, Record) else str(row)) for row in rows}
    often = Counter(map(plain, texts.values()))
    return {
        row.pk: texts[row.pk] if texts[row.pk] and often[plain(texts[row.pk])] == 1 else _exact(row, texts[row.pk])
        for row in rows
    }


def _exact(row: Model, text: str) -> str:
    if isinstance(row, Record):
        return f"{text} ({row.number})"
    if isinstance(row, Person) and row.email:
        return f"{text} ({row.email})"
    return f"{text} (no. {row.pk})"


def _in_one_line(text: str) -> str:
    return " ".join(CONTROL.sub("", text).split())

"""What is exchanged: versioned rows that are edited with a form, and their columns."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser

from workflow.matching import plain

X = "x"
CHOSEN, NOT_CHOSEN = {X, "yes", "true", "1", "✓", "✔"}, {"", "no", "false", "0"}
MAX_LISTED = 8  # choices that an error lists
THOUSANDS = re.compile(r"\$?\d{1,3}(,\d{3})+(\.\d*)?")


class Kind(Enum):
    """What the cells of a column hold."""

    TEXT, DATE, NUMBER, YES_NO = "text", "date", "number", "yes or no"


@dataclass(frozen=True)
class Column:
    """A column of the sheet. ``name`` is a field, or ``field:choice`` for a choice of a field that can have several.

    ``choices``: for a field that has one of them, or ``many`` named in one cell, value → words. Of these, ``closed``
    can be kept but no longer chosen; ``also`` maps other words that a person may enter to values. A ``locked`` column
    is not for editing.
    """

    name: str
    heading: str
    width: int = 14  # characters
    locked: bool = False
    choices: Mapping[Any, str] = field(default_factory=dict)
    kind: Kind = Kind.TEXT
    many: bool = False
    closed: Collection[Any] = ()
    also: Mapping[str, Any] = field(default_factory=dict)

    @property
    def field(self) -> str:
        return self.name.partition(":")[0]

    @property
    def choice(self) -> str:
        return self.name.partition(":")[2]

    def text(self, value: Any) -> str:
        """Returns the text of the cell for a value of the field."""
        if self.choice:
            return X if self.choice in map(str, value) else ""
        if self.many:
            return "\n".join(self.choices.get(each, str(each)) for each in value)
        if self.choices:
            return self.choices.get(value, "")
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return "" if value is None else str(value)

    def value(self, text: str) -> Any:
        """Returns the value of the field; for a choice of several, whether it is chosen. Raises ValueError."""
        typed = plain(text.strip())
        if self.choice:
            if typed not in CHOSEN | NOT_CHOSEN:
                raise ValueError(f"Enter {X} or leave the cell empty.")
            return typed in CHOSEN
        if self.many:
            return list(dict.fromkeys(value for line in text.splitlines() for value in self._named(line)))
        if self.choices:
            return self._one(text) if typed else None
        if self.kind is Kind.TEXT:
            return text
        return _PARSED[self.kind](text.strip()) if text.strip() else None

    @cached_property
    def _by_words(self) -> dict[str, Any]:
        return {**self.also, **{plain(words): value for value, words in self.choices.items()}}

    def _one(self, text: str) -> Any:
        typed = plain(" ".join(text.split()))
        if typed in self._by_words:
            return self._by_words[typed]
        if len(self.choices) > MAX_LISTED:
            raise ValueError(f"“{text.strip()[:80]}” is not on the list. The sheet “Choices” has what can be entered.")
        raise ValueError(f"Enter {_listed(self.choices.values())}, or leave the cell empty.")

    def _named(self, line: str) -> Iterator[Any]:
        """Yields the values that a line names, separated by semicolons; a name may have one itself."""
        if plain(" ".join(line.split())) in self._by_words:
            yield self._one(line)
            return
        yield from (self._one(part) for part in line.split(";") if part.strip())


def _as_date(text: str) -> date:
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%b %d, %Y", "%B %d, %Y"):
        with suppress(ValueError):
            return datetime.strptime(text, form).date()
    raise ValueError("Enter a date, such as 2026-06-30.")


def _as_number(text: str) -> Decimal:
    bare = text.removeprefix("$").replace(",", "") if THOUSANDS.fullmatch(text) else text.removeprefix("$")
    with suppress(InvalidOperation):
        if (number := Decimal(bare)).is_finite():
            return number
    raise ValueError("Enter a number, such as 12500.")


def _as_truth(text: str) -> bool:
    if (typed := plain(text)) not in CHOSEN | NOT_CHOSEN:
        raise ValueError("Enter yes or no.")
    return typed in CHOSEN


_PARSED: dict[Kind, Callable[[str], Any]] = {Kind.DATE: _as_date, Kind.NUMBER: _as_number, Kind.YES_NO: _as_truth}


def _listed(words: Iterable[str]) -> str:
    *most, last = [f"“{each}”" for each in words]
    return f"{', '.join(most)} or {last}" if most else last


def columns_of(form: forms.BaseForm, headings: Mapping[str, str], widths: Mapping[str, int]) -> Iterator[Column]:
    """Yields the columns of a form's fields.

    ``headings``: field → what precedes the name of each of its choices, which then have a column each. Other fields
    that can have several choices name them in one cell.
    """
    for name, each in form.fields.items():
        if each.widget.is_hidden:
            continue
        label, width = str(form[name].label), widths.get(name, 14)
        choices = {value: str(words) for value, words in getattr(each, "choices", ()) if value != ""}
        if name in headings:
            for value, words in choices.items():
                is_only = list(choices.values()).count(words) == 1
                heading = f"{headings[name]}: {words}" if is_only else f"{headings[name]}: {words} ({value})"
                yield Column(f"{name}:{value}", heading, width)
        else:
            many = isinstance(each, forms.MultipleChoiceField)
            yield Column(name, label, width, choices=choices, kind=_kind_of(each), many=many)


def _kind_of(of_form: forms.Field) -> Kind:
    kinds = {
        forms.DateTimeField: Kind.TEXT,
        forms.DateField: Kind.DATE,
        forms.IntegerField: Kind.NUMBER,  # so are FloatField and DecimalField
        forms.BooleanField: Kind.YES_NO,
    }
    return next((kind for known, kind in kinds.items() if isinstance(of_form, known)), Kind.TEXT)


class Exchange(ABC):
    """The rows and the form that checks each. A subclass sets the attributes and defines the abstract methods."""

    sheet: ClassVar[str] = "Rows"
    key_word: ClassVar[str] = "code"  # what messages call the key of a row
    may_add: ClassVar[bool] = False  # a row without a key is a new one, and rows may be left out of a file
    together: ClassVar[tuple[frozenset[str], ...]] = ()  # fields that must agree: a file changes all of them or none
    identity: str  # of the rows as a whole, so that a file of other rows is refused
    title: str  # the same in words
    columns: list[Column]  # the first is locked and has the key of the row
    form: forms.BaseForm  # unbound, for the words of values

    def __init__(self, rows: Iterable[Any]) -> None:
        self.rows: dict[str, Any] = {self.key_of(row): row for row in rows}

    @abstractmethod
    def key_of(self, row: Any) -> str: ...

    @abstractmethod
    def name_of(self, row: Any) -> str: ...

    @abstractmethod
    def locked_texts(self, row: Any) -> dict[str, str]:
        """Returns the texts of the locked columns by their names."""

    @abstractmethod
    def about(self) -> list[tuple[str, str]]:
        """Returns the lines of the sheet "About": (label, text)."""

    @abstractmethod
    def bound(self, row: Any, values: dict[str, Any]) -> forms.BaseForm:
        """Returns the form of the row with these values of its fields."""

    @abstractmethod
    def save(self, row: Any, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        """Saves the row as on its page. May raise Stale or WrongState."""

    def why_closed(self, row: Any) -> str:
        """Returns why the row can't be changed; empty if it can."""
        return ""

    def value_of(self, row: Any, name: str) -> Any:
        """Returns the value of a field as the form has it."""
        return getattr(row, name)

    def empty(self) -> dict[str, Any]:
        """Returns the values of the form's fields in a new row."""
        form = self.form
        return {name: form.get_initial_for_field(each, name) for name, each in form.fields.items()}

    def add(self, values: dict[str, Any], *, by: AbstractBaseUser) -> None:
        """Saves a new row. A subclass that sets ``may_add`` defines it."""
        raise TypeError(f"{self.title} takes no new rows")

    def alike(self, values: Mapping[str, Any]) -> Iterable[Any]:
        """Returns the rows that a new one could repeat. Where ``may_add`` is set."""
        return ()

    def texts(self, row: Any) -> list[str]:
        """Returns the cells of the row in the order of the columns."""
        locked = self.locked_texts(row)
        return [
            locked[each.name] if each.locked else each.text(self.value_of(row, each.field)) for each in self.columns
        ]

    def with_partners(self, fields: Collection[str]) -> set[str]:
        """Returns the fields and those that must agree with them."""
        return set(fields).union(*(partners for partners in self.together if partners & set(fields)))

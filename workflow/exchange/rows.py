"""What is exchanged: versioned rows that are edited with a form, and their columns."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser

from workflow.matching import plain

X = "x"
CHOSEN, NOT_CHOSEN = {X, "yes", "true", "1", "✓", "✔"}, {"", "no", "false", "0"}


@dataclass(frozen=True)
class Column:
    """A column of the sheet. ``name`` is a field, or ``field:choice`` for a choice of a field that can have several.

    ``choices``: for a field that has one of them, value → words. A ``locked`` column is not for editing.
    """

    name: str
    heading: str
    width: int = 14  # characters
    locked: bool = False
    choices: Mapping[Any, str] = field(default_factory=dict)

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
        return self.choices.get(value, "") if self.choices else str(value)

    def value(self, text: str) -> Any:
        """Returns the value of the field; for a choice of several, whether it is chosen. Raises ValueError."""
        typed = plain(text.strip())
        if self.choice:
            if typed not in CHOSEN | NOT_CHOSEN:
                raise ValueError(f"Enter {X} or leave the cell empty.")
            return typed in CHOSEN
        if not self.choices or not typed:
            return text if not self.choices else None
        by_words = {plain(words): value for value, words in self.choices.items()}
        if typed not in by_words:
            raise ValueError(f"Enter {_listed(self.choices.values())}, or leave the cell empty.")
        return by_words[typed]


def _listed(words: Iterable[str]) -> str:
    *most, last = [f"“{each}”" for each in words]
    return f"{', '.join(most)} or {last}" if most else last


def columns_of(form: forms.BaseForm, headings: Mapping[str, str], widths: Mapping[str, int]) -> Iterator[Column]:
    """Yields the columns of a form's fields. ``headings``: field → what precedes the name of each of its choices."""
    for name, each in form.fields.items():
        if each.widget.is_hidden:
            continue
        choices = {value: str(words) for value, words in getattr(each, "choices", ()) if value != ""}
        if isinstance(each, forms.MultipleChoiceField):
            for value, words in choices.items():
                is_only = list(choices.values()).count(words) == 1
                heading = f"{headings[name]}: {words}" if is_only else f"{headings[name]}: {words} ({value})"
                yield Column(f"{name}:{value}", heading, widths[name])
        else:
            yield Column(name, str(form[name].label), widths[name], choices=choices)


class Exchange(ABC):
    """The rows and the form that checks each. A subclass sets the attributes and defines the abstract methods."""

    sheet: ClassVar[str] = "Rows"
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

    def texts(self, row: Any) -> list[str]:
        """Returns the cells of the row in the order of the columns."""
        locked = self.locked_texts(row)
        return [locked[each.name] if each.locked else each.text(getattr(row, each.field)) for each in self.columns]

    def with_partners(self, fields: Collection[str]) -> set[str]:
        """Returns the fields and those that must agree with them."""
        return set(fields).union(*(partners for partners in self.together if partners & set(fields)))

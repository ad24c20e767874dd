"""The history of a row: who changed it, when, from what to what; and undoing its last change."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from workflow.models import Versioned, WrongState

WITHIN = timedelta(minutes=5)  # one person's saves that follow each other this closely are one change
CONTEXT = 6  # words shown on each side of what changed in a text

Labels = Mapping[str, Mapping[Any, str]]  # name of a field → its value, or one of a list → what a person reads


@dataclass(frozen=True)
class Line:
    """What happened to one field. ``before`` is None for something added to a list, ``after`` for something removed.

    For a text, ``pieces`` has what changed in it: ("same" | "removed" | "added", words).
    """

    label: str
    before: str | None
    after: str | None
    pieces: list[tuple[str, str]]


class Change(models.Model):
    """A change of a row by one person: the names of the fields that changed → their values before and after.

    A subclass adds the foreign key ``row`` with ``related_name="history"``. A name that is in one of the two only was
    added to the row or removed, such as a file; undo leaves it alone.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    before = models.JSONField(default=dict, editable=False)
    after = models.JSONField(default=dict, editable=False)
    is_undo = models.BooleanField(default=False, editable=False)
    row: Any

    class Meta:
        abstract = True
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return ", ".join(self.after.keys() | self.before.keys())

    @property
    def can_be_undone(self) -> bool:
        return self.before.keys() == self.after.keys()

    def lines(self, labels: Labels) -> list[Line]:
        """Returns the change in words. ``labels`` has the words for values that the model's choices do not name."""
        model: type[WithHistory] = type(self.row)
        names = sorted(self.before | self.after, key=[*model.HISTORY, *self.before, *self.after].index)
        return [_line(model, name, self.before, self.after, labels.get(name, {})) for name in names]


class WithHistory(Versioned):
    """A versioned row whose saves are kept in ``history``, a subclass of Change. HISTORY names the fields kept."""

    HISTORY: ClassVar[tuple[str, ...]] = ()
    history: Any

    class Meta:
        abstract = True

    @transaction.atomic
    def save_over(
        self,
        version: int,
        *,
        by: AbstractBaseUser,
        only_if: models.Q | None = None,
        is_undo: bool = False,
        **changes: Any,
    ) -> Self:
        """Saves as Versioned does, and keeps what changed."""
        if self.version != version:
            with suppress(type(self).DoesNotExist):
                self.refresh_from_db(fields=["version", *self.HISTORY])
        names = {self._meta.get_field(name).name for name in changes}.intersection(self.HISTORY)
        before = self._plain(names)
        super().save_over(version, by=by, only_if=only_if, **changes)
        self._keep(before, self._plain(names), by=by, is_undo=is_undo)
        return self

    def _plain(self, names: Iterable[str]) -> dict[str, Any]:
        """Returns the values as JSON has them."""
        values = {name: self.serializable_value(name) for name in self.HISTORY if name in names}
        plain: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
        return plain

    def _keep(self, before: dict[str, Any], after: dict[str, Any], *, by: AbstractBaseUser, is_undo: bool) -> None:
        """Adds a change, or merges this one with the person's last. The row's own lock keeps others away."""
        if before == after:
            return
        now = timezone.now()
        last = None if is_undo else self.history.first()
        if last and (last.by_id != by.pk or last.is_undo or not last.can_be_undone or now - last.at > WITHIN):
            last = None
        if last:
            before, after = before | last.before, last.after | after
        changed = [name for name in after if before[name] != after[name]]
        if last and not changed:
            last.delete()
            return
        change = last or self.history.model(row=self, by=by, is_undo=is_undo)
        change.at = now
        change.before = {name: before[name] for name in changed}
        change.after = {name: after[name] for name in changed}
        change.save()

    def last_change(self) -> Any:
        """Returns the last change that can be undone, or None."""
        return next((change for change in self.history.all() if change.can_be_undone), None)

    def undo(self, version: int, *, by: AbstractBaseUser) -> None:
        """Restores what the last change replaced, as a new save. Raises Stale, WrongState if there is no change."""
        last = self.last_change()
        if last is None:
            raise WrongState("There is no change to undo.")
        fields = [field for field in self._meta.concrete_fields if field.name in last.before]
        restored = {field.attname: field.to_python(last.before[field.name]) for field in fields}
        self.save_over(version, by=by, is_undo=True, **restored)


def field_of(model: type[models.Model], name: str) -> Any:
    """Returns the field that a change names; None for something added to the row or removed, such as a file."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def label_of(model: type[models.Model], name: str) -> str:
    return str(getattr(field_of(model, name), "verbose_name", name.replace("_", " ")))


def _line(
    model: type[models.Model], name: str, before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[Any, str]
) -> Line:
    field, label = field_of(model, name), label_of(model, name)
    labels = {key: str(words) for key, words in getattr(field, "flatchoices", [])} | dict(labels)
    if isinstance(field, models.DecimalField):
        labels |= {each[name]: _plain_number(each[name]) for each in (before, after) if each.get(name)}
    words = [_words(each[name], labels) if name in each else None for each in (before, after)]
    texts = [each.get(name) for each in (before, after)]
    is_text = isinstance(field, models.TextField) and all(isinstance(text, str) for text in texts)
    return Line(label[:1].upper() + label[1:], *words, pieces=pieces(*texts) if is_text else [])  # type: ignore[arg-type]


def _plain_number(text: str) -> str:
    """Returns a number without the zeros that the database adds at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(value: Any, labels: Mapping[Any, str]) -> str:
    if isinstance(value, list):
        return ", ".join(labels.get(each, str(each)) for each in value) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{labels.get(key, key)} {each}" for key, each in value.items()) or "nothing"
    if value in labels:
        return labels[value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in (None, "") else str(value)


def pieces(before: str, after: str) -> list[tuple[str, str]]:
    """Returns what is the same in two texts, removed and added, in order. What is the same is shortened."""
    old, new = (re.findall(r"\s*\S+|\s+$", text) for text in (before, after))
    found: list[tuple[str, str]] = []
    steps = SequenceMatcher(None, old, new).get_opcodes()
    for n, (what, a, b, c, d) in enumerate(steps):
        if what == "equal":
            found.append(("same", _shortened(old[a:b], is_first=n == 0, is_last=n == len(steps) - 1)))
        else:
            found += [("removed", "".join(old[a:b])), ("added", "".join(new[c:d]))]
    return [(kind, words) for kind, words in found if words]


def _shortened(words: list[str], *, is_first: bool, is_last: bool) -> str:
    """Returns the words next to what changed, and … for the others."""
    head = [] if is_first else words[:CONTEXT]
    tail = [] if is_last else words[-CONTEXT:]
    if len(head) + len(tail) >= len(words):
        return "".join(words)
    return f"{''.join(head)} …{''.join(tail)}"

"""Catalog entries: documents that everyone can read and administrators edit.

An entry's columns hold what is published; ``draft`` holds the fields that were changed but not published yet. The plain
form of an entry (field → plain value) is shared by data files, exports, drafts and previews.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction
from django.urls import NoReverseMatch, resolve
from simple_history.models import HistoricalRecords

from accounts.models import User
from pdca.index import refresh
from workflow.search import Place
from workflow.shapes.columns import Shaped
from workflow.shapes.values import Grid
from workflow.spreadsheets import CONTROL

# Columns that are not part of a row's content.
OWN = frozenset({"id", "published", "retired_on", "draft", "loaded"})

FORBIDDEN = re.compile(f"{CONTROL.pattern}|[\ud800-\udfff]")


def content_fields(model: type[models.Model]) -> list[Any]:
    """Returns the fields of the plain form in the order of files and sheets, many-to-many fields last."""
    fields = [field for field in model._meta.concrete_fields if field.name not in OWN]
    return [*fields, *model._meta.many_to_many]


def plain(row: models.Model) -> dict[str, Any]:
    """Returns field → value as in a data file, many-to-many rows as sorted keys. Also takes an area or component."""
    values = {}
    for field in content_fields(type(row)):
        if field.many_to_many:
            rows = getattr(row, field.name).all() if row.pk else ()
            values[field.name] = sorted(str(related.pk) for related in rows)
        else:
            values[field.name] = copy.deepcopy(field.value_from_object(row))
            if isinstance(field, Shaped):
                values[field.name] = field.shape.ordered(values[field.name])
    return values


def plain_then(record: Any) -> dict[str, Any]:
    """Returns the plain form stored in a history record."""
    row = record.instance
    values = plain(row)
    for field in row._meta.many_to_many:
        key = f"{field.m2m_reverse_field_name()}_id"
        values[field.name] = sorted(str(getattr(related, key)) for related in getattr(record, field.name).all())
    return values


def tidy(value: Any) -> Any:
    """Returns an outside value with LF line endings and without control characters and surrogates."""
    if isinstance(value, str):
        return FORBIDDEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, list):
        return [tidy(part) for part in value]
    return {tidy(name): tidy(part) for name, part in value.items()} if isinstance(value, dict) else value


def assign(row: models.Model, values: Mapping[str, Any]) -> None:
    """Sets the row's attributes from plain values, which must not include many-to-many fields."""
    for name, value in values.items():
        field: Any = row._meta.get_field(name)
        setattr(row, field.attname, value)


class EntryQuerySet(models.QuerySet[Any]):
    def readable(self) -> Self:
        """Returns what readers can find: published and not retired."""
        return self.filter(published=True, retired_on=None)

    def known(self) -> Self:
        """Returns what has a page: retired entries too, for old links and gap analyses."""
        return self.filter(published=True)


class CatalogEntry(models.Model):
    """``KEY`` names the field that permanently identifies an entry in links, the API and data files."""

    KEY: ClassVar[str] = "slug"
    slug: Any
    get_absolute_url: Callable[[], str]  # every entry has a page, or a place on one

    published = models.BooleanField(default=False, editable=False)
    retired_on = models.DateField(null=True, blank=True, editable=False)
    draft = models.JSONField(null=True, blank=True, editable=False)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    history = HistoricalRecords(inherit=True, excluded_fields=["loaded", "draft"])
    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True

    def plain(self) -> dict[str, Any]:
        return plain(self)

    def as_loaded(self, *names: str) -> bool:
        """Returns whether these fields (default: all) still have the values of the data files."""
        if not self.loaded:
            return False
        now = self.plain()
        fields = {field.name: field for field in content_fields(type(self))}
        empty = {name: [] if field.many_to_many else field.get_default() for name, field in fields.items()}
        return all(now[name] == self.loaded.get(name, empty[name]) for name in names or now)

    @property
    def state(self) -> str:
        if self.retired_on:
            return "Retired"
        if not self.published:
            return "Draft"
        return "Published, with draft" if self.draft else "Published"

    def clean(self) -> None:
        """Refuses a table whose rows do not fit its columns, and a new entry whose address belongs to another page."""
        for field in content_fields(type(self)):
            shape = getattr(field, "shape", None)
            if isinstance(shape, Grid) and shape.head:
                width = len(getattr(self, shape.head))
                if any(len(row) != width for row in getattr(self, field.name)):
                    raise ValidationError({field.name: f"Each row needs {width} cells, one for each column."})
        try:
            path = self.get_absolute_url().partition("#")[0]
        except (NoReverseMatch, ObjectDoesNotExist):
            return  # the field has its own error
        if self._state.adding and path.endswith(f"/{self.slug}/") and resolve(path).kwargs.get("slug") != self.slug:
            raise ValidationError({"slug": "Another page already uses this address. Choose another slug."})

    # Editing. ``by`` and ``why`` (cut to 100 characters) go into the history.

    def keep_draft(self, values: Mapping[str, Any]) -> None:
        """Stores the values that differ from the published ones. Readers do not see them."""
        now = self.plain()
        self.draft = {name: value for name, value in values.items() if value != now.get(name)} or None
        type(self)._base_manager.filter(pk=self.pk).update(draft=self.draft)

    def discard_draft(self) -> None:
        self.draft = None
        type(self)._base_manager.filter(pk=self.pk).update(draft=None)

    @transaction.atomic
    def publish(self, values: Mapping[str, Any] | None = None, *, by: User | None = None, why: str = "") -> None:
        """Publishes ``values`` (default: the draft). The caller validates them."""
        self.published, values, self.draft = True, self.draft or {} if values is None else values, None
        self.write(values, by=by, why=why)
        refresh()

    def write(self, values: Mapping[str, Any], *, by: User | None = None, why: str = "") -> None:
        """Writes ``values`` to the columns as one history record. The caller refreshes the index."""
        many = values.keys() & {field.name for field in self._meta.many_to_many}
        assign(self, {name: values[name] for name in values.keys() - many})
        saved_first = self._state.adding and bool(many)
        # The history record includes the many-to-many rows, so it is written after them.
        self.skip_history_when_saving = True
        if saved_first:
            self.save()
        for name in many:
            getattr(self, name).set(values[name])
        del self.skip_history_when_saving
        self._history_user, self._change_reason = by, why[:100]
        self.save()
        if saved_first:
            self.history.update(history_type="+")

    @contextmanager
    def previewed(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Publishes ``values`` inside the block and then rolls back, for a preview that nobody else sees."""
        with transaction.atomic():
            self.published = True
            self.write(values)
            yield
            transaction.set_rollback(True)

    @transaction.atomic
    def retire(self, on: Any, *, by: User | None = None) -> None:
        """Hides it from readers, but references to it stay valid. ``on=None`` brings it back."""
        self.retired_on = on
        self.write({}, by=by, why="Retired" if on else "Restored")
        refresh()

    # Texts for the search index.

    def indexed(self) -> Iterator[Place]:
        """Yields each place that a search can link to."""
        kind = str(self._meta.verbose_name)
        yield Place(kind, str(self), " · ".join(self.said()), self.get_absolute_url(), self.names())

    def names(self) -> tuple[str, ...]:
        """Returns other names by which readers search for it: short names, acronyms, spellings."""
        return ()

    def said(self) -> Iterator[str]:
        """Yields the texts of its shaped columns and text fields."""
        for field in content_fields(type(self)):
            value = getattr(self, field.name)
            if isinstance(field, Shaped):
                yield from field.shape.texts(value)
            elif isinstance(field, models.TextField) and value:
                yield value

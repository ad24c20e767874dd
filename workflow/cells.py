"""The cells of a table, as django-tables2 makes them.

Its own way finds out anew for each cell how the column is read, rendered and linked. Here that is done once for each
column; a record is read by its attributes.
"""

import html
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import django_tables2 as tables
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import Model
from django.template import engines
from django.template.loader import get_template
from django.utils.encoding import force_str
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django_tables2.utils import signature

Given = dict[str, Any]  # what a function of a column may ask for: value, record, column, bound_column, table


class Column:
    """One column of ``table``, whose records are of ``model``."""

    def __init__(self, table: Any, model: type[Model], bound: Any) -> None:
        self.table, self.model, self.bound = table, model, bound
        self.column = bound.column
        self.header = bound.header
        self.default = bound.default
        self.empty = self.column.empty_values
        accessor = tables.A(bound.accessor)
        self.path = accessor.bits
        self.labels = _labels(accessor, model)
        self.link = _link(bound.link)

    @cached_property
    def render(self) -> Callable[[Given], Any]:
        is_part = isinstance(self.column, tables.TemplateColumn) and self.bound.render == self.column.render
        return _part(self.column) if is_part else _called(self.bound.render)

    @cached_property
    def value(self) -> Callable[[Given], Any]:
        """What a file holds: what the page shows, unless the table or the column says otherwise."""
        if self.bound.value == self.column.value:
            if isinstance(self.column, tables.TemplateColumn):
                return lambda given: strip_tags(self.render(given)).strip()
            if type(self.column).value is tables.Column.value:
                return self.render
        return _called(self.bound.value)

    def read(self, record: Any) -> Any:
        """Returns the value of a record, or the label of a choice; None where a relation on the way is empty."""
        found = record
        try:
            for name in self.path:
                found = getattr(found, name)
                if callable(found):
                    found = found()
                if found is None:
                    break
        except (AttributeError, ObjectDoesNotExist):
            return None
        return self.labels.get(found, found) if self.labels else found

    def _given(self, record: Any, value: Any) -> Given:
        column, bound = self.column, self.bound
        return {"value": value, "record": record, "column": column, "bound_column": bound, "table": self.table}

    def shown(self, record: Any) -> Any:
        """Returns what a page shows of a record."""
        value = self.read(record)
        if value in self.empty:
            return self.default
        given = self._given(record, value)
        shown = self.render(given)
        if self.link and (url := self.link(given)) is not None:
            return format_html('<a href="{}">{}</a>', url, shown)
        return shown

    def in_file(self, record: Any) -> Any:
        """Returns what a file holds of a record."""
        value = self.read(record)
        if value in self.empty:
            return None
        return force_str(self.value(self._given(record, value)), strings_only=True)


def _labels(accessor: Any, model: type[Model]) -> dict[Any, str]:
    """Returns the labels of the choices, if the column is a field with choices."""
    try:
        return dict(getattr(accessor.get_field(model), "flatchoices", None) or ())
    except FieldDoesNotExist:
        return {}


def _called(function: Callable[..., Any]) -> Callable[[Given], Any]:
    """Returns a function that calls ``function`` with those of the given values that it asks for."""
    names, takes_all = signature(function)
    if takes_all:
        return lambda given: function(**given)
    return lambda given: function(**{name: given[name] for name in names})


def _part(column: Any) -> Callable[[Given], str]:
    """Returns a function that renders the template of a TemplateColumn, which is looked up once."""
    if column.template_name:
        template = get_template(column.template_name)
    else:
        template = engines["django"].from_string(column.template_code)
    return lambda given: template.render({name: given[name] for name in ("record", "value", "table")})


def _link(link: Any) -> Callable[[Given], str | None] | None:
    if link is None:
        return None
    if link.url:
        return _called(link.url)
    return lambda given: link.compose_url(**given)


PLAIN_HEAD = '<th role="columnheader" scope="col">{head}</th>'
SORTED_HEAD = (
    '<th role="columnheader" scope="col"{sorted}><a class="sort" href="{link}sort={next}">{head}'
    '<span class="usa-sr-only"> (sort {way})</span> <span class="sort__mark" aria-hidden="true">{mark}</span></a>'
    '<span class="sort__head">{head}</span></th>'
)
WAYS = {False: "ascending", True: "descending"}


def heads(table: Any, link: str) -> SafeString:
    """Returns the heads of the columns. ``link`` begins the query string of the list in another order."""
    return SafeString("".join(_head(bound, html.escape(link)) for bound in table.columns))


def _head(bound: Any, link: str) -> str:
    head = escaped(bound.header)
    if not bound.orderable:
        return PLAIN_HEAD.format(head=head)
    alias = bound.order_by_alias
    is_descending = bool(alias.is_descending)
    return SORTED_HEAD.format(
        head=head,
        link=link,
        next=html.escape(alias.next),
        way=WAYS[bool(alias.next.is_descending)],
        sorted=f' aria-sort="{WAYS[is_descending]}"' if bound.is_ordered else "",
        mark=("↓" if is_descending else "↑") if bound.is_ordered else "↕",
    )


def rows(table: Any, records: Iterable[Any]) -> Iterator[SafeString]:
    """Yields the cells of each record that a page shows, as one piece of HTML: a template would look at each again.

    The first names the row. In each of the others the head of its column stands too, which a narrow screen shows.
    """
    columns = [Column(table, table.data.data.model, bound) for bound in table.columns]
    tags = [_tags(column, is_first=not place) for place, column in enumerate(columns)]
    for record in records:
        cells = (_cell(column.shown(record), *each) for column, each in zip(columns, tags, strict=True))
        yield SafeString("".join(cells))


def _tags(column: Column, *, is_first: bool) -> tuple[str, str, str]:
    """Returns the tag that begins a cell, the label in it, and the tag that ends it."""
    name = column.bound.attrs["td"].get("class", "")
    css = format_html(' class="{}"', name) if name else ""
    if is_first:
        return f'<th role="rowheader" scope="row"{css}>', "", "</th>"
    label = format_html('<span class="stacked__label" aria-hidden="true">{}</span>', column.header)
    return f'<td role="cell"{css}>', label, "</td>"


def _cell(shown: Any, begin: str, label: str, end: str) -> SafeString:
    text = escaped(shown if isinstance(shown, str | int) else localize(shown))
    return SafeString(f"{begin}{label}{text}{end}" if text else f"{begin}{end}")


def escaped(value: Any) -> str:
    """Returns the text of a value as HTML. Lists have hundreds; conditional_escape looks for lazy text in each."""
    return value if isinstance(value, SafeString) else html.escape(str(value))


def link(url: str, words: str, rest: str) -> SafeString:
    """Returns a link whose ``rest`` only screen readers say."""
    return format_html('<a href="{}">{}<span class="usa-sr-only">{}</span></a>', url, words, rest)


def in_file(table: Any, records: Iterable[Any]) -> Iterator[list[Any]]:
    """Yields the head and the rows of a file: also of columns that only files have."""
    bound = [each for each in table.columns.iterall() if not each.column.exclude_from_export]
    columns = [Column(table, table.data.data.model, each) for each in bound]
    yield [force_str(column.header, strings_only=True) for column in columns]
    for record in records:
        yield [column.in_file(record) for column in columns]

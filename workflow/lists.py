"""The parts of a list page: a sortable table, a filter form, pagination, and export of the whole list to a file."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import django_tables2 as tables
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, Count, F, Model, QuerySet, TextField, Value, When
from django.db.models.functions import Lower
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django_filters import ChoiceFilter, FilterSet

from workflow import cells, composed, spreadsheets
from workflow.saved import kept_query

PER_PAGE = 25
MAX_COUNTED = 10_000  # rows of a list; to count on would take longer, the longer the list is
SELECTED = " selected"


class Table(tables.Table):
    """The columns of a list. ``page_name`` is the list's name for screen readers and exported files.

    ``Meta.order_by`` names the one column that the list is sorted by until the user chooses another.
    ``query`` is the query string by which the list is shown, for links that lead back to it.
    """

    page_name = ""
    query = ""


BY_DAY = "M j, Y"


@lru_cache(maxsize=1024)  # a list has few different days
def _day(day: date) -> str:
    return date_format(day, BY_DAY)


class DateColumn(tables.Column):
    """A date or datetime. Pages show it in ``format``; exported files get the value itself."""

    def __init__(self, *args: Any, format: str = BY_DAY, **options: Any):
        super().__init__(*args, **{"attrs": {"td": {"class": "date"}}} | options)
        self.format = format

    def render(self, value: date) -> str:
        local = timezone.localtime(value) if isinstance(value, datetime) else value
        if self.format != BY_DAY:
            return date_format(local, self.format)
        return _day(local.date() if isinstance(local, datetime) else local)

    def value(self, value: date) -> date:
        return value


class StateColumn(tables.Column):
    """A field with choices, shown as a tag. ``tones`` maps a choice to its color: good, warn or bad."""

    def __init__(self, *args: Any, tones: dict[str, str], **options: Any):
        super().__init__(*args, **options)
        self.tones = tones

    def render(self, value: str, record: Any, bound_column: Any) -> str:
        tone = self.tones.get(bound_column.accessor.resolve(record))
        return format_html('<span class="tag{}">{}</span>', f" tag--{tone}" if tone else "", value)

    def value(self, value: str) -> str:
        return value


class Select(forms.Select):
    """A list of choices, as Django's own shows it, which renders a template for each of them."""

    def __init__(self) -> None:
        super().__init__({"class": "usa-select"})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        known = ((str("" if each is None else each), label) for each, label in self.choices)
        options = "".join(
            f'<option value="{cells.escaped(each)}"{SELECTED if each in chosen else ""}>{cells.escaped(label)}</option>'
            for each, label in known
        )
        tag = flatatt({"name": name} | self.build_attrs(self.attrs, attrs))
        return SafeString(f"<select{tag}>{options}</select>")


class Choices(tuple[tuple[Any, Any], ...]):
    """The choices of a filter. Copies share them: a filter set copies all that it has for each request, twice."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Choices":
        return self


class Filters(FilterSet):
    """The form above a list. It shows an error for an invalid value and still applies the other filters."""

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters()
        for each in found.values():
            if isinstance(choices := each.extra.get("choices"), list | tuple):
                each.extra["choices"] = Choices(choices)
        return found

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        for each in self.filters.values():
            if type(each) is ChoiceFilter:
                each.extra.setdefault("widget", Select)
            else:
                each.extra.setdefault("widget", forms.TextInput({"class": "usa-input"}))

    def n_found(self) -> int | None:
        """Returns the number of rows that the filters leave, if it is known without counting them."""
        return None

    def n_listed(self) -> int | None:
        """Returns the number of all rows, if it is known without counting them."""
        return None

    def offer(self, name: str, choices: Iterable[tuple[Any, str]]) -> None:
        """Sets the choices of a filter that depend on the list. Drops the filter if there are fewer than two."""
        choices = Choices(choices)
        if len(choices) < 2:
            del self.filters[name]
        else:
            self.filters[name].extra["choices"] = choices


class Listed:
    """The rows of a list, which ``compose(user, *given)`` makes; without a person ``compose(*given)``.

    ``list_page`` asks them by ``workflow.composed``, as long as nobody filters or sorts them otherwise: see ``rows``
    there for what ``compose`` may ask. It must be the same function each time. So must ``bare``, which makes the same
    rows without what the columns add: they are counted, and sorted if no filter or order needs more than that.
    """

    def __init__(
        self,
        compose: Callable[..., QuerySet[Any]],
        model: type[Model],
        user: AbstractBaseUser | None,
        *given: Any,
        bare: Callable[..., QuerySet[Any]] | None = None,
    ) -> None:
        self.compose, self.model, self.user, self.given, self.bare = compose, model, user, given, bare or compose

    def all(self) -> QuerySet[Any]:
        """Returns them as a queryset of their own, to be filtered."""
        return self._made(self.compose)

    def base(self) -> QuerySet[Any] | None:
        """Returns the bare ones as a queryset of their own, if ``bare`` makes them."""
        return None if self.bare is self.compose else self._made(self.bare)

    def _made(self, compose: Callable[..., QuerySet[Any]]) -> QuerySet[Any]:
        return compose(*([self.user] if self.user else []), *self.given)

    def asked(self, ask: Callable[..., QuerySet[Any]], *more: Any) -> list[Any]:
        """Returns the rows of ``ask(rows, *more)``, which must be the same function each time."""
        return composed.rows(_then(self.compose, ask, len(more)), self.user, *self.given, *more)

    def count(self) -> int:
        """Returns their number, or one more than ``MAX_COUNTED``."""
        return int(composed.figures(_then(self.bare, _counted, 0), self.user, *self.given)["n"])


@lru_cache(maxsize=1024)
def _then(compose: Callable[..., Any], ask: Callable[..., Any], n_more: int) -> Callable[..., Any]:
    """Returns a function of the arguments of both; always the same, by which ``workflow.composed`` knows it."""

    def both(*given: Any) -> Any:
        parted = len(given) - n_more
        return ask(compose(*given[:parted]), *given[parted:])

    return both


def _counted(rows: QuerySet[Any]) -> composed.Summed:
    return _to_count(rows), {"n": Count("*")}


def _to_count(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by().values("pk")[: MAX_COUNTED + 1]


class Pages(Paginator):
    """The pages of a list of ``found`` rows, as far as they are counted. ``are_more`` says that there are more rows."""

    def __init__(self, keys: Any, found: int) -> None:
        super().__init__(keys, PER_PAGE)
        self.found, self.count, self.are_more = found, min(found, MAX_COUNTED), found > MAX_COUNTED


def _of_keys(rows: QuerySet[Any], keys: Any) -> QuerySet[Any]:
    return rows.order_by().filter(pk__in=keys)


@lru_cache(maxsize=256)
def _first_keys(table_class: type[Table]) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    """Returns a function for the keys of the first page."""
    return lambda rows: _sorted(table_class, rows, "").data.data.values_list("pk", flat=True)[:PER_PAGE]


def asked(rows: QuerySet[Any] | Listed, ask: Callable[[QuerySet[Any]], QuerySet[Any]]) -> list[Any]:
    """Returns the rows of ``ask(rows)``, which must be the same function each time."""
    return rows.asked(ask) if isinstance(rows, Listed) else list(ask(rows))


def list_page(
    request: HttpRequest,
    table_class: type[Table],
    filters_class: type[Filters] | None,
    rows: QuerySet[Any] | Listed,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    base: QuerySet[Any] | None = None,
    total: int | None = None,
) -> HttpResponse:
    """Returns a page of ``rows``, filtered and sorted by the query string; with ``?export=``, a file of all rows.

    ``template`` includes workflow/filters.html and workflow/table.html if ``total`` is not 0. ``base`` are the same
    rows in the table of a base model, or without what the columns add. They are counted and sorted there if no filter
    or order needs more than the fields of that model.
    ``total`` is the number of ``rows``, if it is known.

    The first page of a Listed, as the list opens, is asked by ``workflow.composed``.
    """
    base = rows.base() if isinstance(rows, Listed) else base
    filters = filters_class(request.GET, rows, request=request) if filters_class else None
    changed = filters.form.changed_data if filters else []
    if isinstance(rows, Listed) and not changed and not {"export", "page", "sort"} & request.GET.keys():
        table = _unread(table_class, rows.model)
        table.query = kept_query(request.GET)
        page = _first_page(table_class, rows, _known(filters, total))
    else:
        table = _table(request.GET, table_class, filters, rows)
        if (ending := request.GET.get("export", "")) in spreadsheets.KINDS:
            return as_file(table.page_name, cells.in_file(table, table.data.data), ending)
        page = _page(request, table, filters, base, _known(filters, total))
    # Keys first: to find a page far back, no whole rows need be sorted. They are read, not a part of the next query, of
    # which the database would have to guess how many rows each part finds.
    keys = list(page.object_list)
    records = _whole(rows, keys)
    if not changed:
        total = page.paginator.found  # type: ignore[attr-defined]  # they are Pages
    elif total is None and (total := filters.n_listed()) is None:  # type: ignore[union-attr]  # some are used
        total = rows.count() if isinstance(rows, Listed) else _to_count((rows if base is None else base).all()).count()
    links = {
        "filtered": link_without(request, "sort", "page", "export"),
        "listed": link_without(request, "page", "export"),
    }
    shown = {
        "table": table,
        "page": page,
        "heads": cells.heads(table, links["filtered"]),
        "rows": cells.rows(table, (records[key] for key in keys if key in records)),
        "filters": filters,
        "is_filtered": bool(changed),
        "n_filters": len(changed),
        "orders": orders((each.name, each.header) for each in table.columns if each.orderable),
        "order": str(table.order_by),
        "kept": [*kept(request)],
        "links": links,
        "total": min(total, MAX_COUNTED),
        "are_more": total > MAX_COUNTED,
        "pages": list(page.paginator.get_elided_page_range(page.number)),
        "show_all": f"{request.path}?sort={table.order_by}" if "sort" in request.GET else request.path,
    }
    return render(request, template, shown | (context or {}))


def _unread(table_class: type[Table], model: type[Model]) -> Table:
    """Returns the table in its own order, with no rows yet."""
    table = table_class([], default="")
    table.data = tables.data.TableData.from_data(model._default_manager.none())
    table.data.set_table(table)
    return table


def _known(filters: Filters | None, total: int | None) -> int | None:
    """Returns how many rows the filters leave, if it is known: ``total`` if none of them is used."""
    if filters is None:
        return total
    known = filters.n_found()
    return total if known is None and not filters.form.changed_data else known


def _first_page(table_class: type[Table], rows: Listed, found: int | None) -> Page:
    """Returns the keys of the first page of all rows, in the order of the table."""
    pages = Pages(rows.model._default_manager.none(), rows.count() if found is None else found)
    return Page(rows.asked(_first_keys(table_class)), 1, pages)  # type: ignore[arg-type]  # classes are hashable


def _page(
    request: HttpRequest, table: Table, filters: Filters | None, base: QuerySet[Any] | None, found: int | None
) -> Page:
    """Returns the keys of the page that was asked for."""
    ordered = keys = table.data.data
    used = [filters.filters[name] for name in filters.form.changed_data] if filters else []
    if base is not None and _suffices(base.model, table, used):
        keys = (filters.filter_queryset(base) if filters else base).order_by(*ordered.query.order_by)
    pages = Pages(keys.values_list("pk", flat=True), _to_count(keys).count() if found is None else found)
    return pages.get_page(request.GET.get("page"))


def _whole(rows: QuerySet[Any] | Listed, keys: list[Any]) -> dict[Any, Any]:
    """Returns the rows with these keys, by key."""
    if isinstance(rows, Listed):
        return {row.pk: row for row in rows.asked(_of_keys, keys)}
    return dict(rows.order_by().in_bulk(keys))


def link_without(request: HttpRequest, *without: str) -> str:
    """Returns the beginning of links to the same list: what the query string asks for, but not for these."""
    query = request.GET.copy()
    for name in without:
        query.pop(name, None)
    return f"?{query.urlencode()}&" if query else "?"


def _suffices(base: Any, table: Table, used: Iterable[Any]) -> bool:
    """Returns whether a base model has every field that a used filter or the order of the table asks about."""
    asked = {each.field_name for each in used if not each.method}
    asked |= {term.bare for alias in table.order_by for term in table.columns[alias.bare].order_by}
    return {path.partition("__")[0] for path in asked} <= {field.name for field in base._meta.fields}


def as_asked(
    request: HttpRequest, asked: QueryDict, table_class: type[Table], filters_class: type[Filters] | None, rows: Any
) -> tuple[Table, Filters | None]:
    """Returns the table of the rows that a query string finds, in the order that it asks for, and the filters."""
    filters = filters_class(asked, rows, request=request) if filters_class else None
    return _table(asked, table_class, filters, rows), filters


def _table(asked: QueryDict, table_class: type[Table], filters: Filters | None, rows: Any) -> Table:
    table = _sorted(table_class, filters.qs if filters else rows.all(), asked.get("sort", ""))
    table.query = kept_query(asked)
    return table


def orders(columns: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns the options of workflow/sort_by.html for the columns, each with its name and its header."""
    ways = [("", "ascending"), ("-", "descending")]
    return [(f"{sign}{name}", f"{header}, {way}") for name, header in columns for sign, way in ways]


def kept(request: HttpRequest, *without: str) -> Iterator[tuple[str, str]]:
    """Yields the parameters of the query string that another sort order keeps."""
    for name, values in request.GET.lists():
        if name not in ("sort", "page", "export", *without):
            yield from ((name, str(value)) for value in values)


def _sorted(table_class: type[Table], rows: QuerySet[Any], asked: str) -> Table:
    """Returns the table in the requested order, or its default. Ties keep the order of ``rows``.

    The primary key comes last. Without it, a row could appear on two pages and another on none.
    """
    known = {name for name, column in table_class.base_columns.items() if column.orderable is not False}
    table = table_class(rows, order_by=asked if asked.removeprefix("-") in known else None, default="")
    terms = [term for alias in table.order_by or () for term in table.columns[alias.bare].order_by]
    own = rows.query.order_by or rows.model._meta.ordering
    table.data.data = rows.order_by(*(_by(rows, term) for term in terms), *own, "pk")
    return table


def _by(rows: QuerySet[Any], term: Any) -> Any:
    """Returns a sort key: choices in declared order, text ignoring case, nulls always last."""
    field = tables.A(term.bare).get_field(rows.model)
    key: Any = F(term.bare)
    last = _may_be_empty(rows.model, term.bare, field)
    if choices := getattr(field, "flatchoices", None):
        key = Case(*(When(**{term.bare: value}, then=Value(rank)) for rank, (value, _) in enumerate(choices)))
    elif isinstance(field, CharField | TextField):
        key = Lower(key)
    return key.desc(nulls_last=last) if term.is_descending else key.asc(nulls_last=last)


def _may_be_empty(model: Any, path: str, field: Any) -> bool | None:
    """Returns True if a value may be null, else None: then an index of the database may give the order."""
    return None if field and "__" not in path and not field.null and field.model is model else True


def as_file(name: str, rows: spreadsheets.Rows, ending: str) -> HttpResponse:
    """Returns rows as a file to download. ``ending`` is one of spreadsheets.KINDS."""
    content_type, written = spreadsheets.KINDS[ending]
    file_name = f"{slugify(name)}-{timezone.localdate()}.{ending}"
    disposition = content_disposition_header(True, file_name)
    return HttpResponse(written(rows, name), content_type=content_type, headers={"Content-Disposition": disposition})

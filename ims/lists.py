"""The list of a register: its columns and filters, made from the description."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import DateField, DecimalField, Field, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django_filters import CharFilter, ChoiceFilter

from ims import registers
from ims.check.numbers import exact
from ims.people import Person
from ims.registers import Register
from pdca.models import Area
from workflow.lists import DateColumn, Filters, Table

SOON = timedelta(days=14)


NUMBER = {"td": {"class": "nobreak"}}
TITLE = {"td": {"class": "wide"}}


class StageColumn(tables.Column):
    def render(self, record: Any) -> str:
        return str(record.status_label)

    value = render


class DueColumn(DateColumn):
    """The due date; late ones say so in words too."""

    def render(self, value: Any, record: Any) -> str:  # type: ignore[override]
        shown = super().render(value)
        return format_html('{} <span class="tag tag--bad">late</span>', shown) if record.is_late else shown


class AmountColumn(tables.Column):
    """A decimal with its digits and no others: 2,230. Files get the number."""

    def render(self, value: Decimal) -> str:
        return str(intcomma(exact(value)))

    def value(self, value: Decimal) -> Decimal:
        return value


class CodesColumn(tables.Column):
    def render(self, value: list[str]) -> str:
        return " ".join(value)

    value = render


KINDS: dict[type[Field], type[tables.Column]] = {DecimalField: AmountColumn, DateField: DateColumn}


def table_of(register: Register) -> type[Table]:
    columns: dict[str, Any] = {
        "page_name": register.name,
        "number": tables.Column("Number", linkify=True, attrs=NUMBER),
        "title": tables.Column("Title", attrs=TITLE),
    }
    if "areas" in register.shared:
        columns["areas"] = CodesColumn("Areas", orderable=False)
    for name in register.columns:
        field: Any = register.model._meta.get_field(name)
        kind = KINDS.get(type(field), tables.Column)
        columns[name] = kind(str(field.verbose_name).capitalize())
    columns |= register.computed()
    if "owner" in register.shared:
        columns["owner"] = tables.Column("Owner", order_by="owner__name")
    if "due" in register.shared:
        columns["due"] = DueColumn("Due", order_by=("-is_open", "due"))
    columns["status"] = StageColumn("Status")
    columns["Meta"] = type("Meta", (), {"order_by": "due" if "due" in register.shared else "number"})
    return type(f"{register.model.__name__}Table", (Table,), columns)


class RegisterColumn(tables.Column):
    def render(self, value: str) -> str:
        return registers.get(value).name

    value = render


class AnyStageColumn(tables.Column):
    def render(self, record: Any) -> str:
        return registers.status_label(record)

    value = render


class AllRecordsTable(Table):
    """A utility's records of all registers."""

    page_name = "Records"
    number = tables.Column("Number", linkify=True, attrs=NUMBER)
    title = tables.Column("Title", attrs=TITLE)
    register = RegisterColumn("Register")
    owner = tables.Column("Owner", order_by="owner__name")
    due = DueColumn("Due")
    status = AnyStageColumn("Status", orderable=False)

    class Meta:
        order_by = "due"


class MyRecordsTable(AllRecordsTable):
    """Those of one person in all utilities."""

    owner = None
    utility = tables.Column("Utility", order_by="utility__name")

    class Meta(AllRecordsTable.Meta):
        sequence = ("number", "title", "register", "utility", "due", "status")


class AllRecordsFilters(Filters):
    title = CharFilter(label="Title contains", lookup_expr="matches")
    register = ChoiceFilter(label="Register", empty_label="All registers")
    owner = ChoiceFilter(label="Owner", empty_label="Everyone")
    late = ChoiceFilter(
        label="Due",
        empty_label="Any date",
        choices=[("true", "Late"), ("soon", f"In the next {SOON.days} days")],
        method="only_late",
    )
    utility_pk: int

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("register", [(each.slug, each.name) for each in registers.known()])
        self.offer_more()

    def offer_more(self) -> None:
        self.offer("owner", _people(self.utility_pk))

    def only_late(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        today = timezone.localdate()
        return rows.filter(due__range=(today, today + SOON)) if value == "soon" else rows.filter(due__lt=today)


def filters_of_all(utility_pk: int) -> type[AllRecordsFilters]:
    return type("UtilityRecordsFilters", (AllRecordsFilters,), {"utility_pk": utility_pk})


class MyRecordsFilters(AllRecordsFilters):
    owner = None
    utility = ChoiceFilter(label="Utility", empty_label="All utilities")

    def offer_more(self) -> None:
        rows: Any = self.queryset
        self.offer("utility", rows.order_by("utility__name").values_list("utility", "utility__name").distinct())


def _people(utility_pk: int) -> list[tuple[Any, str]]:
    return list(Person.objects.filter(utility=utility_pk).values_list("pk", "name"))


class RecordFilters(Filters):
    title = CharFilter(label="Title contains", lookup_expr="matches")
    status = ChoiceFilter(label="Status", empty_label="All statuses")
    owner = ChoiceFilter(label="Owner", empty_label="Everyone")
    area = ChoiceFilter(label="Area", empty_label="All areas", method="in_area")
    late = ChoiceFilter(label="Due", empty_label="Any date", choices=[("true", "Late")], method="only_late")
    register: Register
    utility_pk: int

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.filters["status"].extra["choices"] = self.register.stages
        self.offer("owner", _people(self.utility_pk))
        self.offer("area", list(Area.objects.values_list("code", "name")))
        if "due" not in self.register.shared:
            del self.filters["late"]

    def in_area(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(areas__contains=[value])

    def only_late(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(is_open=True, due__lt=timezone.localdate())


def filters_of(register: Register, utility_pk: int) -> type[RecordFilters]:
    own = {}
    for name in register.filtered:
        field: Any = register.model._meta.get_field(name)
        label = str(field.verbose_name).capitalize()
        own[name] = ChoiceFilter(label=label, empty_label="All", choices=field.flatchoices)
    return type("RegisterFilters", (RecordFilters,), own | {"register": register, "utility_pk": utility_pk})

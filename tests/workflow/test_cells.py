"""The cells of a table, on pages and in files, are those that django-tables2 itself makes."""

import django_tables2 as tables
import pytest
from django.utils.encoding import force_str
from django.utils.html import conditional_escape, format_html
from django_tables2.rows import BoundRow

from accounts.models import Utility
from tests.factories import UserFactory, UtilityFactory
from workflow import cells
from workflow.lists import DateColumn, StateColumn, Table

pytestmark = pytest.mark.django_db


class Utilities(Table):
    name = tables.Column("Name & city", linkify=lambda record: f"/?of={record.pk}&x", attrs={"td": {"class": "wide"}})
    state = tables.Column()
    tone = StateColumn("Tone", accessor="state", tones={"OR": "good"})
    head = tables.Column(accessor="management_representative__name", default="nobody")
    systems = tables.Column(accessor="get_systems_display")
    created_at = DateColumn()
    city = tables.Column(linkify=True, visible=False)
    part = tables.TemplateColumn("<b>{{ record.name }}</b> {{ value }}", accessor="pk")
    pk = tables.Column()

    def render_city(self, value, record):
        return format_html("<i>{}</i>", value)

    def value_city(self, record):
        return f"{record.city}!"


@pytest.fixture
def table(db):
    UtilityFactory(name="<Bend> & Co", management_representative=UserFactory(name="Ann <A>"))
    UtilityFactory(name="Alder", state="TX", systems=["wastewater", "stormwater"])
    return Utilities(Utility.objects.order_by("pk"), default="")


def theirs(column, shown, *, is_first: bool) -> str:
    """The markup of a cell, as the table's template once wrote it around what django-tables2 made."""
    name, css = column.header, column.attrs["td"].get("class")
    css = f' class="{css}"' if css else ""
    text = conditional_escape(shown)
    if is_first:
        return f'<th role="rowheader" scope="row"{css}>{text}</th>'
    label = f'<span class="stacked__label" aria-hidden="true">{conditional_escape(name)}</span>'
    return f'<td role="cell"{css}>{"" if shown == "" else label + text}</td>'


def test_on_a_page(table):
    for record, row in zip(table.data, cells.rows(table, table.data), strict=True):
        own = [
            theirs(column, shown, is_first=not n) for n, (column, shown) in enumerate(BoundRow(record, table).items())
        ]
        assert row == "".join(own)
    assert "nobody" in own[3]
    assert len(own) == 8, "without the city"


def test_in_a_file(table):
    head, *rows = cells.in_file(table, table.data)
    columns = list(table.columns.iterall())
    assert head == [column.header for column in columns]
    for record, row in zip(table.data, rows, strict=True):
        own = BoundRow(record, table)
        assert row == [force_str(own.get_cell_value(each.name), strings_only=True) for each in columns]
    assert f"{record.city}!" in row

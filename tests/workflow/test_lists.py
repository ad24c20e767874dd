"""A list: what it shows for an address, and what its files hold. Tried on utilities, as any room might list them."""

import csv
import re
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import django_tables2 as tables
import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_filters import CharFilter, ChoiceFilter, DateFilter, ModelChoiceFilter, NumberFilter
from openpyxl import load_workbook

from accounts.models import User, Utility
from tests.factories import UserFactory, UtilityFactory
from workflow import spreadsheets
from workflow.lists import DateColumn, Filters, Listed, StateColumn, Table, asked, list_page

pytestmark = pytest.mark.django_db


class Utilities(Table):
    page_name = "All utilities"
    name = tables.Column("Name")
    state = StateColumn("State", tones={"OR": "good"})
    created_at = DateColumn("Since", initial_sort_descending=True)
    head = tables.Column("Head", accessor="management_representative__name")
    city = tables.Column("City", visible=False)
    more = tables.TemplateColumn("<a href='#'>More</a>", accessor="pk", orderable=False, exclude_from_export=True)

    class Meta:
        order_by = "name"


class UtilityFilters(Filters):
    name = CharFilter(label="Name contains", lookup_expr="icontains")
    state = ChoiceFilter(label="State", choices=[("OR", "Oregon"), ("WA", "Washington")], empty_label="All states")
    since = DateFilter("created_at", lookup_expr="date__gte", label="Since")
    number = NumberFilter("pk", label="Number")
    head = ModelChoiceFilter("management_representative", label="Head", queryset=User.objects.all())
    city = ChoiceFilter(label="City")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        cities = self.queryset.order_by("city").values_list("city", flat=True).distinct()
        self.offer("city", [(city, city) for city in cities])


@pytest.fixture
def ask():
    """``ask(sort="name", …)`` is the answer to that address."""

    def get(rows=None, filters=UtilityFilters, **query):
        rows = Utility.objects.select_related("management_representative") if rows is None else rows
        request = RequestFactory().get("/utilities/", query)
        return list_page(request, Utilities, filters, rows, "workflow/table.html")

    return get


def names(answer) -> list[str]:
    return [
        re.sub("<.*?>", "", head) for head in re.findall(r'<th role="rowheader" scope="row">(.*?)</th>', answer.text)
    ]


def csv_rows(answer) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def sheet(content: bytes):
    return load_workbook(BytesIO(content)).active


# --- Sorting


def test_words_sort_whatever_their_case_both_ways(ask):
    for name in ("banks", "Zeal", "Alder"):
        UtilityFactory(name=name)
    assert names(ask()) == ["Alder", "banks", "Zeal"], "the list's own order"
    assert names(ask(sort="-name")) == ["Zeal", "banks", "Alder"]
    assert names(ask(sort="name")) == ["Alder", "banks", "Zeal"]


def test_choices_sort_as_they_are_declared(ask):
    # By its code, Alaska (AK) would stand before Alabama (AL).
    for state in ("AK", "OR", "AL"):
        UtilityFactory(name=state, state=state)
    assert names(ask(sort="state")) == ["AL", "AK", "OR"]
    assert names(ask(sort="-state")) == ["OR", "AK", "AL"]


def test_what_is_empty_comes_last_both_ways(ask):
    UtilityFactory(name="nobody")
    for head in ("Ann", "Bo"):
        UtilityFactory(name=head, management_representative=UserFactory(name=head))
    assert names(ask(sort="head")) == ["Ann", "Bo", "nobody"]
    assert names(ask(sort="-head")) == ["Bo", "Ann", "nobody"]


def test_equal_rows_keep_the_order_they_came_in_and_stand_on_one_page_only(ask):
    for number in range(60):
        UtilityFactory(name=f"{number:02}", state="OR")
    rows = Utility.objects.order_by("-name")
    shown = [name for page in (1, 2, 3) for name in names(ask(rows, sort="state", page=page))]
    assert shown == [f"{number:02}" for number in reversed(range(60))]


def test_the_head_says_what_is_sorted_and_leads_to_the_other_way(ask):
    UtilityFactory()
    text = ask(sort="-name", state="OR", page=3).text
    assert text.count("aria-sort") == 1
    assert re.search(r'aria-sort="descending">\s*<a class="sort" href="\?state=OR&amp;sort=name">Name', text)
    assert "(sort ascending)" in text
    assert 'href="?state=OR&amp;sort=-created_at">Since' in text, "the newest first"
    assert '<th role="columnheader" scope="col">More</th>' in text
    assert "City" not in text, "only in the files"


@pytest.mark.parametrize("sort", ["name", "-name", "", "nonsense"])
def test_the_menu_of_a_small_screen_has_every_order_with_the_current_one_chosen(ask, sort):
    UtilityFactory()
    text = ask(sort=sort, state="OR", page=1).text
    options = re.findall(r'<option value="([^"]*)"( selected)?>([^<]+)</option>', text.partition('id="sort-by"')[2])
    assert ("-head", "", "Head, descending") in options
    assert len(options) == 8, "four columns, both ways"
    [chosen] = [value for value, selected, _ in options if selected]
    assert chosen == ("-name" if sort == "-name" else "name")
    assert '<input type="hidden" name="state" value="OR">' in text
    assert 'name="page"' not in text


# --- Filters


@pytest.fixture
def some(db):
    UtilityFactory(name="Bend Water", city="Bend", state="OR")
    UtilityFactory(name="Bend Sewer", city="Bend", state="OR")
    UtilityFactory(name="Olympia", city="Olympia", state="WA")


def test_filters_are_taken_together(some, ask):
    assert names(ask(name="bend")) == ["Bend Sewer", "Bend Water"]
    assert names(ask(name="water", state="OR", city="Bend")) == ["Bend Water"]
    assert names(ask(name="water", state="WA")) == []


def test_how_many_of_how_many_is_said(some, ask):
    assert re.search(r"<p>\s*3 utilities\s*</p>", ask().text)
    assert re.search(r"<p>\s*2 of 3 utilities\s*</p>", ask(name="bend").text)
    assert "No utilities match these filters." in ask(name="nowhere").text
    UtilityFactory.create_batch(25)
    assert "28 utilities, 26 to 28 on this page" in ask(page=2).text


def test_a_filter_with_nothing_to_choose_is_left_out(some, ask, rf):
    def offered():
        return UtilityFilters(rf.get("/").GET, Utility.objects.all()).form.fields

    assert "city" in offered()
    Utility.objects.exclude(city="Bend").delete()
    assert "city" not in offered()
    assert names(ask(city="Olympia")) == ["Bend Sewer", "Bend Water"]


def test_a_list_may_have_no_filters(some, ask):
    assert len(names(ask(filters=None, state="WA"))) == 3


@pytest.mark.parametrize(
    "query",
    [
        *({"sort": value} for value in ["nonsense", "--name", "-", "name,-state", "a.b", "more", "pk", "\x00", "é"]),
        *({"page": value} for value in ["0", "-1", "x", "99", "9" * 5000, "1.5", "\x00"]),
        *({"export": value} for value in ["pdf", "", "CSV", "../csv"]),
        *({"state": value} for value in ["nonsense", "\x00", "OR,WA"]),
        *({"head": value} for value in ["x", "0", "9" * 30, "\x00"]),
        *({"number": value} for value in ["x", "NaN", "1e999", "Infinity"]),
        *({"since": value} for value in ["yesterday", "0000-00-00", "\x00"]),
        {"name": "\x00"},
        {"nothing": "known"},
    ],
    ids=str,
)
def test_what_is_not_understood_does_no_harm(some, ask, query):
    answer = ask(**query)
    assert answer.status_code == 200
    assert names(answer) == ["Bend Sewer", "Bend Water", "Olympia"]
    assert names(ask(**{"name": "olympia"} | query))[-1] == "Olympia"


@pytest.mark.parametrize("number", ["9" * 30, "-5"])
def test_a_number_that_nothing_has_finds_nothing(some, ask, number):
    assert names(ask(number=number)) == []


def test_a_value_that_is_not_understood_is_said_at_its_field(some, rf):
    request = rf.get("/utilities/", {"state": "nonsense", "sort": "-name"})
    text = list_page(request, Utilities, UtilityFilters, Utility.objects.all(), "workflow/filters.html").text
    assert "nonsense is not one of the available choices" in text
    assert '<input type="hidden" name="sort" value="-name">' in text
    assert '<a href="/utilities/?sort=-name">Clear filters</a>' in text


def test_pages_keep_filters_and_sorting(ask):
    UtilityFactory.create_batch(30, state="OR")
    text = ask(state="OR", sort="-name", page=2).text
    assert (
        '<a class="usa-pagination__button usa-current" href="?state=OR&amp;sort=-name&amp;page=2" aria-current' in text
    )
    assert 'rel="prev" href="?state=OR&amp;sort=-name&amp;page=1"' in text
    assert 'rel="next"' not in text


def test_what_a_person_typed_is_shown_as_text(ask):
    UtilityFactory(name="<script>x</script>")
    assert "&lt;script&gt;x&lt;/script&gt;" in ask().text
    assert "<script>" not in ask(name="<script>").text


@pytest.mark.parametrize("rows", [None, Listed(lambda: Utility.objects.order_by("name"), Utility, None)])
def test_a_very_long_list_is_counted_to_a_number_only(ask, monkeypatch, rows):
    monkeypatch.setattr("workflow.lists.MAX_COUNTED", 30)
    for number in range(30):
        UtilityFactory(name=f"{number:02}", state="OR" if number < 3 else "WA")
    assert "30 utilities, 1 to 25 on this page" in ask(rows, None).text
    UtilityFactory(name="30", state="WA")
    assert "More than 30 utilities, 1 to 25 on this page" in ask(rows, None).text
    assert names(ask(rows, None, page=2)) == ["25", "26", "27", "28", "29"]
    assert names(ask(rows, None, page=9)) == ["25", "26", "27", "28", "29"], "the last page that is counted"
    assert "3 of more than 30 utilities" in ask(rows, PlainFilters, state="OR").text
    assert len(csv_rows(ask(rows, None, export="csv"))) == 32, "a file has them all, and its head"


class PlainFilters(Filters):
    state = ChoiceFilter(label="State", choices=[("OR", "Oregon"), ("WA", "Washington")], empty_label="All states")


# --- Rows that a function composes


def listed(*cities):
    """The same rows as the tests above take, to be composed once."""
    rows = Utility.objects.select_related("management_representative")
    return rows.filter(city__in=cities) if cities else rows


class ListedFilters(UtilityFilters):
    def __init__(self, *args, **options):
        Filters.__init__(self, *args, **options)
        self.offer("city", [(city, city) for city in asked(self.queryset, cities_of)])


def cities_of(rows):
    return rows.order_by("city").values_list("city", flat=True).distinct()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page": 2},
        {"sort": "-state"},
        {"state": "WA"},
        {"state": "nonsense"},
        {"name": "1", "city": "Bend"},
        {"export": "csv"},
        {"unknown": "1"},
    ],
)
def test_they_are_listed_like_a_queryset(ask, query):
    for number in range(40):
        UtilityFactory(name=f"{number % 7}-{number}", state="OR" if number % 2 else "WA", city="Bend")
    UtilityFactory(name="Last", state="AK", city="Nome")
    for _ in range(2):  # composed, and composed before
        answer = ask(Listed(listed, Utility, None), ListedFilters, **query)
        assert answer.text == ask(filters=UtilityFilters, **query).text


def test_what_they_are_given_is_part_of_the_question(ask):
    UtilityFactory(name="Bend", city="Bend")
    UtilityFactory(name="Nome", city="Nome")
    assert names(ask(Listed(listed, Utility, None, "Bend"), None)) == ["Bend"]
    assert names(ask(Listed(listed, Utility, None, "Nome"), None)) == ["Nome"]


# --- Files


def test_a_file_holds_the_whole_filtered_list_in_its_order(ask):
    UtilityFactory.create_batch(30, state="OR", city="Bend")
    UtilityFactory(name="Olympia", state="WA", city="Olympia")
    expected = sorted(Utility.objects.filter(state="OR").values_list("name", flat=True), key=str.lower, reverse=True)
    query = {"state": "OR", "sort": "-name", "page": 2}
    head, *rows = csv_rows(ask(export="csv", **query))
    assert head == ["Name", "State", "Since", "Head", "City"]
    assert [row[0] for row in rows] == expected
    assert {(row[1], row[3], row[4]) for row in rows} == {("Oregon", "", "Bend")}
    head, *rows = sheet(ask(export="xlsx", **query).content).values
    assert head == ("Name", "State", "Since", "Head", "City")
    assert [row[0] for row in rows] == expected


def test_a_file_is_named_for_its_list_and_day(ask, time_machine):
    time_machine.move_to(datetime(2026, 7, 2, 3, tzinfo=UTC))  # still the first of July in New York
    answer = ask(export="csv")
    assert answer["Content-Disposition"] == 'attachment; filename="all-utilities-2026-07-01.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    answer = ask(export="xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="all-utilities-2026-07-01.xlsx"'
    assert sheet(answer.content).title == "All utilities"


def test_the_page_leads_to_the_files_of_what_it_shows(some, ask):
    text = ask(state="OR", sort="-name", page=1).text
    assert 'href="?state=OR&amp;sort=-name&amp;export=csv"' in text
    assert 'href="?state=OR&amp;sort=-name&amp;export=xlsx"' in text


def test_dates_are_iso_in_csv_and_dates_in_excel(ask):
    utility = UtilityFactory()
    Utility.objects.update(created_at=datetime(2026, 1, 31, 2, 5, 9, 123, tzinfo=UTC))
    assert "Jan 30, 2026" in ask().text
    assert csv_rows(ask(export="csv"))[1][2] == "2026-01-30T21:05:09-05:00"
    cell = sheet(ask(export="xlsx").content)["C2"]
    assert (cell.value, cell.is_date) == (datetime(2026, 1, 30, 21, 5, 9), True)
    assert cell.number_format.endswith(' "EST"')
    assert csv_rows(ask(export="csv"))[1][0] == utility.name


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_begins_no_cell_as_a_formula(ask, text):
    UtilityFactory(name=text)
    assert csv_rows(ask(export="csv"))[1][0] == f"'{text}"


@pytest.mark.parametrize("text", [*DANGEROUS, "#N/A", "{=1}", "12", "2026-01-01"])
def test_excel_keeps_text_as_text(ask, text):
    UtilityFactory(name=text)
    cell = sheet(ask(export="xlsx").content)["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("\r", "\n") == text.replace("\r", "\n")


@pytest.mark.parametrize("text", ["010106001", "007", "12E456789", "2.10", "9E999", "123456789012", "1e5"])
def test_csv_marks_text_that_excel_would_read_as_another_number(ask, text):
    UtilityFactory(name=text)
    assert csv_rows(ask(export="csv"))[1][0] == f'="{text}"'


@pytest.mark.parametrize("text", ["97000", "0", "OR0020427", "1.5", "01234-5678", "No. 007", "١٢"])
def test_csv_leaves_other_text_as_it_is(ask, text):
    UtilityFactory(name=text)
    assert csv_rows(ask(export="csv"))[1][0] == text


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("One_x000D_", "One_x005F_x000D_"),
        ("_x0041__x0042_", "_x005F_x0041__x005F_x0042_"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("_x00_ and x000D_", "_x00_ and x000D_"),
    ],
)
def test_what_looks_like_an_escape_in_excel_is_escaped(ask, text, held):
    UtilityFactory(name=text)
    assert sheet(ask(export="xlsx").content)["A2"].value == held
    assert spreadsheets.unescaped(held) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ("a_x000D_\nb", "a\nb"),
        ("a_x000d_b_x000A_c", "a\nb\nc"),
        ("_xD83D__xDE42_", "🙂"),
        ("_xD83D_", "\N{REPLACEMENT CHARACTER}"),
        ("a_x0000_b_x0009_c", "ab\tc"),
        ("_x005F_x000D_", "_x000D_"),
    ],
)
def test_escapes_of_excel_are_read(held, text):
    assert spreadsheets.unescaped(held) == text


def test_signs_that_excel_refuses_are_left_out(ask):
    UtilityFactory(name="Be\x0bnd\x1f \ufffe🙂")
    assert sheet(ask(export="xlsx").content)["A2"].value == "Bend 🙂"


def test_numbers_and_days_stay_what_they_are():
    rows = [["Number", "Day", "None"], [-5, date(2026, 6, 30), None]]
    assert spreadsheets.as_csv(rows, "x").decode("utf-8-sig") == "Number,Day,None\r\n-5,2026-06-30,\r\n"
    assert [cell.value for cell in sheet(spreadsheets.as_xlsx(rows, "x"))[2]] == [-5, datetime(2026, 6, 30), None]


def test_a_file_of_nothing_has_its_head(ask):
    assert csv_rows(ask(export="csv")) == [["Name", "State", "Since", "Head", "City"]]
    assert sheet(ask(export="xlsx").content).max_row == 1


@pytest.mark.parametrize("query", [{}, {"name": "e", "sort": "-head"}, {"export": "csv"}, {"export": "xlsx"}], ids=str)
def test_it_asks_the_database_as_much_for_many_as_for_few(ask, query):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ask(**query).status_code == 200
        return len(captured)

    UtilityFactory.create_batch(2, management_representative=UserFactory())
    before = count()
    for _ in range(30):
        UtilityFactory(management_representative=UserFactory())
    assert count() == before <= 5

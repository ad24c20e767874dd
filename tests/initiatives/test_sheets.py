"""The catalog as an Excel file: a sheet for each table and each of its lists; lossless; faults at their cell."""

import io

import pytest
from openpyxl import Workbook, load_workbook

from initiatives import exchange, importing, sheets
from initiatives.catalog import TABLES
from initiatives.models import Case, Initiative
from pdca.models import SourceTable, Topic

pytestmark = pytest.mark.django_db
CMOM = "Capacity, Management, Operation and Maintenance (CMOM)"


def workbook(**titled) -> bytes:
    book, content = Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in titled.items():
        sheet = book.create_sheet(title.replace("__", "."))
        for row in rows:
            sheet.append(row)
    book.save(content)
    return content.getvalue()


def faults_of(**titled) -> list[str]:
    return [str(fault) for fault in importing.dry_run(exchange.read(workbook(**titled))).faults]


def bring(content: bytes) -> importing.Plan:
    contents = exchange.read(content)
    plan = importing.dry_run(contents)
    assert [str(fault) for fault in plan.faults] == []
    assert importing.carry_out(contents, plan.token, by=None, why="", over=[importing.ALL])[1]
    return plan


def cells() -> dict[str, list[list]]:
    book = load_workbook(io.BytesIO(sheets.as_xlsx()))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def test_every_list_has_a_sheet_and_no_cell_has_yaml(catalog):
    found = cells()

    expected = [table.name for table in TABLES]
    expected += [each.sheet for table in TABLES for each in sheets.lists_of(table).values()]
    assert sorted(found) == sorted(expected)
    assert {"initiatives.drivers", "initiatives.areas", "opportunities.how", "tables.rows"} <= set(found)
    assert max(map(len, found)) <= 31
    for rows in found.values():
        for cell in (cell for row in rows for cell in row if isinstance(cell, str)):
            assert not cell.startswith(("- ", "{", "text: ", "items:"))


def test_a_list_is_one_row_for_each_item_in_order(catalog):
    found = cells()
    cmom = Initiative.objects.get(slug="cmom")

    head, *rows = found["initiatives.drivers"]
    assert head == ["slug", "position", "item", "source", "note"]
    own = [row for row in rows if row[0] == "cmom"]
    assert [row[1] for row in own] == list(range(1, len(own) + 1))
    assert [row[2] for row in own] == cmom.drivers["items"]
    assert [row[3] for row in own] == [cmom.drivers["source"]] + [None] * (len(own) - 1)
    topic = next(topic for topic in Topic.objects.all() if topic.steps)
    row = next(row for row in found["topics.steps"] if row[0] == topic.slug)
    assert row[2:4] == [topic.steps[0]["text"], "\n".join(topic.steps[0].get("initiatives", [])) or None]
    assert {"plan_note.text", "plan_note.source", "plan_note.note"} <= set(found["initiatives"][0])


def awkward():
    """What sheets like to lose: blank cells at the end, line breaks, numbers that are texts, empty and short lists."""
    table = SourceTable.objects.get(slug="table-4-ems-objectives")
    table.publish({"rows": [["a\nb", ""], ["", ""], [" c ", ""]]})
    cmom = Initiative.objects.get(slug="cmom")
    cmom.publish({
        "sponsors": ["2002", "=1+1", " two  spaces", "_x000D_"],
        "drivers": {},
        "goals": {"items": ["one"], "source": "007", "note": "n"},
        "participation": [{"year": 1999, "text": "1e3", "source": "x"}],
        "plan_note": {},
        "unsaid": {"drivers": "= why", "plan_note": "none"},
        "systems": [],
        "reading": [{"title": "Only a title"}],
    })  # fmt: skip


def test_nothing_is_lost_both_ways(catalog):
    awkward()
    first, as_yaml = sheets.as_xlsx(), exchange.as_yaml()
    for model in (Case, Initiative, SourceTable):
        model.objects.all().delete()

    bring(first)

    assert exchange.as_yaml() == as_yaml


def test_a_changed_order_and_an_added_line_are_taken(catalog):
    rows = [["slug", "position", "item"], ["cmom", 3, "c"], ["cmom", 1, "a"], ["cmom", None, "b"]]

    bring(workbook(initiatives__sponsors=rows))

    assert Initiative.objects.get(slug="cmom").sponsors == ["a", "b", "c"]


def test_an_entry_without_lines_has_an_empty_list_and_others_stay(catalog):
    before = Initiative.objects.get(slug="iso-14001").sponsors

    bring(workbook(initiatives=[["slug"], ["cmom"]], initiatives__sponsors=[["slug", "position", "item"]]))

    assert Initiative.objects.get(slug="cmom").sponsors == []
    assert Initiative.objects.get(slug="iso-14001").sponsors == before


def test_lines_within_an_item_are_lines_of_a_cell(catalog):
    slug = Topic.objects.filter(kind=Topic.Kind.APPROACH).values_list("slug", flat=True)[0]
    rows = [["slug", "position", "text", "initiatives"], [slug, 1, "One", "cmom\niso-14001"], [slug, 2, "Two", None]]

    bring(workbook(topics__steps=rows))

    assert Topic.objects.get(slug=slug).steps == [
        {"text": "One", "initiatives": ["cmom", "iso-14001"]},
        {"text": "Two"},
    ]


def test_faults_name_the_sheet_the_row_the_entry_and_the_field(catalog):
    found = faults_of(
        initiatives=[["slug", "name", "plan", "key_feature"], ["cmom", "", "three", "=1+1"]],
        initiatives__participation=[
            ["slug", "position", "year", "text", "source"],
            ["cmom", 1, 2002, "fine", "us"],
            ["cmom", 2, "soon", None, "us"],
            ["cmom", "last", 2003, "fine", "us"],
        ],
        initiatives__sponsors=[["slug", "position", "item", "color"], ["cmom", 1, None, None]],
    )

    assert sorted(found) == sorted([
        "initiatives.sponsors, row 1, color: Unknown column.",
        f"initiatives.sponsors, row 2, {CMOM}: This row is empty. Fill it in or delete it.",
        f"initiatives.participation, row 4, {CMOM}, position: This must be a number, or empty.",
        f"initiatives.participation, row 3, {CMOM}, year: Record 2: “Year” must be of type number.",
        f"initiatives.participation, row 3, {CMOM}, text: Record 2 is missing: text.",
        f"initiatives, row 2, {CMOM}, name: This field cannot be blank.",
        f"initiatives, row 2, {CMOM}, plan: “three” value must be an integer.",
        f"initiatives, row 2, {CMOM}, key_feature: This is a formula. Enter its text or number instead.",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("titled", "said"),
    [
        ({"recipes": [["slug"]]}, "recipes: The catalog has no such table or list."),
        (
            {"elements__opportunities": [["slug", "position", "title"], ["vision", 1, "One"]]},
            "elements.opportunities: Integration opportunities are a table of their own now: “opportunities”. "
            "Export the catalog again and make these changes there.",
        ),
        ({"initiatives__color": [["slug"]]}, "initiatives.color: The catalog has no such table or list."),
        (
            {"initiatives": [["slug", "sponsors"], ["cmom", "- One"]]},
            "initiatives, row 1, sponsors: This list has a sheet of its own: initiatives.sponsors.",
        ),
        ({"initiatives__sponsors": [["item"], ["One"]]}, "initiatives.sponsors, row 1, slug: This column is missing."),
        (
            {"initiatives": [["slug", "name", "name"], ["cmom", "A", "A"]]},
            "initiatives, row 1, name: There are two columns with this name.",
        ),
        (
            {
                "initiatives__asks": [
                    ["slug", "element", "stance", "text", "source"],
                    ["cmom", "nowhere", "asks", "t", "s"],
                ]
            },
            f"initiatives.asks, row 2, {CMOM}, asks: “nowhere” does not exist.",
        ),
        (
            {
                "initiatives__asks": [
                    ["slug", "element", "stance", "text", "source"],
                    ["cmom", "vision", "no", "t", "s"],
                ]
            },
            f"initiatives.asks, row 2, {CMOM}, stance: Record 1: “Requirement” must be one of: asks, nothing.",
        ),
        (
            {"tables__rows": [["slug", "position", "1"], ["table-4-ems-objectives", 1, "a"]]},
            "tables.rows, row 2, Table 4: EMS objectives and targets, examples, rows: "
            "Each row needs 2 cells, one for each column.",
        ),
    ],
)
def test_what_does_not_fit_is_said_where_it_is(catalog, titled, said):
    assert faults_of(**titled) == [said]

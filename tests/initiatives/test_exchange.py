"""The whole catalog goes out to one file and comes back in: shown first, then all or nothing."""

import io
import json
import re
import time
import zipfile
from io import StringIO

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from initiatives import exchange, importing, sheets
from initiatives.catalog import TABLES
from initiatives.contents import rows_of
from initiatives.models import Case, Initiative
from pdca.index import Indexed
from pdca.models import Area, Component, Element, Flow, Opportunity, SourceTable, Term, Topic
from tests.factories import UserFactory
from tests.keeping import make_administrator
from workflow import spreadsheets

pytestmark = pytest.mark.django_db
CATALOG = [Case, Initiative, Term, Topic, SourceTable, Flow, Opportunity, Element, Component, Area]


@pytest.fixture
def administrator(catalog):
    return make_administrator()


@pytest.fixture
def browser(administrator, as_):
    return as_(administrator)


def empty():
    for model in CATALOG:
        model.objects.all().delete()


def bring(content: bytes) -> importing.Plan:
    """Imports a file as shown; the plan must have no faults."""
    contents = exchange.read(content)
    plan = importing.dry_run(contents)
    assert [str(fault) for fault in plan.faults] == []
    _, done = importing.carry_out(contents, plan.token, by=None, why="Imported", over=[importing.ALL])
    assert done
    return plan


def everything():
    return {table.name: rows_of(table) for table in TABLES}


def document():
    """The export without the versions, as a file that somebody made by hand."""
    return {table: [unmarked(row) for row in rows] for table, rows in everything().items()}


def unmarked(row):
    return {name: value for name, value in row.items() if name != "exported_version"}


def packed(document) -> bytes:
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode()


def row_of(document, table, slug):
    return next(row for row in document[table] if row["slug"] == slug)


def faults_of(content: bytes) -> list[str]:
    before = everything()
    contents = exchange.read(content)
    plan = importing.dry_run(contents)
    _, done = importing.carry_out(contents, plan.token, by=None, why="")
    assert plan.faults
    assert not done
    assert everything() == before
    return [str(fault) for fault in plan.faults]


# Round trips.


def awkward():
    """What files like to lose: formulas, spaces, line ends, quotes, yes and no, numbers that are texts."""
    cmom = Initiative.objects.get(slug="cmom")
    odd = ["=1+1", "- dash", "yes", "2002", "a: b # c", "'quoted'", '"twice"', "ünïcödé ≥ 5 µg/L", "x" * 300, "&a *b"]
    cmom.publish({"sponsors": odd, "key_feature": "=HYPERLINK(1)\nsecond line\n\nthird", "today_source": "007 _x000D_"})
    Term.objects.first().publish({"also": ["null", "~", "1e3"], "text": " two  spaces\tand a tab"})
    Initiative.objects.get(slug="qualserve").retire("2026-11-22")


def test_yaml_comes_back_with_the_same_bytes(catalog):
    awkward()
    first = exchange.as_yaml()
    empty()

    bring(first)

    assert exchange.as_yaml() == first
    assert str(Initiative.objects.get(slug="qualserve").retired_on) == "2026-11-22"
    assert Indexed.objects.filter(url__contains="cmom").exists()


def test_excel_is_read_as_yaml_is(catalog):
    """So what comes back from it is the same too."""
    awkward()
    from_yaml, from_excel = exchange.read(exchange.as_yaml()), exchange.read(sheets.as_xlsx())

    assert from_excel.faults == from_yaml.faults == []
    assert list(from_excel.rows) == list(from_yaml.rows)
    for table, rows in from_yaml.rows.items():
        assert [exactly(row) for row in from_excel.rows[table]] == [exactly(row) for row in rows], table


def exactly(row) -> str:
    """The values so that 1, 1.0 and True differ."""
    return json.dumps(row.values, sort_keys=True)


def test_the_file_has_every_table_and_every_published_row_as_the_data_files_have_them(catalog):
    found = yaml.load(exchange.as_yaml(), Loader=yaml.CSafeLoader)

    assert list(found) == [table.name for table in TABLES]
    for table in TABLES:
        rows = {row[table.key]: row for row in found[table.name]}
        for row in yaml.load(table.file.read_text(), Loader=yaml.CSafeLoader):
            assert unmarked(rows[row[table.key]]) == row, f"{table.name}: {row[table.key]}"


def test_yaml_is_written_as_the_data_files_are(catalog):
    text = exchange.as_yaml().decode()

    assert max(map(len, text.splitlines())) < 200
    assert "≥" in text or "–" in text or "§" in text
    assert "&id" not in text


def test_drafts_do_not_go_out(catalog):
    Initiative.objects.get(slug="cmom").keep_draft({"key_feature": "Words to come"})
    Initiative.objects.filter(slug="iso-14001").update(published=False)

    found = exchange.as_yaml().decode()

    assert "Words to come" not in found
    assert "iso-14001" not in [row["slug"] for row in document()["initiatives"]]


def test_no_cell_is_a_formula(catalog):
    awkward()
    book = load_workbook(io.BytesIO(sheets.as_xlsx()))

    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "b", "inlineStr"}
    assert "=HYPERLINK(1)\nsecond line\n\nthird" in [
        cell.value for row in book["initiatives"].iter_rows() for cell in row
    ]


def test_a_text_too_long_for_a_cell_is_said_not_cut(catalog, browser):
    Initiative.objects.filter(slug="cmom").update(kind="x" * 40_000)

    with pytest.raises(exchange.TooLong, match="cmom: kind"):
        sheets.as_xlsx()
    answer = browser.get(reverse("admin:catalog_export", args=["xlsx"]), follow=True)
    assert "Use the YAML file" in answer.text


# What a file would change.


def test_a_dry_run_says_what_would_change_and_changes_nothing(catalog):
    found, before, versions = document(), everything(), Initiative.history.count()
    row_of(found, "initiatives", "cmom")["key_feature"] = "Other words"
    row_of(found, "initiatives", "cmom")["areas"] = ["E"]
    found["glossary"].append({"slug": "zebra", "term": "Zebra", "text": "An animal.", "source": "us"})
    left = found["cases"].pop()["slug"]

    plan = importing.dry_run(exchange.read(packed(found)))

    assert [(change.table.name, change.kind, change.key) for change in plan.changes] == [
        ("glossary", "new", "zebra"),
        ("initiatives", "changed", "cmom"),
    ]
    assert [label for label, _ in plan.changes[1].differences] == ["Key feature", "Areas"]
    assert "<ins>Other words</ins>" in plan.changes[1].differences[0][1]
    assert plan.changes[1].differences[1][1] == "E\n<del>S</del>"
    assert (plan.unchanged["initiatives"], plan.left["cases"]) == (14, [left])
    assert everything() == before
    assert Indexed.objects.exists()
    assert Initiative.history.count() == versions


def test_an_import_is_in_the_history_and_in_the_search_and_keeps_drafts(catalog, administrator):
    cmom = Initiative.objects.get(slug="cmom")
    cmom.keep_draft({"name": "A name to come"})
    contents = exchange.read(packed({"initiatives": [{"slug": "cmom", "key_feature": "Overflowing zebras"}]}))
    plan = importing.dry_run(contents)

    importing.carry_out(contents, plan.token, by=administrator, why="Imported from zebras.yaml")

    cmom.refresh_from_db()
    assert (cmom.key_feature, cmom.draft) == ("Overflowing zebras", {"name": "A name to come"})
    assert plan.changes[0].has_draft
    last = cmom.history.latest()
    assert (last.history_user, last.history_change_reason) == (administrator, "Imported from zebras.yaml")
    assert sorted(row.area_id for row in last.areas.all()) == ["E", "S"]
    assert Indexed.objects.filter(words="zebras").exists()


def test_where_the_catalog_changed_meanwhile_nothing_is_done(catalog):
    contents = exchange.read(packed({"initiatives": [{"slug": "cmom", "key_feature": "Mine"}]}))
    shown = importing.dry_run(contents)
    Initiative.objects.get(slug="cmom").publish({"key_feature": "Theirs"})

    plan, done = importing.carry_out(contents, shown.token, by=None, why="")

    assert not done
    assert plan.token != shown.token
    assert Initiative.objects.get(slug="cmom").key_feature == "Theirs"


def test_one_fault_and_nothing_is_imported(catalog):
    found = document()
    row_of(found, "initiatives", "cmom")["key_feature"] = "Other words"
    row_of(found, "initiatives", "iso-14001")["plan"] = 7

    assert faults_of(packed(found)) == [
        "initiatives, row 9, ISO 14001 Environmental Management System, plan: Value 7 is not a valid choice."
    ]


INITIATIVE = {"name": "N", "short_name": "N", "group": "best-practices", "key_feature": "K", "source": "us"}
INITIATIVE |= {"plan": 1, "do": 1, "check_strength": 1, "act": 1, "areas": ["E"]}


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("initiatives", {"name": "N"}, "slug: Every row needs one of its own"),
        ("initiatives", {"slug": 5}, "slug: Every row needs one of its own"),
        ("initiatives", {"slug": "cmom", "color": "red"}, "color: Unknown field"),
        ("initiatives", {"slug": "cmom", "sponsors": "one"}, "sponsors: This value is not valid for the field"),
        ("initiatives", {"slug": "cmom", "name": ["a"]}, "name: This value is not valid for the field"),
        ("initiatives", {"slug": "cmom", "name": None}, "name: This value is not valid for the field"),
        ("initiatives", {"slug": "cmom", "name": ""}, "name: This field cannot be blank"),
        ("initiatives", {"slug": "cmom", "plan": float("inf")}, "This row is not|not valid for its field|integer"),
        ("initiatives", {"slug": "cmom", "plan_note": []}, "plan_note: Enter both a text and its source"),
        (
            "initiatives",
            {"slug": "cmom", "asks": [{"element": "vision", "stance": "asks", "text": "t"}]},
            "asks: Record 1 is missing: source",
        ),
        ("initiatives", {"slug": "cmom", "areas": ["X"]}, "areas: “X” does not exist"),
        ("initiatives", {"slug": "cmom", "systems": ["steam"]}, "systems: .*not a valid choice"),
        ("initiatives", {"slug": "cmom", "retired_on": "soon"}, "retired_on: This must be a date"),
        ("initiatives", INITIATIVE | {"slug": "cases"}, "slug: Another page already uses this address"),
        ("initiatives", INITIATIVE | {"slug": "a b"}, "slug: Enter a valid"),
        (
            "initiatives",
            INITIATIVE
            | {"slug": "new", "asks": [{"element": "nowhere", "stance": "asks", "text": "t", "source": "s"}]},
            "asks: “nowhere” does not exist",
        ),
        ("cases", {"slug": "new"}, "name: This field cannot be blank"),
        ("elements", {"slug": "nineteenth", "name": "N"}, "slug: .*no rows can be added"),
        ("elements", {"slug": "vision", "order": 5}, "order: This must stay 2"),
        ("elements", {"slug": "vision", "component": "do"}, "component: This must stay plan"),
        (
            "tables",
            {"slug": "table-3-assessment-data", "element": "nowhere"},
            "element: .*nowhere.* is not a valid choice",
        ),
        ("topics", {"slug": "approach-2004-planning", "initiatives": ["gone"]}, "initiatives: “gone” does not exist"),
        (
            "elements",
            {"slug": "vision", "opportunities": [{"title": "One", "shared": "S", "benefit": "B", "source": "us"}]},
            "opportunities: Integration opportunities are a table of their own now: “opportunities”.",
        ),
        ("opportunities", {"slug": "one-message", "element": "nothing"}, "nothing"),
        ("opportunities", {"slug": "one-message", "initiatives": ["nothing"]}, "“nothing” does not exist."),
        ("opportunities", {"slug": "one-message", "benefit": ""}, "benefit"),
        ("recipes", {"slug": "cake"}, "recipes: The catalog has no such table"),
    ],
)
def test_each_fault_is_said_where_it_stands(catalog, table, row, said):
    found = faults_of(packed({table: [row]}))

    assert len(found) == 1 or "cases" in table
    assert any(re.search(said, fault) for fault in found), found


def test_a_row_that_stands_twice_is_a_fault(catalog):
    rows = [{"slug": "cmom", "name": "One"}, {"slug": "cmom", "name": "Two"}]

    assert faults_of(packed({"initiatives": rows})) == ["initiatives, row 2, One, slug: “cmom” appears twice."]


def test_a_row_may_name_one_that_comes_later_in_the_file(catalog):
    topic = {"slug": "approach-2004-planning", "initiatives": ["eum"]}

    plan = bring(packed({"topics": [topic], "initiatives": [INITIATIVE | {"slug": "eum"}]}))

    assert [change.kind for change in plan.changes] == ["changed", "new"]
    assert Initiative.objects.get(slug="eum").state == "Published"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "neither a YAML file"),
        (b"a: [", "The YAML can"),
        (b"- just\n- lines", "a list of rows for each table"),
        (b"initiatives: [*x]", "The YAML can"),
        (b"a: &x [1]\nb: [*x, *x]", "an alias"),
        (b"a: " + b"[" * 50 + b"]" * 50, "nested too deeply"),
        (b"a: 2026-99-99", "The YAML can"),
        (b"initiatives:\n" + b"- {slug: a}\n" * 100_000, "more values than any catalog"),
        (b"initiatives:\n" + b"- {}\n" * 5_001, "more than 5,000 rows"),
        (b"a: 1" + b":59" * 100_000, "a number with too many digits"),
        (b"a: " + b"9" * 1_000_000, "a number with too many digits"),
        (b"!!python/object/apply:os.system ['true']", "The YAML can"),
        (b"PK\x03\x04 and then nothing", "The Excel file can"),
        (b"x" * (exchange.MAX_BYTES + 1), "larger than 5 MB"),
    ],
)
def test_a_file_that_can_not_be_read(content, said):
    start = time.perf_counter()
    with pytest.raises(exchange.Unreadable, match=said):
        exchange.read(content)
    assert time.perf_counter() - start < 10, "a large one is refused before it is read to its end"


def zipped(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, part in parts.items():
            folder.writestr(f"{name}.xml", part)
    return content.getvalue()


def test_an_excel_file_that_unpacks_to_too_much_is_not_unpacked():
    with pytest.raises(exchange.Unreadable, match="too large when unpacked"):
        exchange.read(zipped(sheet=b"0" * (spreadsheets.MAX_UNPACKED + 1)))


def test_an_excel_file_with_entities_is_not_read():
    with pytest.raises(exchange.Unreadable, match="entities"):
        exchange.read(zipped(sheet=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'))


def workbook(*rows, sheet="initiatives") -> bytes:
    book, content = Workbook(), io.BytesIO()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def test_more_rows_than_the_catalog_could_have_are_not_read():
    book, content = Workbook(), io.BytesIO()
    book.active.title = "initiatives"
    book.active["A1"], book.active["A1048576"] = "slug", "far away"
    book.save(content)

    with pytest.raises(exchange.Unreadable, match="more than 5000 rows"):
        exchange.read(content.getvalue())


def test_the_escapes_of_excel_are_read(catalog):
    content = workbook(["sl_x0075_g", "kind"], ["a", "One_x000D_\ntwo _x005F_x000D_"])
    [row] = exchange.read(content).rows["initiatives"]
    assert (row.place, row.values) == (2, {"slug": "a", "kind": "One\ntwo _x000D_"})


def test_a_sheet_changes_only_its_own_columns(catalog):
    content = workbook(["slug", "item"], ["cmom", "One"], [None, None], ["cmom", "Two"], sheet="initiatives.sponsors")

    plan = bring(content)

    assert [label for label, _ in plan.changes[0].differences] == ["Sponsors"]
    assert Initiative.objects.get(slug="cmom").sponsors == ["One", "Two"]


# Its pages.


def upload(browser, content: bytes, name="catalog.yaml"):
    return browser.post(reverse("admin:catalog"), {"file": SimpleUploadedFile(name, content)})


CHANGED = packed({"initiatives": [{"slug": "cmom", "key_feature": "Other words"}]})


def test_the_page_shows_first_and_imports_then(browser):
    shown = upload(browser, CHANGED)

    assert "Changes in catalog.yaml" in shown.text
    assert "<ins>Other words</ins>" in shown.text
    assert Initiative.objects.get(slug="cmom").key_feature != "Other words"
    answer = browser.post(reverse("admin:catalog_import"), {"token": shown.context["plan"].token}, follow=True)
    assert "Imported: 1 rows changed or added." in answer.text
    cmom = Initiative.objects.get(slug="cmom")
    assert cmom.key_feature == "Other words"
    assert cmom.history.latest().history_user.name == "Ada Minton"


def test_the_page_shows_it_again_where_the_catalog_changed_meanwhile(browser):
    shown = upload(browser, CHANGED)
    Initiative.objects.get(slug="cmom").publish({"key_feature": "Theirs"})

    answer = browser.post(reverse("admin:catalog_import"), {"token": shown.context["plan"].token})

    assert "The catalog has just changed" in answer.text
    assert "<del>Theirs</del>" in answer.text
    assert Initiative.objects.get(slug="cmom").key_feature == "Theirs"
    browser.post(reverse("admin:catalog_import"), {"token": answer.context["plan"].token})
    assert Initiative.objects.get(slug="cmom").key_feature == "Other words"


def test_faults_are_listed_and_there_is_no_import(browser):
    shown = upload(browser, packed({"initiatives": [{"slug": "cmom", "plan": 9}]}))

    assert "Nothing can be imported until 1 error in the file is fixed." in shown.text
    assert "Value 9 is not a valid choice." in shown.text
    assert reverse("admin:catalog_import") not in shown.text
    browser.post(reverse("admin:catalog_import"), {"token": shown.context["plan"].token})
    assert Initiative.objects.get(slug="cmom").plan == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_file_nothing_is_imported(browser, method):
    answer = getattr(browser, method)(reverse("admin:catalog_import"), {"token": "x"}, follow=True)

    assert "Nothing was imported" in answer.text


def test_a_file_of_somebody_else_is_not_imported(browser, as_):
    token = upload(browser, CHANGED).context["plan"].token
    other = make_administrator("other@example.org")

    answer = as_(other).post(reverse("admin:catalog_import"), {"token": token}, follow=True)

    assert "Nothing was imported" in answer.text


def test_what_is_no_file_of_the_catalog_is_said_at_the_field(browser):
    assert "The YAML can’t be read" in upload(browser, b"a: [").text
    assert "This field is required" in browser.post(reverse("admin:catalog"), {}).text
    assert "larger than 5 MB" in upload(browser, b"x" * (exchange.MAX_BYTES + 1)).text


@pytest.mark.parametrize("kind", ["yaml", "xlsx"])
def test_the_files_are_downloads(browser, kind):
    answer = browser.get(reverse("admin:catalog_export", args=[kind]))

    assert answer["Content-Disposition"].startswith('attachment; filename="headworks-catalog-')
    assert importing.dry_run(exchange.read(answer.content)).changes == []


def test_there_is_no_other_kind_of_file(browser):
    assert browser.get(reverse("admin:catalog_export", args=["pdf"])).status_code == 404


def test_it_is_linked_from_the_administration_pages(browser):
    for page in ("admin:index", "admin:initiatives_initiative_changelist", "admin:pdca_term_changelist"):
        assert reverse("admin:catalog") in browser.get(reverse(page)).text


@pytest.mark.parametrize("page", ["catalog", "catalog_import"])
def test_it_is_for_administrators(catalog, manager, as_, client, page):
    for visitor in (client, as_(manager)):
        assert visitor.get(reverse(f"admin:{page}")).status_code == 302
    assert as_(UserFactory(is_staff=True)).get(reverse(f"admin:{page}")).status_code == 403


# The commands.


def test_the_commands_do_the_same(catalog, tmp_path):
    """Some rows are gone; that the whole catalog comes back is tested above."""
    before, some = exchange.as_yaml(), Case.objects.all()
    for name in ("catalog.yaml", "catalog.xlsx"):
        call_command("export_catalog", tmp_path / name, stdout=StringIO())
        some.delete()
        said = StringIO()
        call_command("import_catalog", tmp_path / name, "--dry-run", stdout=said)
        assert "Dry run: nothing was changed." in said.getvalue()
        assert not some.all().exists()
        call_command("import_catalog", tmp_path / name, "--over-newer", stdout=StringIO())
        assert exchange.as_yaml() == before


def test_the_commands_say_what_is_wrong(catalog, tmp_path):
    (tmp_path / "wrong.yaml").write_bytes(packed({"initiatives": [{"slug": "cmom", "plan": 9}]}))

    with pytest.raises(CommandError, match="initiatives, row 1, Capacity, .*, plan: Value 9"):
        call_command("import_catalog", tmp_path / "wrong.yaml", stdout=StringIO())
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_catalog", tmp_path / "none.yaml", stdout=StringIO())
    with pytest.raises(CommandError, match="must end in .yaml or .xlsx"):
        call_command("export_catalog", tmp_path / "catalog.pdf", stdout=StringIO())

"""An import names every fault at once, and does not undo what changed in the catalog after the file was exported."""

from io import StringIO

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from initiatives import exchange, importing, sheets
from initiatives.catalog import TABLES
from initiatives.contents import rows_of
from initiatives.models import Initiative
from pdca.models import Area, Term
from tests.keeping import make_administrator

pytestmark = pytest.mark.django_db


def document(*tables):
    """The export of some tables."""
    return {table.name: rows_of(table) for table in TABLES if table.name in tables}


def packed(found) -> bytes:
    return yaml.dump(found, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode()


def row_of(found, table, key):
    return next(row for row in found[table] if key in (row.get("slug"), row.get("code")))


def carried_out(content: bytes, over=()) -> importing.Plan:
    contents = exchange.read(content)
    shown = importing.dry_run(contents)
    assert shown.faults == []
    plan, done = importing.carry_out(contents, shown.token, by=None, why="", over=over)
    assert done
    return plan


def cmom() -> Initiative:
    return Initiative.objects.get(slug="cmom")


@pytest.fixture(params=["yaml", "xlsx"])
def exported(request, catalog) -> bytes:
    """The catalog as it was before somebody changed CMOM."""
    content = exchange.FILES[request.param][1]()
    cmom().publish({"key_feature": "Newer words"})
    return content


# What changed since the export.


def test_an_old_export_undoes_nothing(exported):
    plan = carried_out(exported, over=[importing.ALL])

    assert plan.changes == []
    assert (plan.kept["initiatives"], plan.unchanged["initiatives"]) == (1, 14)
    assert cmom().key_feature == "Newer words"


def test_an_export_is_checked_without_a_query_for_each_row(catalog, django_assert_max_num_queries):
    contents = exchange.read(exchange.as_yaml())
    assert sum(map(len, contents.rows.values())) > 250

    with django_assert_max_num_queries(60):
        importing.dry_run(contents)


@pytest.fixture
def edited(catalog) -> bytes:
    """An export in which CMOM's name and key feature were edited, after which somebody changed the key feature."""
    found = document("initiatives", "glossary")
    row_of(found, "initiatives", "cmom").update(key_feature="Words of the file", kind="A kind of the file")
    row_of(found, "glossary", "apwa")["text"] = "Anything of worth."
    cmom().publish({"key_feature": "Newer words", "today_text": "Newer status"})
    return packed(found)


def test_a_row_that_changed_since_is_shown_with_both_differences_and_skipped(edited):
    plan = importing.dry_run(exchange.read(edited))

    [conflict] = plan.conflicts
    assert (conflict.address, conflict.since, conflict.skipped) == ("initiatives:cmom", "changed", True)
    assert [label for label, _ in conflict.differences_since] == ["Key feature", "Status in words"]
    assert [label for label, _ in conflict.differences] == ["Key feature", "Type of program"]
    assert [change.address for change in plan.done] == ["glossary:apwa"]
    carried_out(edited)
    assert cmom().key_feature == "Newer words"
    assert Term.objects.get(slug="apwa").text == "Anything of worth."


@pytest.mark.parametrize("over", ["initiatives:cmom", importing.ALL])
def test_a_selected_row_gets_only_what_the_file_changed(edited, over):
    carried_out(edited, over=[over])

    assert (cmom().key_feature, cmom().kind) == ("Words of the file", "A kind of the file")
    assert cmom().today_text == "Newer status"


def test_without_its_version_in_the_history_the_whole_row_counts(edited):
    cmom().history.all().delete()

    [conflict] = importing.dry_run(exchange.read(edited)).conflicts

    assert conflict.exported == {}
    assert conflict.differences_since == []
    assert "Status in words" in [label for label, _ in conflict.differences]


def test_a_row_that_was_deleted_since_is_not_restored_unless_selected(catalog):
    Term(slug="asset-thing", term="Asset thing", text="A thing.", source="us").publish()
    content = packed(document("glossary"))
    Term.objects.get(slug="asset-thing").delete()

    assert [change.since for change in importing.dry_run(exchange.read(content)).conflicts] == ["deleted"]
    carried_out(content)
    assert not Term.objects.filter(slug="asset-thing").exists()
    carried_out(content, over=["glossary:asset-thing"])
    assert Term.objects.filter(slug="asset-thing").exists()


def test_a_row_that_was_retired_or_reverted_since(catalog):
    content = packed(document("initiatives"))
    before = cmom().key_feature
    cmom().publish({"key_feature": "Newer"})
    cmom().publish({"key_feature": before})
    Initiative.objects.get(slug="qualserve").retire("2026-11-22")

    plan = carried_out(content)

    assert (plan.changes, plan.kept["initiatives"]) == ([], 1)
    assert Initiative.objects.get(slug="qualserve").retired_on


def test_what_was_imported_before_is_no_conflict(edited):
    carried_out(edited, over=[importing.ALL])
    found = yaml.load(edited, Loader=yaml.CSafeLoader)
    row_of(found, "glossary", "apwa")["term"] = "APWA of today"

    plan = importing.dry_run(exchange.read(packed(found)))

    assert [change.address for change in plan.conflicts] == []
    assert [change.address for change in plan.changes] == ["glossary:apwa"]


def test_areas_and_components_have_versions_too(catalog):
    found = document("areas")
    row_of(found, "areas", "E")["description"] = "Of the file."
    area = Area.objects.get(code="E")
    area.description = "Newer."
    area.save()

    carried_out(packed(found))
    assert Area.objects.get(code="E").description == "Newer."
    carried_out(packed(found), over=["areas:E"])
    assert Area.objects.get(code="E").description == "Of the file."


def test_a_file_made_by_hand_replaces_and_says_so(catalog, as_):
    cmom().publish({"key_feature": "Newer words"})
    content = packed({"initiatives": [{"slug": "cmom", "key_feature": "By hand"}]})
    browser = as_(make_administrator())

    shown = browser.post(reverse("admin:catalog"), {"file": SimpleUploadedFile("a.yaml", content)}).text

    assert "1 row of the file has no “exported_version”" in " ".join(shown.split())
    assert carried_out(content).unmarked == 1
    assert cmom().key_feature == "By hand"
    own = exchange.as_yaml()
    assert importing.dry_run(exchange.read(own)).unmarked == 0
    assert importing.dry_run(exchange.read(sheets.as_xlsx())).unmarked == 0


def test_a_field_added_later_changes_no_version(catalog):
    values = document("initiatives")["initiatives"][0]
    version = values.pop("exported_version")

    assert importing.version_of(values | {"brand_new": "", "newer": [], "flag": False}) == version
    assert importing.version_of(values | {"brand_new": "x"}) != version


def test_the_page_lets_an_administrator_choose_row_by_row(edited, as_):
    browser = as_(make_administrator())
    shown = browser.post(reverse("admin:catalog"), {"file": SimpleUploadedFile("a.yaml", edited)})

    assert "Changed since your export: 1" in shown.text
    assert "What changed in the catalog since your export" in shown.text
    assert '<input type="checkbox" name="over" value="initiatives:cmom">' in shown.text
    token = shown.context["plan"].token
    answer = browser.post(reverse("admin:catalog_import"), {"token": token}, follow=True)
    assert "Imported: 1 rows changed or added. Skipped because they changed since the export: 1." in answer.text
    assert cmom().key_feature == "Newer words"
    shown = browser.post(reverse("admin:catalog"), {"file": SimpleUploadedFile("a.yaml", edited)})
    sent = {"token": shown.context["plan"].token, "over": ["initiatives:cmom"]}
    browser.post(reverse("admin:catalog_import"), sent)
    assert cmom().key_feature == "Words of the file"


def test_a_row_that_needs_a_skipped_one_is_said(catalog, as_):
    new = {"name": "N", "short_name": "N", "group": "best-practices", "key_feature": "K", "source": "us", "plan": 1}
    Initiative(slug="new-one", **new, do=1, check_strength=1, act=1).publish({"areas": ["E"]})
    found = document("topics", "initiatives")
    row_of(found, "topics", "approach-2004-planning")["initiatives"] = ["new-one"]
    Initiative.objects.get(slug="new-one").delete()
    browser = as_(make_administrator())
    page = SimpleUploadedFile("a.yaml", packed(found))
    token = browser.post(reverse("admin:catalog"), {"file": page}).context["plan"].token

    answer = browser.post(reverse("admin:catalog_import"), {"token": token})

    assert "Nothing was imported. These are the errors now." in answer.text
    assert "“new-one” does not exist." in answer.text


def test_the_command_skips_them_too(edited, tmp_path):
    (tmp_path / "a.yaml").write_bytes(edited)
    said = StringIO()

    call_command("import_catalog", tmp_path / "a.yaml", stdout=said)

    assert "changed (changed in the catalog since the export): cmom" in said.getvalue()
    assert cmom().key_feature == "Newer words"
    call_command("import_catalog", tmp_path / "a.yaml", "--over-newer", stdout=StringIO())
    assert cmom().key_feature == "Words of the file"


# Faults.


def test_every_fault_of_a_row_is_said_at_once_with_its_name(catalog, as_):
    row = {"slug": "cmom", "name": "", "plan": 9, "sponsors": "one", "color": "red", "areas": ["X"]}
    row |= {"asks": [{"element": "nowhere", "stance": "asks", "text": "t", "source": "s"}], "plan_note": []}
    content = packed({"initiatives": [row, {"slug": "new", "name": "New one", "act": 7}]})

    plan = importing.dry_run(exchange.read(content))

    cmoms = [fault for fault in plan.faults if fault.place == 1]
    assert {fault.field for fault in cmoms} == {"name", "plan", "sponsors", "color", "areas", "asks", "plan_note"}
    assert {fault.name for fault in cmoms} == {"Capacity, Management, Operation and Maintenance (CMOM)"}
    others = {fault.field for fault in plan.faults if (fault.place, fault.name) == (2, "New one")}
    assert others >= {"short_name", "group", "key_feature", "plan", "do", "check_strength", "act", "source"}
    page = as_(make_administrator()).post(reverse("admin:catalog"), {"file": SimpleUploadedFile("a.yaml", content)})
    assert "<td>initiatives</td><td>2</td><td>New one</td><td>act</td>" in page.text

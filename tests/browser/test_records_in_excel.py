"""The actions of a utility go out to Excel and come back, in Chromium and without scripts."""

from pathlib import Path

import pytest
from django.urls import reverse
from openpyxl import Workbook
from playwright.sync_api import expect

from ims.models import Action, Unit
from tests.browser.conftest import look
from tests.workbooks import edited

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
def test_a_round_trip_with_a_conflict_and_a_new_action(
    visits, catalog, utility, manager, contributor, tmp_path, options
):
    unit = Unit.open_in(utility, by=manager, title="Lift stations")
    titles = ("Clean the sewers of Mill Street", "Line the main on Oak Avenue", "Train the night crew")
    clean, line, train = (Action.open_in(utility, by=manager, title=title, areas=["E"]) for title in titles)
    page = visits(manager, reverse("ims:list", args=[utility.pk, "actions"]), **options)
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel to edit").click()

    def add(book: Workbook) -> None:
        sheet = book["Rows"]
        head = [cell.value for cell in sheet[1]]
        sheet.cell(sheet.max_row + 1, head.index("Title") + 1, "Replace the pumps")
        sheet.cell(sheet.max_row, head.index("Due") + 1, "7/31/2031")

    changes = {
        (clean.number, "Units"): "Lift stations",
        (clean.number, "Cost in dollars"): "12,500",
        (line.number, "Title"): "Line the mains on Oak and Elm",
    }
    file = tmp_path / "actions.xlsx"
    file.write_bytes(edited(Path(download.value.path()).read_bytes(), changes, add))
    Action.objects.visible_to(contributor).get(pk=line.pk).change(
        1, by=contributor, title="Line Oak Avenue in two parts"
    )
    page.get_by_role("link", name="Import from Excel").click()
    if not options:
        look(page, "records-excel-import")
    page.get_by_label("Excel file").set_input_files(file)
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Changes in actions.xlsx")
    versions = page.get_by_role("region", name=line.number).get_by_role("definition")
    expect(versions).to_have_text([titles[1], "Line Oak Avenue in two parts", "Line the mains on Oak and Elm"])
    expect(page.get_by_role("region", name="Replace the pumps")).to_contain_text("July 31, 2031")
    if not options:
        look(page, "records-excel-preview")
    page.get_by_text(f"Replace “{line.number}").click()
    page.get_by_role("button", name="Add 1 row and save 1 change and the rows that you checked").click()
    expect(page.get_by_text("2 records changed, 1 added.")).to_be_visible()
    row = Action.objects.get(pk=clean.pk)
    assert (row.units, row.cost) == ([unit.pk], 12500)
    assert Action.objects.get(pk=line.pk).title == "Line the mains on Oak and Elm"
    assert str(Action.objects.get(title="Replace the pumps").due) == "2031-07-31"
    assert Action.objects.get(pk=train.pk).version == 1


def test_the_errors_of_a_file(visits, catalog, utility, manager, as_, tmp_path):
    action = Action.open_in(utility, by=manager, title="Clean the sewers of Mill Street")
    content = as_(manager).get(reverse("ims:excel", args=[utility.pk, "actions"])).content
    file = tmp_path / "wrong.xlsx"
    file.write_bytes(edited(content, {(action.number, "Due"): "soon", (action.number, "Units"): "The old plant"}))
    visits.expected.append("422")
    page = visits(manager, reverse("ims:excel_import", args=[utility.pk, "actions"]))
    page.get_by_label("Excel file").set_input_files(file)
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_text("Nothing can be imported yet: 2 errors")).to_be_visible()
    look(page, "records-excel-errors")

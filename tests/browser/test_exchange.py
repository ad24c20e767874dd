"""The rows of a gap analysis go out to Excel and come back, in Chromium and without scripts."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import MULTIPLE, SINGLE, answer, look, stored
from tests.workbooks import edited

pytestmark = pytest.mark.usefixtures("visits")

CHANGES = {
    ("vision", "Rating"): MULTIPLE,
    ("vision", "Area: Quality"): "x",
    ("vision", "Initiative: CMOM"): "x",
    ("vision", "Evidence"): "The board’s vision of 2026.\nPosted at both plants.",
    ("communication", "Notes"): "Ask the plant at Mill Street for its meeting minutes of 2026 before the audit.",
    ("reporting", "What needs to change?"): "One report for both programs.",
}


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
def test_a_round_trip_with_one_conflict(visits, analysis, manager, contributor, tmp_path, options):
    answer(analysis, manager, "vision", rating=1, areas=["E"])
    answer(analysis, manager, "communication", notes="Ask the plant at Mill Street for its minutes before the audit.")
    page = visits(manager, analysis.get_absolute_url(), **options)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as Excel").click()
    assert download.value.suggested_filename == "riverbend-water-and-sewer-integrated-management-system-2026-06-30.xlsx"
    file = tmp_path / "edited.xlsx"
    file.write_bytes(edited(Path(download.value.path()).read_bytes(), CHANGES))
    answer(analysis, contributor, "reporting", changes="Two reports, but on the same day.")

    page.get_by_role("link", name="Import from Excel").click()
    if not options:
        look(page, "excel-import")
    page.get_by_label("Excel file").set_input_files(file)
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Changes in edited.xlsx")
    versions = page.get_by_role("region", name="Reporting").get_by_role("definition")
    expect(versions).to_have_text(["nothing", "Two reports, but on the same day.", "One report for both programs."])
    vision = page.get_by_role("region", name="Vision")
    expect(vision.get_by_role("definition").first).to_contain_text(MULTIPLE)
    expect(vision.get_by_role("definition").first).to_contain_text(SINGLE)
    if not options:
        look(page, "excel-preview")
    page.get_by_text("Replace “Reporting” on the site").click()
    page.get_by_role("button", name="Save 2 changes and the rows that you checked").click()
    expect(page.get_by_text("Imported from Excel: 3 rows changed.")).to_be_visible()
    vision = stored(analysis, "vision")
    assert (vision.rating, vision.areas, vision.initiatives) == (2, ["E", "Q"], ["cmom"])
    assert vision.evidence == CHANGES["vision", "Evidence"]
    assert stored(analysis, "reporting").changes == CHANGES["reporting", "What needs to change?"]


def test_the_errors_of_a_file(visits, analysis, manager, as_, tmp_path):
    content = as_(manager).get(reverse("assessments:excel", args=[analysis.pk])).content
    wrong = {("vision", "Rating"): "Excellent", ("auditing", "Area: Quality"): "maybe"}
    file = tmp_path / "wrong.xlsx"
    file.write_bytes(edited(content, wrong))
    visits.expected.append("422")
    page = visits(manager, reverse("assessments:excel_import", args=[analysis.pk]))
    page.get_by_label("Excel file").set_input_files(file)
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_text("Nothing can be imported yet: 2 errors")).to_be_visible()
    look(page, "excel-errors")
    page.get_by_role("link", name="Choose the file again").click()
    file.write_bytes(b"not a workbook")
    page.get_by_label("Excel file").set_input_files(file)
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_text("does not match its file extension").first).to_be_visible()
    look(page, "excel-refused")

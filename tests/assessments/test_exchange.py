"""The 18 rows go out to Excel and come back: nothing is lost, every change is shown first, conflicts are decided."""

import re
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from assessments.exchange import FindingExchange
from assessments.models import Finding, GapAnalysis
from tests.factories import GapAnalysisFactory
from tests.uploads import packed
from tests.workbooks import cells, edited, place, saved, sent
from workflow.exchange.workbook import EXPORTED
from workflow.models import WrongState
from workflow.spreadsheets import escaped, unescaped

pytestmark = pytest.mark.django_db

HOSTILE = [
    "=1+1",
    "'quoted",
    "''",
    "@cmd",
    "+1-800",
    "1-2",
    "007",
    "1E5",
    "TRUE",
    "#N/A",
    "a\tb\n\nc",
    "x" * 10_000,
    "🚰" * 10_000,
    "_x000D_ and _x0041_" + "_x0041_" * 1_000,
    "a\x0bb\x1fc",
    "<b>&amp;</b>",
    "none",
    "\u200b\u202eabc",
]


@pytest.fixture
def exported(url, as_, manager):
    """``exported(analysis)``: the file as its manager downloads it."""
    return lambda analysis, user=manager: as_(user).get(url("excel", analysis)).content


@pytest.fixture
def browser(as_, manager):
    return as_(manager)


@pytest.fixture
def preview(browser, url):
    """``preview(analysis, content)``: the page, with its plan."""
    return lambda analysis, content, **options: browser.post(url("excel_import", analysis), sent(content, **options))


@pytest.fixture
def confirm(browser, url):
    """``confirm(analysis, page)``: the preview sent; ``over``: the conflicts that were checked."""

    def send(analysis, page, *over, by=browser):
        data = {"token": page.context["plan"].token, "over": over}
        return by.post(url("excel_confirm", analysis), data)

    return send


def values(analysis: GapAnalysis) -> list:
    return list(analysis.findings.order_by("pk").values())


def faults(page) -> list[tuple]:
    assert page.status_code == 422
    plan = page.context["plan"]
    assert all(fault.words in page.content.decode().replace("&#x27;", "'") for fault in plan.faults[:3])
    return [(fault.place, fault.name, fault.field, fault.words) for fault in plan.faults]


# Export.


@pytest.fixture
def full(analysis, row, manager):
    """Every row has something else in each field, and each hostile text is somewhere."""
    for number, finding in enumerate(analysis.findings.select_related("element")):
        rating, areas = [(0, []), (1, ["Q"]), (2, ["E", "H"]), (2, []), (None, [])][number % 5]
        texts = [HOSTILE[(number + n) % len(HOSTILE)] for n in range(3)]
        Finding.objects.filter(pk=finding.pk).update(
            rating=rating,
            areas=areas,
            initiatives=["iso-14001"] if number % 2 else [],
            evidence=texts[0],
            changes=texts[1],
            notes=texts[2],
            version=number + 1,
        )
    at = datetime(2026, 6, 1, tzinfo=UTC)
    analysis.findings.filter(element__slug="vision").update(changed_by=manager, changed_at=at)
    vision = row(analysis)
    vision.evidence_items.create(url="https://example.org/plan", title="The plan")
    vision.evidence_items.create(url="\\\\server\\share")
    return analysis


def test_every_value_of_the_rows_is_in_the_file(full, exported):
    found = cells(exported(full))
    assert list(found) == list(full.findings.values_list("element__slug", flat=True))
    areas = {
        "E": "Environmental performance",
        "S": "Safety and health",
        "Q": "Quality",
        "F": "Financial performance",
        "H": "Human resources and skills",
    }
    for finding in full.findings.select_related("element__component", "changed_by").prefetch_related("evidence_items"):
        cell = found[finding.element.slug]
        assert cell["Element"] == finding.element.name
        assert cell["Component"] == finding.element.component.name
        assert cell["Question"] == finding.element.question
        assert cell["Rating"] == (finding.get_rating_display() if finding.rating is not None else None)
        assert [code for code, name in areas.items() if cell[f"Area: {name}"] == "x"] == finding.areas
        in_place = {"iso-14001": "ISO 14001", "cmom": "CMOM"}
        assert [slug for slug, name in in_place.items() if cell[f"Initiative: {name}"] == "x"] == finding.initiatives
        for heading, text in [
            ("Evidence", finding.evidence),
            ("What needs to change?", finding.changes),
            ("Notes", finding.notes),
        ]:
            assert unescaped(cell[heading] or "") == re.sub("[\x0b\x1f]", "", text), "but for what no file can hold"
        assert cell["Still needed when downloaded"] == (finding.missing_reason(full.areas) or None)
    assert found["vision"]["Links and files"] == "The plan: https://example.org/plan\n\\\\server\\share"
    assert found["vision"]["Last changed by"] == "Mara Gerr"
    assert found["vision"]["Last changed on"].startswith("May 31, 2026, ")
    assert found["policy-statements"]["Last changed by"] is None


def test_the_file_says_what_it_is_and_keeps_people_from_mistakes(full, exported):
    book = load_workbook(BytesIO(exported(full)))
    assert book.sheetnames == ["Rows", "About", EXPORTED]
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert about["Utility"] == "Riverbend Water and Sewer"
    assert about["As of"] == "June 30, 2026"
    assert about["Initiatives in place"] == "CMOM\nISO 14001"
    assert ", by Mara Gerr" in about["Downloaded"]
    assert "Import from Excel" in about["How to import"]
    assert book[EXPORTED].sheet_state == "veryHidden"
    rows = book["Rows"]
    assert rows.protection.sheet
    assert not rows.protection.password
    assert rows.freeze_panes == "C2"
    assert place(book, "vision", "Element").protection.locked
    assert not place(book, "vision", "Notes").protection.locked
    lists = {validation.formula1 for validation in rows.data_validations.dataValidation}
    assert all(validation.showErrorMessage for validation in rows.data_validations.dataValidation)
    assert lists == {'"x"', '"Does not exist,Supports a single area,Supports multiple areas"'}
    kinds = {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None}
    assert kinds == {"s"}, "no formula, number or date"
    assert place(book, "vision", "Notes").number_format == "@", "what is typed stays text too"


# A round trip.


def rewritten(content: bytes) -> bytes:
    """As by a program with shared strings that drops styles and hidden states, and adds empty rows and columns."""
    book, old = Workbook(), load_workbook(BytesIO(content))
    book.remove(book.active)
    for sheet in old:
        new = book.create_sheet(sheet.title)
        for line in sheet.iter_rows():
            for cell in line:
                if cell.value is not None:
                    new.cell(cell.row, cell.column, cell.value).data_type = "s"
        new.cell(sheet.max_row + 30, sheet.max_column + 20).value = ""
        new.row_dimensions[1_048_576].height = 12  # as LibreOffice ends a sheet
    return saved(book)


@pytest.mark.parametrize("by", [edited, rewritten], ids=["openpyxl", "another program"])
def test_a_file_without_edits_changes_nothing(full, exported, preview, by):
    before = values(full)
    page = preview(full, by(exported(full)))
    assert page.status_code == 200
    assert "already has what the file says" in page.content.decode()
    assert values(full) == before


def test_edits_are_shown_and_saved(full, exported, preview, confirm, row):
    before = values(full)
    content = edited(
        exported(full),
        {
            ("vision", "Rating"): "supports MULTIPLE areas ",
            ("vision", "Area: Environmental performance"): "X",
            ("vision", "Area: Quality"): True,
            ("vision", "Area: Financial performance"): " x ",
            ("vision", "Initiative: CMOM"): "x",
            ("vision", "Initiative: ISO 14001"): None,
            ("communication", "Evidence"): "=HYPERLINK(1)\nSecond line.",
            ("communication", "Notes"): 7,
            ("reporting", "What needs to change?"): None,
        },
    )
    page = preview(full, content)
    assert page.status_code == 200
    assert values(full) == before, "a preview saves nothing"
    said = page.content.decode()
    assert "The file changes 3 rows." in said
    assert "Environmental performance, Quality, Financial performance" in said
    assert "Supports a single area" in said
    answer = confirm(full, page)
    assert answer.status_code == 302
    assert answer["Location"] == full.get_absolute_url()
    vision, communication, reporting = (row(full, slug) for slug in ("vision", "communication", "reporting"))
    assert (vision.rating, vision.areas, vision.initiatives) == (2, ["E", "Q", "F"], ["cmom"])
    assert (communication.evidence, communication.notes) == ("=HYPERLINK(1)\nSecond line.", "7")
    assert reporting.changes == ""
    changed = {vision.pk, communication.pk, reporting.pk}
    after = values(full)
    assert [one for one in after if one["id"] not in changed] == [one for one in before if one["id"] not in changed]
    kept = next(one for one in before if one["id"] == communication.pk)
    assert communication.changes == kept["changes"], "a field without an edit keeps every character"
    assert [change.by_id for change in vision.history.all()] == [vision.changed_by_id], "and history tells it"
    again = preview(full, content)
    assert "already has what the file says" in again.content.decode()


def test_any_text_comes_back_as_it_was_typed(analysis, exported, preview, confirm):
    slugs = list(analysis.findings.values_list("element__slug", flat=True))
    typed = dict(zip(slugs, HOSTILE, strict=True))
    changes = {(slug, "Notes"): escaped(text) for slug, text in typed.items()}
    assert confirm(analysis, preview(analysis, edited(exported(analysis), changes))).status_code == 302
    found = dict(analysis.findings.values_list("element__slug", "notes"))
    assert found == {slug: re.sub("[\x0b\x1f]", "", text) for slug, text in typed.items()}


def test_rows_and_columns_may_be_in_another_order(full, exported, preview):
    def turn(book):
        sheet: Worksheet = book["Rows"]
        table = [[cell.value for cell in reversed(line)] for line in sheet.iter_rows()]
        sheet.delete_rows(1, 50)
        for line in [table[0], *reversed(table[1:])]:
            sheet.append(line)
            for cell in sheet[sheet.max_row]:
                if cell.value is not None:
                    cell.data_type = "s"

    assert preview(full, edited(exported(full), {}, turn)).context["plan"].changes == []


def test_areas_alone_imply_the_rating(analysis, exported, preview, confirm, row):
    content = edited(exported(analysis), {("vision", "Area: Environmental performance"): "x"})
    confirm(analysis, preview(analysis, content))
    assert (row(analysis).rating, row(analysis).areas) == (1, ["E"])


# Conflicts.


@pytest.fixture
def change(row, contributor):
    """``change(analysis, slug, …)``: a colleague saves the row."""

    def save(analysis, slug="vision", **changes):
        finding = row(analysis, slug, by=contributor)
        finding.answer(finding.version, by=contributor, **changes)

    return save


def test_conflicts_show_three_versions_and_are_taken_one_by_one(analysis, change, exported, preview, confirm, row):
    change(analysis, rating=1, areas=["E"], notes="As exported.")
    content = edited(
        exported(analysis),
        {
            ("vision", "Rating"): "Supports multiple areas",
            ("vision", "Area: Quality"): "x",
            ("vision", "Notes"): "In the file.",
            ("reporting", "Notes"): "Reporting in the file.",
            ("auditing", "Notes"): "Auditing in the file.",
        },
    )
    change(analysis, notes="On the site.", evidence="Added on the site.")
    change(analysis, "reporting", notes="Reporting on the site.")
    change(analysis, "communication", notes="Only on the site.")
    page = preview(analysis, content)
    said = page.content.decode()
    assert all(text in said for text in ("As exported.", "On the site.", "In the file."))
    assert "2 rows were changed both in the file and, since the download, on the site." in said
    assert "Connie Boyd changed it on the site on" in said
    assert "Changed on the site only" in said
    assert page.context["plan"].kept == ["Communication"]
    answer = confirm(analysis, page, "vision")
    assert answer.status_code == 302
    vision = row(analysis)
    assert (vision.rating, vision.areas, vision.notes) == (2, ["E", "Q"], "In the file.")
    assert vision.evidence == "Added on the site.", "what the file did not change stays"
    assert row(analysis, "reporting").notes == "Reporting on the site."
    assert row(analysis, "auditing").notes == "Auditing in the file."
    assert row(analysis, "communication").notes == "Only on the site."


def test_the_same_change_on_both_sides_is_no_conflict(analysis, change, exported, preview):
    content = edited(exported(analysis), {("vision", "Notes"): "Agreed."})
    change(analysis, notes="Agreed.")
    assert preview(analysis, content).context["plan"].changes == []


def test_a_change_after_the_preview_is_shown_first(analysis, change, exported, preview, confirm, row):
    page = preview(analysis, edited(exported(analysis), {("vision", "Notes"): "File.", ("auditing", "Notes"): "File."}))
    change(analysis, notes="Meanwhile.")
    before = values(analysis)
    shown = confirm(analysis, page)
    assert shown.status_code == 200
    assert "Nothing was imported, because rows changed since the preview" in shown.content.decode()
    assert values(analysis) == before, "all or nothing"
    assert confirm(analysis, shown, "vision").status_code == 302
    assert row(analysis).notes == "File."


def test_the_scope_may_change_meanwhile(analysis, exported, preview, confirm, row, manager):
    content = edited(
        exported(analysis),
        {("vision", "Area: Environmental performance"): "x", ("auditing", "Area: Financial performance"): "x"},
    )
    GapAnalysis.objects.filter(pk=analysis.pk).update(areas=["E", "S"])
    GapAnalysis.objects.get(pk=analysis.pk).initiatives.set([])
    assert faults(preview(analysis, content)) == [
        (
            place_of(content, "auditing"),
            "Auditing",
            "Area: Financial performance",
            "This can no longer be chosen. Empty the cell.",
        )
    ]
    content = edited(content, {("auditing", "Area: Financial performance"): None})
    assert confirm(analysis, preview(analysis, content)).status_code == 302
    assert row(analysis).areas == ["E"]


def place_of(content: bytes, code: str) -> int:
    return place(load_workbook(BytesIO(content)), code, "Rating").row


# Faults.


def test_all_faults_are_named_at_once_with_row_and_column(analysis, exported, preview):
    def spoil(book):
        place(book, "auditing", "Notes").value = "=1+1"
        place(book, "auditing", "Evidence").value = datetime(2026, 1, 2)
        place(book, "auditing", "Question").value = "Another question"
        place(book, "reporting", "Code (do not change)").value = "vision"
        place(book, "communication", "Code (do not change)").value = "no-such-row"
        place(book, "document-control", "Code (do not change)").value = None

    content = edited(
        exported(analysis),
        {
            ("vision", "Rating"): "Excellent",
            ("vision", "Area: Quality"): "maybe",
            ("vision", "Evidence"): "x" * 10_002,
            ("policy-statements", "Rating"): "Does not exist",
            ("policy-statements", "Area: Quality"): "x",
            ("management-review", "Notes"): "x" * 10_001,
        },
        spoil,
    )
    before = values(analysis)
    found = faults(preview(analysis, content))
    said = {(name, column): words for _, name, column, words in found}
    code = "Code (do not change)"
    assert said[("Vision", "Rating")].startswith("Enter “Does not exist”, “Supports a single area” or")
    assert said[("Vision", "Area: Quality")] == "Enter x or leave the cell empty."
    assert said[("Policy statements", "Areas it supports")].startswith("“Does not exist” can’t have areas.")
    assert said[("Vision", "Evidence")] == "2 characters too many: 10,000 fit."
    assert said[("Management review", "Notes")] == "1 characters too many: 10,000 fit."
    assert said[("Auditing", "Notes")] == "This is a formula. Enter its text instead."
    assert said[("Auditing", "Evidence")].startswith("The spreadsheet made a date of this.")
    assert said[("Auditing", "Question")].startswith("This column can’t be changed here. It was “")
    assert said[("Vision", code)] == "There are two rows with the code “vision”. Delete one of them."
    assert {words for _, name, column, words in found if (name, column) == ("", code)} == {
        "No row has the code “no-such-row”. Put back the code that was there, or delete the row if you added it.",
        "This row has no code. Put back the code that was there, or delete the row if you added it.",
    }
    missing = {name for place, name, _, words in found if words.startswith("This row is missing.")}
    assert missing == {"Reporting", "Communication", "Document control"}
    assert values(analysis) == before


def test_changed_headings(analysis, exported, preview):
    def spoil(book):
        sheet = book["Rows"]
        place_in_head = {cell.value: cell for cell in sheet[1]}
        place_in_head["Rating"].value = "Score"
        place_in_head["Evidence"].value = "Notes"
        sheet.cell(1, sheet.max_column + 1).value = "My own"

    found = {column: words for _, _, column, words in faults(preview(analysis, edited(exported(analysis), {}, spoil)))}
    assert found.keys() == {"Rating", "Score", "Evidence", "Notes", "My own"}
    assert found["Rating"] == "This column is missing. Put it back, or give it back its name."
    assert found["Notes"] == "There are two columns with this name. Delete one of them."


def test_a_rating_is_not_removed_alone(analysis, change, exported, preview):
    change(analysis, rating=1, areas=["E"])
    content = edited(exported(analysis), {("vision", "Rating"): None})
    [(_, name, _, words)] = faults(preview(analysis, content))
    assert (name, words) == ("Vision", "The rating was removed. Remove the areas too, or choose a rating.")


def refused(page) -> str:
    assert page.status_code == 422
    [words] = page.context["form"].errors["file"]
    return words


def test_files_that_are_not_of_this_analysis(analysis, exported, preview, utility, manager):
    other = GapAnalysisFactory(utility=utility, by=manager, name="Last year")
    assert refused(preview(analysis, exported(other))) == (
        "This file belongs to the gap analysis “Last year” of Riverbend Water and Sewer, as of June 30, 2026. "
        "Import it there."
    )
    assert "does not say what was exported" in refused(preview(analysis, saved(Workbook())))
    without_hidden = edited(exported(analysis), {}, lambda book: book.remove(book[EXPORTED]))
    assert "left out a hidden sheet" in refused(preview(analysis, without_hidden))
    renamed = edited(exported(analysis), {}, lambda book: setattr(book["Rows"], "title", "Sheet1"))
    assert refused(preview(analysis, renamed)) == "The sheet “Rows” is missing. Give it back its name."


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    made = BytesIO(content)
    with ZipFile(made, "a", 8) as parts:
        parts.writestr(name, part)
    return made.getvalue()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("A1", "other"),  # the format
        ("B2", None),  # the name of the first column
        ("F2", "no-such-field"),
        ("F2", "no-such-field:E"),
        ("G2", "rating:E"),
        ("F2", "rating:E"),
        ("G3", "Notes"),
        ("A4", "9" * 5000),  # a version
        ("B4", "no-such-row"),
        ("F4", "no such rating"),
        ("G4", "maybe"),
    ],
)
def test_a_hidden_sheet_that_someone_changed(answered, exported, preview, cell, value):
    """It is refused, or the file changes what its visible sheet says."""

    def spoil(book):
        book[EXPORTED][cell].value = value
        book["Rows"]["G2"].value = None  # the first area of the first row
        if cell == "G4":
            book["Rows"]["G2"].value = value
            book["Rows"]["F2"].value = "Does not exist"

    page = preview(answered, edited(exported(answered), {}, spoil))
    assert page.status_code in (200, 422)
    if page.status_code == 200:
        assert [change.key for change in page.context["plan"].changes] == ["management-commitment"]


def test_files_that_are_not_to_be_opened(analysis, exported, preview):
    content = exported(analysis)
    assert "is not an Excel workbook" in refused(preview(analysis, content, name="rows.xlsm"))
    assert "does not match its file extension" in refused(preview(analysis, b"%PDF-1.7"))
    assert "contains macros" in refused(preview(analysis, with_part(content, "xl/vbaProject.bin", b"x")))
    assert "too large when unpacked" in refused(preview(analysis, with_part(content, "big", bytes(41 * 1024 * 1024))))
    assert "larger than 5 MB" in refused(preview(analysis, bytes(5 * 1024 * 1024 + 1)))
    assert "can’t be read" in refused(preview(analysis, packed("[Content_Types].xml", "xl/workbook.xml")))
    assert refused(preview(analysis, b"")) == "The submitted file is empty."


# Confirmation.


def test_only_the_same_session_confirms_and_only_once(analysis, exported, preview, confirm, as_, manager, contributor):
    page = preview(analysis, edited(exported(analysis), {("vision", "Notes"): "File."}))
    before = values(analysis)
    for other in (as_(manager), as_(contributor)):
        answer = confirm(analysis, page, by=other)
        assert answer.status_code == 422
        assert "is more than an hour old, so nothing was imported now" in answer.content.decode()
    assert values(analysis) == before
    assert confirm(analysis, page).status_code == 302
    assert confirm(analysis, page).status_code == 422


def test_a_preview_expires(analysis, exported, preview, confirm, monkeypatch):
    monkeypatch.setattr("workflow.exchange.keeping.KEPT_FOR", 0)
    page = preview(analysis, edited(exported(analysis), {("vision", "Notes"): "File."}))
    assert confirm(analysis, page).status_code == 422


def test_a_file_is_confirmed_for_its_analysis_only(analysis, exported, preview, browser, url, utility, manager):
    other = GapAnalysisFactory(utility=utility, by=manager)
    page = preview(analysis, edited(exported(analysis), {("vision", "Notes"): "File."}))
    answer = browser.post(url("excel_confirm", other), {"token": page.context["plan"].token})
    assert answer.status_code == 422


def test_a_complete_analysis_is_downloaded_but_not_imported_into(
    answered, exported, preview, confirm, browser, url, manager
):
    page = preview(answered, edited(exported(answered), {("vision", "Notes"): "File."}))
    answered.complete(by=manager)
    assert cells(exported(answered))["vision"]["Rating"] == "Supports multiple areas"
    before = values(answered)
    for answer in (
        browser.get(url("excel_import", answered)),
        preview(answered, exported(answered)),
        confirm(answered, page),
    ):
        assert answer.status_code == 302
        assert answer["Location"] == answered.get_absolute_url()
    said = browser.get(answered.get_absolute_url()).content.decode()
    assert "This gap analysis is complete, so nothing can be imported. A manager can reopen it." in said
    assert "Import from Excel" not in said
    assert values(answered) == before


def test_a_failure_in_the_middle_saves_nothing(analysis, exported, preview, confirm, monkeypatch):
    page = preview(analysis, edited(exported(analysis), {("vision", "Notes"): "a", ("auditing", "Notes"): "b"}))
    save = FindingExchange.save

    def fail(self, row, changes, *, by):
        if row.element.slug == "auditing":
            raise WrongState("The scope was just changed.")
        save(self, row, changes, by=by)

    monkeypatch.setattr(FindingExchange, "save", fail)
    before = values(analysis)
    assert confirm(analysis, page).status_code == 302
    assert values(analysis) == before


def test_an_analysis_that_was_just_deleted(analysis, manager):
    pk = analysis.pk
    analysis.discard(by=manager)
    with pytest.raises(WrongState, match="just deleted"):
        FindingExchange.locked(pk, manager)


def test_the_links_to_it(analysis, browser, as_, viewer, url):
    page = browser.get(analysis.get_absolute_url()).content.decode()
    assert url("excel", analysis) in page
    assert url("excel_import", analysis) in page
    page = as_(viewer).get(analysis.get_absolute_url()).content.decode()
    assert url("excel", analysis) in page
    assert url("excel_import", analysis) not in page

"""What any exchange with Excel keeps to; the rows of a gap analysis are in tests/assessments/test_exchange.py."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from django import forms
from openpyxl import load_workbook

from tests.workbooks import cells, edited
from workflow.exchange import workbook
from workflow.exchange.planning import carry_out, planned
from workflow.exchange.rows import Column, Exchange, columns_of
from workflow.spreadsheets import Unreadable

KINDS = [("pump", "Pump, lift station"), ("tank", "Tank")]
CREWS = [("north", "Crew"), ("south", "Crew"), ("lab", "Lab")]


class AssetForm(forms.Form):
    kind = forms.ChoiceField(choices=[("", "---"), *KINDS], required=False)
    crews = forms.MultipleChoiceField(choices=CREWS, required=False)
    notes = forms.CharField(required=False, max_length=20)


class Assets(Exchange):
    identity = "assets-1"
    title = "the assets of Riverbend"

    def __init__(self, rows):
        super().__init__(rows)
        self.form = AssetForm()
        widths = dict.fromkeys(self.form.fields, 20)
        about = Column("about", "About", locked=True)
        self.columns = [Column("key", "Code", locked=True), *columns_of(self.form, {"crews": "Crew"}, widths), about]
        self.saved = []

    def key_of(self, row):
        return row.key

    def name_of(self, row):
        return row.key.upper()

    def locked_texts(self, row):
        return {"key": row.key, "about": row.about}

    def about(self):
        return [("Utility", "Riverbend")]

    def bound(self, row, values):
        return AssetForm(values)

    def save(self, row, changes, *, by):
        self.saved.append((row.key, changes))


def asset(key, **values):
    usual = {"kind": "pump", "crews": ["north"], "notes": "", "about": "", "version": 1}
    return SimpleNamespace(key=key, **usual | values)


@pytest.fixture
def assets():
    return Assets([asset("a"), asset("b", kind="", crews=[]), asset("c", about="long " * 10_000)])


def test_a_round_trip_changes_nothing(assets):
    content = workbook.written(assets)
    plan = planned(assets, content)
    assert (plan.changes, plan.faults, plan.kept) == ([], [], [])
    assert len(cells(content)["c"]["About"]) < 32_767, "what is only to read is cut to what a cell holds"


def test_choices_of_the_same_name_can_be_told_apart(assets):
    assert [column.heading for column in assets.columns] == [
        "Code",
        "Kind",
        "Crew: Crew (north)",
        "Crew: Crew (south)",
        "Crew: Lab",
        "Notes",
        "About",
    ]
    content = edited(workbook.written(assets), {("a", "Crew: Crew (south)"): "✓", ("a", "Crew: Crew (north)"): "no"})
    [change] = planned(assets, content).changes
    assert change.changes == {"crews": ["south"]}


def test_choices_with_a_comma_are_listed_on_a_sheet_of_their_own(assets):
    content = workbook.written(assets)
    validated = load_workbook(BytesIO(content))["Rows"].data_validations.dataValidation
    assert {validation.formula1 for validation in validated} == {'"x"', "Choices!$A$2:$A$3"}, "not split at its comma"
    content = edited(content, {("b", "Kind"): "pump, lift station", ("a", "Kind"): None, ("c", "Kind"): "Pond"})
    plan = planned(assets, content)
    assert [(change.key, change.changes) for change in plan.changes] == [("a", {"kind": ""}), ("b", {"kind": "pump"})]
    [fault] = plan.faults
    assert str(fault) == "Rows, row 4, C, Kind: Enter “Pump, lift station” or “Tank”, or leave the cell empty."


def test_only_what_was_chosen_is_saved_and_only_the_plan_that_was_shown(assets):
    content = edited(workbook.written(assets), {("a", "Notes"): "new", ("b", "Notes"): "new", ("c", "Kind"): "Tank"})
    assets.rows["b"].version = assets.rows["c"].version = 2
    token = planned(assets, content).token
    assert carry_out(assets, content, "another", over=["b"], by=None)[1] is None
    assets.rows["c"].version = 3
    assert carry_out(assets, content, token, over=["b"], by=None)[1] is None
    assert assets.saved == []
    assets.rows["c"].version = 2
    carry_out(assets, content, token, over=["b", "unknown"], by=None)
    assert assets.saved == [("a", {"notes": "new"}), ("b", {"notes": "new"})]


def test_cells_far_away(assets):
    def spoil(book):
        book["Rows"]["XFD3"].value = "beyond the last column"
        book["Rows"]["A1048576"].value = "z"

    [fault] = planned(assets, edited(workbook.written(assets), {}, spoil)).faults
    assert (fault.place, fault.field) == (1_048_576, "Code")


def test_more_rows_than_are_read(assets, monkeypatch):
    content = workbook.written(assets)
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)
    with pytest.raises(Unreadable, match="more than 3 rows"):
        planned(assets, content)


def test_numbers_and_truth_values_are_text_in_a_text(assets):
    def enter(book):
        book["Rows"]["F2"].value, book["Rows"]["F3"].value, book["Rows"]["F4"].value = 7.5, True, 70.0

    plan = planned(assets, edited(workbook.written(assets), {}, enter))
    assert [change.changes["notes"] for change in plan.changes] == ["7.5", "TRUE", "70"]

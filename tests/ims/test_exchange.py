"""Every register goes out to Excel and comes back: nothing is lost, all is shown first, conflicts are decided."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django import forms
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from ims import registers
from ims.exchange import RecordExchange
from ims.forms import form_of
from ims.models import Action, Assessment, Objective, Person, Record, RecordEvent, Unit
from tests.factories import UtilityFactory
from tests.workbooks import cells, edited, place, saved, sent
from workflow.exchange.planning import carry_out, planned
from workflow.exchange.workbook import EXPORTED, written
from workflow.models import WrongState
from workflow.spreadsheets import CONTROL, Unreadable, escaped

pytestmark = pytest.mark.django_db

REGISTERS = [each.slug for each in registers.known()]
HOSTILE = ["=1+1", "'quoted", "@cmd", "+1-800", "1-2", "007", "1E5", "TRUE", "#N/A", "🚰", "_x000D_", "<b>&amp;</b>"]
NUMBER, TITLE = "Number (do not change)", "Title"


@pytest.fixture
def exchange(utility, manager, catalog):
    """``exchange(register)``: the records of a register as they are now."""
    return lambda slug="actions", user=manager: RecordExchange(registers.get(slug), utility, user)


@pytest.fixture
def brought(exchange, manager):
    """``brought(content, *over, slug=…)``: what a file changed, once its preview is confirmed."""

    def bring(content: bytes, *over: str, slug: str = "actions"):
        plan = planned(exchange(slug), content)
        assert plan.faults == []
        with transaction.atomic():
            return carry_out(exchange(slug), content, plan.token, over=over, by=manager)[0]

    return bring


@pytest.fixture
def faults(exchange):
    """``faults(content)``: (row in Excel, column) → what is wrong."""

    def of(content: bytes, slug: str = "actions") -> dict:
        return {(each.place, each.field): each.words for each in planned(exchange(slug), content).faults}

    return of


def added(content: bytes, *rows: dict) -> bytes:
    """The file with rows below the others: heading → value."""

    def add(book: Workbook) -> None:
        sheet = book["Rows"]
        head = [cell.value for cell in sheet[1]]
        for row in rows:
            at = sheet.max_row + 1
            for heading, value in row.items():
                cell = sheet.cell(at, head.index(heading) + 1, value)
                if isinstance(value, str):
                    cell.data_type = "s"

    return edited(content, {}, add)


# --- any values of any register


TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


def values_of(name: str, field: forms.Field, draw) -> object:
    """Any value that a person could enter into a field of a form."""
    if isinstance(field, forms.MultipleChoiceField):
        return draw(st.lists(st.sampled_from([value for value, _ in field.choices]), unique=True))
    if isinstance(field, forms.ModelChoiceField):
        return draw(st.sampled_from([None, *field.queryset]))
    if isinstance(field, forms.ChoiceField):
        return draw(st.sampled_from([value for value, _ in field.choices if value or not field.required]))
    if isinstance(field, forms.DateField):
        return draw(st.none() | st.dates(date(1850, 1, 1), date(9999, 12, 31)))
    if isinstance(field, forms.DecimalField):
        most = Decimal(10) ** (field.max_digits - field.decimal_places) - 1
        return draw(st.none() | st.decimals(0, most, places=field.decimal_places))
    if isinstance(field, forms.IntegerField):
        return draw(st.integers(1, 6))
    if isinstance(field, forms.BooleanField):
        return draw(st.booleans())
    assert isinstance(field, forms.CharField), f"{name}: a field that this test does not know"
    return draw(TEXTS)


def entered(register: registers.Register, form: forms.Form, utility, data: st.DataObject, ending: str) -> dict:
    """Values that the form of a register takes, with a title that has this ending."""
    drawn = {name: values_of(name, field, data.draw) for name, field in form.fields.items()}
    keys = {name: getattr(value, "pk", value) for name, value in drawn.items()}
    checked = form_of(register)({**keys, "title": f"{keys['title']} {ending}"}, utility=utility, like=form)
    checked.full_clean()  # what does not fit, as two values that contradict each other, is left out
    values = {"title": f"Drawn {ending}"} | {
        name: value for name, value in checked.cleaned_data.items() if name not in checked.errors
    }
    begun = register.model(**{name: value for name, value in values.items() if hasattr(register.model, name)})
    wrong = dict(begun.faults({name: getattr(begun, name, None) for name in form.fields}))  # with what it begins with
    return {name: value for name, value in values.items() if name not in wrong}


def stored(record: Record) -> dict:
    """What an export can hold of a record."""
    register = registers.get(record.register)
    row = register.model.objects.get(number=record.number, utility=record.utility_id)
    values = {name: getattr(row, name) for name in (*register.shared, *register.fields)}
    return {name: plain_value(value) for name, value in values.items()}


def plain_value(value: object) -> object:
    if isinstance(value, str):
        return CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return sorted(value) if isinstance(value, list) else value


@pytest.fixture
def surroundings(utility, manager, catalog):
    """What records refer to: units and people, some of one name; objectives."""
    for title in ["Lift stations", "Lift stations", "Lift; stations", "Pump 01", "Pump 1", "'", *HOSTILE]:
        Unit.open_in(utility, by=manager, title=title)
    Objective.open_in(utility, by=manager, title="Cut overflows")
    people = [Person(utility=utility, name=name) for name in ("Pat Lee", "Pat Lee", "=1+1")]
    Person.objects.bulk_create([*people, Person(utility=utility, name="PAT LEE", email="pat@example.org")])


@pytest.mark.parametrize("slug", REGISTERS)
@settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # the first example that fails tells enough
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_record_goes_out_and_comes_back(slug, surroundings, utility, manager, data):
    """Out and in again without an edit; the values of four into four other records; their values as new records."""
    register = registers.get(slug)
    with transaction.atomic():
        form = form_of(register)(utility=utility)
        records = [
            register.model.open_in(utility, by=manager, **entered(register, form, utility, data, f"No. {n}"))
            for n in range(8)
        ]
        first, others = records[:4], records[4:]
        before = [stored(each) for each in first]
        fresh = RecordExchange(register, utility, manager)
        content = written(fresh)
        plan = planned(fresh, content)
        assert (list(plan.changes), list(plan.faults)) == ([], [])

        def copy(book: Workbook) -> None:
            sheet = book["Rows"]
            rows = {line[0].value: line for line in sheet.iter_rows(min_row=2)}
            for one, other in zip(first, others, strict=True):
                at = sheet.max_row + 1
                for cell in rows[one.number][1:]:
                    column = fresh.columns[cell.column - 1]
                    if not column.locked:
                        for target in (rows[other.number][cell.column - 1], sheet.cell(at, cell.column)):
                            target.value = cell.value
                            target.data_type, target.number_format = cell.data_type, cell.number_format

        sheets = edited(content, {}, copy)
        plan = planned(fresh, sheets)
        assert plan.faults == []
        assert plan.there == [str(each) for each in first], "the same once more is already there"
        carry_out(fresh, sheets, plan.token, over=[], by=manager)
        assert [stored(each) for each in others] == before
        assert [stored(each) for each in first] == before
        Record.objects.filter(pk__in=[each.pk for each in records]).update(title="Another")
        again = RecordExchange(register, utility, manager)
        carry_out(again, sheets, planned(again, sheets).token, over=[], by=manager)
        newest = Record.objects.filter(register=slug).order_by("-pk")[:4]
        assert [stored(each) for each in reversed(newest)] == before
        transaction.set_rollback(True)


@pytest.mark.parametrize("slug", REGISTERS)
def test_every_register_is_described_by_its_columns(slug, utility, manager, catalog):
    exchange = RecordExchange(registers.get(slug), utility, manager)
    headings = [column.heading for column in exchange.columns]
    assert len(set(headings)) == len(headings)
    assert headings[:3] == [NUMBER, TITLE, "Status (change it on the site)"]
    texts = [each for each in exchange.form.fields.values() if type(each) is forms.CharField]
    assert all(each.max_length and each.max_length <= 15_000 for each in texts), "so that a cell can hold any text"


# --- what a file shows


def test_the_file_says_what_it_is(action, exchange):
    book = load_workbook(BytesIO(written(exchange())))
    assert book.sheetnames == ["Rows", "About", EXPORTED]
    about = dict(book["About"].iter_rows(values_only=True))
    assert about["Utility"] == "Riverbend Water and Sewer"
    assert about["List"] == "Management programs"
    assert "can’t be changed in this file" in about["Status"]
    assert "Nothing is deleted" in about["Left out"]
    row = cells(written(exchange()))[action.number]
    assert row["Title"] == "Clean the sewers of Mill Street"
    assert row["Status (change it on the site)"] == "Planned"
    assert row["Due"] == datetime(2030, 6, 30)
    assert (row["Area: Environmental performance"], row["Area: Quality"]) == ("x", None)
    assert (row["Initiatives it serves"], row["Units"]) == ("CMOM", "Lift stations")
    assert row["Serves"] == str(action.objective)


def test_cells_below_the_last_row_can_be_filled_in(action, exchange):
    sheet = load_workbook(BytesIO(written(exchange())))["Rows"]
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    assert not sheet.column_dimensions[letters["Title"]].protection.locked
    assert sheet.column_dimensions[letters[NUMBER]].protection.locked
    assert sheet.column_dimensions[letters["Due"]].number_format == "yyyy-mm-dd"
    [validation] = [each for each in sheet.data_validations.dataValidation if letters["Owner"] in str(each.sqref)]
    assert "Mara Gerr" in validation.formula1


def test_a_long_list_of_choices_has_a_sheet(action, exchange, utility, manager):
    Person.objects.bulk_create(Person(utility=utility, name=f"Person number {n}") for n in range(30))
    book = load_workbook(BytesIO(written(exchange())))
    head, *rows = book["Choices"].iter_rows(values_only=True)
    assert [row[head.index("Owner")] for row in rows].count("Person number 7") == 1
    formulas = {each.formula1 for each in book["Rows"].data_validations.dataValidation}
    assert f"Choices!$A$2:$A${len(rows) + 1}" in formulas


# --- editing


def test_what_a_person_types_is_understood(action, exchange, brought, unit, utility, manager):
    second = Unit.open_in(utility, by=manager, title="Force mains")
    typed = {
        (action.number, "Due"): "7/4/2031",
        (action.number, "Cost in dollars"): "$12,500.50",
        (action.number, "Hours of work"): 0.1 + 0.2,
        (action.number, "Units"): f"force mains; {unit.number}",
        (action.number, "Serves"): action.objective.number,
        (action.number, "Owner"): "MARA GERR",
        (action.number, "Area: Safety and health"): None,
        (action.number, "Starts on"): datetime(2031, 1, 2),
    }
    brought(edited(written(exchange()), typed))
    row = Action.objects.get()
    assert (row.due, row.starts) == (date(2031, 7, 4), date(2031, 1, 2))
    assert (row.cost, row.hours) == (Decimal("12500.50"), Decimal("0.3"))
    assert row.units == [second.pk, unit.pk]
    assert str(row.owner) == "Mara Gerr"
    assert row.areas == ["E"]
    assert row.history.first().by == manager


def test_people_of_one_name_are_told_apart(action, exchange, brought, utility):
    first, second = (Person.objects.create(utility=utility, name="Pat Lee", email=f"{n}@example.org") for n in "ab")
    Record.objects.update(owner=first)
    content = written(exchange())
    assert cells(content)[action.number]["Owner"] == "Pat Lee (a@example.org)"
    brought(edited(content, {(action.number, "Owner"): "Pat Lee (b@example.org)"}))
    assert Action.objects.get().owner == second


def test_a_name_that_two_people_have_is_not_guessed(action, exchange, faults, utility):
    Person.objects.bulk_create(Person(utility=utility, name="Pat Lee", email=f"{n}@example.org") for n in "ab")
    found = faults(edited(written(exchange()), {(action.number, "Owner"): "Pat Lee"}))
    assert "Pat Lee (a@example.org)" in found[2, "Owner"]


def test_new_rows_become_records_and_a_second_import_adds_none(action, exchange, brought, unit):
    content = added(
        written(exchange()),
        {"Title": "Flush the mains", "Due": "2030-01-31", "Area: Quality": "x", "Units": "Lift stations"},
        {"Title": "  "},
        {"Title": "Flush the hydrants"},
    )
    plan = brought(content)
    assert [each.values["title"] for each in plan.added] == ["Flush the mains", "Flush the hydrants"]
    made = Action.objects.get(title="Flush the mains")
    assert (made.number[-3:], made.status, made.areas) == ("002", "planned", ["Q"])
    assert (made.due, made.units) == (date(2030, 1, 31), [unit.pk])
    plan = brought(content)
    assert (plan.added, len(plan.there)) == ([], 2)
    assert Action.objects.count() == 3


def test_a_new_row_that_is_almost_there_is_pointed_out(action, exchange, brought):
    plan = brought(added(written(exchange()), {"Title": "clean the sewers of mill street", "Cost in dollars": 5}))
    assert [each.alike for each in plan.added] == [[action]]


def test_defaults_hold_for_a_new_row(unit, exchange, brought):
    brought(added(written(exchange("units")), {"Title": "Billing"}), slug="units")
    assert Unit.objects.get(title="Billing").kind == "process"


def test_rows_that_are_left_out_stay(action, exchange, brought, utility, manager):
    Action.open_in(utility, by=manager, title="Second")
    content = edited(written(exchange()), {}, lambda book: book["Rows"].delete_rows(2))
    plan = brought(content)
    assert (plan.changes, plan.added) == ([], [])
    assert Action.objects.count() == 2


# --- conflicts


def test_a_conflict_has_three_values(action, exchange, brought, contributor):
    content = edited(
        written(exchange()), {(action.number, TITLE): "In the file", (action.number, "Cost in dollars"): 5}
    )
    Action.objects.visible_to(contributor).get().change(1, by=contributor, title="On the site", due=None)
    [conflict] = planned(exchange(), content).conflicts
    title = conflict.differences[0]
    assert (title.exported, title.now, title.given) == ("Clean the sewers of Mill Street", "On the site", "In the file")
    brought(content)
    assert Action.objects.get().title == "On the site"
    brought(content, action.number)
    row = Action.objects.get()
    assert (row.title, row.cost, row.due) == ("In the file", 5, None), "what the file did not change stays"


def test_words_that_changed_since_the_export_change_nothing(action, exchange, brought, unit, manager, objective):
    content = written(exchange())
    seen = Unit.objects.visible_to(manager).get()
    seen.change(1, by=manager, title="Pump stations")
    seen.move("retired", by=manager, why="Replaced.")
    Objective.objects.visible_to(manager).get().change(1, by=manager, title="Fewer overflows")
    Person.objects.filter(user=manager).update(name="Mara G.")
    assert brought(content).changes == []
    brought(edited(content, {(action.number, TITLE): "New"}))
    row = Action.objects.get()
    assert (row.title, row.units, row.objective) == ("New", [unit.pk], objective)


# --- what is refused


def test_all_faults_are_told_at_once(action, exchange, faults, unit, utility, manager):
    second = Action.open_in(utility, by=manager, title="Closed")
    second.my_role = "manager"
    second.move("canceled", by=manager, why="No money.")
    foreign = Unit.open_in(UtilityFactory(), by=manager, title="Their lift stations")
    retired = Unit.open_in(utility, by=manager, title="Old pumps")
    Record.objects.filter(pk=retired.pk).update(is_open=False, status="retired")
    content = edited(
        written(exchange()),
        {
            (action.number, "Status (change it on the site)"): "Closed",
            (action.number, "Due"): "soon",
            (action.number, "Cost in dollars"): "1.234",
            (action.number, "Units"): f"Lift stations\n{foreign.title}",
            (action.number, "Owner"): "Nobody",
            (action.number, "Hours of work"): "=1+1",
            (second.number, TITLE): "Changed",
        },
    )
    content = added(
        content,
        {"Cost in dollars": 3},
        {TITLE: "New", "Status (change it on the site)": "Closed"},
        {TITLE: "New", "Units": "Old pumps"},
        {TITLE: "New", NUMBER: "PRG-1999-001"},
    )
    before = list(Record.objects.values())
    found = faults(content)
    assert found == {
        (2, "Status (change it on the site)"): "This column can’t be changed here. It was “Planned”.",
        (2, "Due"): "Enter a date, such as 2026-06-30.",
        (2, "Units"): f"“{foreign.title}” is not on the list. The sheet “Choices” has what can be entered."
        if len(Unit.objects.filter(utility=utility)) > 8
        else "Enter “Lift stations” or “Old pumps”, or leave the cell empty.",
        (2, "Owner"): "Enter “Mara Gerr”, or leave the cell empty.",
        (2, "Hours of work"): "Enter a number, such as 12500.",
        (2, "Cost in dollars"): "Ensure that there are no more than 2 decimal places.",
        (3, ""): "It is “Canceled”, so it can’t be changed. Reopen it on the site first.",
        (4, "Title"): "This field is required.",
        (5, "Status (change it on the site)"): "This can’t be entered for a new row. Empty the cell.",
        (6, "Units"): "“Old pumps” can no longer be chosen. Remove it from the cell.",
        (7, NUMBER): "No row has the number “PRG-1999-001”. Put back the number that was there, or leave it empty for "
        "a new row.",
    }
    assert list(Record.objects.values()) == before


def test_a_column_of_another_utility_s_unit_is_refused(action, exchange, faults, manager):
    foreign = Unit.open_in(UtilityFactory(), by=manager, title="Their lift stations")

    def spoil(book: Workbook) -> None:
        book["Rows"].cell(1, book["Rows"].max_column + 1).value = f"Unit: {foreign.title}"
        book[EXPORTED].cell(2, book[EXPORTED].max_column + 1).value = f"units:{foreign.pk}"
        book[EXPORTED].cell(3, book[EXPORTED].max_column).value = f"Unit: {foreign.title}"
        place(book, action.number, f"Unit: {foreign.title}").value = "x"

    plan = planned(exchange(), edited(written(exchange()), {}, spoil))
    assert plan.changes == []
    assert faults(edited(written(exchange()), {}, spoil))


def test_a_file_of_another_list_or_utility_is_refused(action, exchange, manager, stranger):
    other = UtilityFactory(name="Elsewhere")
    for foreign in (
        RecordExchange(registers.get("objectives"), action.utility, manager),
        RecordExchange(registers.get("actions"), other, stranger),
    ):
        with pytest.raises(Unreadable, match="This file belongs to the list"):
            planned(exchange(), written(foreign))


def test_all_or_nothing(action, exchange, utility, manager, monkeypatch, as_):
    Action.open_in(utility, by=manager, title="Second")
    content = added(
        edited(written(exchange()), {(action.number, TITLE): "Changed"}), {TITLE: "Third"}, {TITLE: "Fourth"}
    )
    opened = Action.open_in.__func__

    def fail(cls, utility, *, by, **fields):
        if fields["title"] == "Fourth":
            raise WrongState("It can’t be.")
        return opened(cls, utility, by=by, **fields)

    monkeypatch.setattr(Action, "open_in", classmethod(fail))
    browser, args = as_(manager), [utility.pk, "actions"]
    page = browser.post(reverse("ims:excel_import", args=args), sent(content))
    before = (list(Record.objects.values()), RecordEvent.objects.count())
    answer = browser.post(reverse("ims:excel_confirm", args=args), {"token": page.context["plan"].token}, follow=True)
    assert "Nothing was imported. It can’t be." in answer.text
    assert (list(Record.objects.values()), RecordEvent.objects.count()) == before


# --- the pages


def test_the_pages_from_the_list_and_back(action, exchange, utility, manager, as_):
    browser, args = as_(manager), [utility.pk, "actions"]
    shown = browser.get(reverse("ims:list", args=args), {"area": "E"})
    excel = f"{reverse('ims:excel', args=args)}?area=E"
    assert excel in shown.text
    assert reverse("ims:excel_import", args=args) in shown.text
    content = browser.get(excel).content
    assert list(cells(content)) == [action.number]
    assert list(cells(browser.get(reverse("ims:excel", args=args), {"area": "F"}).content)) == []
    content = added(edited(content, {(action.number, TITLE): "Flush"}), {TITLE: "New one"})
    page = browser.post(reverse("ims:excel_import", args=args), sent(content))
    assert "The file changes 1 row. It adds 1 new row." in page.text
    confirm = reverse("ims:excel_confirm", args=args)
    token = {"token": page.context["plan"].token}
    done = browser.post(confirm, token, follow=True)
    assert "1 record changed, 1 added." in done.text
    assert set(Action.objects.values_list("title", flat=True)) == {"Flush", "New one"}
    assert browser.post(confirm, token).status_code == 422, "a second click adds nothing"
    assert Action.objects.count() == 2


def test_a_change_after_the_preview_is_shown_first(action, exchange, utility, manager, as_):
    browser, args = as_(manager), [utility.pk, "actions"]
    content = edited(written(exchange()), {(action.number, TITLE): "In the file"})
    page = browser.post(reverse("ims:excel_import", args=args), sent(content))
    Action.objects.visible_to(manager).get().change(1, by=manager, title="Just now")
    again = browser.post(reverse("ims:excel_confirm", args=args), {"token": page.context["plan"].token})
    assert "because records changed since the preview" in again.text
    assert Action.objects.get().title == "Just now"
    data = {"token": again.context["plan"].token, "over": action.number}
    assert browser.post(reverse("ims:excel_confirm", args=args), data).status_code == 302
    assert Action.objects.get().title == "In the file"


@pytest.mark.parametrize("role", ["manager", "contributor", "viewer", "stranger", "nobody"])
def test_who_exports_and_imports(role, action, exchange, utility, request, as_, client):
    browser = client if role == "nobody" else as_(request.getfixturevalue(role))
    args = [utility.pk, "actions"]
    content = edited(written(exchange()), {(action.number, TITLE): "From the file"})
    reads = {"stranger": 404, "nobody": 302}.get(role, 200)
    edits = {"viewer": 403}.get(role, reads)
    assert browser.get(reverse("ims:excel", args=args)).status_code == reads
    assert browser.get(reverse("ims:excel_import", args=args)).status_code == edits
    page = browser.post(reverse("ims:excel_import", args=args), sent(content))
    assert page.status_code == edits
    token = page.context["plan"].token if edits == 200 else "unknown"
    answer = browser.post(reverse("ims:excel_confirm", args=args), {"token": token})
    assert answer.status_code == (302 if edits == 200 else edits)
    assert (Action.objects.get().title == "From the file") == (role in ("manager", "contributor"))


def test_checking_a_file_asks_as_often_for_many_rows(action, exchange, utility, manager, django_assert_max_num_queries):
    for number in range(40):
        due = date(2030, 1, 1) + timedelta(days=number)
        Action.open_in(utility, by=manager, title=f"Action {number}", due=due, objective=action.objective)
    content = written(exchange())
    numbers = Action.objects.values_list("number", flat=True)
    content = edited(content, {(number, "Serves"): None for number in numbers})
    with django_assert_max_num_queries(15):
        plan = planned(exchange(), content)
    assert len(plan.changes) == 41


def test_what_was_typed_as_an_escape_stays(action, exchange, brought):
    brought(edited(written(exchange()), {(action.number, TITLE): escaped("_x0041_ =1+1")}))
    assert Action.objects.get().title == "_x0041_ =1+1"


def test_the_file_is_saved_by_another_program(action, exchange):
    """Shared strings, no styles, no hidden state."""
    book, old = Workbook(), load_workbook(BytesIO(written(exchange())))
    book.remove(book.active)
    for sheet in old:
        new = book.create_sheet(sheet.title)
        for line in sheet.iter_rows():
            for cell in line:
                if cell.value is not None:
                    copy = new.cell(cell.row, cell.column, cell.value)
                    copy.data_type = cell.data_type
    plan = planned(exchange(), saved(book))
    assert (plan.changes, plan.added, plan.faults) == ([], [], [])


def test_an_owner_who_has_left_is_kept_but_not_chosen(action, exchange, brought, faults, utility, manager):
    gone = Person.objects.create(utility=utility, name="Pat Lee", has_left=True)
    Record.objects.filter(pk=action.pk).update(owner=gone)
    second = Action.open_in(utility, by=manager, title="Second")
    content = written(exchange())
    assert cells(content)[action.number]["Owner"] == "Pat Lee"
    brought(edited(content, {(action.number, TITLE): "Changed"}))
    assert Action.objects.get(pk=action.pk).owner == gone
    words = "“Pat Lee” can no longer be chosen. Remove it from the cell."
    assert faults(edited(content, {(second.number, "Owner"): "Pat Lee"})) == {(3, "Owner"): words}


def test_scores_are_named_in_one_cell_and_those_of_a_removed_criterion_stay(
    exchange, brought, utility, manager, catalog
):
    row = Assessment.open_in(utility, by=manager, title="Station 11 floods", scores=["cost:3", "old:2"])
    content = written(exchange("assessments"))
    assert cells(content)[row.number]["Scores"] == "Cost effectiveness: 3\nold:2"
    brought(edited(content, {(row.number, TITLE): "Station 12 floods"}), slug="assessments")
    assert Assessment.objects.get().scores == ["cost:3", "old:2"]
    typed = {(row.number, "Scores"): "Cost effectiveness: 5; Severity of the risk: 4"}
    brought(edited(content, typed), row.number, slug="assessments")
    assert Assessment.objects.get().scores == ["cost:5", "severity:4"]

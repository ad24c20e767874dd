"""Boards and saved views of a register's list."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims.models import Action, Objective, Person, Record, Requirement, SavedView
from tests.conftest import main_of
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(utility) -> str:
    return reverse("ims:list", args=[utility.pk, "actions"])


@pytest.fixture
def save(utility):
    def as_one(browser, **sent):
        return browser.post(reverse("ims:save_view", args=[utility.pk, "actions"]), {"query": "late=true"} | sent)

    return as_one


def test_a_board_has_a_column_for_each_status_with_what_is_due_first(action, utility, manager, as_, page):
    today = timezone.localdate()
    for title, due in [("No date", None), ("Soon", today), ("Later", today + timedelta(days=9))]:
        Action.open_in(utility, by=manager, title=title, due=due)
    board = as_(manager).get(page, {"layout": "board"})
    columns = board.context["columns"]
    assert [(column.label, column.n) for column in columns] == [
        ("Planned", 4),
        ("Under way", 0),
        ("Done, to be checked", 0),
        ("Closed", 0),
    ]
    assert [card.title for card in columns[0].cards] == ["Soon", "Later", action.title, "No date"]
    assert "Start<span" in board.text


def test_a_card_moves_and_the_board_comes_back(action, address, as_, manager, page):
    back = f"{page}?layout=board&area=S#{action.number}"
    moved = as_(manager).post(address("move", action, "start"), {"back": back})
    assert moved["Location"] == back
    away = as_(manager).post(address("move", action, "finish"), {"back": "https://example.org/"})
    assert away["Location"] == action.get_absolute_url()


def test_a_board_filters_and_shows_the_first_thirty_of_each(action, utility, manager, viewer, as_, page):
    for number in range(40):
        Action.open_in(utility, by=manager, title=f"Record {number}", areas=["F"])
    board = as_(viewer).get(page, {"layout": "board", "area": "F"})
    planned = board.context["columns"][0]
    assert (planned.n, len(planned.cards)) == (40, 30)
    assert "All 40 in the list" in board.text
    assert 'name="layout" value="board"' in board.text, "filtering stays on the board"
    assert "board__moves" not in board.text, "a viewer moves nothing"


def test_a_board_takes_as_many_queries_for_many_records(action, utility, manager, as_, page):
    browser = as_(manager)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(page, {"layout": "board"})
        return len(captured)

    queries()
    few = queries()
    for number in range(40):
        Action.open_in(utility, by=manager, title=f"Record {number}")
    assert queries() == few <= 15


def test_a_view_is_saved_and_opened(action, as_, manager, contributor, page, save):
    browser = as_(manager)
    saved = save(browser, name="Late ones", query="late=true&page=2&title=&sort=-due&layout=board")
    view = SavedView.objects.get()
    assert view.query == "late=true&sort=-due&layout=board"
    assert saved["Location"] == view.get_absolute_url()
    assert "Late ones" in browser.get(page).text
    assert "Late ones" not in as_(contributor).get(page).text
    save(browser, name="LATE ONES", query="area=E", is_shared="on")
    view = SavedView.objects.get()
    assert (view.query, view.is_shared) == ("area=E", True)
    assert "Late ones" in as_(contributor).get(page).text
    assert action.number in browser.get(view.get_absolute_url()).text


def test_views_that_are_refused(as_, manager, viewer, stranger, catalog, save):
    save(as_(manager), name="")
    save(as_(manager), name="x" * 61)
    assert not SavedView.objects.exists()
    save(as_(viewer), name="Mine", is_shared="on")
    assert not SavedView.objects.get().is_shared, "a viewer shares nothing"
    assert save(as_(stranger), name="Theirs").status_code == 404
    for number in range(40):
        save(as_(manager), name=f"View {number}")
    assert SavedView.objects.filter(by=manager).count() == 30
    save(as_(manager), name="View 3", query="area=E")
    assert SavedView.objects.get(by=manager, name="View 3").query == "area=E"


def test_who_removes_a_view(as_, manager, contributor, viewer, stranger, catalog, save):
    save(as_(contributor), name="Private")
    save(as_(contributor), name="Shared", is_shared="on")
    private, shared = (reverse("ims:remove_view", args=[view.pk]) for view in SavedView.objects.order_by("name"))
    assert as_(manager).post(private).status_code == 404
    assert as_(viewer).post(shared).status_code == 403
    assert as_(stranger).post(shared).status_code == 404
    assert as_(manager).post(shared).status_code == 302
    assert as_(contributor).post(private).status_code == 302
    assert not SavedView.objects.exists()


def test_a_record_of_another_utility_is_on_no_board(action, stranger, as_, page):
    assert as_(stranger).get(page, {"layout": "board"}).status_code == 404
    assert Record.objects.count() == 3


# --- records of all registers


def own(record, user) -> None:
    Record.objects.filter(pk=record.pk).update(owner=Person.objects.of(record.utility).get(user=user))


def test_my_records_are_open_and_mine(action, unit, objective, manager, contributor, as_):
    own(action, contributor)
    own(unit, contributor)
    own(objective, manager)
    page = as_(contributor).get(reverse("ims:mine")).text
    for words in (action.number, "Management programs", "Planned", unit.number, "In use"):
        assert words in page
    assert objective.number not in page
    Record.objects.filter(pk=action.pk).update(is_open=False)
    assert action.number not in as_(contributor).get(reverse("ims:mine")).text
    contributor.memberships.all().delete()
    assert "You own no open records." in as_(contributor).get(reverse("ims:mine")).text


@pytest.fixture
def requirements(utility, manager, contributor) -> list[Requirement]:
    made = []
    today = timezone.localdate()
    for place in range(8):
        made.append(
            Requirement.open_in(
                utility,
                by=manager,
                title=f"{'Reports of' if place % 2 else 'limits on'} {place}",
                areas=["E"] if place % 3 else [],
                due=today + timedelta(days=place % 4 - 2) if place < 6 else None,
                kind="permit" if place % 2 else "federal",
                department="Operations" if place > 4 else "",
            )
        )
    own(made[2], contributor)
    Record.objects.filter(pk__in=[made[0].pk, made[5].pk]).update(status="coming")
    Record.objects.filter(pk=made[3].pk).update(status="ended", is_open=False)
    return made


COLUMNS = ["number", "title", "department", "last_result", "owner", "due", "status"]

# Sorted and filtered by what all records have, and by what only requirements have.
ASKED = [
    *({"sort": f"{sign}{name}"} for name in COLUMNS for sign in ("", "-")),
    {"title": "of"},
    {"status": "coming"},
    {"area": "E"},
    {"late": "true"},
    {"kind": "permit"},
    {"kind": "permit", "sort": "-title"},
    {"title": "of", "sort": "-department", "area": "E"},
]


def test_pages_together_show_what_a_file_of_the_list_has(requirements, utility, manager, as_, monkeypatch):
    monkeypatch.setattr("workflow.lists.PER_PAGE", 3)
    page, browser = reverse("ims:list", args=[utility.pk, "requirements"]), as_(manager)
    for asked in ASKED:
        n_pages = browser.get(page, asked).context["page"].paginator.num_pages
        pages = [main_of(browser.get(page, asked | {"page": number})) for number in range(1, n_pages + 1)]
        shown = [number for one in pages for number in dict.fromkeys(re.findall(r"REQ-\d+-\d+", one))]
        file = browser.get(page, asked | {"export": "csv"}).content.decode("utf-8-sig")
        assert shown, asked
        assert shown == [line.split(",")[0] for line in file.splitlines()[1:]], asked


def test_all_records_of_a_utility(action, unit, objective, utility, contributor, viewer, stranger, as_):
    own(action, contributor)
    page = reverse("ims:everything", args=[utility.pk])
    browser = as_(viewer)
    text = browser.get(page).text
    assert all(record.number in text for record in (action, unit, objective))
    mine = browser.get(page, {"owner": action.utility.people.get(user=contributor).pk}).text
    assert action.number in mine
    assert unit.number not in mine
    assert unit.number not in browser.get(page, {"register": "actions"}).text
    assert action.number not in browser.get(page, {"late": "true"}).text
    assert as_(stranger).get(page).status_code == 404


def test_my_records_at_several_utilities_name_them_and_not_me(action, contributor, as_):
    other = MembershipFactory(user=contributor).utility
    own(action, contributor)
    own(Action.open_in(other, by=contributor, title="There"), contributor)
    page = as_(contributor).get(reverse("ims:mine"))
    assert list(page.context["filters"].filters) == ["title", "register", "late", "utility"]
    assert page.text.count(str(action.utility)) >= 2, "in its row and in the filter"
    assert contributor.name not in main_of(page)
    listed = as_(contributor).get(reverse("ims:mine"), {"utility": other.pk})
    assert [record.title for record in listed.context["table"].data] == ["There"]


@pytest.mark.parametrize("name", ["mine", "everything"])
def test_both_take_as_many_queries_for_many_records(name, action, utility, manager, as_):
    page = reverse(f"ims:{name}", args=[] if name == "mine" else [utility.pk])
    browser = as_(manager)
    own(action, manager)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(30):
        own(Action.open_in(utility, by=manager, title=f"Record {number}"), manager)
    assert queries() == few <= 15


def test_the_search_finds_my_utilitys_records(action, viewer, stranger, as_):
    for typed in (action.number, "mill street sewers"):
        assert f"{action.number} {action.title}" in as_(viewer).get("/pdca/search/", {"q": typed}).text
        assert action.title not in as_(stranger).get("/pdca/search/", {"q": typed}).text


@pytest.mark.parametrize(
    ("target", "shown"), [("2230", "2,230"), ("0.5", "0.5"), ("0", "0"), ("-1234.0625", "-1,234.0625")]
)
def test_amounts_are_shown_with_their_digits_only(catalog, utility, manager, as_, target, shown):
    Objective.open_in(utility, by=manager, title="Energy", target=Decimal(target))
    page = reverse("ims:list", args=[utility.pk, "objectives"])
    browser = as_(manager)
    assert f">{shown}</td>" in browser.get(page).text.replace("\n", "").replace(" ", "")
    exported = browser.get(page, {"export": "csv"})
    assert f",{Decimal(target)}" in b"".join(exported).decode()

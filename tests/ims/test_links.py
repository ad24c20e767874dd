"""Links between records, and undoing a change on a record's page."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from ims.links import CAME_FROM, LED_TO, RELATED, relatives
from ims.models import Action, Objective, RecordLink, Unit
from tests.factories import UtilityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(utility, manager, catalog) -> Action:
    return Action.open_in(utility, by=manager, title="Train both crews")


def add(browser, address, record, number, relation=LED_TO):
    return browser.post(address("add_relation", record), {"relation": relation, "other": number})


@pytest.mark.parametrize(("relation", "back"), [(CAME_FROM, LED_TO), (LED_TO, CAME_FROM), (RELATED, RELATED)])
def test_a_link_is_seen_from_both_sides(action, other, address, as_, manager, relation, back):
    browser = as_(manager)
    assert add(browser, address, action, f" {other.number.lower()} ", relation).status_code == 302
    there = {(each.record.number, each.relation) for each in relatives(action, manager)}
    assert (other.number, relation) in there
    assert [(each.record.number, each.relation) for each in relatives(other, manager)] == [(action.number, back)]
    assert action.number in browser.get(other.get_absolute_url()).text
    assert [change.after for change in other.history.all()] == [{"link": str(RecordLink.objects.get())}]


def test_the_fields_of_a_record_make_links_too(action, objective, manager):
    assert [(each.record.pk, each.relation) for each in relatives(action, manager)] == [(objective.pk, CAME_FROM)]
    assert [(each.record.pk, each.relation) for each in relatives(objective, manager)] == [(action.pk, LED_TO)]


def test_a_second_link_replaces_the_first(action, other, address, as_, manager):
    for relation in (LED_TO, CAME_FROM, RELATED):
        add(as_(manager), address, action, other.number, relation)
    assert RecordLink.objects.get().kind == "related"


@pytest.mark.parametrize("number", ["PRG-1999-001", "", "x" * 30, "its own", "of another utility"])
def test_what_can_not_be_linked(action, address, as_, manager, number):
    stranger = Unit.open_in(UtilityFactory(), by=manager, title="Elsewhere")
    stranger.number = "UNIT-1-ELSE"
    stranger.save()
    number = {"its own": action.number, "of another utility": stranger.number}.get(number, number)
    page = add(as_(manager), address, action, number)
    assert page.status_code == 422
    assert not RecordLink.objects.exists()


def test_the_database_keeps_links_within_a_utility_and_once(action, other, manager):
    elsewhere = Objective.open_in(UtilityFactory(), by=manager, title="Elsewhere")
    RecordLink.objects.create(earlier=action, later=other)
    for name, earlier, later, kind in [
        ("record_link_within_a_utility", action, elsewhere, "led-to"),
        ("record_link_once", action, other, "led-to"),
        ("record_link_to_another", action, action, "led-to"),
        ("record_link_kind_known", other, action, "other"),
    ]:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            RecordLink.objects.create(earlier=earlier, later=later, kind=kind)


def test_removing_a_link(action, other, objective, address, as_, manager, viewer, stranger):
    add(as_(manager), address, action, other.number)
    link = RecordLink.objects.get()
    page = address("remove_relation", action, link.pk)
    assert as_(viewer).post(page).status_code == 403
    assert as_(stranger).post(page).status_code == 404
    assert as_(manager).post(address("remove_relation", objective, link.pk)).status_code == 404
    assert as_(viewer).post(address("add_relation", action), {"other": other.number}).status_code == 403
    assert as_(manager).post(page).status_code == 302
    assert not RecordLink.objects.exists()
    assert other.history.first().before == {"link": f"{action.number} led to {other.number}"}


# --- undo


def test_undo_takes_back_the_last_change(action, address, as_, manager):
    browser = as_(manager)
    browser.post(address("save", action), {"title": "Wrong", "version": 1})
    page = browser.get(action.get_absolute_url())
    assert "Undo the last change" in page.text
    done = browser.post(address("undo", action), {"version": 2}, follow=True)
    assert f"The last change of {action.number} was undone." in done.text
    again = Action.objects.get()
    assert (again.title, again.areas, again.version) == ("Clean the sewers of Mill Street", ["E", "S"], 3)


def test_undo_is_refused(action, address, as_, manager, contributor, viewer, stranger):
    as_(manager).post(address("save", action), {"title": "One", "version": 1})
    as_(contributor).post(address("save", action), {"title": "Two", "version": 2})
    assert as_(viewer).post(address("undo", action), {"version": 3}).status_code == 403
    assert as_(stranger).post(address("undo", action), {"version": 3}).status_code == 404
    assert as_(manager).post(address("undo", action)).status_code == 400
    stale = as_(manager).post(address("undo", action), {"version": 2}, follow=True)
    assert f"Nothing was undone: {contributor} changed the record since." in stale.text
    assert Action.objects.get().title == "Two"
    Action.objects.visible_to(manager).get().move("canceled", by=manager, why="No money")
    closed = as_(manager).post(address("undo", action), {"version": 4}, follow=True)
    assert "A closed record can&#x27;t be changed." in closed.text
    assert Action.objects.get().title == "Two"
    assert "Undo the last change" not in as_(manager).get(action.get_absolute_url()).text


def test_nothing_to_undo(action, address, as_, manager):
    page = as_(manager).post(address("undo", action), {"version": 1}, follow=True)
    assert "There is no change to undo." in page.text


def test_links_and_files_are_told_in_the_history(action, address, as_, manager):
    browser = as_(manager)
    browser.post(address("add_link", action), {"url": "https://example.org/a", "title": "The plan"})
    browser.post(reverse("ims:remove", args=[action.attachments.get().pk]))
    assert [(change.before, change.after) for change in action.history.all()] == [
        ({"links_and_files": "The plan"}, {}),
        ({}, {"links_and_files": "The plan"}),
    ]
    assert "The plan" in browser.get(action.get_absolute_url()).text


def test_an_action_made_from_an_objective_serves_it_and_is_shown_once(catalog, utility, manager, as_):
    objective = Objective.open_in(utility, by=manager, title="Halve the overflows", areas=["E"])
    browser, new = as_(manager), reverse("ims:new", args=[utility.pk, "actions"]) + f"?from={objective.number}"
    form = browser.get(new).context["form"]
    assert form["objective"].initial == objective.pk
    browser.post(new, {"title": "Clean ten miles", "areas": ["E"], "objective": objective.pk})
    action = Action.objects.get()
    assert action.objective_id == objective.pk
    mine = Objective.objects.visible_to(manager).get(pk=objective.pk)
    assert [each.record.number for each in relatives(mine, manager)] == [action.number]

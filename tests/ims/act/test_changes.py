"""Changes: approved only when every management area has answered; what is answered stays as it was."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from ims.models import AreaAnswer, PlannedChange, Record
from tests.conftest import main_of
from tests.ims.conftest import at_the_end
from workflow.models import WrongState

SAYS = "The spill plan and the drill must name the new tank."
CHECKED = {"verified": "The tank is in the plan.", "verified_by": "Dana Whitfield"}


@pytest.fixture
def change(catalog, utility, manager) -> PlannedChange:
    """Proposed, for two areas."""
    made = PlannedChange.open_in(
        utility, by=manager, title="Sodium hypochlorite instead of chlorine gas", areas=["S", "Q"], what="New tank."
    )
    return seen(made, manager)


@pytest.fixture
def asked(change, manager) -> PlannedChange:
    change.move("in-review", by=manager)
    return seen(change, manager)


def seen(change, user) -> PlannedChange:
    return PlannedChange.objects.visible_to(user).get(pk=change.pk)


def answer_page(change, area="S") -> str:
    return reverse("ims:answer_change", args=[change.utility_id, change.number, area])


def move(browser, change, slug, **sent):
    return browser.post(
        reverse("ims:move", args=[change.utility_id, "changes", change.number, slug]), sent, follow=True
    )


@pytest.mark.django_db
def test_the_whole_way(change, manager, contributor, as_):
    browser = as_(contributor)
    move(browser, change, "ask")
    page = move(browser, change, "approve")
    assert page.status_code == 422
    assert "These areas have not answered yet: S, Q." in page.text

    browser.post(answer_page(change), {"is_affected": "True", "says": SAYS})
    page = move(browser, change, "approve")
    assert "These areas have not answered yet: Q." in page.text
    browser.post(answer_page(change, "Q"), {"is_affected": "False", "says": ""})
    page = main_of(browser.get(change.get_absolute_url()))
    assert SAYS in page
    assert page.count(">not affected<") == 1
    assert "Connie Boyd" in page
    for slug, sent in (("approve", {}), ("finish", {}), ("close", CHECKED)):
        move(browser, change, slug, **sent)
    found = seen(change, manager)
    assert (found.status, found.verified_by) == ("closed", "Dana Whitfield")


@pytest.mark.django_db
def test_it_needs_an_area(change, manager, as_):
    Record.objects.filter(pk=change.pk).update(areas=[])
    page = move(as_(manager), change, "ask")
    assert page.status_code == 422
    assert "Choose the areas that it may concern first." in page.text


@pytest.mark.django_db
def test_who_is_affected_says_what_it_means(asked, manager, as_):
    page = as_(manager).post(answer_page(asked), {"is_affected": "True", "says": " "})
    assert page.status_code == 422
    assert "Enter what the change means for this area" in page.text
    assert not asked.answers.exists()


@pytest.mark.django_db
def test_an_answer_can_be_changed_and_the_history_has_both(asked, manager, as_):
    browser = as_(manager)
    browser.post(answer_page(asked), {"is_affected": "False", "says": "Nothing."})
    assert "Nothing." in browser.get(answer_page(asked)).text
    browser.post(answer_page(asked), {"is_affected": "True", "says": SAYS})
    assert AreaAnswer.objects.get().says == SAYS
    assert {"not affected. Nothing.", SAYS} == {change.after["answer_S"] for change in asked.history.all()}


@pytest.mark.django_db
def test_only_areas_in_scope_answer_and_only_when_asked(change, manager, as_):
    browser, sent = as_(manager), {"is_affected": "False"}
    for area in ("E", "S Q", "X"):
        assert browser.post(answer_page(change, area), sent).status_code == 404
    page = browser.post(answer_page(change), sent, follow=True)
    assert "is not waiting for answers now" in page.text
    with pytest.raises(WrongState):
        change.answer("E", by=manager, is_affected=False, says="")
    assert not AreaAnswer.objects.exists()


@pytest.mark.django_db
def test_who_may_answer(asked, viewer, advisor, former, stranger, as_):
    sent = {"is_affected": "False"}
    for user, status in ((viewer, 403), (former, 404), (stranger, 404), (advisor, 302)):
        assert as_(user).post(answer_page(asked), sent).status_code == status
        assert as_(user).get(answer_page(asked)).status_code == (200 if status == 302 else status)
    assert AreaAnswer.objects.get().by == advisor


@pytest.mark.django_db
def test_what_the_areas_answer_to_stays_and_answers_begin_anew(asked, manager, as_):
    asked.answer("S", by=manager, is_affected=False, says="")
    page = as_(manager).get(reverse("ims:edit", args=[asked.utility_id, "changes", asked.number]))
    assert set(page.context["form"].fields) == {"version", "initiatives", "units", "owner", "due"}
    with pytest.raises(WrongState):
        asked.change(asked.version, by=manager, what="Another tank.")
    move(as_(manager), asked, "revise", why="Another tank.")
    again = seen(asked, manager)
    again.change(again.version, by=manager, what="Another tank.")
    assert again.answers.exists()
    move(as_(manager), asked, "ask")
    assert not again.answers.exists()


@pytest.mark.django_db
def test_a_change_from_before_it_was_asked_is_not_undone(change, manager, as_):
    change.change(1, by=manager, what="Two tanks.")
    browser = as_(manager)
    assert "Undo the last change" in browser.get(change.get_absolute_url()).text
    move(browser, change, "ask")
    assert "Undo the last change" not in browser.get(change.get_absolute_url()).text
    version = seen(change, manager).version
    browser.post(reverse("ims:undo", args=[change.utility_id, "changes", change.number]), {"version": version})
    assert seen(change, manager).what == "Two tanks."


@pytest.mark.django_db
def test_the_database_keeps_the_rules(asked):
    changes = PlannedChange.objects.filter(pk=asked.pk)
    tries = {
        "change_approved_by_all_areas": lambda: Record.objects.filter(pk=asked.pk).update(status="approved"),
        "change_closes_checked": lambda: Record.objects.filter(pk=asked.pk).update(status="closed"),
        "change_keeps_what_is_answered": lambda: changes.update(what="Another tank."),
        "change_answer_says_what": lambda: asked.answers.create(area="S", is_affected=True),
        "change_answer_area_known": lambda: asked.answers.create(area="X", is_affected=False),
    }
    for name, attempt in tries.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            at_the_end(attempt)

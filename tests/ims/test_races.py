"""Two people move one record at the same moment, on real connections: one move is made, and both are told."""

import pytest
from django.urls import reverse

from ims.models import Action, RecordEvent
from tests.assessments.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def moved() -> list[tuple[str, str, str]]:
    rows = RecordEvent.objects.filter(record__register="actions").exclude(from_status="").select_related("by")
    return [(event.from_status, event.to_status, event.by.name) for event in rows]


def test_two_people_move_it_to_different_stages(action, sends, manager, contributor, address):
    seen = {"seen_status": action.status}
    answers = at_once(
        sends(manager, address("move", action, "start"), seen, follow=True),
        sends(contributor, address("move", action, "cancel"), seen | {"why": "No money."}, follow=True),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    ((_, now, _),) = moved()
    assert Action.objects.get().status == now
    label = Action.objects.get().status_label
    done, refused = answers if now == "under-way" else reversed(answers)
    assert f"{action.number} is now “{label}”." in done.text
    assert f"Nothing was changed: {action.number} is now “{label}”." in refused.text


def test_who_saw_an_earlier_stage_moves_nothing(action, as_, manager, contributor, address):
    late, board = as_(contributor), reverse("ims:list", args=[action.utility_id, "actions"])
    pages = [late.get(action.get_absolute_url()), late.get(board, {"layout": "board"})]
    seen = f'<input type="hidden" name="seen_status" value="{action.status}">'
    as_(manager).post(address("move", action, "start"), {"seen_status": action.status})
    for page in pages:
        assert seen in page.text
        sent = {"seen_status": action.status, "why": "No money."}
        answer = late.post(address("move", action, "cancel"), sent, follow=True)
        assert f"Nothing was changed: {action.number} is now “{Action.objects.get().status_label}”." in answer.text
    assert Action.objects.get().status == "under-way"


def test_two_people_move_it_to_the_same_stage(action, sends, manager, contributor, address):
    answers = at_once(
        *[sends(user, address("move", action, "start"), {}, follow=True) for user in (manager, contributor)]
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(moved()) == 1
    assert sum("Nothing was changed" in answer.text for answer in answers) == 1
    assert Action.objects.get().version == 2


def test_one_person_writes_while_another_moves_it(action, sends, manager, contributor, address):
    sent = {"version": 1, "title": action.title, "areas": ["E", "S"], "lines": "One.\nTwo."}
    accept = {"accept": "application/json"}
    written, closed = at_once(
        sends(manager, address("save", action), sent, headers=accept),
        sends(contributor, address("move", action, "cancel"), {"why": "No money."}),
    )
    assert closed.status_code == 302
    stored = Action.objects.get()
    assert stored.status == "canceled"
    # Saved before it was closed; or refused, and the page keeps what was typed.
    assert (written.status_code, stored.lines) in [(200, "One.\nTwo."), (409, ""), (422, "")]

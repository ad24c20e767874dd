"""Corrective actions: from the report over causes and remedy to the check that it worked."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from ims import reminders
from ims.links import relatives
from ims.models import Action, CorrectiveAction, Person, Record
from tests.conftest import main_of
from tests.ims.conftest import at_the_end
from workflow.models import WrongState

TODAY = timezone.localdate()
CAUSES = {"causes": "Nobody greased it.\nIt is on no list.", "elsewhere": "Stations 4 and 9"}
CHECKED = {"verified": "No vibration at three visits.", "verified_by": "Sam Reyes"}


@pytest.fixture
def problem(catalog, utility, manager) -> CorrectiveAction:
    made = CorrectiveAction.open_in(
        utility, by=manager, title="Pump 2 ran dry", areas=["S"], source="incident", found="The float stuck."
    )
    return CorrectiveAction.objects.visible_to(manager).get(pk=made.pk)


def move(browser, record, slug, follow=True, **sent):
    address = reverse("ims:move", args=[record.utility_id, record.register, record.number, slug])
    return browser.post(address, sent, follow=follow)


def stored(record):
    return CorrectiveAction.objects.get(pk=record.pk)


@pytest.mark.django_db
def test_the_whole_way(problem, manager, as_):
    browser = as_(manager)
    page = move(browser, problem, "start", **CAUSES)
    assert "is now “Being corrected”" in page.text
    day = TODAY + timedelta(days=60)
    page = move(browser, problem, "finish", check_on=day.isoformat())
    assert "is now “Done, to be checked”" in page.text
    assert (stored(problem).check_on, stored(problem).due) == (day, day)

    early = move(browser, problem, "close", **CHECKED)
    assert early.status_code == 422
    assert "Until then it can’t be closed." in early.text
    assert stored(problem).status == "done"

    with time_machine.travel(timezone.now() + timedelta(days=60), tick=False):
        page = move(as_(manager), problem, "close", **CHECKED)
    assert "is now “Closed”" in page.text
    assert not stored(problem).is_open


@pytest.mark.django_db
@pytest.mark.parametrize("left_out", ["causes", "elsewhere"])
def test_it_is_not_corrected_before_its_causes_are_known(problem, manager, as_, left_out):
    page = move(as_(manager), problem, "start", **CAUSES | {left_out: " "})
    assert page.status_code == 422
    assert "This field is required." in page.text
    assert stored(problem).status == "reported"


@pytest.mark.django_db
@pytest.mark.parametrize("days", [0, -1])
def test_the_check_is_on_a_later_day(problem, manager, as_, days):
    move(as_(manager), problem, "start", **CAUSES)
    page = move(as_(manager), problem, "finish", check_on=(TODAY + timedelta(days=days)).isoformat())
    assert page.status_code == 422
    assert "Choose a later day" in page.text
    assert stored(problem).status == "under-way"


@pytest.mark.django_db
def test_what_did_not_work_is_corrected_again(problem, manager, as_):
    for step, asked in (("under-way", CAUSES), ("done", {"check_on": TODAY + timedelta(days=1)})):
        problem.move(step, by=manager, **asked)
    move(as_(manager), problem, "redo", why="It ran dry again in March.")
    found = stored(problem)
    assert found.status == "under-way"
    assert found.events.last().why == "It ran dry again in March."


@pytest.mark.django_db
def test_the_model_refuses_what_the_page_refuses(problem, manager):
    with pytest.raises(WrongState, match="causes"):
        problem.move("under-way", by=manager)
    problem.move("under-way", by=manager, **CAUSES)
    with pytest.raises(WrongState, match="later day"):
        problem.move("done", by=manager)


@pytest.mark.django_db
def test_the_database_closes_nothing_unchecked(problem):
    with pytest.raises(IntegrityError, match="corrective_closes_checked"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=problem.pk).update(status="closed"))


@pytest.mark.django_db
def test_the_database_asks_who_verified(problem):
    with pytest.raises(IntegrityError, match="corrective_verified_by_someone"), transaction.atomic():
        CorrectiveAction.objects.filter(pk=problem.pk).update(verified="Seen.")


@pytest.mark.django_db
def test_nothing_is_noticed_in_the_future(problem, manager, as_):
    address = reverse("ims:save", args=[problem.utility_id, "corrective", problem.number])
    sent = {"version": 1, "title": "x", "kind": "corrective", "source": "drill", "found_on": TODAY + timedelta(days=1)}
    page = as_(manager).post(address, sent, headers={"accept": "application/json"})
    assert [error["message"] for error in page.json()["errors"]] == ["This date is in the future."]
    assert (stored(problem).title, stored(problem).found_on) == ("x", None)


@pytest.mark.django_db
def test_it_is_followed_up_with_an_action(problem, manager, viewer, as_):
    page = main_of(as_(manager).get(problem.get_absolute_url()))
    new = f"{reverse('ims:new', args=[problem.utility_id, 'actions'])}?from={problem.number}"
    assert f'href="{new}">an action</a>' in page
    assert "?from=" not in main_of(as_(viewer).get(problem.get_absolute_url()))
    form = as_(manager).get(new)
    assert f'Follows from <a href="{problem.get_absolute_url()}">{problem}</a>' in form.text
    assert form.context["form"].initial["areas"] == ["S"]
    as_(manager).post(new, {"title": "Replace the floats", "areas": ["S"]})
    action = Action.objects.get()
    assert [(each.relation, each.record.number) for each in relatives(action, manager)] == [
        ("came from", problem.number)
    ]


@pytest.mark.django_db
def test_nothing_follows_from_a_record_of_another_utility(problem, stranger, as_):
    other = stranger.memberships.get().utility
    new = f"{reverse('ims:new', args=[other.pk, 'actions'])}?from={problem.number}"
    assert "Follows from" not in as_(stranger).get(new).text


# --- What is very late.


@pytest.fixture
def late(problem, utility, contributor):
    """``late(days)``: the problem, owned by the contributor, so many days late."""

    def of(days):
        owner = Person.objects.of(utility).get(user=contributor)
        Record.objects.filter(pk=problem.pk).update(owner=owner, due=TODAY - timedelta(days=days))
        return problem

    return of


def recipients() -> list[str]:
    return [email.to[0] for email in Email.objects.filter(subject__contains="is two weeks late")]


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "is_sent"), [(13, False), (14, True), (20, True), (21, False)])
def test_managers_are_told_after_two_weeks(late, days, is_sent):
    problem = late(days)
    reminders.escalate()
    assert recipients() == ["manager@example.org"] * is_sent
    if is_sent:
        email = Email.objects.get(subject__contains="two weeks")
        assert email.subject == f"Headworks: {problem.number} at Riverbend Water and Sewer is two weeks late"
        assert "Connie Boyd owns it." in email.message
        assert "“Reported”" in email.message
    assert not mail.outbox


@pytest.mark.django_db
def test_they_are_told_once_for_each_date(late):
    late(14)
    for _ in range(2):
        reminders.escalate()
    assert len(recipients()) == 1
    late(15)
    reminders.escalate()
    assert len(recipients()) == 2


@pytest.mark.django_db
def test_what_is_closed_or_is_no_corrective_action_is_not_told(late, action, manager):
    Record.objects.filter(pk=action.pk).update(due=TODAY - timedelta(days=14))
    late(14).move("canceled", by=manager, why="No problem after all.")
    reminders.escalate()
    assert recipients() == []

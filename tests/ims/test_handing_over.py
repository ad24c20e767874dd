"""Handing over what a person answers for: open records, functions and subgroups, in one step and with one email."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims.handing_over import hand_over
from ims.models import Action, Measure, Objective, Person, Record, Review, ReviewDecision, Seat, Subgroup
from ims.team.board import Team
from letters.models import Message
from tests.factories import UtilityFactory
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
pytestmark = pytest.mark.django_db


@pytest.fixture
def pat(catalog, utility, manager) -> Person:
    made = Person.add(utility, by=manager, name="Pat Night", job="Foreman")
    return Person.objects.visible_to(manager).get(pk=made.pk)


@pytest.fixture
def boyd(utility, contributor) -> Person:
    return Person.objects.of(utility).get(user=contributor)


def post(browser, person, successor):
    address = reverse("ims:hand_over", args=[person.utility_id, person.pk])
    return browser.post(address, {"successor": getattr(successor, "pk", successor)}, follow=True)


def test_open_records_of_all_registers_get_the_successor_and_closed_ones_do_not(pat, boyd, utility, manager, as_):
    mine = [
        Objective.open_in(utility, by=manager, title="One", owner=pat),
        Action.open_in(utility, by=manager, title="Two", owner=pat, due=TODAY),
        Measure.open_in(utility, by=manager, title="Three", owner=pat),
    ]
    canceled = Action.open_in(utility, by=manager, title="Canceled", owner=pat)
    Action.objects.visible_to(manager).get(pk=canceled.pk).move("canceled", by=manager, why="No money.")
    other = Action.open_in(utility, by=manager, title="Of nobody")
    page = post(as_(manager), pat, boyd)
    assert "Connie Boyd now has what Pat Night had: 3 open records." in page.text
    owners = dict(Record.objects.values_list("pk", "owner"))
    assert [owners[record.pk] for record in mine] == [boyd.pk] * 3
    assert owners[canceled.pk] == pat.pk
    assert owners[other.pk] is None


def test_the_history_tells_it_and_a_page_read_before_does_not_undo_it(pat, boyd, utility, manager):
    made = Action.open_in(utility, by=manager, title="Two", owner=pat)
    late = Action.objects.visible_to(manager).get(pk=made.pk)
    hand_over(pat, boyd, by=manager)
    change = made.history.get()
    assert (change.before, change.after, change.by) == ({"owner": pat.pk}, {"owner": boyd.pk}, manager)
    with pytest.raises(Stale):
        late.change(1, by=manager, title="Renamed", owner=pat)


def test_the_successor_gets_one_email_about_all(pat, boyd, utility, manager):
    for n in range(3):
        Action.open_in(utility, by=manager, title=f"Study {n}", owner=pat, due=TODAY + timedelta(days=n))
    Objective.open_in(utility, by=manager, title="Without a date", owner=pat)
    hand_over(pat, boyd, by=manager)
    message = Message.objects.get().email
    assert message.to == [boyd.user.email]
    assert "4 records of Pat Night" in message.subject
    assert all(f"Study {n}" in message.message for n in range(3))
    assert "Without a date\n" in message.message
    assert not Record.objects.filter(assigned_at__isnull=False).exists(), "no email about each"


def test_nobody_is_told_of_what_they_took_over_themselves(pat, utility, manager):
    Action.open_in(utility, by=manager, title="Study", owner=pat)
    hand_over(pat, Person.objects.of(utility).get(user=manager), by=manager)
    assert not Message.objects.exists()


def test_functions_and_subgroups_follow(pat, boyd, utility, manager):
    Seat.fill(utility, "safety", 0, by=manager, person=pat)
    Seat.fill(utility, "finance", 0, by=manager, person=boyd, alternate=pat)
    Seat.fill(utility, "laboratory", 0, by=manager, person=pat, alternate=boyd)
    group = Subgroup.form(utility, by=manager, name="CMOM", lead=pat, members=[pat])
    handed = hand_over(pat, boyd, by=manager)
    assert (handed.records, handed.functions, handed.subgroups) == (0, 3, 1)
    seats = {seat.function: (seat.person, seat.alternate) for seat in Seat.objects.all()}
    assert seats == {"safety": (boyd, None), "finance": (boyd, None), "laboratory": (boyd, None)}
    group.refresh_from_db()
    assert (group.lead, list(group.members.all())) == (boyd, [boyd])
    assert group.history.exists()


def test_what_a_review_decided_and_nobody_began_follows(pat, boyd, utility, manager):
    made = Review.open_in(utility, by=manager, title="Spring review", due=TODAY)
    review = Review.objects.visible_to(manager).get(pk=made.pk)
    review.take_part([boyd], by=manager)
    review.move("held", by=manager)
    review.decide(by=manager, topic="other", text="Ask the county", owner=pat)
    hand_over(pat, boyd, by=manager)
    assert ReviewDecision.objects.get().owner == boyd


def test_the_team_page_names_who_left_something_behind(pat, boyd, utility, manager, as_):
    Action.open_in(utility, by=manager, title="Study", owner=pat)
    page = reverse("ims:team", args=[utility.pk])
    assert "Owned by people who are no longer here" not in as_(manager).get(page).text
    pat.change(pat.version, by=manager, has_left=True)
    assert [(each.name, each.n_owned) for each in Team(utility).left_behind] == [("Pat Night", 1)]
    assert "Pat Night owns 1 open record." in as_(manager).get(page).text
    post(as_(manager), pat, boyd)
    assert Team(utility).left_behind == []


def test_a_member_who_left_the_utility_hands_over_too(boyd, utility, manager, contributor, as_):
    Action.open_in(utility, by=manager, title="Study", owner=boyd)
    utility.memberships.filter(user=contributor).delete()
    assert [each.name for each in Team(utility).left_behind] == ["Connie Boyd"]
    post(as_(manager), boyd, Person.objects.of(utility).get(user=manager))
    assert Action.objects.get().owner.user == manager


@pytest.mark.parametrize("wrong", ["themself", "gone", "elsewhere", "nobody"])
def test_only_someone_else_who_is_here_takes_over(pat, utility, manager, as_, wrong):
    Action.open_in(utility, by=manager, title="Study", owner=pat)
    gone = Person.add(utility, by=manager, name="Gone", has_left=True)
    elsewhere = Person.add(UtilityFactory(), by=manager, name="Elsewhere")
    page = post(as_(manager), pat, {"themself": pat, "gone": gone, "elsewhere": elsewhere, "nobody": "x"}[wrong])
    assert "Nothing was changed." in page.text
    assert Action.objects.get().owner == pat
    if wrong != "nobody":
        with pytest.raises(WrongState):
            hand_over(pat, {"themself": pat, "gone": gone, "elsewhere": elsewhere}[wrong], by=manager)


def test_a_viewer_hands_nothing_over(pat, boyd, viewer, as_):
    assert post(as_(viewer), pat, boyd).status_code == 403
    with pytest.raises(NotAllowed):
        hand_over(Person.objects.visible_to(viewer).get(pk=pat.pk), boyd, by=viewer)


def test_many_records_take_no_more_queries_than_two(pat, boyd, utility, manager):
    def queries(n: int) -> int:
        for _ in range(n):
            Objective.open_in(utility, by=manager, title="One", owner=pat)
        with CaptureQueriesContext(connection) as captured:
            hand_over(pat, boyd, by=manager)
        return len(captured)

    queries(1)
    few = queries(2)
    assert queries(60) == few

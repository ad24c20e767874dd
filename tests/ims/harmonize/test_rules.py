"""The rules of workshops, the roles in them, and the queries of their pages."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from ims.models import (
    Action,
    Ballot,
    Objective,
    Pair,
    Participant,
    Person,
    Proposal,
    Workshop,
)
from ims.plan.harmonize import urls
from ims.plan.harmonize.closing import close
from tests.conftest import member
from tests.ims.harmonize.conftest import cast, joins, move, proposals, refused, seen
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db


# --- Rules ---------------------------------------------------------------------------------------------


def test_only_who_leads_or_a_manager_takes_it_on(workshop, utility, contributor, manager):
    other = member(utility, "contributor", "other@example.org", "Oda Other")
    with pytest.raises(NotAllowed):
        seen(workshop, other).move("score", by=other)
    seen(workshop, manager).move("score", by=manager)
    assert Workshop.objects.get().status == "score"


@pytest.mark.parametrize("votes", ["0", "101", "-1", ""])
def test_the_number_of_votes_is_checked_before_it_is_saved(as_, contributor, catalog, utility, votes):
    page = as_(contributor).post(
        reverse("ims:new", args=[utility.pk, "workshops"]), {"title": "W", "dots": votes, "method": "votes"}
    )
    assert page.status_code == 422
    assert not Workshop.objects.exists()


def test_the_same_step_taken_twice_is_told(workshop, at, as_, contributor):
    browser = as_(contributor)
    browser.post(at("workshop_step"), {"to": "score"})
    again = browser.post(at("workshop_step"), {"to": "score"}, follow=True)
    assert "Someone has just taken the workshop to another step." in again.text
    assert browser.post(at("workshop_step"), {"to": "nonsense"}, follow=True).status_code == 200
    assert Workshop.objects.get().round == 1


def test_a_ballot_that_comes_too_late(settling, contributor):
    me, first = joins(settling, contributor), proposals(settling)[0]
    with pytest.raises(WrongState, match="now at"):
        cast(me, first, contributor, "risk:1")
    read_before = seen(settling, contributor)
    read_before.status = "score"
    stored = me.ballots.get(proposal=first)
    with pytest.raises(WrongState, match="just been revealed"):
        Ballot.cast(me, first, stored.version, by=contributor, workshop=read_before, scores=["risk:1"])
    with pytest.raises(Stale):
        Pair.set(settling, proposals(settling)[:2], 7, by=contributor, effect=1)


BALLOTS = [
    ("ballot_scores_known", {"scores": ["risk:9"]}),
    ("ballot_while_scoring", {"round": 2}),
    ("ballot_dots_at_most", {"dots": 11}),
]


@pytest.mark.parametrize(("name", "changes"), BALLOTS, ids=[name for name, _ in BALLOTS])
def test_the_database_keeps_the_rules_of_ballots(scored, name, changes):
    first = Ballot.objects.order_by("pk").first()
    with refused(name):
        Ballot.objects.filter(pk=first.pk).update(**changes)
    with refused("ballot_once_per_round"):
        Ballot.objects.create(participant=first.participant, proposal=first.proposal, round=1)


def test_the_database_keeps_a_ballot_in_its_workshop(scored, utility, contributor):
    other = Workshop.open_in(utility, by=contributor, title="Other")
    first = Ballot.objects.order_by("pk").first()
    with refused("ballot_of_one_workshop"):
        Ballot.objects.filter(pk=first.pk).update(proposal=proposals(other)[0])
    with refused("pair_of_one_workshop"):
        Pair.objects.create(workshop=scored, first=proposals(scored)[0], second=proposals(other)[0])


PAIRS = [
    ("pair_effect_known", {"effect": 2}),
    ("pair_outcome_of_a_conflict", {"outcome": "settled", "agreed": ""}),
    ("pair_outcome_of_a_conflict", {"outcome": "", "agreed": "x"}),
    ("pair_outcome_of_a_conflict", {"effect": 1, "outcome": "settled", "agreed": "x"}),
]


@pytest.mark.parametrize(("name", "changes"), PAIRS)
def test_the_database_keeps_the_rules_of_pairs(settling, contributor, name, changes):
    first, second, third = proposals(settling)
    pair = Pair.set(settling, [first, second], 0, by=contributor, effect=-1)
    with refused(name):
        Pair.objects.filter(pk=pair.pk).update(**changes)
    with refused("pair_in_order"):
        Pair.objects.create(workshop=settling, first=third, second=second)
    with refused("pair_once"):
        Pair.objects.create(workshop=settling, first=first, second=second)


WORKSHOPS = [
    ("workshop_votes_1_to_100", {"dots": 0}),
    ("workshop_votes_1_to_100", {"dots": 101}),
    ("workshop_revealed_to_round", {"revealed": 5}),
    ("workshop_amount_and_hours_not_negative", {"amount": -1}),
    ("workshop_amount_and_hours_not_negative", {"hours": -1}),
]


@pytest.mark.parametrize(("name", "changes"), WORKSHOPS)
def test_the_database_keeps_the_rules_of_workshops(workshop, name, changes):
    with refused(name):
        Workshop.objects.filter(pk=workshop.pk).update(**changes)


def test_the_database_keeps_the_rules_of_proposals_and_participants(workshop, contributor):
    first = proposals(workshop)[0]
    for name, changes in (
        ("proposal_not_joined_to_itself", {"joined_to": first}),
        ("proposal_joined_is_not_chosen", {"joined_to": proposals(workshop)[1], "chosen": True}),
        ("proposal_granted_not_negative", {"granted": Decimal(-1)}),
    ):
        with refused(name):
            Proposal.objects.filter(pk=first.pk).update(**changes)
    with refused("proposal_once"):
        workshop.proposals.create(objective=first.objective)
    with refused("participant_once"):
        workshop.participants.create(person=joins(workshop, contributor).person)


def test_the_database_keeps_a_closed_workshop_as_it_is(packing, contributor):
    first, second, third = proposals(packing)
    pair = Pair.set(packing, [first, second], 0, by=contributor, effect=-1)
    with pytest.raises(WrongState, match="neither settled nor accepted"):
        seen(packing, contributor).move("closed", by=contributor)
    Pair.set(packing, [first, second], pair.version, by=contributor, outcome="settled", agreed="So.")
    close(seen(packing, contributor), by=contributor)
    for rows, changes in (
        (Workshop.objects.all(), {"amount": 1}),
        (Workshop.objects.all(), {"closed_at": None}),
        (Proposal.objects.filter(pk=first.pk), {"chosen": True}),
        (Pair.objects.all(), {"note": "x"}),
        (Participant.objects.all(), {"left_at": "2026-01-01T00:00Z"}),
    ):
        with refused("workshop_is_closed"):
            rows.update(**changes)
    with refused("ballot_while_scoring"):
        Ballot.objects.filter(pk=Ballot.objects.first().pk).update(scores=[])
    with pytest.raises(WrongState):
        Pair.set(seen(packing, contributor), [first, third], 0, by=contributor, effect=1)


# --- Who may what --------------------------------------------------------------------------------------

ROLES = ["manager", "contributor", "viewer", "stranger", "nobody"]
READ = {"manager": 200, "contributor": 200, "viewer": 200, "stranger": 404, "nobody": 302}
LED = READ | {"manager": 302, "contributor": 302, "viewer": 302}
EDIT = READ | {"manager": 302, "contributor": 302, "viewer": 403}
ONLY_POST = dict.fromkeys(ROLES, 405) | {"nobody": 302}
# address → expected of GET, expected of POST, what is sent, at which step
EXPECTED = {
    "workshop": (LED, LED, {}, "settle"),
    "workshop_step": (ONLY_POST, EDIT, {"to": "package"}, "settle"),
    "workshop_gather": (READ, EDIT, {}, "settle"),
    "workshop_join": (ONLY_POST, EDIT, {"one": "first"}, "gather"),
    "workshop_take_part": (ONLY_POST, EDIT, {}, "settle"),
    "workshop_leave": (ONLY_POST, EDIT | {"viewer": 404}, {}, "settle"),
    "workshop_score": (READ, READ, {}, "settle"),
    "workshop_done": (ONLY_POST, EDIT | {"manager": 403}, {}, "score"),
    "workshop_save": (ONLY_POST, EDIT | {"manager": 403}, {"version": 0, "scores-risk": "risk:1"}, "score"),
    "workshop_settle": (READ, READ, {}, "settle"),
    "workshop_pair": (ONLY_POST, EDIT, {"set": "pair"}, "settle"),
    "workshop_conflict": (READ, EDIT, {"version": 2, "note": "x"}, "settle"),
    "workshop_weights": (ONLY_POST, EDIT, {"w-risk": "1", "version": 1}, "settle"),
    "workshop_package": (READ, EDIT, {"version": 1}, "package"),
    "workshop_record": (READ, READ, {}, "settle"),
}


def test_every_address_is_looked_at():
    assert {pattern.name for pattern in (urls.first, *urls.urlpatterns)} | {"workshop_record"} == set(EXPECTED)


@pytest.fixture
def placed(workshop, at, contributor, manager):
    """``placed(name)``: the address, and what is sent, with the workshop at the step where it is used."""
    me, _ = joins(workshop, contributor), joins(workshop, manager)
    first, second, third = proposals(workshop)
    move(workshop, "score", "settle", by=contributor)
    pair = Pair.set(seen(workshop, contributor), [first, second], 0, by=contributor, effect=-1)
    more = {
        "workshop_done": [me.pk],
        "workshop_save": [me.pk, first.pk],
        "workshop_conflict": [pair.pk],
    }

    def of(name):
        *_, sent, step = EXPECTED[name]
        Workshop.objects.filter(pk=workshop.pk).update(status=step, version=1)
        Pair.objects.update(version=2)
        given = sent | ({"one": third.pk} if name == "workshop_join" else {})
        given |= {"set": f"{first.pk}:{third.pk}:1:0"} if name == "workshop_pair" else {}
        return at(name, *more.get(name, [])), given

    return of


def everything():
    models = [Workshop, Proposal, Participant, Ballot, Pair, Objective]
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("name", EXPECTED)
def test_who_may_what(placed, as_, request, name):
    path, sent = placed(name)
    browsers = {role: Client() if role == "nobody" else as_(request.getfixturevalue(role)) for role in ROLES}
    before = everything()
    for role in ROLES:
        assert browsers[role].get(path).status_code == EXPECTED[name][0][role], role
    assert everything() == before, "reading changes nothing"
    for role in ("nobody", "stranger", "viewer"):
        assert browsers[role].post(path, sent).status_code == EXPECTED[name][1][role], role
    assert everything() == before
    for role in ("contributor", "manager"):
        path, sent = placed(name)
        assert browsers[role].post(path, sent).status_code == EXPECTED[name][1][role], role


# --- Queries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "people"), [(5, 3), (60, 12)])
def test_queries_do_not_grow(objectives, utility, contributor, as_, n, people, django_assert_max_num_queries):
    for number in range(n - 3):
        made = Objective.open_in(utility, by=contributor, title=f"Objective {number}")
        Action.open_in(utility, by=contributor, title="Part", objective=made, cost=number)
    workshop = Workshop.open_in(utility, by=contributor, title="Large")
    for number in range(people - 1):
        workshop.participants.create(person=Person.objects.create(utility=utility, name=f"Person {number}"))
    move(workshop, "score", by=contributor)
    rows = proposals(workshop)
    Ballot.objects.bulk_create(
        Ballot(participant=who, proposal=each, round=1, scores=["cost:2", f"risk:{1 + (who.pk + each.pk) % 5}"])
        for who in workshop.participants.all()
        for each in rows
    )
    browser = as_(contributor)

    def visit(name, **options):
        with django_assert_max_num_queries(15):
            address = reverse(f"ims:{name}", args=[utility.pk, workshop.number])
            assert browser.get(address, **options).status_code == 200

    visit("workshop_gather")
    visit("workshop_score")
    visit("workshop_score", data={"seen": ""}, headers={"HX-Request": "true"})
    move(workshop, "settle", by=contributor)
    Pair.objects.bulk_create(
        Pair(workshop=workshop, first=one, second=other, effect=-1 if place == 2 else 1)
        for place, (one, other) in enumerate(zip(rows, rows[1:], strict=False))
    )
    for name in ("workshop_score", "workshop_settle"):
        visit(name)
    move(workshop, "package", by=contributor)
    visit("workshop_package")

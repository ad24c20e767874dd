"""A workshop that harmonizes objectives, from opening it to its result; its rules, its roles, its queries."""

import re
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from ims.models import (
    Action,
    Ballot,
    Criteria,
    Objective,
    Pair,
    Participant,
    Person,
    Proposal,
    Workshop,
)
from ims.plan.harmonize import urls
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.closing import close
from ims.plan.harmonize.views import similar
from tests.conftest import member
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db

ROWS = [
    {"key": "risk", "name": "Risk", "low": "None", "high": "Great", "weight": 60},
    {"key": "cost", "name": "Cost", "low": "Dear", "high": "Cheap", "weight": 20},
]


@pytest.fixture
def objectives(utility, manager, catalog):
    Criteria.keep(utility, 0, ROWS, by=manager)
    titles = ["Cut overflows to 2 per 100 miles", "Renew 1.5 % of mains each year", "Energy per million gallons −10 %"]
    return [Objective.open_in(utility, by=manager, title=title, areas=["E"], initiatives=["cmom"]) for title in titles]


@pytest.fixture
def workshop(objectives, utility, contributor):
    """Opened by the contributor, who leads it."""
    made = Workshop.open_in(utility, by=contributor, title="Objectives for 2027")
    return seen(made, contributor)


@contextmanager
def refused(name):
    """What is done within breaks the rule ``name`` of the database."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.diag.constraint_name == name


def seen(workshop, user):
    return Workshop.objects.visible_to(user).get(pk=workshop.pk)


@pytest.fixture
def at(workshop):
    """``at(name, *more)``: an address of the workshop."""

    def of(name="workshop", *more):
        return reverse(f"ims:{name}", args=[workshop.utility_id, workshop.number, *more])

    return of


def joins(workshop, user):
    person = Person.objects.of(workshop.utility).get(user=user)
    return workshop.participants.get_or_create(person=person)[0]


def proposals(workshop):
    return list(workshop.proposals.order_by("objective__number"))


def cast(participant, proposal, user, *scores, dots=0, version=0):
    workshop = seen(participant.workshop, user)
    return Ballot.cast(participant, proposal, version, by=user, workshop=workshop, scores=list(scores), dots=dots)


def move(workshop, *steps, by):
    for step in steps:
        seen(workshop, by).move(step, by=by)


@pytest.fixture
def scored(workshop, contributor, manager):
    """Two people have scored all three objectives; nothing is revealed."""
    people = [(joins(workshop, contributor), contributor), (joins(workshop, manager), manager)]
    move(workshop, "score", by=contributor)
    for participant, user in people:
        first, second, third = proposals(workshop)
        risk = 5 if user == contributor else 1
        cast(participant, first, user, "cost:3", "risk:5")
        cast(participant, second, user, "cost:5", f"risk:{risk}")
        cast(participant, third, user, "cost:1", "risk:2")
    return seen(workshop, contributor)


@pytest.fixture
def settling(scored, contributor):
    scored.move("settle", by=contributor)
    return seen(scored, contributor)


@pytest.fixture
def packing(settling, contributor):
    settling.move("package", by=contributor)
    return seen(settling, contributor)


# --- Gather --------------------------------------------------------------------------------------------


def test_opening_gathers_what_is_proposed_and_who_opens_it(objectives, utility, as_, contributor, manager):
    objectives[0].my_role = "manager"
    objectives[0].move("dropped", by=manager, why="Done.")
    new = reverse("ims:new", args=[utility.pk, "workshops"])
    page = as_(contributor).post(new, {"title": "Objectives for 2027", "method": "weights", "dots": 10}, follow=True)
    workshop = Workshop.objects.get()
    assert page.redirect_chain[-1][0] == reverse("ims:workshop_gather", args=[utility.pk, workshop.number])
    assert [each.objective for each in proposals(workshop)] == objectives[1:]
    assert [str(each) for each in workshop.participants.all()] == ["Connie Boyd"]
    assert workshop.weights == {"risk": 60, "cost": 20}
    assert workshop.number in as_(contributor).get(reverse("ims:list", args=[utility.pk, "workshops"])).text


def test_of_two_who_gather_at_once_neither_removes_what_the_other_added(workshop, at, as_, contributor, manager):
    first, second, third = (each.objective_id for each in proposals(workshop))
    people = {user: Person.objects.of(workshop.utility).get(user=user).pk for user in (contributor, manager)}
    were = {"objectives_were": [first, second, third], "people_were": [people[contributor]]}
    as_(manager).post(at("workshop_gather"), were | {"objectives": [first, second], "people": list(people.values())})
    late = were | {"objectives": [second, third], "people": [people[contributor]], "someone": "Pat of the night crew"}
    as_(contributor).post(at("workshop_gather"), late)
    assert [each.objective_id for each in proposals(workshop)] == [second]
    assert [str(each) for each in workshop.participants.all()] == ["Connie Boyd", "Mara Gerr", "Pat of the night crew"]


def test_duplicates_are_joined_and_separated(workshop, at, as_, contributor):
    first, second, third = proposals(workshop)
    browser = as_(contributor)
    browser.post(at("workshop_join"), {"one": first.pk, "other": second.pk})
    browser.post(at("workshop_join"), {"one": second.pk, "other": third.pk})
    assert set(workshop.proposals.values_list("pk", "joined_to")) == {
        (first.pk, third.pk),
        (second.pk, third.pk),
        (third.pk, None),
    }
    for refused in ({"one": third.pk, "other": first.pk}, {"one": third.pk, "other": third.pk}):
        assert "both stand alone" in browser.post(at("workshop_join"), refused, follow=True).text
    browser.post(at("workshop_join"), {"one": first.pk})
    assert [str(each) for each in Board(workshop).proposals] == [str(first), str(third)]
    assert browser.post(at("workshop_join"), {"one": 0}).status_code == 404


def test_similar_titles_are_offered_to_be_joined(workshop, utility, manager):
    other = Objective.open_in(utility, by=manager, title="Cut overflows to 3 per 100 miles")
    made = workshop.proposals.create(objective=other)
    assert list(similar(proposals(workshop))) == [(proposals(workshop)[0], made)]


def test_how_the_team_compares_is_fixed_once_it_scores(workshop, contributor):
    workshop.change(workshop.version, by=contributor, method="votes", dots=5)
    workshop.move("score", by=contributor)
    again = seen(workshop, contributor)
    with pytest.raises(WrongState, match="only while it gathers"):
        again.change(again.version, by=contributor, method="weights")
    again.change(again.version, by=contributor, title="Other", dots=5)


# --- Score ---------------------------------------------------------------------------------------------


def test_nobody_sees_the_scores_of_others_before_they_are_revealed(scored, at, as_, contributor, manager, viewer):
    board = Board(scored)
    assert (board.ballots, board.lines) == ([], [])
    second = proposals(scored)[1]
    for user, given in ((contributor, "risk:5"), (manager, "risk:1")):
        page = as_(user).get(at("workshop_score"))
        form = dict(page.context["ballots"])[second]
        assert form["scores"].value() == ["cost:5", given]
    watching = as_(viewer).get(at("workshop_score")).text
    assert "3 of 3" in watching
    assert "checked" not in watching
    for name in ("workshop_settle", "workshop_package", "workshop_gather", "workshop_record"):
        assert "places__one" not in as_(contributor).get(at(name)).text
    theirs = Participant.objects.get(person__user=manager)
    assert as_(contributor).get(f"{at('workshop_score')}?for={theirs.pk}").status_code == 403
    sent = {"version": 1, "scores-risk": "risk:5"}
    assert as_(contributor).post(at("workshop_save", theirs.pk, second.pk), sent).status_code == 403


def test_scores_are_saved_as_you_go_on_two_devices(workshop, at, as_, contributor):
    move(workshop, "score", by=contributor)
    me, first = joins(workshop, contributor), proposals(workshop)[0]
    save, browser = at("workshop_save", me.pk, first.pk), as_(contributor)
    accept = {"accept": "application/json"}
    one = browser.post(save, {"version": 0, "scores-risk": "risk:4"}, headers=accept)
    assert (one.status_code, one.json()["version"]) == (200, 2)
    late = browser.post(save, {"version": 0, "scores-risk": "risk:2"}, headers=accept)
    assert late.status_code == 409
    assert "you changed this in another tab" in late.json()["message"]
    assert "Risk: 2" in late.json()["conflict"]
    same = browser.post(save, {"version": 0, "scores-risk": "risk:4"}, headers=accept)
    assert same.status_code == 200
    kept = browser.post(save, {"version": 2, "scores-risk": "risk:2", "scores-cost": "cost:1"}, headers=accept)
    assert kept.status_code == 200
    assert Ballot.objects.get().scores == ["cost:1", "risk:2"]
    without_script = browser.post(save, {"version": 3, "scores-risk": "risk:9"})
    assert without_script.status_code == 422
    out = Client().post(save, {"version": 3, "scores-risk": "risk:1"}, headers=accept)
    assert out.status_code == 401


def test_progress_tells_how_much_and_stops_once_revealed(scored, at, as_, manager, contributor):
    browser = as_(manager)
    first = browser.get(f"{at('workshop_score')}?seen=", headers={"HX-Request": "true"})
    assert first.status_code == 200
    assert "0 of 2</b> finished" in first.text
    now = re.search(r'id="progress-seen" name="seen" value="([^"]+)"', first.text)[1]
    poll = f"{at('workshop_score')}?seen={now}"
    assert browser.get(poll, headers={"HX-Request": "true"}).status_code == 204
    mine = Participant.objects.get(person__user=manager)
    browser.post(at("workshop_done", mine.pk))
    assert "1 of 2</b> finished" in browser.get(poll, headers={"HX-Request": "true"}).text
    browser.post(at("workshop_done", mine.pk), {"undo": "1"})
    assert browser.get(poll, headers={"HX-Request": "true"}).status_code == 204
    scored.move("settle", by=contributor)
    over = browser.get(poll, headers={"HX-Request": "true"})
    assert over.status_code == 286
    assert "were revealed" in over.text


def test_whoever_leads_scores_for_people_without_an_account(workshop, at, as_, contributor, manager, utility):
    pat = workshop.participants.create(person=Person.objects.create(utility=utility, name="Pat"))
    move(workshop, "score", by=contributor)
    page = as_(contributor).get(f"{at('workshop_score')}?for={pat.pk}")
    assert "Scores of Pat" in page.text
    first = proposals(workshop)[0]
    as_(contributor).post(at("workshop_save", pat.pk, first.pk), {"version": 0, "scores-risk": "risk:3"})
    ballot = Ballot.objects.get()
    assert (ballot.participant, ballot.changed_by) == (pat, contributor)
    other = member(utility, "contributor", "other@example.org", "Oda Other")
    assert as_(other).get(f"{at('workshop_score')}?for={pat.pk}").status_code == 403
    assert as_(other).post(at("workshop_save", pat.pk, first.pk), {"version": 2}).status_code == 403
    assert as_(other).post(at("workshop_done", pat.pk)).status_code == 403


def test_a_late_joiner_and_someone_who_leaves(scored, at, as_, contributor, manager, utility):
    late = member(utility, "contributor", "late@example.org", "Lena Late")
    page = as_(late).post(at("workshop_take_part"), follow=True)
    assert "Your scores" in page.text
    as_(manager).post(at("workshop_leave"))
    as_(late).post(at("workshop_leave"))
    left = Participant.objects.get(person__user=manager)
    assert left.left_at
    assert left.ballots.count() == 3
    assert not Participant.objects.filter(person__user=late).exists()  # nothing was scored
    assert [str(each) for each, _ in as_(contributor).get(at("workshop_score")).context["people"]] == ["Connie Boyd"]
    scored.move("settle", by=contributor)
    assert len(Board(seen(scored, contributor)).opinions[proposals(scored)[0].pk]["risk"].given) == 2
    as_(manager).post(at("workshop_take_part"))
    assert not Participant.objects.get(person__user=manager).left_at


def test_the_result_of_scoring(settling, at, as_, viewer):
    first, second, third = proposals(settling)
    board = Board(settling)
    # first: risk 5, cost 3 → 75 + 12.5; second: risk (5+1)/2 = 3, cost 5 → 37.5 + 25; third: risk 2, cost 1 → 18.75
    assert [(line.rank, line.proposal, float(line.total)) for line in board.lines] == [
        (1, first, 87.5),
        (2, second, 62.5),
        (3, third, 18.75),
    ]
    apart = [(line.proposal, str(row), [score for _, score in given]) for line, row, _, given in board.disagreements()]
    assert apart == [(second, "Risk", [1, 5])]
    page = as_(viewer).get(at("workshop_score")).text
    assert "from 1 to 5" in page
    assert "Mara Gerr 1, Connie Boyd 5" in page


def test_another_round_starts_from_the_last_scores_and_keeps_them(settling, at, as_, contributor, manager):
    settling.move("score", by=contributor)
    again = seen(settling, contributor)
    assert (again.round, again.revealed) == (2, 1)
    assert not again.participants.filter(done_at__isnull=False).exists()
    mine = joins(again, manager)
    second = proposals(again)[1]
    copy = mine.ballots.get(proposal=second, round=2)
    cast(mine, second, manager, "cost:5", "risk:5", version=copy.version)
    assert float(Board(again).lines[1].total) == 62.5  # round 1, until round 2 is revealed
    again.move("settle", by=contributor)
    board = Board(seen(settling, contributor))
    assert float(board.lines[0].total) == 100
    [(number, places)] = board.rounds()
    assert (number, [float(total) for _, _, total in places]) == (1, [87.5, 62.5, 18.75])
    assert "Round 1" in as_(manager).get(at("workshop_score")).text


def test_votes(objectives, utility, contributor, manager, as_):
    made = Workshop.open_in(utility, by=contributor, title="By votes", method="votes", dots=3)
    me, other = joins(made, contributor), joins(made, manager)
    move(made, "score", by=contributor)
    first, second, third = proposals(made)
    cast(me, first, contributor, dots=2)
    cast(me, second, contributor, dots=1)
    with pytest.raises(WrongState, match="has 3 votes"):
        cast(me, third, contributor, dots=1)
    cast(other, second, manager, dots=3)
    save = reverse("ims:workshop_save", args=[utility.pk, made.number, me.pk, third.pk])
    refused = as_(contributor).post(save, {"version": 0, "dots": 1})
    assert refused.status_code == 422
    assert "Take one back first" in refused.text
    move(made, "settle", by=contributor)
    board = Board(seen(made, contributor))
    assert [(line.rank, line.proposal, line.total) for line in board.lines] == [
        (1, second, 4),
        (2, first, 2),
        (3, third, 0),
    ]
    assert board.robust == "First place is 2 votes ahead."
    for name in ("workshop_score", "workshop_settle"):
        page = as_(manager).get(reverse(f"ims:{name}", args=[utility.pk, made.number]))
        assert "votes" in page.text


# --- Settle --------------------------------------------------------------------------------------------


def press(browser, at, first, second, effect, version=0, **options):
    value = f"{first.pk}:{second.pk}:{effect}:{version}"
    return browser.post(at("workshop_pair"), {"set": value}, **options)


def test_each_pair_is_set_once_whichever_comes_first(settling, at, as_, contributor, manager):
    first, second, third = proposals(settling)
    press(as_(contributor), at, second, first, 1)
    late = press(as_(manager), at, first, second, -1, follow=True)
    assert "Connie Boyd has just changed this pair" in late.text
    pair = Pair.objects.get()
    assert (pair.first, pair.second, pair.effect) == (first, second, 1)
    shown = press(as_(manager), at, first, second, -1, pair.version, headers={"HX-Request": "true"})
    assert "hinder each other." in shown.text
    for nonsense in ("", "1:2", f"{first.pk}:{first.pk}:1:0", f"{first.pk}:{second.pk}:7:0", f"{first.pk}:0:1:0"):
        assert as_(manager).post(at("workshop_pair"), {"set": nonsense}).status_code == 404


def test_the_matrix_is_sent_again_only_if_it_changed(settling, at, as_, viewer, contributor):
    browser, htmx = as_(viewer), {"HX-Request": "true"}
    first, second, third = proposals(settling)
    poll = f"{at('workshop_settle')}?seen={Board(settling).seen}"
    assert browser.get(poll, headers=htmx).status_code == 204
    Pair.set(settling, [first, second], 0, by=contributor, effect=1)
    changed = browser.get(poll, headers=htmx)
    assert (changed.status_code, "they help each other" in changed.text) == (200, True)
    assert "<button" not in changed.text, "a viewer changes nothing"


def test_a_conflict_is_settled_or_accepted_with_a_reason(settling, at, as_, contributor):
    first, second, third = proposals(settling)
    pair = Pair.set(settling, [first, second], 0, by=contributor, effect=-1)
    browser, page = as_(contributor), at("workshop_conflict", pair.pk)
    assert "1 conflict open" in browser.get(at("workshop_settle")).text
    sent = {"note": "Longer filter runs.", "outcome": "settled", "agreed": "", "version": pair.version}
    refused = browser.post(page, sent)
    assert (refused.status_code, "Enter what was agreed" in refused.text) == (422, True)
    browser.post(page, sent | {"agreed": "Filters run at most 60 hours."})
    pair.refresh_from_db()
    assert (pair.outcome, pair.agreed) == ("settled", "Filters run at most 60 hours.")
    shown = browser.get(at("workshop_settle")).text
    assert "1 conflict settled" in shown
    assert "Filters run at most 60 hours." in shown
    stale = browser.post(page, sent | {"agreed": "Other."})
    assert "Other." in stale.text
    assert "Filters run at most 60 hours." in stale.text
    Pair.set(settling, [first, second], pair.version, by=contributor, effect=0)
    assert Pair.objects.get().outcome == ""


def test_the_order_follows_weights_that_are_tried(settling, at, as_, viewer, contributor):
    htmx = {"HX-Request": "true"}
    shown = as_(viewer).get(f"{at('workshop_settle')}?w-risk=0&w-cost=50", headers=htmx)
    told = [" ".join(re.sub("<[^>]+>", " ", each).split()) for each in re.findall("<li.*?</li>", shown.text, re.S)]
    assert told == [
        "1. Renew 1.5 % of mains each year up 1 100 of 100",
        "2. Cut overflows to 2 per 100 miles down 1 50 of 100",
        "3. Energy per million gallons −10 % 0 of 100",
    ]
    assert Workshop.objects.get().weights == {"risk": 60, "cost": 20}
    as_(contributor).post(at("workshop_weights"), {"w-risk": "10", "w-cost": "90", "version": settling.version})
    assert Workshop.objects.get().weights == {"risk": 10, "cost": 90}
    late = as_(contributor).post(at("workshop_weights"), {"w-risk": "1", "version": settling.version}, follow=True)
    assert "Not kept" in late.text
    now = Workshop.objects.get().version
    nothing = {"w-risk": "0", "w-cost": "0", "version": now}
    assert "above 0" in as_(contributor).post(at("workshop_weights"), nothing, follow=True).text


def test_how_far_the_first_place_holds(settling):
    # first - second: risk (5-3)·w - cost (5-3)·20 ≥ 0 → w ≥ 20; by cost: 2·60 - 2·w ≥ 0 → w ≤ 60
    board = Board(settling)
    assert [(str(each.criterion), each.first.low, each.first.high) for each in board.holds] == [
        ("Risk", 20, 100),
        ("Cost", 0, 60),
    ]
    assert board.robust == "First place holds for every weight between 0 and 60 on “Cost”."
    assert Board(settling, {"risk": 20, "cost": 20}).robust == "2 objectives share first place."


# --- The budget package --------------------------------------------------------------------------------


@pytest.fixture
def costed(packing, utility, manager, objectives):
    for objective, cost, hours in zip(objectives, (60, 50, 40), (10, 20, 30), strict=True):
        Action.open_in(utility, by=manager, title="Part", objective=objective, cost=cost, hours=hours)
        gone = Action.open_in(utility, by=manager, title="Gone", objective=objective, cost=1000)
        Action.objects.filter(pk=gone.pk).update(status="canceled")
    return packing


def fields(workshop, chosen, amount="", granted=None, **more):
    sent = {"version": Workshop.objects.get(pk=workshop.pk).version, "amount": amount, "hours": ""}
    sent |= {f"chosen-{each.pk}": "on" for each in chosen}
    return sent | {f"granted-{each.pk}": value for each, value in (granted or {}).items()} | more


def test_what_fits_what_is_left_and_what_a_cut_breaks(costed, at, as_, contributor):
    first, second, third = proposals(costed)
    Pair.set(costed, [first, third], 0, by=contributor, effect=1)
    browser = as_(contributor)
    browser.post(at("workshop_package"), fields(costed, [], "100", fit="1"))
    assert [each.chosen for each in proposals(costed)] == [True, False, True]
    board = Board(seen(costed, contributor))
    assert (board.cost, board.left, board.hours) == (100, 0, 40)
    assert board.cuts == []
    shown = browser.post(
        at("workshop_package"),
        fields(costed, [first, third], "100", {third: "15"}),
        headers={"HX-Request": "true"},
    )
    assert "is short of $25" in shown.text
    assert "Cut overflows" in shown.text
    assert "$75 of $100" in " ".join(shown.text.split())
    out = browser.post(at("workshop_package"), fields(costed, [first], "100"), headers={"HX-Request": "true"})
    assert "is left out" in out.text
    stale = browser.post(at("workshop_package"), fields(costed, [second], version=1))
    assert (stale.status_code, "Save again to replace" in stale.text) == (422, True)
    assert [each.chosen for each in proposals(costed)] == [True, False, False]


def test_closing_agrees_joins_and_freezes(costed, at, as_, contributor, viewer, objectives, utility, manager):
    first, second, third = proposals(costed)
    Proposal.objects.filter(pk=third.pk).update(joined_to=second)
    Objective.objects.filter(pk=objectives[2].pk).update(initiatives=["iso-14001"], areas=["F"])
    as_(contributor).post(at("workshop_package"), fields(costed, [second], "500"))
    pair = Pair.set(seen(costed, contributor), [first, second], 0, by=contributor, effect=-1)
    refused = as_(contributor).post(at("workshop_step"), {"to": "closed"}, follow=True)
    assert "Settle each conflict" in refused.text
    assert Objective.objects.get(pk=objectives[1].pk).status == "proposed"
    Pair.set(
        seen(costed, contributor),
        [first, second],
        pair.version,
        by=contributor,
        outcome="accepted",
        agreed="The board wants both.",
    )
    as_(contributor).post(at("workshop_step"), {"to": "closed"})
    status = {each.pk: each.status for each in Objective.objects.all()}
    assert [status[each.pk] for each in objectives] == ["proposed", "agreed", "dropped"]
    stays = Objective.objects.get(pk=objectives[1].pk)
    assert (stays.initiatives, stays.areas) == (["cmom", "iso-14001"], ["E", "F"])
    assert stays.actions.filter(is_open=True, status="planned").count() == 2
    assert stays.number in Objective.objects.get(pk=objectives[2].pk).events.last().why
    Action.objects.filter(objective=stays).update(cost=7777)
    Objective.objects.filter(pk=objectives[0].pk).update(title="Renamed since")
    page = as_(viewer).get(at("workshop_package")).text
    assert "$90" in page  # 50 and 40
    assert "7,777" not in page
    assert "Renamed since" not in page
    assert "The board wants both." in page
    assert float(Proposal.objects.get(pk=first.pk).points) == 87.5
    for name in ("workshop_gather", "workshop_score", "workshop_settle"):
        assert as_(viewer).get(at(name)).status_code == 200
    assert seen(costed, contributor).is_open is False


def test_next_year_another_workshop(costed, contributor, utility):
    close(costed, by=contributor)
    again = Workshop.open_in(utility, by=contributor, title="Objectives for 2028")
    assert len(proposals(again)) == 3
    assert Board(seen(costed, contributor)).lines[0].rank == 1


# --- Rules ---------------------------------------------------------------------------------------------


def test_only_who_leads_or_a_manager_takes_it_on(workshop, utility, contributor, manager):
    other = member(utility, "contributor", "other@example.org", "Oda Other")
    with pytest.raises(NotAllowed):
        seen(workshop, other).move("score", by=other)
    seen(workshop, manager).move("score", by=manager)
    assert Workshop.objects.get().status == "score"


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

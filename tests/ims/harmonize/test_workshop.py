"""A workshop that harmonizes objectives, from opening it to its result."""

import re

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
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.closing import close
from ims.plan.harmonize.views import similar
from tests.conftest import member
from tests.ims.harmonize.conftest import cast, fields, joins, move, press, proposals, seen
from workflow.models import WrongState

pytestmark = pytest.mark.django_db


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
    items = [" ".join(re.sub("<[^>]+>", " ", each).split()) for each in re.findall("<li.*?</li>", shown.text, re.S)]
    assert items == [
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

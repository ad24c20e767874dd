"""Scores and votes given at the same moment, on real connections: nothing is lost, and nobody gets an error page."""

import pytest

from ims.models import Ballot, Workshop
from tests.assessments.test_races import at_once
from tests.ims.harmonize.conftest import joins, move, proposals, seen

pytestmark = pytest.mark.django_db(transaction=True)
JSON = {"accept": "application/json"}


@pytest.fixture
def scoring(workshop, contributor, manager):
    """The workshop scores; both take part, with four votes each where it votes."""
    Workshop.objects.update(dots=4)
    for user in (contributor, manager):
        joins(workshop, user)
    move(workshop, "score", by=contributor)
    return seen(workshop, contributor)


@pytest.fixture
def send(scoring, as_, at):
    """``send(user, proposal, version=0, **sent)`` returns what saves a ballot in a new tab, when it is called."""

    def of(user, proposal, version=0, **sent):
        browser, address = as_(user), at("workshop_save", joins(scoring, user).pk, proposal.pk)
        return lambda: browser.post(address, {"version": version} | sent, headers=JSON)

    return of


def stored() -> dict:
    return {(each.participant.person.name, each.proposal_id): each for each in Ballot.objects.all()}


def test_two_people_score_the_same_objective(scoring, send, contributor, manager):
    for version, first in zip((0, 2, 3), proposals(scoring)[:1] * 3, strict=True):
        answers = at_once(
            send(contributor, first, version, **{"scores-risk": f"risk:{version + 1}", "scores-cost": "cost:1"}),
            send(manager, first, version, **{"scores-risk": "risk:1", "scores-cost": f"cost:{version + 1}"}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        assert stored()["Connie Boyd", first.pk].scores == ["cost:1", f"risk:{version + 1}"]
        assert stored()["Mara Gerr", first.pk].scores == [f"cost:{version + 1}", "risk:1"]


def test_two_people_give_all_of_their_votes(scoring, send, contributor, manager):
    Workshop.objects.update(method="votes")
    first = proposals(scoring)[0]
    answers = at_once(send(contributor, first, dots=4), send(manager, first, dots=4))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [each.dots for each in Ballot.objects.all()] == [4, 4]


@pytest.mark.parametrize("version", [0, 2])
def test_one_person_scores_an_objective_differently_in_two_tabs(scoring, send, contributor, version):
    first = proposals(scoring)[0]
    if version:
        assert send(contributor, first, **{"scores-risk": "risk:3"})().json()["version"] == version
    answers = at_once(*[send(contributor, first, version, **{"scores-risk": f"risk:{n}"}) for n in (4, 5)])
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    place = [answer.status_code for answer in answers].index(200)
    ballot = Ballot.objects.get()
    assert ballot.scores == [f"risk:{(4, 5)[place]}"]
    answer = answers[1 - place].json()
    assert answer["version"] == ballot.version
    assert f"Risk: {(4, 5)[place]}" in answer["conflict"], "the other tab is shown what is kept"


def test_one_person_scores_an_objective_alike_in_two_tabs(scoring, send, contributor):
    first = proposals(scoring)[0]
    answers = at_once(*[send(contributor, first, **{"scores-risk": "risk:4"}) for _ in range(2)])
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Ballot.objects.get().scores == ["risk:4"]


def test_one_person_scores_two_objectives_in_two_tabs(scoring, send, contributor):
    first, second, _ = proposals(scoring)
    answers = at_once(*[send(contributor, each, **{"scores-risk": "risk:4"}) for each in (first, second)])
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [each.scores for each in Ballot.objects.all()] == [["risk:4"], ["risk:4"]]


def test_one_person_gives_more_votes_than_there_are_in_two_tabs(scoring, send, contributor):
    Workshop.objects.update(method="votes")
    first, second, _ = proposals(scoring)
    answers = at_once(*[send(contributor, each, dots=3) for each in (first, second)])
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert "Take one back first" in refused.json()["errors"][0]["message"]
    assert sum(each.dots for each in Ballot.objects.all()) == 3


def test_scores_that_are_given_as_they_are_revealed(scoring, send, as_, at, contributor, manager):
    first = proposals(scoring)[0]
    leads, step = as_(contributor), {"to": "settle", "from": "score"}
    saved, revealed = at_once(
        send(manager, first, **{"scores-risk": "risk:4"}), lambda: leads.post(at("workshop_step"), step)
    )
    assert revealed.status_code == 302
    assert Workshop.objects.get().status == "settle"
    kept = [each.scores for each in Ballot.objects.all() if each.scores]
    assert (saved.status_code, kept) in [(200, [["risk:4"]]), (422, [])]

"""Who is proposed for a panel, in which order, and the reasons that stand beside each."""

import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from recognition.reviewing.suggestions import Candidate, suggest

HERE, UTILITY = "OR", 7
STATES = ["", "OR", "WA", "TX"]
AFFILIATIONS = ["hq", "region", "expert", ""]

candidates = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 60),
        affiliation=st.sampled_from(AFFILIATIONS),
        state=st.sampled_from(STATES),
        interests=st.frozensets(st.integers(5, 9), max_size=2),
        utilities=st.frozensets(st.integers(5, 9), max_size=1),
        open=st.integers(0, 6),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)
seated = st.lists(st.sampled_from(AFFILIATIONS), max_size=3)


def order(people, **options) -> list[int]:
    return [found.candidate.id for found in suggest(people, utility=UTILITY, state=HERE, **options)]


@given(candidates, seated)
def test_exactly_those_without_a_conflict_are_proposed(people, taken):
    free = {one.id for one in people if UTILITY not in one.interests and UTILITY not in one.utilities}
    found = order(people, seated=taken)
    assert len(found) == len(set(found))
    assert set(found) == free


@given(candidates, seated)
def test_nobody_from_the_same_state_stands_before_another(people, taken):
    found = suggest(people, utility=UTILITY, state=HERE, seated=taken)
    same = [one.candidate.state == HERE for one in found]
    assert same == sorted(same)


@given(candidates, seated, st.randoms())
def test_the_order_does_not_depend_on_how_the_list_came(people, taken, dice: random.Random):
    shuffled = dice.sample(people, len(people))
    assert order(shuffled, seated=taken) == order(people, seated=taken)


@given(candidates)
def test_of_two_alike_the_one_with_less_to_do_comes_first(people):
    found = [one.candidate for one in suggest(people, utility=UTILITY, state=HERE)]
    for place, one in enumerate(found):
        for later in found[place + 1 :]:
            if later.affiliation == one.affiliation and (later.state == HERE) == (one.state == HERE):
                assert one.open <= later.open


@given(candidates, st.integers(1, 9))
def test_who_is_last_stays_last_with_more_to_do(people, more):
    if before := order(people):
        busier = [dataclasses.replace(one, open=one.open + more) if one.id == before[-1] else one for one in people]
        assert order(busier) == before


def test_equal_loads_make_a_mix():
    people = [Candidate(1, "hq"), Candidate(2, "hq"), Candidate(3, "region"), Candidate(4, "region")]
    people += [Candidate(5, "expert"), Candidate(6, "expert")]
    assert order(people) == [1, 3, 5, 2, 4, 6]
    assert order(people, seated=["hq"])[:2] == [3, 5]


def test_a_shared_affiliation_weighs_as_much_as_one_review():
    people = [Candidate(1, "hq", open=0), Candidate(2, "hq", open=0), Candidate(3, "region", open=2)]
    assert order(people) == [1, 2, 3]
    people[2] = dataclasses.replace(people[2], open=1)
    assert order(people) == [1, 2, 3], "equal so far: the one with less to do"
    people[2] = dataclasses.replace(people[2], open=0)
    assert order(people) == [1, 3, 2]


def test_the_reasons_say_what_weighed():
    people = [Candidate(1, "hq", "VA", open=2), Candidate(2, "hq", "OR", open=1), Candidate(3, "expert")]
    found = {one.candidate.id: one.reasons for one in suggest(people, utility=UTILITY, state=HERE)}
    assert found[1] == ("works in VA", "2 open reviews", "first from EPA headquarters")
    assert found[2] == ("same state, OR", "1 open review", "already 1 from EPA headquarters")
    assert found[3] == ("state unknown", "no open reviews", "first from outside EPA")


def test_each_further_one_of_an_affiliation_weighs_one_more():
    people = [Candidate(1, "hq"), Candidate(2, "hq"), Candidate(3, "hq"), Candidate(4, "region", open=2)]
    assert order(people) == [1, 2, 3, 4]
    assert order([*people, Candidate(5, "hq")]) == [1, 2, 3, 4, 5]
    found = suggest(people, utility=UTILITY, state=HERE)
    assert [one.reasons[-1].split(" from")[0] for one in found] == ["first", "already 1", "already 2", "first"]


def test_an_affiliation_without_a_name_is_called_by_its_key():
    [one] = suggest([Candidate(1, "guild")], utility=UTILITY, state=HERE)
    assert one.reasons[-1] == "first from guild"


def test_an_unknown_state_of_the_utility_keeps_nobody_back():
    assert [one.candidate.id for one in suggest([Candidate(1), Candidate(2, open=1)], utility=UTILITY, state="")] == [
        1,
        2,
    ]

"""Panels are planned for all applications at once: what always holds, and what is preferred."""

from collections import Counter
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.reviewing.panel_planning import NoPlan, OpenPanel, Reviewer, cost, level, plan

WATER, WASTE = "drinking_water", "wastewater"


def entry(number: int, **more) -> OpenPanel:
    return OpenPanel(**{"id": number, "utility": number, "state": "OR", "systems": frozenset({WATER})} | more)


def panel(entries, people) -> dict[int, set[int]]:
    return {one.id: set(one.members) for one in plan(entries, people)}


def test_nobody_with_a_conflict_is_chosen_and_the_plan_says_what_stays_empty():
    people = [
        Reviewer(1, utilities=frozenset({7})),
        Reviewer(2, states=frozenset({"OR"})),
        Reviewer(3),
        Reviewer(4, most=2, taken=2),
        Reviewer(5),
    ]
    [found] = plan([entry(7, barred=frozenset({5}))], people)
    assert found.members == (3,)
    assert found.lead == 3
    assert (
        found.why == "2 seats stay empty: only 2 of 5 reviewers have no conflict of interest and no earlier seat on it."
    )


def test_reviewers_who_take_no_more_leave_seats_empty():
    people = [Reviewer(number, most=1) for number in range(1, 4)]
    found = plan([entry(1), entry(2)], people)
    assert sum(len(one.members) for one in found) == 3
    sentence = "{} empty: the 3 reviewers who may take it have reached the most panels that they take."
    whys = {
        3: "",
        2: sentence.format("1 seat stays"),
        1: sentence.format("2 seats stay"),
        0: sentence.format("3 seats stay"),
    }
    assert [one.why for one in found] == [whys[len(one.members)] for one in found]
    assert all(one.lead in one.members for one in found if one.members)


def test_the_plan_says_that_one_reviewer_is_left():
    [found] = plan([entry(7, need=2)], [Reviewer(1, states=frozenset({"OR"})), Reviewer(3)])
    assert (
        found.why == "1 seat stays empty: only 1 of 2 reviewer has no conflict of interest and no earlier seat on it."
    )


def test_a_plan_that_takes_too_long_is_not_waited_for():
    people = [Reviewer(number, "hq") for number in range(40)]
    message = "^No plan was found within 0 seconds. Assign some panels by hand and try again.$"
    with pytest.raises(NoPlan, match=message):
        plan([entry(number) for number in range(300)], people, seconds=0.0)


def test_loads_and_leads_are_even_also_over_what_people_have_already():
    people = [Reviewer(number, taken=8 if number == 1 else 0) for number in range(1, 7)]
    found = plan([entry(number) for number in range(20)], people)  # 60 seats
    loads = Counter(person for one in found for person in one.members)
    assert loads[1] in (3, 4), "8 + 60 seats for six people: eleven or twelve each"
    assert {loads[number] for number in range(2, 7)} <= {11, 12}
    leads = Counter(one.lead for one in found)
    assert max(leads.values()) - min(leads.values()) <= 1


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        ({"systems": {WATER}}, 0),
        ({"systems": {WATER, WASTE}, "state": "WA"}, 0),
        ({}, 2),  # has not said what they know
        ({"systems": {WASTE}}, 6),
        ({"systems": {WATER}, "state": "OR"}, 8),
        ({"systems": {WASTE}, "state": "OR"}, 14),
        ({"systems": {WATER}, "topics": {"a"}}, -1),
        ({"systems": {WATER}, "topics": {"a", "b", "c", "d", "x"}}, -3),  # at most three
        ({"topics": {"x"}}, 2),  # which nobody claims
    ],
)
def test_what_speaks_against_a_member(fields, points):
    one = Reviewer(1, **{name: each if name == "state" else frozenset(each) for name, each in fields.items()})
    assert cost(entry(1, topics=frozenset("abcd")), one) == points


@pytest.mark.parametrize("number", [0, 3], ids=["first", "last"])
def test_what_is_preferred_at_equal_load(number):
    others = [Reviewer(number, state="WA", systems=frozenset({WATER})) for number in (1, 2)]
    for worse in (
        Reviewer(number, state="OR", systems=frozenset({WATER})),
        Reviewer(number, state="WA", systems=frozenset({WASTE})),
        Reviewer(number, state="WA"),
    ):
        assert panel([entry(1, need=2)], [worse, *others])[1] == {1, 2}
    keen = Reviewer(4, state="WA", systems=frozenset({WATER}), topics=frozenset({"attributes.product-quality"}))
    claims = entry(1, need=1, topics=frozenset({"attributes.product-quality", "categories.biosolids"}))
    assert panel([claims], [*others, keen])[1] == {4}


@pytest.mark.parametrize("alike", [(1, 2), (1, 4), (3, 4)])
def test_affiliations_are_mixed(alike):
    people = [Reviewer(number, "hq" if number in alike else f"expert {number}") for number in range(1, 5)]
    assert len(panel([entry(1)], people)[1] & {*alike}) == 1


def test_affiliations_are_mixed_with_those_who_sit_there():
    people = [Reviewer(1, "hq"), Reviewer(2, "hq"), Reviewer(3, "region"), Reviewer(4, "expert")]
    seated = entry(1, need=2, seated=("hq",), has_lead=True)
    [found] = plan([seated], people)
    assert set(found.members) == {3, 4}
    assert found.lead is None, "it has one"


def test_the_level_that_everyone_reaches():
    assert level([0, 0, 0], [10, 10, 10], 7) == 2
    assert level([5, 0, 0], [10, 10, 10], 6) == 3
    assert level([0, 0, 0], [1, 10, 10], 7) == 3
    assert level([], [], 0) == 0


def equal_load(people: list[Reviewer], n_seats: int) -> int:
    """The load that everyone reaches, as far as they take more, if all had the same."""
    reached = 0
    while reached < 40 and sum(min(max(reached + 1 - one.taken, 0), one.left) for one in people) <= n_seats:
        reached += 1
    return reached


def uneven(one: Reviewer, n_seats: int, equal: int) -> int:
    """What a person's new seats cost: 12 less for each up to the equal load, nothing for the one that goes over it,
    then 12 more for each of the next two, 24 for each of two, 36 for each of two, 48 for each one after them."""
    below = min(max(equal - one.taken, 0), n_seats)
    beyond = [0] * (one.taken <= equal) + [12, 12, 24, 24, 36, 36] + [48] * 20
    return -12 * below + sum(beyond[: n_seats - below])


def points(entries: list[OpenPanel], people: list[Reviewer], chosen: tuple[tuple[Reviewer, ...], ...]) -> int:
    """What speaks against these panels, in all."""
    equal = equal_load(people, sum(one.need for one in entries))
    total = sum(uneven(one, sum(one in members for members in chosen), equal) for one in people)
    for each, members in zip(entries, chosen, strict=True):
        kinds = Counter(each.seated) + Counter(one.affiliation for one in members)
        doubles = sum(kinds[kind] - max(each.seated.count(kind), 1) for kind in kinds if kind)
        total += 10_000 * (each.need - len(members)) + 5 * doubles + sum(cost(each, one) for one in members)
    return total


def fewest_points(entries: list[OpenPanel], people: list[Reviewer]) -> int:
    """Of all panels that can be made."""
    ways = []
    for each in entries:
        may = [one for one in people if each.takes(one)]
        ways.append([members for size in range(each.need + 1) for members in combinations(may, size)])
    return min(
        points(entries, people, chosen)
        for chosen in product(*ways)
        if all(sum(one in members for members in chosen) <= one.left for one in people)
    )


def assert_no_better_panels(entries: list[OpenPanel], people: list[Reviewer]) -> None:
    by_id = {one.id: one for one in people}
    chosen = tuple(tuple(by_id[number] for number in found.members) for found in plan(entries, people))
    assert points(entries, people, chosen) == fewest_points(entries, people)


some_systems = st.sampled_from([frozenset(), frozenset({WATER}), frozenset({WASTE})])
some_state = st.sampled_from(["OR", "WA"])


@st.composite
def someone(draw, number: int, affiliations: list[str]) -> Reviewer:
    return Reviewer(
        number,
        draw(st.sampled_from(affiliations)),
        draw(some_state),
        systems=draw(some_systems),
        topics=draw(st.sampled_from([frozenset(), frozenset("ab")])),
        utilities=frozenset(draw(st.sets(st.integers(1, 4), max_size=1))),
        taken=draw(st.integers(0, 3)),
        most=draw(st.none() | st.integers(0, 5)),
    )


@given(st.data())
def test_no_other_panels_of_several_are_better(data):
    people = [data.draw(someone(number, ["hq", "region", ""])) for number in range(data.draw(st.integers(1, 4)))]
    entries = [
        entry(
            number,
            state=data.draw(some_state),
            need=data.draw(st.integers(1, 3)),
            seated=data.draw(st.sampled_from([(), ("hq",), ("hq", "hq"), ("region", "hq")])),
        )
        for number in (1, 2)
    ]
    assert_no_better_panels(entries, people)


@given(st.data())
def test_no_other_members_of_many_small_panels_are_better(data):
    """Most panels may be judged by the first person only, who then has more than the equal load."""
    people = [
        Reviewer(1, state="WA", systems=frozenset({WATER}), taken=data.draw(st.integers(0, 2))),
        Reviewer(2, state="OR", taken=data.draw(st.integers(0, 6)), most=data.draw(st.none() | st.integers(6, 9))),
    ]
    entries = [
        entry(
            number,
            need=1,
            state=data.draw(some_state),
            topics=data.draw(st.sampled_from([frozenset(), frozenset("ab")])),
            barred=frozenset(data.draw(st.sampled_from([(), (), (1,), (2,), (2,), (2,)]))),
        )
        for number in range(data.draw(st.integers(1, 9)))
    ]
    assert_no_better_panels(entries, people)


@pytest.mark.parametrize(
    ("seats", "of_other", "difference", "chosen"),
    [
        # Equal would be one seat for each of six people. The first person's sixth would cost 24, the other's fourth 12.
        (5, 3, 11, 2),
        (5, 3, 14, 1),
        # Equal would be two. The ninth would cost 36, the seventh 24.
        (8, 6, 11, 2),
        (8, 6, 14, 1),
        # Equal would be three. The tenth and the ninth would cost 36.
        (9, 8, 2, 1),
        # The eleventh would cost 48, the tenth 36.
        (10, 9, 11, 2),
        (10, 9, 14, 1),
        # So would the ninth.
        (10, 8, 11, 2),
        (10, 8, 14, 1),
        # The twelfth would cost 48, and so would the eleventh.
        (11, 10, 2, 1),
    ],
)
def test_each_seat_beyond_the_equal_load_costs_more(seats, of_other, difference, chosen):
    """``seats`` panels only the first person may judge, ``of_other`` only the other. Both may judge one more, where
    ``difference`` points more speak against the other."""
    water, topics = frozenset({WATER}), frozenset("abc") if difference == 11 else frozenset()
    first = Reviewer(1, state="WA", systems=water, topics=topics)
    other = {
        2: Reviewer(2, state="WA"),
        11: Reviewer(2, state="OR", systems=water),
        14: Reviewer(2, state="OR", systems=frozenset({WASTE})),
    }[difference]
    idle = [Reviewer(number, states=frozenset({"OR"})) for number in range(3, 7)]
    shared = entry(0, need=1, topics=frozenset("abc"))
    assert cost(shared, other) - cost(shared, first) == difference
    entries = [shared, *[entry(number, need=1, barred=frozenset({2})) for number in range(1, seats + 1)]]
    entries += [entry(100 + number, need=1, barred=frozenset({1})) for number in range(of_other)]
    assert panel(entries, [first, other, *idle])[0] == {chosen}


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=4), st.integers(0, 20))
def test_the_level_is_the_highest_that_the_seats_suffice_for(people, n):
    taken, left = [has for has, _ in people], [can for _, can in people]

    def suffice(load: int) -> bool:
        return sum(min(max(load - has, 0), can) for has, can in people) <= n

    found = level(taken, left, n)
    assert isinstance(found, int)
    assert suffice(found)
    assert found == max(taken, default=0) + n or not suffice(found + 1)


def test_the_same_values_give_the_same_panels():
    people = [Reviewer(number, ["hq", "region", "expert"][number % 3], state="OR") for number in range(12)]
    entries = [entry(number) for number in range(40)]
    assert plan(entries, people) == plan(list(reversed(entries)), list(reversed(people)))

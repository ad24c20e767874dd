"""Panels are planned for all applications at once: what always holds, and what is preferred."""

from collections import Counter

import pytest

from recognition.reviewing.panel_planning import Entry, Reviewer, cost, level, plan

WATER, WASTE = "drinking_water", "wastewater"


def entry(number: int, **more) -> Entry:
    return Entry(**{"id": number, "utility": number, "state": "OR", "systems": frozenset({WATER})} | more)


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
    short = [one for one in found if len(one.members) < 3]
    assert all("have reached the most panels that they take" in one.why for one in short)
    assert all(one.lead in one.members for one in found if one.members)


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


def test_the_same_values_give_the_same_panels():
    people = [Reviewer(number, ["hq", "region", "expert"][number % 3], state="OR") for number in range(12)]
    entries = [entry(number) for number in range(40)]
    assert plan(entries, people) == plan(list(reversed(entries)), list(reversed(people)))

"""Totals, the order, and how far it holds; values written out by hand, and every weight tried one by one."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims.plan.ranking import (
    MAX_WEIGHT,
    Interval,
    Part,
    first_holds,
    moved,
    order_holds,
    parts,
    placed,
    ranked,
    total,
    whole,
)

THREE = {"risk": 50, "cost": 25, "law": 25}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"risk": 1, "cost": 1, "law": 1}, 0),
        ({"risk": 5, "cost": 5, "law": 5}, 100),
        ({"risk": 5, "cost": 1, "law": 1}, 50),
        ({"risk": 3, "cost": 2, "law": 4}, 50),  # 50 · 2/4 + 25 · 1/4 + 25 · 3/4
        ({"risk": 1, "cost": 5, "law": 2}, Fraction(125, 4)),  # 0 + 25 + 6.25
        ({"risk": 3, "cost": 2}, None),
    ],
)
def test_a_total(scores, expected):
    assert total(scores, THREE) == expected


def test_what_a_total_consists_of():
    assert parts({"risk": 4, "cost": 3, "law": 1}, {"risk": 60, "cost": 20, "law": 0}) == [
        Part("risk", score=4, weight=60, points=Fraction(225, 4), most=Fraction(75)),  # 3/4 of 75
        Part("cost", score=3, weight=20, points=Fraction(25, 2), most=Fraction(25)),  # 2/4 of 25
    ]


@pytest.mark.parametrize(("exact", "said"), [(Fraction(0), 0), (Fraction(49, 2), 25), (Fraction(97, 4), 24)])
def test_texts_say_a_total_rounded_half_up(exact, said):
    assert whole(exact) == said


def test_a_criterion_without_weight_needs_no_score():
    assert total({"risk": 5}, {"risk": 10, "cost": 0}) == 100
    assert total({"risk": 5}, {"risk": 0, "cost": 0}) is None


def test_items_with_the_same_total_share_their_rank():
    items = {"a": {"risk": 2}, "b": {"risk": 5}, "c": {"risk": 2}, "d": {"risk": 1}, "e": {}}
    order = ranked(items, lambda item: {"risk": 10})
    assert [(place.rank, place.item) for place in order] == [(1, "b"), (2, "a"), (2, "c"), (4, "d")]


def test_each_item_is_totaled_by_weights_of_its_own():
    items = {"a": {"risk": 5, "cost": 1}, "b": {"risk": 5, "cost": 1}}
    order = ranked(items, {"a": {"cost": 10}, "b": {"risk": 10}}.__getitem__)
    assert [(place.item, place.total) for place in order] == [("b", 100), ("a", 0)]


def test_places_gained_and_lost():
    before = placed({"a": Fraction(3), "b": Fraction(2), "c": Fraction(1)})
    after = placed({"c": Fraction(3), "a": Fraction(2), "b": Fraction(1), "new": Fraction(0)})
    assert dict(moved(before, after)) == {"c": 2, "a": -1, "b": -1}


def test_the_first_place_holds_between_two_weights():
    """A leads B while 2·risk ≥ 50, and C while risk ≤ 75 (3·risk - 4·50 + ... written out below)."""
    a, b, c = {"risk": 4, "cost": 3}, {"risk": 2, "cost": 4}, {"risk": 5, "cost": 1}
    weights = {"risk": 50, "cost": 50}
    # a - b: 2·risk - 50 ≥ 0 → risk ≥ 25; a - c: -risk + 2·50 ≥ 0 → risk ≤ 100
    assert first_holds([a, b, c], weights, "risk") == Interval(25, 100)
    # a - b: 2·50 - cost ≥ 0 → cost ≤ 100; a - c: -50 + 2·cost ≥ 0 → cost ≥ 25
    assert first_holds([a, b, c], weights, "cost") == Interval(25, 100)
    # b - c: -3·risk + 3·50 ≥ 0 → risk ≤ 50
    assert order_holds([a, b, c], weights, "risk") == Interval(25, 50)


def test_bounds_between_whole_weights_are_rounded_inward():
    a, b = {"risk": 4, "cost": 2}, {"risk": 1, "cost": 3}
    assert first_holds([a, b], {"risk": 30, "cost": 50}, "risk") == Interval(17, 100)  # 3·risk ≥ 50
    assert first_holds([a, b], {"risk": 33, "cost": 50}, "cost") == Interval(0, 99)  # cost ≤ 3·33


def test_without_any_other_weight_zero_is_no_order():
    assert first_holds([{"risk": 4}, {"risk": 2}], {"risk": 30}, "risk") == Interval(1, 100)
    assert first_holds([{"risk": 4}, {"risk": 2}], {"risk": 30}, "risk").is_all


scores = st.one_of(st.integers(1, 5), st.fractions(1, 5, max_denominator=12))
keys = ["risk", "cost", "law"]


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(keys, scores)), min_size=2, max_size=6),
    st.fixed_dictionaries(dict.fromkeys(keys, st.integers(0, MAX_WEIGHT))),
    st.sampled_from(keys),
)
def test_the_intervals_are_those_that_trying_every_weight_finds(items, weights, key):
    if not any(weights.values()):
        weights[key] = 1
    order = [items[place.item] for place in ranked(dict(enumerate(items)), lambda item: weights)]
    first, whole = set(), set()
    for weight in range(MAX_WEIGHT + 1):
        tried = weights | {key: weight}
        totals = [total(each, tried) for each in order]
        if None in totals:
            continue
        if totals[0] == max(totals):
            first.add(weight)
        if totals == sorted(totals, reverse=True):
            whole.add(weight)
    for expected, found in ((first, first_holds(order, weights, key)), (whole, order_holds(order, weights, key))):
        assert expected == set(range(found.low, found.high + 1))

"""The approach that is suggested, and the order and the moves of a road map's steps."""

import pytest

from assessments.integration import steps as step
from assessments.integration.paths import Kind, Move, Standing, fits, in_order, when
from assessments.models import Approach

HERE = {"existing": 12, "elements": 18, "single": 4, "frameworks": ["ISO 14001"], "operations": 5}
WHOLE = Standing(**HERE, operations_of_chains=5)


def suggested(**changed) -> Approach:
    return fits(Standing(**HERE | {"operations_of_chains": 5} | changed))[0].approach


def test_a_framework_and_single_area_elements_lead_to_more_areas():
    assert suggested() == "areas"
    assert suggested(existing=9) == "areas"


@pytest.mark.parametrize("changed", [{"existing": 8}, {"frameworks": []}, {"single": 0}])
def test_without_one_of_these_and_with_all_operations_inside_it_starts_by_planning(changed):
    assert suggested(**changed) == "planning"


@pytest.mark.parametrize("changed", [{"existing": 8}, {"frameworks": []}, {"single": 0}, {"existing": 6}])
def test_operations_outside_the_fence_line_lead_to_more_operations(changed):
    assert suggested(operations_of_chains=9, **{"single": 0} | changed) == "operations"


def test_too_few_elements_start_by_planning_wherever_the_fence_line_is():
    assert suggested(existing=5, operations_of_chains=9) == "planning"
    assert suggested(existing=0, elements=0) == "planning"


def test_operations_that_are_not_listed_decide_nothing():
    assert suggested(single=0, operations=0, operations_of_chains=0) == "planning"


def test_every_approach_is_told_with_its_rules_and_figures():
    rules = {fit.approach: [(rule.found, rule.holds) for rule in fit.rules] for fit in fits(WHOLE)}
    assert rules == {
        "areas": [("In place: ISO 14001.", True), ("12 of 18 elements exist.", True), ("4 do.", True)],
        "operations": [("5 of 5 are inside.", False), ("12 of 18 elements exist.", True)],
        "planning": [("", False)],
    }


MOVES = [
    Move(Kind.WIDEN, "w"),
    Move(Kind.BUILD, "b", plans=True),
    Move(Kind.ADOPT, "a"),
    Move(Kind.USE, "u", plans=True),
    Move(Kind.EXTEND, "e"),
    Move(Kind.EXTEND, "e-aligned", aligned=True),
]


@pytest.mark.parametrize(
    ("approach", "order"),
    [
        ("areas", ["e-aligned", "e", "u", "a", "b", "w"]),
        ("operations", ["w", "e-aligned", "e", "u", "a", "b"]),
        ("planning", ["u", "b", "a", "e-aligned", "e", "w"]),
    ],
)
def test_each_approach_has_its_order(approach, order):
    assert [move.key for move in in_order(Approach(approach), MOVES)] == order


@pytest.mark.parametrize(("steps", "expected"), [(1, "0"), (2, "01"), (3, "012"), (5, "00112"), (7, "0001122")])
def test_the_steps_are_spread_over_the_three_times(steps, expected):
    times = ["now", "next", "later"]
    assert [when(place, steps) for place in range(steps)] == [times[int(digit)] for digit in expected]


ROAD = [
    {"key": "a", "text": "A", "when": "now"},
    {"key": "b", "text": "B", "when": "now"},
    {"key": "c", "text": "C", "when": "next"},
]


def shown(steps) -> str:
    return " ".join(f"{each['key']}:{each['when']}" for each in steps)


@pytest.mark.parametrize(
    ("key", "by", "after"),
    [
        ("b", -1, "b:now a:now c:next"),
        ("a", 1, "b:now a:now c:next"),
        ("b", 1, "a:now b:next c:next"),
        ("c", -1, "a:now b:now c:now"),
        ("c", 1, "a:now b:now c:later"),
        ("a", -1, "a:now b:now c:next"),
        ("nothing", 1, "a:now b:now c:next"),
    ],
)
def test_a_step_moves_by_one_place_and_over_the_edge_into_the_next_time(key, by, after):
    assert shown(step.moved(ROAD, key, by)) == after


def test_the_last_step_can_go_no_further():
    last = step.moved(step.moved(ROAD, "c", 1), "c", 1)
    assert shown(last) == "a:now b:now c:later"


def test_steps_are_removed_reworded_and_added():
    assert shown(step.without(ROAD, "b")) == "a:now c:next"
    assert step.reworded(ROAD, "b", "Better")[1]["text"] == "Better"
    more = step.with_own(step.with_own(ROAD, "Own", "now"), "Own too", "later")
    assert shown(more) == "a:now b:now own-1:now c:next own-2:later"
    assert (
        shown(step.with_own(step.without(more, "own-1"), "Again", "next"))
        == "a:now b:now c:next own-1:next own-2:later"
    )

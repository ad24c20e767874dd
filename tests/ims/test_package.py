"""Opinions and the budget package, with values written out by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from ims.plan.harmonize.opinions import Opinion, opinions
from ims.plan.harmonize.package import Lack, Part, breaks, cuts, fitting, hours_left, lacks, left


def part(key, cost, hours=0, *, chosen=True, granted=None):
    return Part(key, Decimal(cost), Decimal(hours), chosen, None if granted is None else Decimal(granted))


def test_average_range_and_spread():
    opinion = Opinion({1: 2, 2: 4, 3: 4, 4: 5, 5: 5})
    assert (opinion.average, opinion.low, opinion.high) == (4, 2, 5)
    assert opinion.spread == pytest.approx(1.0954, abs=0.0001)  # √(6/5)
    assert opinion.counts == [(1, 0), (2, 1), (3, 0), (4, 2), (5, 2)]
    assert Opinion({1: 1, 2: 2}).average == Fraction(3, 2)


@pytest.mark.parametrize(("given", "apart"), [([1, 4], True), ([5, 2, 3], True), ([2, 4], False), ([3], False)])
def test_people_disagree_from_three_points_on(given, apart):
    assert Opinion(dict(enumerate(given))).disagree == apart


def test_a_score_that_nobody_gave_is_no_opinion_and_no_zero():
    found = opinions({1: {"risk": 5}, 2: {"risk": 1, "cost": 4}}, ["risk", "cost", "law"])
    assert {key: (opinion.average, len(opinion.given)) for key, opinion in found.items()} == {
        "risk": (3, 2),
        "cost": (4, 1),
    }


def test_what_fits_goes_down_the_ranking_and_passes_over_what_does_not_fit():
    parts = [part(1, 60, 10), part(2, 50, 5), part(3, 40, 100), part(4, 30, 5), part(5, 10, 80)]
    assert fitting(parts, Decimal(100), None) == {1, 3}  # 60, then 50 is too much, then 40: all is spent
    assert fitting(parts, Decimal(100), Decimal(100)) == {1, 4, 5}  # 3 takes more hours than the 90 that are left
    assert fitting(parts, None, None) == {1, 2, 3, 4, 5}
    assert fitting(parts, Decimal(0), None) == set()
    assert fitting([part(1, 0)], Decimal(0), Decimal(0)) == {1}


def test_what_a_cut_breaks():
    parts = [part(1, 60), part(2, 50, chosen=False), part(3, 40, granted=15), part(4, 30), part(5, 5, chosen=False)]
    helps = {frozenset({1, 2}), frozenset({2, 3}), frozenset({3, 4}), frozenset({2, 5})}
    assert breaks(parts[1], parts, helps) == [1, 3]  # 5 is not chosen itself
    assert breaks(parts[0], parts, helps) == []
    found = cuts(parts, helps)
    assert [(cut.part.key, cut.breaks, cut.part.missing) for cut in found] == [(2, [1, 3], 50), (3, [4], 25)]


def test_a_part_with_its_whole_cost_breaks_nothing():
    parts = [part(1, 60, granted=60), part(2, 50), part(3, 0)]
    assert cuts(parts, {frozenset({1, 2}), frozenset({2, 3})}) == []
    assert part(1, 60, granted=70).is_whole


def test_what_is_left():
    parts = [part(1, 60, 10), part(2, 50, 20, chosen=False), part(3, 40, 30, granted=15)]
    assert left(parts, Decimal(100)) == 25
    assert left(parts, Decimal(70)) == -5
    assert left(parts, None) is None
    assert hours_left(parts, Decimal(50)) == 10
    assert hours_left(parts, None) is None


@pytest.mark.parametrize(
    ("amount", "hours", "missing"),
    [
        (100, 50, (20, 15)),  # 40 dollars and 15 hours are left of them; the part takes 60 and 30
        (130, 70, (0, 0)),
        (None, 50, (0, 15)),
        (100, None, (20, 0)),
        (0, 0, (120, 65)),
    ],
)
def test_what_a_part_lacks_is_what_the_others_leave_too_little_of(amount, hours, missing):
    amount, hours = (None if limit is None else Decimal(limit) for limit in (amount, hours))
    others = [part(1, 60, 35), part(2, 90, 40, chosen=False)]
    assert lacks(part(3, 60, 30), others, amount, hours) == Lack(*map(Decimal, missing))

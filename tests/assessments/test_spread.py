"""The spread of coverage among similar utilities can't be used to read off one utility's figure."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.cohorts.spread import Member, basis_of, changes, cohort_of, may_be_published, quartiles, words


def member(utility: int, share: float = 0.5, *people: int) -> Member:
    return Member(utility, frozenset(people or [utility]), {"overall": share})


def basis(*shares: float, begin: int = 1) -> dict:
    return basis_of(member(number, share) for number, share in enumerate(shares, begin))


def test_never_from_fewer_than_five():
    assert not may_be_published(basis(0.1, 0.2, 0.3, 0.4), [])
    assert may_be_published(basis(0.1, 0.2, 0.3, 0.4, 0.5), [])


def test_utilities_with_a_person_in_common_count_once():
    one_person = [member(number, number / 10, number, 99) for number in range(1, 6)]
    assert len(basis_of(one_person)) == 1
    assert not may_be_published(basis_of(one_person), [])


def test_one_more_member_changes_nothing_that_is_published():
    before = basis(0.1, 0.2, 0.3, 0.4, 0.5)
    for more in range(1, 5):
        assert not may_be_published(before | basis(*[0.9] * more, begin=6), [before])
    assert may_be_published(before | basis(*[0.9] * 5, begin=6), [before])


def test_neither_does_one_that_leaves_or_has_another_figure():
    before = basis(*[0.5] * 10)
    assert not may_be_published(dict(list(before.items())[1:]), [before])
    assert not may_be_published(before | basis(0.9), [before])
    assert not may_be_published(before | basis(0.1, 0.2, 0.3, 0.4), [before])
    assert may_be_published(before | basis(0.1, 0.2, 0.3, 0.4, 0.6), [before])


def test_a_detour_over_a_third_publication_does_not_help():
    """First A, then something far from A, then A with one more: the last is compared with the first too."""
    first, detour = basis(0.1, 0.2, 0.3, 0.4, 0.5), basis(0.6, 0.7, 0.8, 0.9, 1.0, begin=20)
    again = first | basis(0.9, begin=6)
    assert changes(again, detour) >= 5
    assert not may_be_published(again, [detour, first])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sets(st.integers(1, 14), max_size=14), min_size=1, max_size=8))
def test_any_two_publications_differ_by_five_utilities(members_over_time):
    published: list[dict] = []
    for members in members_over_time:
        now = basis_of(member(number, number / 20) for number in members)
        if may_be_published(now, published):
            published.append(now)
    assert all(len(one) >= 5 for one in published)
    assert all(changes(one, other) >= 5 for one, other in combinations(published, 2))


def test_quartiles_in_steps_of_five_percentage_points():
    assert quartiles(basis(0.11, 0.22, 0.33, 0.44, 0.58)) == {"overall": [20, 35, 45]}
    assert quartiles(basis(*[0.4] * 5)) == {"overall": [40, 40, 40]}


@pytest.mark.parametrize(
    ("systems", "cohort"),
    [
        (["drinking_water"], "water.small"),
        (["wastewater"], "wastewater.small"),
        (["stormwater", "decentralized"], "wastewater.small"),
        (["wastewater", "drinking_water"], "both.small"),
    ],
)
def test_a_utility_is_in_one_cohort(systems, cohort):
    assert cohort_of(systems, "small") == cohort


def test_a_cohort_in_words():
    assert words("water.very-small") == "utilities with drinking water that serve 500 or fewer people"

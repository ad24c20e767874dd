"""How far a panel agrees: counts, and one plain word."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.reviewing.agreement import Agreement, in_short, of_ratings, of_reviews, table

reviews = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["met", "partly", "not_met", ""])), max_size=6
)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ("", ""),
        ("M", ""),
        ("MM", "agree"),
        ("NNN", "agree"),
        ("MMP", "mostly agree"),
        ("PPN", "mostly agree"),
        ("MPP", "mostly agree"),
        ("MP", "differ"),
        ("MMN", "differ"),
        ("MPN", "differ"),
        ("MMMPN", "differ"),
        ("MMMPP", "mostly agree"),
        ("MMPP", "differ"),
        ("M-", ""),
        ("MM-", "agree"),
        ("MMP-", "mostly agree"),
        ("N-M", "differ"),
    ],
)
def test_the_word(values, word):
    """M met, P partly, N not met, - not rated."""
    names = {"M": "met", "P": "partly", "N": "not_met", "-": ""}
    [line] = table(["a"], [{"a": names[value]} for value in values])
    assert line.word == word


@given(reviews)
def test_what_is_not_rated_is_no_zero(given_reviews):
    """It neither counts nor changes the word: as if the person were not there for this criterion."""
    without = [{name: value for name, value in review.items() if value} for review in given_reviews]
    lines = table("abc", given_reviews)
    assert lines == table("abc", without)
    for line in lines:
        assert line.rated == sum(1 for review in without if line.criterion in review)


@given(reviews, st.randoms())
def test_the_order_of_the_members_does_not_matter(given_reviews, dice):
    assert table("abc", dice.sample(given_reviews, len(given_reviews))) == table("abc", given_reviews)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_met_and_not_met_mirror_each_other(met, partly, not_met):
    assert Agreement("a", met, partly, not_met).word == Agreement("a", not_met, partly, met).word


def test_in_short():
    agreed, differ, one = Agreement("a", 3), Agreement("b", 1, 1, 1), Agreement("c", 1)
    assert in_short([agreed, agreed]) == "agree on all 2 criteria"
    assert in_short([agreed, differ, one]) == "agree on 1 of 2 criteria"
    assert in_short([agreed]) == "agree"
    assert in_short([one]) == ""
    assert in_short([]) == ""


def test_of_the_reviews_that_were_submitted():
    """Each rates the same criteria; the lines stand in the order of the first review."""

    def review(**values: str):
        ratings = [SimpleNamespace(criterion=name, value=value) for name, value in values.items()]
        return SimpleNamespace(ratings=SimpleNamespace(all=lambda: ratings))

    reviews = [review(b="met", a="partly"), review(a="partly", b="not_met"), review(a="met", b="met")]
    assert of_reviews(iter(reviews)) == [Agreement("b", met=2, not_met=1), Agreement("a", met=1, partly=2)]
    assert of_reviews([]) == []


def test_of_the_ratings_of_all_reviews():
    ratings = [("b", 7, "met"), ("a", 7, "partly"), ("a", 3, "partly"), ("b", 3, "not_met"), ("b", 5, "met")]
    given = ({"criterion": name, "seat": seat, "value": value} for name, seat, value in ratings)
    assert of_ratings(given) == [Agreement("b", met=2, not_met=1), Agreement("a", partly=2)]
    assert of_ratings([]) == []


def test_a_review_without_a_criterion_does_not_count_for_it():
    assert table(["a"], iter([{"a": "met"}, {}, {"a": ""}])) == [Agreement("a", met=1)]

"""Which initiatives close the gaps: the rule of guide 2004, §1.3.1, against every set there is."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.recommendations import Candidate, ElementOf, Leverage, recommend

AREAS = ["E", "S", "Q", "F", "H"]
COMPONENTS = ["plan", "do", "check", "act"]
ELEMENTS = [ElementOf(f"{component}-{n}", component) for component in COMPONENTS for n in range(2)]


def initiative(slug: str, areas: str, plan: int = 3, do: int = 3, check: int = 3, act: int = 3, **more) -> Candidate:
    support = {"plan": plan, "do": do, "check": check, "act": act}
    return Candidate(slug, frozenset(areas), support, **more)


PLAN = [ElementOf("vision", "plan"), ElementOf("policies", "plan", aligned=True)]


def test_gap_cells_are_what_is_in_scope_and_not_covered():
    found = recommend(PLAN, [], areas=["E", "S"], covered={"vision": ["E", "H"], "policies": []})
    assert found.gap_cells == [("vision", "S"), ("policies", "E"), ("policies", "S")]
    assert found.unclosed == found.gap_cells
    assert (found.ranking, found.smallest_set) == ([], [])


def test_an_initiative_closes_the_cells_of_its_areas_where_it_is_strong_enough():
    strong, weak = initiative("strong", "E", plan=1), initiative("weak", "ES", plan=2)
    given = {"areas": ["E", "S"], "covered": {"vision": ["E"]}}

    strict = recommend(PLAN, [strong, weak], **given)
    assert [(one.initiative, one.cells) for one in strict.ranking] == [("strong", [("policies", "E")])]
    assert strict.smallest_set == ["strong"]
    assert strict.unclosed == [("vision", "S"), ("policies", "S")]

    relaxed = recommend(PLAN, [strong, weak], **given, strength=2)
    assert [(one.initiative, len(one.cells)) for one in relaxed.ranking] == [("weak", 3), ("strong", 1)]
    assert relaxed.smallest_set == ["weak"]
    assert relaxed.unclosed == []


def test_systems_and_exclusions_leave_initiatives_out():
    water = initiative("water", "E", plan=1, systems=frozenset({"drinking_water"}))
    anyone = initiative("anyone", "E", plan=1)

    def slugs(**more) -> list[str]:
        found = recommend(PLAN, [water, anyone], areas=["E"], covered={}, **more)
        return [one.initiative for one in found.ranking]

    assert slugs() == ["anyone", "water"]
    assert slugs(systems=["drinking_water"]) == ["anyone", "water"]
    assert slugs(systems=["wastewater", "drinking_water"]) == ["anyone", "water"]
    assert slugs(systems=["wastewater"]) == ["anyone"]
    assert slugs(exclude=["anyone"]) == ["water"]


@pytest.mark.parametrize(
    ("candidates", "in_place", "best"),
    [
        # Two in place before one that is new.
        ([initiative("a", "E", plan=1), initiative("b", "S", plan=1), initiative("c", "ES", plan=1)], ["a", "b"], "ab"),
        # Then the fewest.
        ([initiative("a", "E", plan=1), initiative("b", "S", plan=1), initiative("c", "ES", plan=1)], [], "c"),
        # Then the strongest.
        ([initiative("a", "ES", plan=2), initiative("b", "ES", plan=1)], [], "b"),
        # Then the alphabet.
        ([initiative("b", "ES", plan=1), initiative("a", "ES", plan=1)], [], "a"),
    ],
)
def test_which_of_several_sets_is_best(candidates, in_place, best):
    found = recommend(PLAN, candidates, areas=["E", "S"], covered={}, in_place=in_place, strength=2)
    assert "".join(found.smallest_set) == best


def test_the_strongest_of_several_pairs_is_found_though_a_weaker_one_is_tried_first():
    elements = [ElementOf("plan", "plan"), ElementOf("do", "do")]
    weak = [initiative("a", "E", plan=2), initiative("b", "E", do=2)]
    strong = [initiative("c", "E", plan=1), initiative("d", "E", do=1)]
    found = recommend(elements, [*weak, *strong], areas=["E"], covered={}, strength=2)
    assert found.smallest_set == ["c", "d"]


def test_a_pair_is_tried_though_its_first_half_alone_is_weaker_than_the_best_so_far():
    """Tried first: a with d. b is weak in do, three cells of it, but d is strong there: 1 + 3 + 1 beats 2 + 3 + 1."""
    elements = [ElementOf("plan", "plan"), *[ElementOf(f"do-{n}", "do") for n in range(3)], ElementOf("check", "check")]
    a, b = initiative("a", "E", plan=2), initiative("b", "E", plan=1, do=2)
    d, e = initiative("d", "E", do=1, check=1), initiative("e", "E", do=2, check=2)
    found = recommend(elements, [a, b, d, e], areas=["E"], covered={}, strength=2)
    assert found.smallest_set == ["b", "d"]


def test_of_equal_pairs_the_first_in_the_alphabet_is_found_though_another_is_tried_first():
    elements = [ElementOf("plan", "plan"), ElementOf("do", "do"), ElementOf("check", "check")]
    every = [initiative("a", "E", do=1), initiative("b", "E", plan=1)]
    every += [initiative("y", "E", do=1, check=1), initiative("z", "E", plan=1, check=1)]
    found = recommend(elements, every, areas=["E"], covered={})
    assert found.smallest_set == ["a", "z"]


def test_of_those_in_place_two_come_before_three_that_are_stronger():
    elements = [ElementOf("plan", "plan"), ElementOf("do", "do"), ElementOf("check", "check")]
    single = [initiative("a", "E", plan=1), initiative("b", "E", do=1), initiative("c", "E", check=1)]
    every, slugs = [*single, initiative("wide", "E", do=2, check=2)], ["a", "b", "c", "wide"]
    found = recommend(elements, every, areas=["E"], covered={}, in_place=slugs, strength=2)
    assert found.smallest_set == ["a", "wide"]


def test_a_strength_counts_once_for_each_cell_that_it_closes():
    """Three cells of plan, one of do, one of check: 3 × 1 + 3 + 3 = 9 is less than 3 × 2 + 2 + 2 = 10."""
    elements = [ElementOf(f"plan-{n}", "plan") for n in range(3)]
    elements += [ElementOf("do", "do"), ElementOf("check", "check")]
    even, strong_in_plan = initiative("a", "E", plan=2, do=2, check=2), initiative("b", "E", plan=1, do=3, check=3)
    found = recommend(elements, [even, strong_in_plan], areas=["E"], covered={}, strength=3)
    assert found.smallest_set == ["b"]


def test_a_set_takes_two_where_the_one_that_closes_most_is_no_part_of_it():
    """The greedy way would take “most” and then need two more."""
    most = initiative("most", "SQF", plan=1)
    left, right = initiative("left", "ES", plan=1), initiative("right", "QFH", plan=1)
    found = recommend(PLAN, [most, left, right], areas=AREAS, covered={})
    assert found.ranking[0].initiative == "most"
    assert found.smallest_set == ["left", "right"]


def test_leverage_is_one_area_that_could_carry_others_those_key_to_alignment_first():
    covered = {"vision": ["E"], "policies": ["S", "H"], "reporting": ["E", "S"]}
    found = recommend([*PLAN, ElementOf("reporting", "check")], [], areas=["E", "S", "Q"], covered=covered)
    assert found.leverage == [Leverage("policies", "S", ["E", "Q"]), Leverage("vision", "E", ["S", "Q"])]
    assert recommend(PLAN, [], areas=["E", "S"], covered={"vision": ["E"]}).leverage == [Leverage("vision", "E", ["S"])]
    assert recommend(PLAN, [], areas=["E"], covered={"vision": ["E"]}).leverage == []


slugs = st.text("abcdef", min_size=1, max_size=4)
candidates = st.lists(
    st.builds(
        Candidate,
        slug=slugs,
        areas=st.frozensets(st.sampled_from(AREAS)),
        support=st.fixed_dictionaries({component: st.sampled_from([1, 2, 3]) for component in COMPONENTS}),
    ),
    max_size=7,
    unique_by=lambda candidate: candidate.slug,
)
coverage = st.dictionaries(st.sampled_from([each.slug for each in ELEMENTS]), st.lists(st.sampled_from(AREAS)))
scopes = st.lists(st.sampled_from(AREAS), min_size=1, unique=True).map(sorted)


def best_of_all(
    every: list[Candidate], areas: list[str], covered: dict, in_place: set[str], strength: int
) -> list[str]:
    """Tries all sets, by the words of the rule."""

    def strengths(chosen: tuple[Candidate, ...], element: ElementOf, area: str) -> list[int]:
        at = [one.support[element.component] for one in chosen if area in one.areas]
        return [one for one in at if one <= strength]

    gaps = [(each, area) for each in ELEMENTS for area in areas if area not in covered.get(each.slug, [])]
    closable = [gap for gap in gaps if strengths(tuple(every), *gap)]
    best = None
    for n in range(len(every) + 1):
        for chosen in combinations(every, n):
            if all(strengths(chosen, *gap) for gap in closable):
                new = sum(one.slug not in in_place for one in chosen)
                total = sum(min(strengths(chosen, *gap)) for gap in closable)
                result = (new, n, total, sorted(one.slug for one in chosen))
                best = min(best, result) if best else result
    assert best
    return best[3]


@settings(max_examples=150)
@given(candidates, scopes, coverage, st.sets(slugs), st.sampled_from([1, 2, 3]))
def test_the_smallest_set_is_the_best_of_all_sets(every, areas, covered, in_place, strength):
    found = recommend(ELEMENTS, every, areas=areas, covered=covered, in_place=in_place, strength=strength)
    assert found.smallest_set == best_of_all(every, areas, covered, in_place, strength)
    closed = {cell for one in found.ranking for cell in one.cells}
    assert closed.isdisjoint(found.unclosed)
    assert closed | set(found.unclosed) == set(found.gap_cells)

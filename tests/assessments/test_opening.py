"""Which integration opportunities are open to a utility, and in which order."""

from assessments.integration.opening import At, InPlace, openings

POLICY, DOCUMENTS, AUDITS = (
    At("one-policy", "policy", aligned=True),
    At("one-system", "documents", aligned=False),
    At("one-audit", "audits", aligned=False),
)


def initiative(slug: str, *elements: str, areas: str = "E") -> InPlace:
    return InPlace(slug, frozenset(elements), frozenset(areas))


def found(*in_place: InPlace, areas: str = "ESQ", **covered: str) -> dict:
    return {each.slug: each for each in openings([AUDITS, DOCUMENTS, POLICY], in_place, areas=areas, covered=covered)}


def test_two_initiatives_with_a_requirement_there_open_it():
    one, other = initiative("iso", "policy"), initiative("cmom", "policy", "audits", areas="S")
    assert [slug for slug, each in found(one, other).items() if each.is_open] == ["one-policy"]
    opening = found(one, other)["one-policy"]
    assert (opening.asking, opening.areas, opening.extends) == (["iso", "cmom"], ["E", "S"], [])
    assert not found(other)["one-policy"].is_open


def test_one_area_covered_of_several_opens_it():
    opening = found(documents="S")["one-system"]
    assert opening.is_open
    assert (opening.serves, opening.extends, opening.areas) == (["S"], ["E", "Q"], ["E", "S", "Q"])


def test_nothing_or_several_covered_or_a_single_area_in_scope_do_not():
    assert not found()["one-system"].is_open
    assert not found(documents="ES")["one-system"].is_open
    assert not found(documents="S", areas="S")["one-system"].is_open
    assert not found(documents="H")["one-system"].is_open, "out of scope"


def test_open_ones_come_first_then_alignment_then_what_joins_most():
    in_place = [initiative("iso", "policy", "audits", "documents"), initiative("cmom", "policy", "audits", "documents")]
    assert list(found(*in_place, documents="S")) == ["one-policy", "one-system", "one-audit"]
    assert list(found(documents="S")) == ["one-system", "one-policy", "one-audit"]


def test_of_two_that_join_the_same_areas_the_one_that_more_initiatives_ask_for_comes_first():
    both = [initiative("iso", "audits", "documents"), initiative("cmom", "audits", "documents")]
    assert list(found(*both, initiative("vpp", "documents"))) == ["one-system", "one-audit", "one-policy"]

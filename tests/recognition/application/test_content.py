"""An application's content as plain values: what is claimed, what is counted, what outsiders don't get to read."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recognition.application.content import WITHHELD, claimed, entry_of, narrative, redacted, section_names, unfound
from recognition.criteria.completeness import CategoryAnswer

CONTENT = {
    "eligibility": {"facility_types": ["drinking_water"], "drinking_water_population": 4200},
    "contact": {"city": "Riverbend", "state": None, "identifiers": [" or4100001 "]},
    "partners": {"partners": "The county"},
    "attributes.product-quality": {"chosen": True, "assessed": " We look ", "measures": "", "changes": "We mend"},
    "attributes.customer-satisfaction": {"chosen": False, "assessed": "kept, not claimed"},
    "categories.biosolids": {"chosen": True, "certified_ems": True, "activities": ["a"], "narrative": "A mine"},
    "categories.pretreatment": {"narrative": "not claimed"},
    "certification": {"name": "Mara", "agreed": True},
    "confidentiality": {"passages": []},
}


def claim(text: str, *passages: str) -> str:
    """What an outsider reads of ``text``."""
    content = {"partners": {"partners": text}, "confidentiality": {"passages": list(passages)}}
    return redacted(content)["partners"]["partners"]


def test_an_entry_is_what_is_claimed():
    entry = entry_of(CONTENT, [("a.jpg", "A")])
    assert entry.attributes == {"product-quality": "We look\n\nWe mend"}
    assert entry.categories == {
        "biosolids": CategoryAnswer(activities=["a"], narrative="A mine", certified_ems=True),
    }
    assert entry.identifiers == ["OR4100001"]
    assert entry.contact == {"city": "Riverbend"}
    assert (entry.drinking_water_population, entry.wastewater_mgd) == (4200, None)
    assert claimed(CONTENT) == ["attributes.product-quality", "categories.biosolids"]
    assert entry_of({}, []).facility_types == []


def test_four_texts_make_one_narrative():
    assert narrative({"assessed": "a", "measures": " b ", "evaluated": " ", "changes": "d"}) == "a\n\nb\n\nd"
    assert narrative({"narrative": " as it stands "}) == " as it stands "
    assert narrative({}) == ""


def test_every_section_has_its_name_once():
    names = section_names(["a", "b"], ["c"])
    assert len(set(names)) == len(names) == 9
    assert {"attributes.a", "categories.c", "confidentiality"} <= set(names)


# --- What is claimed as confidential


def test_claimed_passages_are_taken_out_of_every_text():
    content = CONTENT | {"confidentiality": {"passages": ["We look", "mine", "county"]}}
    hidden = redacted(content)
    assert hidden["attributes.product-quality"]["assessed"] == f" {WITHHELD} "
    assert hidden["categories.biosolids"]["narrative"] == f"A {WITHHELD}"
    assert hidden["partners"]["partners"] == f"The {WITHHELD}"
    assert hidden["confidentiality"] == {"passages": [WITHHELD] * 3}
    assert hidden["eligibility"] == content["eligibility"]
    assert content["partners"]["partners"] == "The county", "the content itself is as it was"


def test_each_time_it_stands_there():
    assert claim("one two one", "one") == f"{WITHHELD} two {WITHHELD}"


def test_of_passages_that_overlap_nothing_is_left():
    assert claim("a secret recipe of ours, x", "a secret recipe", "recipe of ours") == f"{WITHHELD}, x"
    assert claim("a secret recipe of ours", "recipe", "a secret recipe of ours") == WITHHELD
    assert claim("ababa!", "aba") == f"{WITHHELD}!"


def test_a_passage_that_speaks_like_the_mark_does_not_spoil_it():
    assert claim("we are confidential, secret", "secret", "confidential") == f"we are {WITHHELD}, {WITHHELD}"


def test_an_empty_claim_takes_nothing_out():
    assert claim("as it is", "") == "as it is"


def test_what_stands_in_no_text_is_named():
    content = CONTENT | {"confidentiality": {"passages": ["We look", "We Look", "kept, not", "mine A"]}}
    assert unfound(content) == ["We Look", "mine A"]
    assert unfound({}) == []


letters = st.text("abc ", max_size=12)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(letters, st.lists(st.text("abc ", min_size=1, max_size=5), max_size=4))
def test_no_letter_of_a_claimed_passage_is_left(text, passages):
    hidden = [False] * len(text)
    for passage in passages:
        for start in range(len(text)):
            if text.startswith(passage, start):
                hidden[start : start + len(passage)] = [True] * len(passage)
    left = "".join(letter for letter, gone in zip(text, hidden, strict=True) if not gone)
    assert claim(text, *passages).replace(WITHHELD, "") == left
    assert (WITHHELD in claim(text, *passages)) == any(hidden)

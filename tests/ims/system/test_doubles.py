"""Two living records that do one job: which are found, why, and how quickly."""

from time import process_time

import pytest

from ims.system.coverage import Held
from ims.system.doubles import doubles, words_of

UNITS = {7: "Pump station 4", 8: "Laboratory"}


def held(key, title, initiatives=(), areas="", units=(), **more):
    more = {"slug": "documents"} | more
    return Held(
        f"DOC-{key}", title, "Documents", "/", list(areas), list(initiatives), key=key, units=list(units), **more
    )


def found(*records, **options):
    return [(pair.first.key, pair.second.key) for pair in doubles({"document-control": list(records)}, **options)]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Calibration of the flow meters", ["calibration", "flow", "meters"]),
        ("How we use our document control procedure", ["control"]),
        ("Lockout/tagout: pumps & valves (4)", ["lockout", "tagout", "pumps", "valves", "4"]),
        ("Training plan", []),
    ],
)
def test_the_words_that_tell_something(title, words):
    assert list(words_of(title).values()) == words


def test_words_are_the_same_without_their_endings():
    one, other = words_of("Calibrating pumps and valves"), words_of("Calibration, pump, valve")
    assert one.keys() == other.keys()


def test_of_a_word_without_its_ending_four_letters_are_left():
    assert list(words_of("gases bus pumps valve")) == ["gase", "bus", "pump", "valv"]


@pytest.mark.parametrize(
    ("fields", "titles", "alike"),
    [
        # One word of three is one third: enough on one unit only.
        ({"units": [7]}, ("flow meters", "flow sampling"), True),
        ({"areas": "E"}, ("flow meters", "flow sampling"), False),
        ({}, ("flow meters", "flow sampling"), False),
        # One of four is less than a third.
        ({"units": [7]}, ("flow meters today", "flow sampling"), False),
        # Two of four are one half: enough in one area.
        ({"areas": "E"}, ("flow meters yearly", "flow meters weekly"), True),
        ({}, ("flow meters yearly", "flow meters weekly"), False),
        # Three of four are three quarters: enough without anything else in common.
        ({}, ("flow meters north", "flow meters north yearly"), True),
        # The people who need both tell as much as a unit.
        ({"same": ["Electrician"]}, ("flow meters", "flow sampling"), True),
    ],
)
def test_how_alike_titles_must_be(fields, titles, alike):
    one, other = held(1, titles[0], ["cmom"], **fields), held(2, titles[1], ["iso-14001"], **fields)
    assert found(one, other) == ([(1, 2)] if alike else [])


@pytest.mark.parametrize(
    "change",
    [
        {"initiatives": ["cmom", "iso-14001"]},
        {"lacks": "It was withdrawn."},
        {"slug": "statements"},
        {"within": "form"},
        {"key": 0},
    ],
    ids=["same initiatives in another order", "not living", "another register", "another kind", "no record"],
)
def test_what_is_no_double(change):
    same = {"title": "Flow meters", "units": [7], "within": "procedure"}
    one = held(1, initiatives=["iso-14001", "cmom"], **same)
    other = {"key": 2, "initiatives": ["osha-vpp"]} | same
    assert found(one, held(**other)) == [(1, 2)]
    assert found(one, held(**other | change)) == []


def test_records_of_two_elements_are_not_compared():
    one, other = held(1, "Flow meters", ["cmom"], units=[7]), held(2, "Flow meters", ["iso-14001"], units=[7])
    assert doubles({"vision": [one], "policy-statements": [other]}) == []


def test_each_double_says_its_element():
    one, other = held(1, "Flow meters", ["cmom"], units=[7]), held(2, "Flow meters", ["iso-14001"], units=[7])
    third, fourth = held(3, "Odor", ["cmom"], units=[8]), held(4, "Odor", ["iso-14001"], units=[8])
    pairs = doubles({"vision": [one, other], "policy-statements": [third, fourth]})
    assert {(pair.element, pair.first.key, pair.second.key) for pair in pairs} == {
        ("vision", 1, 2),
        ("policy-statements", 3, 4),
    }


def test_a_unit_alone_brings_only_records_by_unit_together():
    one, other = held(1, "Grease the bearings", ["cmom"], units=[7]), held(2, "Vibration", ["iso-14001"], units=[7])
    assert found(one, other) == []
    assert found(one, other, by_unit={"documents"}) == [(1, 2)]


def test_controls_meet_on_a_unit_whatever_their_titles():
    one = held(1, "Grease the bearings", ["cmom"], units=[7], slug="controls")
    other = held(2, "Vibration", ["asset-management"], units=[7, 8], slug="controls")
    elsewhere = held(3, "Vibration", ["iso-14001"], units=[9], slug="controls")
    assert found(one, other, elsewhere, by_unit={"controls"}) == [(1, 2)]


def test_two_jobs_are_left_out():
    one, other = held(1, "Flow meters", ["cmom"], units=[7]), held(2, "Flow meters", ["iso-14001"], units=[7])
    assert found(one, other, apart={(1, 2)}) == []


def test_the_reason_in_words():
    one = held(1, "Calibration of flow meters", ["cmom"], "ES", [7, 8])
    other = held(2, "Calibrating flow meters", ["iso-14001"], "SE", [8, 7])
    (pair,) = doubles({"x": [one, other]})
    assert pair.why(UNITS) == (
        "same unit: Pump station 4 and Laboratory; titles share “calibration”, “flow” and “meters”"
    )
    assert pair.why({8: "Laboratory"}).startswith("same unit: a unit and Laboratory;")
    (pair,) = doubles({"x": [held(1, "Spill response", ["cmom"], "ES"), held(2, "Spills", ["iso-14001"], "SE")]})
    assert pair.why(UNITS) == "same area: E and S; titles share “spill”"
    same = {"same": ["Electrician", "Collection crew"]}
    (pair,) = doubles({"x": [held(1, "Spills", ["cmom"], **same), held(2, "Spills", ["osha-vpp"], **same)]})
    assert pair.why(UNITS) == "for the same people: Electrician and Collection crew; titles share “spills”"


def test_the_most_certain_comes_first():
    records = [
        held(1, "Spill response", ["cmom"], "E"),
        held(2, "Spill response", ["iso-14001"], "E"),  # 1 + 0.25
        held(3, "Flow meters", ["cmom"], "E", [7]),
        held(4, "Flow meters", ["iso-14001"], "E", [7]),  # 1 + 0.5 + 0.25
        held(5, "Odor masks", ["cmom"], "E", [8]),
        held(6, "Odor sampling", ["osha-vpp"], "E", [8]),  # 1/3 + 0.5 + 0.25
    ]
    pairs = doubles({"x": records})
    assert [(pair.first.key, pair.second.key, round(pair.certainty, 2)) for pair in pairs] == [
        (3, 4, 1.75),
        (1, 2, 1.25),
        (5, 6, 1.08),
    ]


def test_a_word_of_more_than_twenty_titles_brings_no_two_together():
    def many(n):
        return [held(key, "Sampling", ["cmom" if key % 2 else "iso-14001"], "E") for key in range(1, n + 1)]

    assert len(found(*many(20))) == 100
    assert found(*many(21)) == []


@pytest.mark.parametrize("by_unit", [(), ("documents",)], ids=["by words", "by unit"])
def test_five_thousand_records_take_three_seconds_at_most(by_unit):
    words = [f"word{n}" for n in range(900)]
    records = [
        held(
            key,
            " ".join(words[(key * step + step) % 900] for step in (1, 7, 31, 101)),
            [("cmom", "iso-14001", "osha-vpp")[key % 3]],
            "ES",
            [key % 400],
        )
        for key in range(1, 5001)
    ]
    begun = process_time()
    doubles({"document-control": records}, by_unit)
    assert process_time() - begun < 3  # of processor time on a busy machine

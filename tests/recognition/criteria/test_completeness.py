"""The rules of the criteria, code by code, at each threshold and on either side of it. No database."""

from dataclasses import replace
from datetime import date

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recognition.criteria.completeness import (
    CONTACT,
    FACILITY_TYPES,
    Answers,
    CategoryAnswer,
    CategoryRule,
    Criteria,
    check,
    met_of_required,
    needed,
    words_of,
)
from recognition.criteria.loading import DATA

TODAY = date(2026, 10, 1)
FILE = yaml.safe_load((DATA / "criteria-2010.yaml").read_text())


def labels(rows: list[dict]) -> dict[str, str]:
    return {row["slug"]: row["label"] for row in rows}


def rule(row: dict) -> CategoryRule:
    plain = {name: value for name, value in row.items() if name not in ("description", "found_by", "source")}
    return CategoryRule(**plain | {kind: labels(row[kind]) for kind in ("activities", "components")})


COUNTS = ["large_attributes", "small_attributes", "large_boxes", "small_boxes", "most_words", "most_photos"]
CRITERIA = Criteria(
    **{name: FILE["edition"][name] for name in COUNTS},
    thresholds={
        "wastewater": FILE["edition"]["large_wastewater_mgd"],
        "drinking_water": FILE["edition"]["large_drinking_water_population"],
        "stormwater": FILE["edition"]["large_stormwater_population"],
    },
    attributes={row["slug"]: row["name"] for row in FILE["attributes"]},
    categories={row["slug"]: rule(row) for row in FILE["categories"]},
)
ATTRIBUTES = list(CRITERIA.attributes)
COMPONENTS = ["partners", "characterize", "implement", "adaptive-management"]


def ticked(category: str, n: int) -> list[str]:
    return list(CRITERIA.categories[category].activities)[:n]


def narratives(n: int) -> dict[str, str]:
    """Narratives of the first ``n`` attributes."""
    return dict.fromkeys(ATTRIBUTES[:n], "what we do")


WATER = CategoryAnswer(activities=ticked("water-efficiency", 3), narrative="meters")
CLIMATE = CategoryAnswer(activities=ticked("climate-change", 1), narrative="drought")
WATERSHED = CategoryAnswer(components=COMPONENTS, narrative="the valley")
# A small drinking water system that lacks nothing and has nothing to spare.
WHOLE = Answers(
    facility_types=["drinking_water"],
    drinking_water_population=9_999,
    identifiers=["TX0123456"],
    contact=dict.fromkeys(CONTACT, "given"),
    attributes=narratives(4),
    categories={"water-efficiency": WATER, "climate-change": CLIMATE},
    photos=[("plant.jpg", "The plant")],
    certification={"name": "Mara Gerr", "title": "Manager", "date": "2026-09-30"},
)


def found(**changes) -> list[tuple[str, str]]:
    """Code and field of each deficiency of the whole entry with ``changes``."""
    return [(each.code, each.field) for each in check(replace(WHOLE, **changes), CRITERIA, TODAY).deficiencies]


def outcome(**changes):
    return check(replace(WHOLE, **changes), CRITERIA, TODAY)


def test_a_whole_entry_is_complete():
    result = outcome()
    assert (result.size, result.required_attributes, result.required_boxes) == ("small", 4, 2)
    assert (result.counted_attributes, result.counted_boxes, result.words) == (4, 2, 4 * 3 + 2)
    assert result.deficiencies == []
    assert result.complete
    assert result.notes == []


def test_an_empty_entry_names_all_that_is_missing():
    result = check(Answers(), CRITERIA, TODAY)
    assert (result.size, result.required_attributes, result.required_boxes) == (None, None, None)
    assert (result.counted_attributes, result.counted_boxes, result.words, result.notes) == (0, 0, 0, [])
    assert [(each.code, each.field) for each in result.deficiencies] == [
        ("facility-type-missing", "facility_types"),
        *[("contact-missing", f"contact.{name}") for name in CONTACT],
        *[("certification-missing", f"certification.{name}") for name in ("name", "title", "date")],
    ]


# --- Size

W, D, S, X = FACILITY_TYPES
SIZES = [
    # types, design flow, drinking water population, stormwater population → size
    ([W], 0.999, None, None, "small"),
    ([W], 1, None, None, "large"),
    ([W], 1.001, None, None, "large"),
    ([W], 0, None, None, "small"),
    ([D], None, 9_999, None, "small"),
    ([D], None, 10_000, None, "large"),
    ([D], None, 10_001, None, "large"),
    ([S], None, None, 99_999, "small"),
    ([S], None, None, 100_000, "large"),
    ([S], None, None, 100_001, "large"),
    ([X], None, None, None, "small"),
    ([X], 50, 50_000, 500_000, "small"),  # figures of what is not ticked
    ([D], 50, 9_999, 500_000, "small"),
    ([D, X], None, 9_999, None, "small"),
    ([D, X], None, 10_000, None, "large"),
    ([W, D, S], 0.9, 9_999, 99_999, "small"),
    ([W, D, S], 1, 9_999, 99_999, "large"),
    ([W, D, S], 0.9, 10_000, 99_999, "large"),
    ([W, D, S], 0.9, 9_999, 100_000, "large"),
    ([W, D], 1, None, None, "large"),  # one is enough; the other figure decides nothing
    ([W, D], None, 10_000, None, "large"),
    ([W, D], 0.9, None, None, None),
    ([W], None, None, None, None),
    ([D, X], None, None, None, None),
    ([D, D], None, 9_999, None, "small"),
    ([], 50, 50_000, 500_000, None),
]


@pytest.mark.parametrize(("types", "flow", "drinking", "storm", "size"), SIZES)
def test_size(types, flow, drinking, storm, size):
    result = outcome(
        facility_types=types,
        wastewater_mgd=flow,
        drinking_water_population=drinking,
        stormwater_population=storm,
        attributes={},
        categories={},
    )
    required = {"large": (6, 3), "small": (4, 2), None: (None, None)}[size]
    assert (result.size, result.required_attributes, result.required_boxes) == (size, *required)
    codes = [each.code for each in result.deficiencies]
    assert ("attributes-too-few" in codes) == ("boxes-too-few" in codes) == (size is not None)


def test_each_figure_that_the_size_waits_for_is_named():
    changes = {"facility_types": [W, D, S, X], "drinking_water_population": None, "stormwater_population": 5}
    assert found(**changes) == [
        ("size-undetermined", "wastewater_mgd"),
        ("size-undetermined", "drinking_water_population"),
    ]
    assert found(facility_types=[W, D], wastewater_mgd=1, drinking_water_population=None) == [
        ("attributes-too-few", "attributes"),
        ("boxes-too-few", "categories"),
    ]


# --- Identifiers, contact

IDENTIFIERS = [
    ([D], [], [("identifier-missing", "identifiers")]),
    ([W], ["", "  "], [("identifier-missing", "identifiers")]),
    ([S], [], []),
    ([X], [], []),
    ([S, X], [""], []),
    ([S, D], [], [("identifier-missing", "identifiers")]),
    ([W, D], ["TX0123456"], []),
    ([D], [" tx0123456\n"], []),
    ([D], ["TX0123456", "TX0123456"], []),
    ([D], ["100000123"], []),
    ([D], ["TX012345"], [("identifier-invalid", "identifiers.0")]),
    ([D], ["TX01234567"], [("identifier-invalid", "identifiers.0")]),
    ([D], ["TX-123456"], [("identifier-invalid", "identifiers.0")]),
    ([D], ["TX 123456"], [("identifier-invalid", "identifiers.0")]),
    ([D], ["TX012345٦"], [("identifier-invalid", "identifiers.0")]),
    (
        [D],
        ["", "TX0123456", "x", "y"],
        [("identifier-invalid", "identifiers.2"), ("identifier-invalid", "identifiers.3")],
    ),
    ([S], ["x"], [("identifier-invalid", "identifiers.0")]),  # none is needed, but a wrong one is wrong
]


@pytest.mark.parametrize(("types", "given", "expected"), IDENTIFIERS)
def test_identifiers(types, given, expected):
    figures = {"wastewater_mgd": 0.1, "stormwater_population": 1}
    assert found(facility_types=types, identifiers=given, **figures) == expected


@pytest.mark.parametrize("name", ["organization", "city", "state", "manager", "address", "zip", "phone", "email"])
@pytest.mark.parametrize("value", [None, "", " \n"])
def test_every_part_of_the_contact_is_needed(name, value):
    contact = {key: given for key, given in WHOLE.contact.items() if key != name}
    if value is not None:
        contact[name] = value
    assert found(contact=contact) == [("contact-missing", f"contact.{name}")]


# --- Attributes

LARGE = {
    "drinking_water_population": 10_000,
    "categories": {"water-efficiency": WATER, "watershed-protection": WATERSHED},
}


@pytest.mark.parametrize(
    ("n", "changes", "missing", "noted"),
    [
        (3, {}, True, False),
        (4, {}, False, False),
        (5, {}, False, True),
        (5, LARGE, True, False),
        (6, LARGE, False, False),
        (10, LARGE, False, True),
    ],
)
def test_how_many_attributes(n, changes, missing, noted):
    result = outcome(attributes=narratives(n), **changes)
    assert result.counted_attributes == n
    assert [each.code for each in result.deficiencies] == ["attributes-too-few"] * missing
    assert len(result.notes) == noted
    assert all(str(n) in note for note in result.notes)


def test_a_blank_narrative_is_missing_and_does_not_count():
    assert found(attributes=narratives(4) | {ATTRIBUTES[4]: " \n\t"}) == [
        ("narrative-missing", f"attributes.{ATTRIBUTES[4]}")
    ]
    assert found(attributes=narratives(3) | {ATTRIBUTES[3]: ""}) == [
        ("narrative-missing", f"attributes.{ATTRIBUTES[3]}"),
        ("attributes-too-few", "attributes"),
    ]


# --- Resource categories


def of(category: str, n: int, **more) -> CategoryAnswer:
    return CategoryAnswer(activities=ticked(category, n), narrative="told", **more)


@pytest.mark.parametrize(
    ("met", "size", "words"),
    [
        (["attributes.product-quality", "attributes.financial-viability", "categories.pretreatment"], "small",
         "2 of the 4 required attributes met, 1 of 2 boxes"),
        (["categories.watershed-protection"], "large", "0 of the 6 required attributes met, 2 of 3 boxes"),
        (["attributes.product-quality", "attributes.unknown"], "", "Attributes met: 1, boxes: 0"),
    ],
)  # fmt: skip
def test_how_much_of_what_is_required_is_met(met, size, words):
    assert met_of_required(met, size, CRITERIA) == words


FEW, NOT_ALL = "activities-too-few", "watershed-component-missing"
NO_PROGRAM, THRESHOLD = "program-not-approved", "energy-threshold-not-met"
RULES = [
    ("water-efficiency", of("water-efficiency", 2), [FEW]),
    ("water-efficiency", of("water-efficiency", 3), []),
    ("water-efficiency", of("water-efficiency", 9), []),
    ("water-efficiency", CategoryAnswer(activities=["metering"] * 3, narrative="thrice"), [FEW]),
    ("pretreatment", of("pretreatment", 2, approved_program=True), []),
    ("pretreatment", of("pretreatment", 1, approved_program=True), [FEW]),
    ("pretreatment", of("pretreatment", 3), [NO_PROGRAM]),
    ("pretreatment", of("pretreatment", 0), [NO_PROGRAM, FEW]),
    ("decentralized-systems", of("decentralized-systems", 5), [FEW]),
    ("decentralized-systems", of("decentralized-systems", 6), []),
    ("biosolids", of("biosolids", 1), [FEW]),
    ("biosolids", of("biosolids", 2), []),
    ("biosolids", of("biosolids", 0, certified_ems=True), []),
    ("biosolids", of("biosolids", 1, approved_program=True), [FEW]),  # another category's tick
    ("climate-change", of("climate-change", 0), []),  # its activities are examples
    ("climate-change", of("climate-change", 1), []),
    ("energy-management", of("energy-management", 0, audit=True, reduction_percent=19.99), [THRESHOLD]),
    ("energy-management", of("energy-management", 0, audit=True, reduction_percent=20), []),
    ("energy-management", of("energy-management", 0, audit=True, sustainable_percent=49.99), [THRESHOLD]),
    ("energy-management", of("energy-management", 0, audit=True, sustainable_percent=50), []),
    (
        "energy-management",
        of("energy-management", 0, audit=True, reduction_percent=0, sustainable_percent=0),
        [THRESHOLD],
    ),
    ("energy-management", of("energy-management", 0, audit=True), [THRESHOLD]),
    ("energy-management", of("energy-management", 0, reduction_percent=20, sustainable_percent=50), [THRESHOLD]),
    ("energy-management", of("energy-management", 0), [THRESHOLD, THRESHOLD]),
    ("watershed-protection", WATERSHED, []),
    ("watershed-protection", CategoryAnswer(components=COMPONENTS + COMPONENTS, narrative="x"), []),
    (
        "watershed-protection",
        CategoryAnswer(components=["partners"] * 4, narrative="x"),
        [NOT_ALL],
    ),
    *[
        (
            "watershed-protection",
            CategoryAnswer(components=[each for each in COMPONENTS if each != left_out], narrative="x"),
            [NOT_ALL],
        )
        for left_out in COMPONENTS
    ],
]
FIELDS = {FEW: ["activities"], NO_PROGRAM: ["approved_program"], NOT_ALL: ["components"]}


@pytest.mark.parametrize(("category", "answer", "codes"), RULES)
def test_the_rule_of_each_category(category, answer, codes):
    """One whose own rule fails is no box."""
    boxes = (2 if category == "watershed-protection" else 1) if not codes else 0
    result = outcome(facility_types=[X], categories={category: answer})
    assert result.counted_boxes == boxes
    own = [each for each in result.deficiencies if each.field.startswith(f"categories.{category}.")]
    assert [each.code for each in own] == codes
    assert len({each.field for each in own}) == len(own)
    assert [each.code for each in result.deficiencies if each not in own] == ["boxes-too-few"] * (boxes < 2)
    for each in own:
        assert each.field.rpartition(".")[2] in FIELDS.get(each.code, ["audit", "reduction_percent"])


@pytest.mark.parametrize(
    ("saved", "made", "answer", "lacks"),
    [
        (1, 1, {}, True),  # nothing entered is nothing reached, also where 1% is asked
        (1, 50, {"sustainable_percent": 49}, True),
        (50, 1, {"reduction_percent": 49}, True),
        (None, 50, {}, False),  # an edition that asks for no saving
        (50, None, {}, False),
    ],
)
def test_the_shares_of_energy_are_what_the_edition_asks_for(saved, made, answer, lacks):
    name = "energy-management"
    asked = replace(CRITERIA.categories[name], least_reduction_percent=saved, least_sustainable_percent=made)
    criteria = replace(CRITERIA, categories=CRITERIA.categories | {name: asked})
    entry = replace(WHOLE, categories={name: of(name, 0, audit=True, **answer)})
    found = [each.code for each in check(entry, criteria, TODAY).deficiencies]
    assert (THRESHOLD in found) is lacks


@pytest.mark.parametrize("category", CRITERIA.categories)
def test_a_category_without_a_narrative_is_no_box(category):
    rule = CRITERIA.categories[category]
    answer = CategoryAnswer(
        activities=list(rule.activities),
        components=list(rule.components),
        narrative=" \n",
        approved_program=True,
        certified_ems=True,
        audit=True,
        reduction_percent=100,
    )
    result = outcome(categories=WHOLE.categories | {category: answer})
    assert ("narrative-missing", f"categories.{category}.narrative") in [(d.code, d.field) for d in result.deficiencies]
    assert result.counted_boxes == 2 - (category in WHOLE.categories)


SMALL, BIG = {}, {"drinking_water_population": 10_000, "attributes": narratives(6)}


@pytest.mark.parametrize(
    ("size", "categories", "counted", "complete"),
    [
        (SMALL, {"climate-change": CLIMATE}, 1, False),
        (SMALL, {"watershed-protection": WATERSHED}, 2, True),  # two boxes in one
        (BIG, {"climate-change": CLIMATE, "water-efficiency": WATER}, 2, False),
        (BIG, {"climate-change": CLIMATE, "watershed-protection": WATERSHED}, 3, True),
        (BIG, {"watershed-protection": WATERSHED}, 2, False),
        (BIG, {"climate-change": CLIMATE, "watershed-protection": WATERSHED, "water-efficiency": WATER}, 4, True),
    ],
)
def test_how_many_boxes(size, categories, counted, complete):
    result = outcome(categories=categories, **size)
    assert (result.counted_boxes, result.complete) == (counted, complete)
    assert [(d.code, d.field) for d in result.deficiencies] == [("boxes-too-few", "categories")] * (not complete)


# --- Words


@pytest.mark.parametrize(("n", "too_long"), [(4_999, False), (5_000, False), (5_001, True)])
def test_all_narratives_together_have_at_most_5000_words(n, too_long):
    attributes = narratives(4) | {ATTRIBUTES[0]: "word " * (n - 3 * 3 - 2)}
    result = outcome(attributes=attributes)
    assert result.words == n
    assert [(d.code, d.field) for d in result.deficiencies] == [("narrative-too-long", "narratives")] * too_long


def test_a_word_is_what_stands_between_white_space():
    text = "  One-two\tthree,four\n\n– five\u00a0six\u2003seven "
    assert outcome(attributes=narratives(3) | {ATTRIBUTES[3]: text}).words == 3 * 3 + 2 + 6


def test_only_narratives_count_as_words():
    other = {"photos": [("a.jpg", "Five words of a caption")], "contact": dict.fromkeys(CONTACT, "two words")}
    assert outcome(**other).words == outcome().words


# --- Photos

PHOTO = ("a.jpg", "The plant")
PHOTOS = [
    ([], []),
    ([PHOTO] * 3, []),
    ([PHOTO] * 4, [("photos-too-many", "photos")]),
    ([("A.JPG", "x"), ("b.Jpeg", "x"), (" c.jpg ", "x")], []),
    ([("a.png", "x")], [("photo-not-jpeg", "photos.0.filename")]),
    ([("a.jpg.exe", "x")], [("photo-not-jpeg", "photos.0.filename")]),
    ([("jpg", "x")], [("photo-not-jpeg", "photos.0.filename")]),
    ([("", "")], [("photo-not-jpeg", "photos.0.filename"), ("photo-caption-missing", "photos.0.caption")]),
    ([PHOTO, ("b.jpg", " \n")], [("photo-caption-missing", "photos.1.caption")]),
]


@pytest.mark.parametrize(("photos", "expected"), PHOTOS)
def test_photos(photos, expected):
    assert found(photos=photos) == expected


# --- Certification

MISSING, INVALID = "certification-missing", "certification-date-invalid"
DATES = [
    ("2026-10-01", []),  # today
    (" 2026-09-30 ", []),
    ("2026-10-02", [INVALID]),  # tomorrow
    ("9999-12-31", [INVALID]),
    ("2026-02-29", [INVALID]),
    ("2024-02-29", []),
    ("2026-13-01", [INVALID]),
    ("09/30/2026", [INVALID]),
    ("20260930", [INVALID]),
    ("2026-W39-3", [INVALID]),
    ("2026-9-30", [INVALID]),
    ("2026-09-30T10:00", [INVALID]),
    ("٢٠٢٦-٠٩-٣٠", [INVALID]),
    ("yesterday", [INVALID]),
    ("0000-00-00", [INVALID]),
    ("", [MISSING]),
    ("  ", [MISSING]),
]


@pytest.mark.parametrize(("day", "codes"), DATES)
def test_the_date_of_the_certification(day, codes):
    certification = dict(WHOLE.certification) | {"date": day}
    assert found(certification=certification) == [(code, "certification.date") for code in codes]


@pytest.mark.parametrize("name", ["name", "title", "date"])
def test_who_certifies_it_is_needed(name):
    certification = {key: value for key, value in WHOLE.certification.items() if key != name}
    assert found(certification=certification) == [(MISSING, f"certification.{name}")]


# --- What the edition does not have, or no longer


def test_what_is_not_in_the_edition_neither_counts_nor_is_asked_about():
    strange = {"excellence": "many words of it"}
    result = outcome(attributes=narratives(3) | strange, categories={"beauty": CategoryAnswer(narrative="words")})
    assert (result.counted_attributes, result.counted_boxes, result.words) == (3, 0, 9)
    assert [d.code for d in result.deficiencies] == ["attributes-too-few", "boxes-too-few"]
    invented = CategoryAnswer(activities=["a", "b", "c"], narrative="x")
    assert FEW in [code for code, _ in found(categories={"water-efficiency": invented})]


# --- For any entry

# A busy machine is no fault.
examples = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.text(max_size=30) | st.sampled_from(["", " ", "a few words", "2026-09-30", "a.jpg", "TX0123456"])
figures = st.none() | st.floats(min_value=0, allow_nan=False) | st.sampled_from([0.99, 1.0, 19.9, 20.0, 50.0])
people = st.none() | st.integers(min_value=0) | st.sampled_from([9_999, 10_000, 99_999, 100_000])


def slugs(known) -> st.SearchStrategy:
    return st.sampled_from([*known, "unknown"])


answers = st.builds(
    CategoryAnswer,
    activities=st.lists(slugs([slug for each in CRITERIA.categories.values() for slug in each.activities])),
    components=st.lists(slugs(COMPONENTS)),
    narrative=texts,
    approved_program=st.booleans(),
    certified_ems=st.booleans(),
    audit=st.booleans(),
    reduction_percent=figures,
    sustainable_percent=figures,
)
entries = st.builds(
    Answers,
    facility_types=st.lists(st.sampled_from(FACILITY_TYPES)),
    wastewater_mgd=figures,
    drinking_water_population=people,
    stormwater_population=people,
    identifiers=st.lists(texts, max_size=4),
    contact=st.dictionaries(st.sampled_from([*CONTACT, "fax"]), texts),
    attributes=st.dictionaries(slugs(ATTRIBUTES), texts),
    categories=st.dictionaries(slugs(CRITERIA.categories), answers),
    photos=st.lists(st.tuples(texts, texts), max_size=5),
    certification=st.dictionaries(st.sampled_from(["name", "title", "date"]), texts),
)


@examples
@given(entries)
def test_whatever_is_entered_is_judged(entry):
    result = check(entry, CRITERIA, TODAY)
    places = [(each.code, each.field) for each in result.deficiencies]
    assert len(set(places)) == len(places), "one deficiency of a code for each field"
    assert all(each.message for each in result.deficiencies)
    assert result.complete == (not places)
    assert (result.size is None) == (result.required_attributes is None) == (result.required_boxes is None)
    codes = {each.code for each in result.deficiencies}
    if result.size is None:
        assert codes & {"facility-type-missing", "size-undetermined"}
        assert not codes & {"attributes-too-few", "boxes-too-few"}
    else:
        assert ("attributes-too-few" in codes) == (result.counted_attributes < result.required_attributes)
        assert ("boxes-too-few" in codes) == (result.counted_boxes < result.required_boxes)


@examples
@given(entries)
def test_words_are_the_sum_over_all_narratives(entry):
    narratives = [text for slug, text in entry.attributes.items() if slug in CRITERIA.attributes]
    narratives += [answer.narrative for slug, answer in entry.categories.items() if slug in CRITERIA.categories]
    assert check(entry, CRITERIA, TODAY).words == sum(len(text.split()) for text in narratives)
    assert words_of(entry) >= sum(len(text.split()) for text in narratives)


@examples
@given(entries, st.sampled_from(ATTRIBUTES), texts)
def test_one_more_attribute_never_counts_as_less(entry, slug, text):
    before = {key: value for key, value in entry.attributes.items() if key != slug}
    fewer = check(replace(entry, attributes=before), CRITERIA, TODAY)
    more = check(replace(entry, attributes=before | {slug: text}), CRITERIA, TODAY)
    assert more.counted_attributes - fewer.counted_attributes == bool(text.strip())
    assert more.counted_boxes == fewer.counted_boxes


@examples
@given(entries, st.sampled_from(sorted(CRITERIA.categories)))
def test_a_category_counts_exactly_where_its_rule_is_met(entry, slug):
    without = {key: value for key, value in entry.categories.items() if key != slug}
    answer = entry.categories.get(slug, CategoryAnswer())
    before = check(replace(entry, categories=without), CRITERIA, TODAY)
    after = check(replace(entry, categories=without | {slug: answer}), CRITERIA, TODAY)
    faulty = any(each.field.startswith(f"categories.{slug}.") for each in after.deficiencies)
    assert after.counted_boxes - before.counted_boxes == (0 if faulty else CRITERIA.categories[slug].boxes)


def test_what_a_category_takes_is_said_in_words():
    least = replace(next(iter(CRITERIA.categories.values())), rule="least", minimum=2)
    n = len(least.activities)
    assert needed(least) == f"At least 2 of {n}."
    assert needed(replace(least, rule="certified")) == f"At least 2 of {n}, unless the management system is certified."
    assert needed(replace(least, minimum=0)) == (
        "These are examples. Another action counts too, if the narrative describes it."
    )
    four = replace(least, rule="components", components=dict.fromkeys("abcd", "What is needed"))
    assert needed(four) == "All 4 are needed, and the narrative must address each."
    energy = replace(least, rule="energy", least_reduction_percent=12.5, least_sustainable_percent=None)
    assert needed(energy) == "An energy audit, and at least 12.5% less energy use or 0% from sustainable power."
    other = replace(energy, least_reduction_percent=None, least_sustainable_percent=20)
    assert needed(other) == "An energy audit, and at least 0% less energy use or 20% from sustainable power."

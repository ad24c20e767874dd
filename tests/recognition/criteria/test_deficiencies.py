"""The words in which an applicant reads each deficiency: what is wrong and what to do. No database."""

from dataclasses import replace

import pytest

from recognition.criteria.completeness import Answers, CategoryAnswer, check
from tests.recognition.criteria.test_completeness import CRITERIA, TODAY, WATER, WHOLE, told

ENTRIES = [
    ({"facility_types": []}, "facility-type-missing", "facility_types", "Tick at least one type of facility."),
    (
        {"facility_types": ["wastewater"]},
        "size-undetermined",
        "wastewater_mgd",
        "Give the design flow of the wastewater system: the size depends on it.",
    ),
    (
        {"drinking_water_population": None},
        "size-undetermined",
        "drinking_water_population",
        "Give the population that the drinking water system is designed to serve: the size depends on it.",
    ),
    (
        {"facility_types": ["stormwater"]},
        "size-undetermined",
        "stormwater_population",
        "Give the population that the stormwater system serves: the size depends on it.",
    ),
    (
        {"identifiers": [" "]},
        "identifier-missing",
        "identifiers",
        "Name an NPDES permit or a public water system identifier.",
    ),
    (
        {"identifiers": ["TX0123456", " tx-1 "]},
        "identifier-invalid",
        "identifiers.1",
        "“TX-1” is neither a permit number nor a water system identifier: both have nine characters.",
    ),
    (
        {"attributes": told(4) | {"stakeholder-support": " "}},
        "narrative-missing",
        "attributes.stakeholder-support",
        "Write its narrative, or leave it out.",
    ),
    (
        {"attributes": told(3)},
        "attributes-too-few",
        "attributes",
        "3 of the 4 attributes that are asked for have a narrative.",
    ),
    (
        {"categories": {"water-efficiency": WATER}},
        "boxes-too-few",
        "categories",
        "1 of the 2 boxes that are asked for are filled. A category counts once its rule is met.",
    ),
    (
        {"attributes": told(4) | {"product-quality": "word " * 5_000}},
        "narrative-too-long",
        "narratives",
        "5,011 words in all narratives together; at most 5,000 are read. Shorten them.",
    ),
    ({"photos": [("a.jpg", "A")] * 4}, "photos-too-many", "photos", "Keep at most 3 photos."),
    ({"photos": [("a.png", "A")]}, "photo-not-jpeg", "photos.0.filename", "A photo is a JPEG file (.jpg)."),
    ({"photos": [("a.jpg", " ")]}, "photo-caption-missing", "photos.0.caption", "Say what the photo shows."),
    (
        {"certification": WHOLE.certification | {"date": "2026-10-02"}},
        "certification-date-invalid",
        "certification.date",
        "The date is yet to come.",
    ),
    (
        {"certification": WHOLE.certification | {"date": "2026-02-30"}},
        "certification-date-invalid",
        "certification.date",
        "The date is not a day of the calendar (year-month-day).",
    ),
]


def words(entry: Answers) -> list[tuple[str, str, str]]:
    return [(each.code, each.field, each.message) for each in check(entry, CRITERIA, TODAY).deficiencies]


@pytest.mark.parametrize(("changes", "code", "field", "message"), ENTRIES)
def test_an_entry_that_lacks_one_thing(changes, code, field, message):
    assert words(replace(WHOLE, **changes)) == [(code, field, message)]


CATEGORIES = [
    (
        "water-efficiency",
        CategoryAnswer(narrative="told"),
        "activities-too-few",
        "activities",
        "Water efficiency needs at least 3 of its 9 activities.",
    ),
    (
        "biosolids",
        CategoryAnswer(narrative="told"),
        "activities-too-few",
        "activities",
        "Biosolids, septage and residuals needs at least 2 of its 4 activities, or a certified management system.",
    ),
    (
        "pretreatment",
        CategoryAnswer(narrative="told", activities=list(CRITERIA.categories["pretreatment"].activities)),
        "program-not-approved",
        "approved_program",
        "Pretreatment counts only with an approved program.",
    ),
    (
        "watershed-protection",
        CategoryAnswer(narrative="told", components=["characterize", "implement"]),
        "watershed-component-missing",
        "components",
        "All 4 components are needed. Missing: Work with local or regional partners; Learn from results and adapt.",
    ),
    (
        "energy-management",
        CategoryAnswer(narrative="told", reduction_percent=20),
        "energy-threshold-not-met",
        "audit",
        "An energy audit is needed.",
    ),
    (
        "energy-management",
        CategoryAnswer(narrative="told", audit=True, reduction_percent=19),
        "energy-threshold-not-met",
        "reduction_percent",
        "Needed: 20 % less energy, or 50 % of it from sustainable power.",
    ),
    (
        "energy-management",
        CategoryAnswer(narrative=" ", audit=True, sustainable_percent=50),
        "narrative-missing",
        "narrative",
        "Write the narrative of energy management.",
    ),
]


@pytest.mark.parametrize(("slug", "answer", "code", "field", "message"), CATEGORIES)
def test_a_category_that_lacks_one_thing(slug, answer, code, field, message):
    """Besides two that count."""
    entry = replace(WHOLE, categories=WHOLE.categories | {slug: answer})
    found = words(entry)
    also = [("boxes-too-few", "categories")] if slug == "water-efficiency" else []
    assert (code, f"categories.{slug}.{field}", message) in found
    assert [each[:2] for each in found if each[1] == "categories"] == also
    assert len(found) == 1 + len(also)


def test_the_contact_and_the_certification():
    assert words(replace(WHOLE, contact={}, certification={})) == [
        ("contact-missing", "contact.organization", "Give the organization's name."),
        ("contact-missing", "contact.city", "Give its city."),
        ("contact-missing", "contact.state", "Give its state."),
        ("contact-missing", "contact.manager", "Give the facility manager's name."),
        ("contact-missing", "contact.address", "Give the mailing address."),
        ("contact-missing", "contact.zip", "Give the ZIP code."),
        ("contact-missing", "contact.phone", "Give a phone number."),
        ("contact-missing", "contact.email", "Give an e-mail address."),
        ("certification-missing", "certification.name", "Give who certifies it."),
        ("certification-missing", "certification.title", "Give that person's title."),
        ("certification-missing", "certification.date", "Give the date."),
    ]


def test_more_attributes_than_are_asked_for_are_noted():
    assert check(replace(WHOLE, attributes=told(6)), CRITERIA, TODAY).notes == [
        "6 attributes have a narrative; 4 are asked for, and the rest need not be there."
    ]

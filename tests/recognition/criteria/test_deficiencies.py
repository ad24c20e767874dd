"""The words in which an applicant reads each deficiency: what is wrong and what to do. No database."""

from dataclasses import replace

import pytest

from recognition.criteria.completeness import Answers, CategoryAnswer, check
from tests.recognition.criteria.test_completeness import CRITERIA, TODAY, WATER, WHOLE, narratives

ENTRIES = [
    ({"facility_types": []}, "facility-type-missing", "facility_types", "Check at least one type of facility."),
    (
        {"facility_types": ["wastewater"]},
        "size-undetermined",
        "wastewater_mgd",
        "Enter the design flow of the wastewater system, which determines the size.",
    ),
    (
        {"drinking_water_population": None},
        "size-undetermined",
        "drinking_water_population",
        "Enter the population that the drinking water system is designed to serve, which determines the size.",
    ),
    (
        {"facility_types": ["stormwater"]},
        "size-undetermined",
        "stormwater_population",
        "Enter the population that the stormwater system serves, which determines the size.",
    ),
    (
        {"identifiers": [" "]},
        "identifier-missing",
        "identifiers",
        "Enter an NPDES permit number or a public water system ID (PWSID).",
    ),
    (
        {"identifiers": ["TX0123456", " tx-1 "]},
        "identifier-invalid",
        "identifiers.1",
        "“TX-1” is not a valid permit number or public water system ID. Both have nine characters.",
    ),
    (
        {"attributes": narratives(4) | {"stakeholder-support": " "}},
        "narrative-missing",
        "attributes.stakeholder-support",
        "Write its narrative or uncheck it.",
    ),
    (
        {"attributes": narratives(3)},
        "attributes-too-few",
        "attributes",
        "3 of the 4 required attributes have a narrative.",
    ),
    (
        {"categories": {"water-efficiency": WATER}},
        "boxes-too-few",
        "categories",
        "1 of the 2 required boxes are filled. A category counts once its rule is met.",
    ),
    (
        {"attributes": narratives(4) | {"product-quality": "word " * 5_000}},
        "narrative-too-long",
        "narratives",
        "5,011 words in all narratives; the limit is 5,000. Shorten them.",
    ),
    ({"photos": [("a.jpg", "A")] * 4}, "photos-too-many", "photos", "Include at most 3 photos."),
    ({"photos": [("a.png", "A")]}, "photo-not-jpeg", "photos.0.filename", "Photos must be JPEG files (.jpg)."),
    ({"photos": [("a.jpg", " ")]}, "photo-caption-missing", "photos.0.caption", "Enter a caption for the photo."),
    (
        {"certification": WHOLE.certification | {"date": "2026-10-02"}},
        "certification-date-invalid",
        "certification.date",
        "The date is in the future.",
    ),
    (
        {"certification": WHOLE.certification | {"date": "2026-02-30"}},
        "certification-date-invalid",
        "certification.date",
        "The date is not valid (year-month-day).",
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
        "An energy audit is required.",
    ),
    (
        "energy-management",
        CategoryAnswer(narrative="told", audit=True, reduction_percent=19),
        "energy-threshold-not-met",
        "reduction_percent",
        "Required: at least 20% less energy use or 50% of energy from sustainable power.",
    ),
    (
        "energy-management",
        CategoryAnswer(narrative=" ", audit=True, sustainable_percent=50),
        "narrative-missing",
        "narrative",
        "Write the narrative for energy management.",
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
        ("contact-missing", "contact.organization", "Enter the organization's name."),
        ("contact-missing", "contact.city", "Enter the organization's city."),
        ("contact-missing", "contact.state", "Enter the organization's state."),
        ("contact-missing", "contact.manager", "Enter the facility manager's name."),
        ("contact-missing", "contact.title", "Enter the facility manager's title."),
        ("contact-missing", "contact.address", "Enter the mailing address."),
        ("contact-missing", "contact.zip", "Enter the ZIP code."),
        ("contact-missing", "contact.phone", "Enter a phone number."),
        ("contact-missing", "contact.email", "Enter an email address."),
        ("certification-missing", "certification.name", "Enter the certifier's name."),
        ("certification-missing", "certification.title", "Enter the certifier's title."),
        ("certification-missing", "certification.date", "Enter the certification date."),
    ]


def test_more_attributes_than_are_asked_for_are_noted():
    assert check(replace(WHOLE, attributes=narratives(6)), CRITERIA, TODAY).notes == [
        "6 attributes have a narrative; only 4 are required."
    ]

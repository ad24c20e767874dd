"""The criteria and letters as they are loaded, typed from the application form of 2010 a second time."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from post_office.models import EmailTemplate

from letters.wordings import filled
from pdca.models import Element
from recognition.criteria.completeness import FACILITY_TYPES
from recognition.letters import ABOUT_A_CYCLE, TO_A_REVIEWER
from recognition.models import Attribute, CapacityElement, Category, Edition, Option

pytestmark = pytest.mark.django_db

ATTRIBUTES = [
    "product-quality",
    "customer-satisfaction",
    "employee-leadership-development",
    "operational-optimization",
    "financial-viability",
    "infrastructure-stability",
    "operational-resiliency",
    "community-sustainability",
    "water-resource-adequacy",
    "stakeholder-support",
]
# slug → boxes, rule, minimum, activities, components
CATEGORIES = {
    "water-efficiency": (1, "activities", 3, 9, 0),
    "pretreatment": (1, "program", 2, 3, 0),
    "decentralized-systems": (1, "activities", 6, 10, 0),
    "biosolids": (1, "certified", 2, 4, 0),
    "energy-management": (1, "energy", 0, 0, 0),
    "climate-change": (1, "activities", 0, 6, 0),
    "watershed-protection": (2, "components", 4, 0, 4),
}


def test_the_edition_of_2010(catalog):
    edition = Edition.objects.get()
    assert edition.slug == "2010"
    assert (edition.large_attributes, edition.small_attributes) == (6, 4)
    assert (edition.large_boxes, edition.small_boxes) == (3, 2)
    assert (edition.most_words, edition.most_photos) == (5000, 3)
    criteria = edition.criteria
    assert criteria.thresholds == {"wastewater": 1, "drinking_water": 10_000, "stormwater": 100_000}
    assert {*criteria.thresholds, "decentralized"} == set(FACILITY_TYPES)
    energy = criteria.categories["energy-management"]
    assert (energy.least_reduction_percent, energy.least_sustainable_percent) == (20, 50)


def test_the_ten_attributes_under_their_fixed_slugs(catalog):
    assert list(Edition.objects.get().criteria.attributes) == ATTRIBUTES
    assert list(Attribute.objects.values_list("order", flat=True)) == list(range(1, 11))


def test_the_seven_categories_under_their_fixed_slugs(catalog):
    rules = Edition.objects.get().criteria.categories
    shape = {
        slug: (rule.boxes, rule.rule, rule.minimum, len(rule.activities), len(rule.components))
        for slug, rule in rules.items()
    }
    assert list(shape.items()) == list(CATEGORIES.items())
    components = rules["watershed-protection"].components
    assert list(components) == ["partners", "characterize", "implement", "adaptive-management"]


def test_the_rules_as_values_are_three_queries_and_none_where_they_were_brought(catalog, django_assert_num_queries):
    edition = Edition.objects.get()
    with django_assert_num_queries(3):
        assert edition.criteria.categories
    whole = Edition.objects.whole().get()
    with django_assert_num_queries(0):
        assert whole.criteria == edition.criteria


def test_every_element_of_the_guide_can_start_a_narrative(catalog):
    mapped = set(Attribute.objects.values_list("elements", flat=True))
    assert mapped == set(Element.objects.values_list("pk", flat=True))
    assert len(mapped) == 18
    assert not Attribute.objects.filter(elements=None).exists()


def test_every_capacity_element_leads_to_an_attribute(catalog):
    kinds = CapacityElement.objects.values_list("kind", flat=True)
    assert sorted(kinds) == sorted(["technical", "managerial", "financial"] * 3)
    assert not CapacityElement.objects.filter(attributes=None).exists()
    assert not Attribute.objects.filter(capacity=None).exists()


def test_everything_says_what_it_is_and_where_it_comes_from(catalog):
    for model in (Attribute, Category):
        assert all(
            row.name and row.description.strip() and row.source.startswith("ICR 2010") for row in model.objects.all()
        )
    assert all(option.label.strip() for option in Option.objects.all())
    labels = list(Option.objects.values_list("label", flat=True))
    assert len(set(labels)) == len(labels) == 36


# --- Loading again


def load() -> str:
    said = StringIO()
    call_command("load_catalog", stdout=said)
    return said.getvalue()


def test_loading_again_changes_nothing(catalog):
    said = load().splitlines()
    counts = {line.partition(":")[0]: line.partition(": ")[2] for line in said}
    for what, n in [
        ("criteria", 1),
        ("attributes", 10),
        ("categories", 7),
        ("activities", 36),
        ("capacity elements", 9),
    ]:
        assert counts[what] == f"0 created, 0 updated, {n} unchanged, 0 edits kept"
    assert counts["email templates"] == "0 created"


def test_what_an_administrator_changed_stays(catalog):
    Option.objects.filter(slug="metering").update(label="We meter everything")
    Attribute.objects.filter(slug="product-quality").update(name="Quality")
    Attribute.objects.get(slug="customer-satisfaction").elements.set([Element.objects.get(slug="vision")])
    Category.objects.filter(slug="climate-change").update(minimum=2)
    Edition.objects.update(most_words=6000)
    EmailTemplate.objects.filter(name="recognized").update(subject="Hooray", content="Well done, {{ utility }}.")
    EmailTemplate.objects.filter(name="not-recognized").delete()
    Option.objects.filter(slug="reuse").delete()

    said = load()

    criteria = Edition.objects.get().criteria
    assert criteria.categories["water-efficiency"].activities["metering"] == "We meter everything"
    assert criteria.attributes["product-quality"] == "Quality"
    assert [each.slug for each in Attribute.objects.get(slug="customer-satisfaction").elements.all()] == ["vision"]
    assert (criteria.categories["climate-change"].minimum, criteria.most_words) == (2, 6000)
    assert EmailTemplate.objects.get(name="recognized").subject == "Hooray"
    assert EmailTemplate.objects.filter(name="not-recognized").exists(), "what was deleted comes back"
    assert "reuse" in criteria.categories["water-efficiency"].activities
    kept = re.findall(r"kept as edited: (.+)", said)
    assert set(kept) == {
        "metering: label",
        "product-quality: name",
        "customer-satisfaction: elements",
        "climate-change: minimum",
        "2010: most_words",
    }


# --- Letters

# What the program gives each letter besides what every letter gets.
GIVEN = {
    "application-submitted": {"number", "submitted_at"},
    "application-returned": {"deficiencies", "due", "letter"},
    "application-reminder": {"due"},
    "draft-reminder": {"closes"},
    "deadline-moved": {"due"},
    "panel-assigned": {"due"},
    "panel-reminder": {"due"},
    "panel-lead": set(),
    "panel-ready": set(),
    "panels-assigned": {"panels", "leads", "due"},
    "panels-undone": {"panels"},
    "reviews-reminder": {"panels", "late", "due"},
    "application-not-eligible": {"finding"},
    "application-incomplete": {"due", "reason"},
    "application-reopened": {"reason", "due"},
    "application-withdrawn": set(),
    "recognized": {"reason", "feedback"},
    "not-recognized": {"reason", "feedback"},
    "certificate": {"since", "until", "recognition_number", "signatory", "signatory_title"},
    "notice-letter": {"count", "place"},
    "federal-register": {"agency", "count", "states", "released"},
    "press-text": {"city", "state", "since", "until", "register"},
    "recognition-expires": {"until"},
    "recognition-revoked": {"reason"},
}
ALWAYS = {"utility", "program", "law", "cycle", "link", "contact", "person", "by_mail"}


def test_every_letter_asks_for_nothing_that_it_is_not_given(catalog):
    letters = {letter.name: letter for letter in EmailTemplate.objects.filter(name__in=GIVEN, language="")}
    assert letters.keys() == GIVEN.keys()
    for name, letter in letters.items():
        text = letter.subject + letter.content
        asked = set(re.findall(r"{[{%] *(?:if )?(\w+) *[}%]}", text)) - {"else", "endif"}
        assert asked <= ALWAYS | GIVEN[name], name
        words = {each: f"<{each} & co>" for each in ALWAYS | GIVEN[name]}
        subject, content = filled(letter.subject, words), filled(letter.content, words)
        assert "\n" not in subject.strip()
        about = "<cycle & co>" if name in (*ABOUT_A_CYCLE, *TO_A_REVIEWER) else "<utility & co>"
        assert about in subject + content, "plain text: nothing is escaped"
        alone = dict(words) | {"due": "", "by_mail": ""}  # where a letter says one thing with it, another without
        shown = subject + content + filled(letter.content, alone)
        assert all(words[each] in shown for each in asked - {"by_mail"})
        assert not re.search(r"[{}]|None|\n{4}", content)
        assert letter.description, "administrators read when it is sent"


def test_a_letter_is_what_the_administrators_made_of_it(draft, settings):
    settings.SITE_URL = "https://headworks.example.org/"
    EmailTemplate.objects.filter(name="recognized").update(
        subject="{{ utility }}\nis in", content="See {{ link }}.{% if reason %} {{ reason }}{% endif %}{{ unknown }}"
    )
    subject, body = draft.rendered("recognized", reason="<b>{{ cycle }}</b>")
    assert subject == "Riverbend Water and Sewer is in"
    assert body == f"See https://headworks.example.org{draft.get_absolute_url()}. <b>{{{{ cycle }}}}</b>\n"

"""The landed areas, components and elements against guide 2004, Table 2 (``transcription``) and §1.3.1."""

import pytest

from pdca.models import Area, Component, Element
from tests.initiatives.transcription import ELEMENTS, table_2

pytestmark = pytest.mark.django_db

KEY_TO_ALIGNMENT = [  # §1.3.1
    "Policy statements",
    "Assessing areas for performance improvement",
    "Objectives and targets",
    "Management programs for performance improvement",
    "Measuring and monitoring",
    "Management review",
]


def test_the_18_elements_are_those_of_table_2_in_its_order(catalog):
    landed = {component.name: [e.name for e in component.elements.all()] for component in Component.objects.all()}

    assert landed == table_2()
    assert list(landed) == ["Plan", "Do", "Check", "Act"]


def test_elements_are_numbered_1_to_18_under_their_fixed_slugs(catalog):
    landed = list(Element.objects.values_list("order", "slug"))

    assert landed == list(enumerate(ELEMENTS, start=1))


def test_the_six_elements_of_strategic_alignment_are_marked(catalog):
    marked = Element.objects.filter(strategic_alignment=True)

    assert [element.name for element in marked] == KEY_TO_ALIGNMENT


def test_the_five_areas_carry_the_letters_of_table_1(catalog):
    landed = list(Area.objects.values_list("code", "short_name"))

    assert landed == [
        ("E", "Environment"),
        ("S", "Safety and health"),
        ("Q", "Quality"),
        ("F", "Finance"),
        ("H", "Human resources"),
    ]


@pytest.mark.parametrize("model", [Area, Component, Element])
def test_every_row_says_where_it_comes_from(catalog, model):
    assert all(row.source.startswith("guide 2004") for row in model.objects.all())

"""The landed initiatives against guide 2004, Table 1 (``transcription``), and what chapter 2 says of their groups."""

import pytest
from django.db import IntegrityError, transaction

from initiatives.models import Initiative
from tests.initiatives.transcription import printed_names, table_1

pytestmark = pytest.mark.django_db

NAMED_IN_CHAPTER_2 = {
    "apwa-accreditation": "best-practices",
    "qualserve": "best-practices",
    "partnership-safe-water": "best-practices",
    "balanced-scorecard": "business-planning",
    "nbp-ems": "improvement-framework",
    "epa-ems-local-government": "improvement-framework",
    "iso-14001": "improvement-framework",
    "iso-9002": "improvement-framework",
}


def test_areas_and_strengths_are_those_of_table_1(catalog):
    landed = {
        initiative.slug: (
            "".join(area.code for area in initiative.areas.all()),
            f"{initiative.plan}{initiative.do}{initiative.check_strength}{initiative.act}",
        )
        for initiative in Initiative.objects.all()
    }

    assert landed == table_1()


def test_every_row_has_the_name_that_table_1_prints(catalog):
    landed = dict(Initiative.objects.values_list("slug", "name"))

    assert [slug for slug, name in printed_names().items() if name not in landed[slug]] == []


def test_groups_are_the_guides_where_it_names_one_and_else_said_to_be_ours(catalog):
    by_the_guide = Initiative.objects.filter(group_is_judgement=False)
    by_us = Initiative.objects.filter(group_is_judgement=True)

    assert dict(by_the_guide.values_list("slug", "group")) == NAMED_IN_CHAPTER_2
    assert by_us.count() == 7
    assert all(initiative.group_reason for initiative in by_us)


def test_every_initiative_says_what_it_is_and_where_that_comes_from(catalog):
    for initiative in Initiative.objects.all():
        assert initiative.key_feature
        assert initiative.source.startswith("guide 2004, Table 1")


@pytest.mark.parametrize("field", ["plan", "do", "check_strength", "act"])
@pytest.mark.parametrize("strength", [0, 4])
def test_the_database_refuses_a_strength_that_is_not_1_to_3(catalog, field, strength):
    with pytest.raises(IntegrityError, match="initiative_strengths_1_to_3"), transaction.atomic():
        Initiative.objects.filter(slug="cmom").update(**{field: strength})

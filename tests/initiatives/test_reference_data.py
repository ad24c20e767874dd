"""The landed initiatives against guide 2004, Table 1, typed from it a second time."""

import pytest
from django.db import IntegrityError, transaction

from initiatives.models import Initiative

pytestmark = pytest.mark.django_db

# Areas, then plan do check act, as the rows of Table 1 read.
TABLE_1 = """
apwa-accreditation       ESQFH 1123
asset-management         EQF   1122
awwa-accreditation       ESQFH 1133
balanced-scorecard       EQFH  1233
bid-to-goal              F     1133
cmom                     ES    1122
epa-ems-local-government E     1111
gasb-34                  F     1133
iso-14001                E     1111
iso-9002                 Q     1111
baldrige                 QFH   3133
nbp-ems                  EQ    1111
osha-vpp                 S     1111
partnership-safe-water   E     1213
qualserve                ESQFH 1223
"""
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
    expected = {slug: (areas, strengths) for slug, areas, strengths in map(str.split, TABLE_1.split("\n")[1:-1])}

    landed = {
        initiative.slug: (
            "".join(area.code for area in initiative.areas.all()),
            f"{initiative.plan}{initiative.do}{initiative.check_strength}{initiative.act}",
        )
        for initiative in Initiative.objects.all()
    }

    assert landed == expected


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

"""``/api/v1/initiatives``."""

import pytest

from initiatives.models import Initiative

pytestmark = pytest.mark.django_db


def test_the_list_has_all_fifteen(client, catalog):
    answer = client.get("/api/v1/initiatives").json()

    assert answer.keys() == {"items", "count"}
    assert answer["count"] == len(answer["items"]) == 15


def test_an_initiative_as_json(client, catalog):
    cmom = Initiative.objects.get(slug="cmom")

    assert client.get("/api/v1/initiatives/cmom").json() == {
        "slug": "cmom",
        "name": "Capacity, Management, Operation and Maintenance (CMOM)",
        "short_name": "CMOM",
        "group": "best-practices",
        "group_is_judgement": True,
        "group_reason": cmom.group_reason,
        "areas": ["E", "S"],
        "support": {"plan": 1, "do": 1, "check": 2, "act": 2},
        "systems": ["wastewater"],
        "key_feature": cmom.key_feature,
        "source": cmom.source,
    }


def test_the_list_is_two_queries_however_long(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(2):
        client.get("/api/v1/initiatives")

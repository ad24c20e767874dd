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
        "key_feature": cmom.key_feature,
        "source": cmom.source,
    }


def test_an_unknown_initiative_is_a_problem_of_status_404(client, catalog):
    answer = client.get("/api/v1/initiatives/six-sigma")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_answers_may_be_kept_and_asked_after(client, catalog):
    answer = client.get("/api/v1/initiatives")
    again = client.get("/api/v1/initiatives", headers={"If-None-Match": answer["ETag"]})
    Initiative.objects.get(slug="cmom").areas.set(["E"])
    changed = client.get("/api/v1/initiatives", headers={"If-None-Match": answer["ETag"]})

    assert answer["Cache-Control"] == "public, max-age=300"
    assert again.status_code == 304
    assert changed.status_code == 200


def test_it_is_read_only(client, catalog):
    assert client.post("/api/v1/initiatives").status_code == 405
    assert client.delete("/api/v1/initiatives/cmom").status_code == 405


def test_the_list_is_two_queries_however_long(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(2):
        client.get("/api/v1/initiatives")

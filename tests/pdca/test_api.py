"""``/api/v1/``: areas, components, elements."""

import pytest

from pdca.models import Element

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("what", "count"), [("areas", 5), ("components", 4), ("elements", 18)])
def test_lists_have_items_and_their_count(client, catalog, what, count):
    answer = client.get(f"/api/v1/{what}")

    assert answer.status_code == 200
    assert answer.json().keys() == {"items", "count"}
    assert answer.json()["count"] == len(answer.json()["items"]) == count


def test_elements_come_in_the_order_of_the_cycle(client, catalog):
    items = client.get("/api/v1/elements").json()["items"]

    assert [item["order"] for item in items] == list(range(1, 19))
    assert [item["component"] for item in items] == ["plan"] * 7 + ["do"] * 5 + ["check"] * 4 + ["act"] * 2
    assert sum(item["strategic_alignment"] for item in items) == 6


def test_an_element_as_json(client, catalog):
    element = Element.objects.get(slug="objectives-and-targets")

    assert client.get("/api/v1/elements/objectives-and-targets").json() == {
        "slug": "objectives-and-targets",
        "name": "Objectives and targets",
        "component": "plan",
        "order": 6,
        "strategic_alignment": True,
        "purpose": element.purpose,
        "source": "guide 2004, Table 2; §1.3.1; §4.1.6",
    }


def test_components_and_areas_as_json(client, catalog):
    components = client.get("/api/v1/components").json()["items"]
    areas = client.get("/api/v1/areas").json()["items"]

    assert [(c["slug"], c["name"], c["order"]) for c in components] == [
        ("plan", "Plan", 1),
        ("do", "Do", 2),
        ("check", "Check", 3),
        ("act", "Act", 4),
    ]
    assert [area["code"] for area in areas] == ["E", "S", "Q", "F", "H"]


def test_a_list_is_one_query(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/api/v1/elements")


def test_the_openapi_document_describes_them(client, db):
    paths = client.get("/api/v1/openapi.json").json()["paths"]

    assert {"/api/v1/areas", "/api/v1/components", "/api/v1/elements", "/api/v1/elements/{slug}"} <= paths.keys()

"""``/api/v1/recognition/criteria`` and ``/api/v1/recognition/check``: public, and nothing is kept."""

import json
from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.zones import LATEST
from recognition.models import Category, Cycle, Edition

pytestmark = pytest.mark.django_db

CRITERIA, CHECK = "/api/v1/recognition/criteria", "/api/v1/recognition/check"
PROBLEM = "application/problem+json"


def post(body, client: Client | None = None, **more):
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return (client or Client()).post(CHECK, data, content_type="application/json", **more)


def checked(body) -> dict:
    answer = post(body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def codes(answer: dict) -> list[str]:
    return [each["code"] for each in answer["deficiencies"]]


# --- The criteria


def test_the_criteria_as_json(client, catalog):
    answer = client.get(CRITERIA).json()
    assert answer.keys() == {"attributes", "categories"}
    assert answer["attributes"][0] == {"slug": "product-quality", "name": "Product quality"}
    assert len(answer["attributes"]) == 10
    assert all(each.keys() == {"slug", "name"} for each in answer["attributes"])
    keys = {"slug", "name", "boxes", "minimum", "activities", "components"}
    assert all(each.keys() == keys for each in answer["categories"])
    options = [option for each in answer["categories"] for option in each["activities"] + each["components"]]
    assert all(option.keys() == {"slug", "label"} and all(option.values()) for option in options)
    shape = {
        each["slug"]: (each["boxes"], each["minimum"], len(each["activities"]), len(each["components"]))
        for each in answer["categories"]
    }
    assert shape == {
        "water-efficiency": (1, 3, 9, 0),
        "pretreatment": (1, 2, 3, 0),
        "decentralized-systems": (1, 6, 10, 0),
        "biosolids": (1, 2, 4, 0),
        "energy-management": (1, 0, 0, 0),
        "climate-change": (1, 0, 6, 0),
        "watershed-protection": (2, 4, 0, 4),
    }


def test_the_criteria_may_be_kept_and_asked_after(client, catalog):
    answer = client.get(CRITERIA)
    again = client.get(CRITERIA, headers={"If-None-Match": answer["ETag"]})
    Category.objects.filter(slug="biosolids").update(name="Biosolids")
    changed = client.get(CRITERIA, headers={"If-None-Match": answer["ETag"]})
    assert answer["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in answer.get("Vary", "")
    assert (again.status_code, changed.status_code) == (304, 200)


def test_the_criteria_are_four_queries_however_long(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(4):
        client.get(CRITERIA)


def test_before_there_are_criteria_there_is_nothing(client, no_catalog):
    for answer in (client.get(CRITERIA), post({}, client)):
        assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


def test_the_current_edition_is_that_of_the_open_cycle_then_of_the_next_then_of_the_last(catalog):
    old, day = Edition.objects.get(), timedelta(days=1)
    plain = {field.name: getattr(old, field.name) for field in Edition._meta.fields if field.name not in ("id", "slug")}
    new, newest = (Edition.objects.create(slug=slug, **plain) for slug in ("2027", "2030"))
    assert Cycle.current_edition() == newest, "without cycles, the newest"
    now = timezone.now()
    Cycle.objects.create(title="Past", edition=old, opens=now - 30 * day, closes=now - 20 * day)
    assert Cycle.current_edition() == old
    Cycle.objects.create(title="Later", edition=newest, opens=now + 20 * day, closes=now + 30 * day)
    assert Cycle.current_edition() == newest
    Cycle.objects.create(title="Next", edition=new, opens=now + 5 * day, closes=now + 10 * day)
    assert Cycle.current_edition() == new
    Cycle.objects.create(title="Open", edition=old, opens=now - day, closes=now + day)
    assert Cycle.current_edition() == old


# --- The check

EXAMPLE = {
    "facility_types": ["wastewater", "drinking_water", "stormwater", "decentralized"],
    "wastewater_mgd": 0.8,
    "drinking_water_population": 12000,
    "stormwater_population": None,
    "identifiers": ["TX0123456"],
    "contact": {
        "organization": "Riverbend Water",
        "city": "Riverbend",
        "state": "TX",
        "manager": "Mara Gerr",
        "title": "General manager",
        "address": "1 Mill Road",
        "zip": "75001",
        "phone": "214 555 0100",
        "email": "mara@example.org",
    },
    "attributes": {"product-quality": "We test every day."},
    "categories": {
        "water-efficiency": {"activities": ["metering", "outreach", "reuse"], "narrative": "Meters."},
        "pretreatment": {
            "approved_program": True,
            "activities": ["pollutant-strategies", "high-quality-biosolids"],
            "narrative": "At the source.",
        },
        "biosolids": {"certified_ems": False, "activities": ["land-restoration"], "narrative": "A mine."},
        "energy-management": {"audit": True, "reduction_percent": 20, "sustainable_percent": 0, "narrative": "Pumps."},
        "watershed-protection": {"components": ["partners", "characterize"], "narrative": "The valley."},
    },
    "photos": [{"filename": "a.jpg", "caption": "The plant"}],
    "certification": {"name": "Mara Gerr", "title": "Manager", "date": "2025-09-30"},
}


def test_the_check_as_json(catalog):
    answer = checked(EXAMPLE | {"certification": EXAMPLE["certification"] | {"date": date.today().isoformat()}})
    deficiencies = answer.pop("deficiencies")
    assert answer == {
        "size": "large",
        "required_attributes": 6,
        "required_boxes": 3,
        "counted_attributes": 1,
        "counted_boxes": 3,
        "words": 4 + 1 + 3 + 2 + 1 + 2,
        "complete": False,
        "notes": [],
    }
    assert all(each.keys() == {"code", "field", "message"} and all(each.values()) for each in deficiencies)
    assert [(each["code"], each["field"]) for each in deficiencies] == [
        ("attributes-too-few", "attributes"),
        ("activities-too-few", "categories.biosolids.activities"),
        ("watershed-component-missing", "categories.watershed-protection.components"),
    ]


def test_a_complete_one_is_complete_and_noted_where_it_has_more(catalog, client):
    attributes = {each["slug"]: "told" for each in client.get(CRITERIA).json()["attributes"][:7]}
    answer = checked(EXAMPLE | {"attributes": attributes, "categories": dict(list(EXAMPLE["categories"].items())[:2])})
    assert codes(answer) == ["boxes-too-few"]
    assert [isinstance(note, str) for note in answer["notes"]] == [True]
    energy = {"energy-management": EXAMPLE["categories"]["energy-management"]}
    two = dict(list(EXAMPLE["categories"].items())[:2])
    answer = checked(EXAMPLE | {"attributes": attributes, "categories": two | energy})
    assert (answer["complete"], answer["deficiencies"]) == (True, [])


def test_nothing_at_all_is_an_answer_too(catalog):
    answer = checked({})
    assert (answer["size"], answer["required_attributes"], answer["required_boxes"]) == (None, None, None)
    assert codes(answer) == ["facility-type-missing", *["contact-missing"] * 9, *["certification-missing"] * 3]
    assert answer["notes"] == []


def test_today_is_no_future(catalog):
    for day, expected in [(0, []), (1, ["certification-date-invalid"])]:
        signed = timezone.localdate(timezone=LATEST) + timedelta(days=day)
        body = {"certification": {"name": "M", "title": "M", "date": signed.isoformat()}}
        assert [code for code in codes(checked(body)) if code.startswith("certification")] == expected


WRONG = [
    {"facility_types": ["airport"]},
    {"facility_types": "wastewater"},
    {"facility_types": None},
    {"facility_types": [1]},
    {"wastewater_mgd": "0.8"},
    {"wastewater_mgd": True},
    {"wastewater_mgd": -0.1},
    {"wastewater_mgd": []},
    {"drinking_water_population": 12.5},
    {"drinking_water_population": "12000"},
    {"drinking_water_population": -1},
    {"stormwater_population": False},
    {"identifiers": "TX0123456"},
    {"identifiers": [123456789]},
    {"identifiers": [None]},
    {"contact": []},
    {"contact": {"city": 1}},
    {"contact": {"city": None}},
    {"attributes": {"excellence": "x"}},
    {"attributes": {"Product-Quality": "x"}},
    {"attributes": {"product-quality": None}},
    {"attributes": {"product-quality": ["x"]}},
    {"attributes": ["product-quality"]},
    {"categories": {"beauty": {}}},
    {"categories": {"biosolids": None}},
    {"categories": {"biosolids": {"activities": ["metering"]}}},
    {"categories": {"biosolids": {"activities": "land-restoration"}}},
    {"categories": {"biosolids": {"activities": [["land-restoration"]]}}},
    {"categories": {"biosolids": {"certified_ems": "yes"}}},
    {"categories": {"biosolids": {"certified_ems": 1}}},
    {"categories": {"biosolids": {"components": ["partners"]}}},
    {"categories": {"watershed-protection": {"components": ["moon"]}}},
    {"categories": {"energy-management": {"reduction_percent": "20"}}},
    {"categories": {"energy-management": {"narrative": 5}}},
    {"photos": [{"filename": 1}]},
    {"photos": ["a.jpg"]},
    {"photos": {}},
    {"certification": {"date": 20260930}},
    {"certification": "Mara"},
    [],
    "x",
    7,
    None,
    '{"wastewater_mgd": NaN}',
    '{"wastewater_mgd": Infinity}',
    '{"wastewater_mgd": 1e999}',
    '{"attributes": {"\\ud800": "x"}}',
    "",
]


def test_unknown_slugs_and_wrong_types_are_problems(catalog):
    for body in WRONG:
        answer = post(body if not isinstance(body, str) or body[:1] in ("", "{") else json.dumps(body))
        assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM), body
        told_of = json.loads(answer.content, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        assert (told_of["status"], told_of["title"]) == (422, "Invalid")
        assert told_of["errors"], body


def test_an_unknown_slug_is_named_with_its_place(catalog):
    body = {"attributes": {"excellence": "x"}, "categories": {"biosolids": {"activities": ["metering"]}, "beauty": {}}}
    errors = post(body).json()["errors"]
    places = [".".join(error["loc"]) for error in errors]
    assert sorted(place.partition("entry.")[2] for place in places) == [
        "attributes.excellence",
        "categories.beauty",
        "categories.biosolids.activities.metering",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"contact":' * 50_000,
        b'{"drinking_water_population": ' + b"9" * 5_000 + b"}",
        b"{'facility_types': []}",
    ],
)
def test_what_is_no_json_is_a_problem(catalog, body):
    answer = post(body)
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


def test_more_than_is_taken_in_is_a_problem(catalog):
    answer = post({"attributes": {"product-quality": "x" * 6_000_000}})
    assert (answer.status_code, answer["Content-Type"]) == (413, PROBLEM)


def test_big_numbers_and_long_texts_are_judged(catalog):
    big = '{"facility_types": ["wastewater", "drinking_water"], "drinking_water_population": 1' + "0" * 400 + "}"
    assert checked(big)["size"] == "large"
    assert checked({"facility_types": ["wastewater"], "wastewater_mgd": 1e308})["size"] == "large"
    answer = post('{"facility_types": ["wastewater"], "wastewater_mgd": 1' + "0" * 400 + "}")
    assert answer.status_code in (200, 422)
    answer = checked({"attributes": {"product-quality": "drip " * 200_000}})
    assert answer["words"] == 200_000
    assert "narrative-too-long" in codes(answer)


def test_half_a_letter_is_judged_like_any_text(catalog):
    answer = checked('{"identifiers": ["\\ud800"], "attributes": {"product-quality": "\\ud800 \\u0000"}}')
    assert answer["words"] == 2
    assert "identifier-invalid" in codes(answer)


@pytest.mark.parametrize(("address", "allowed"), [(CRITERIA, "GET"), (CHECK, "POST")])
def test_a_wrong_method_is_a_problem(client, address, allowed):
    for method in {"get", "post", "put", "patch", "delete"} - {allowed.lower()}:
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, PROBLEM, allowed)


def test_it_asks_for_no_token_and_keeps_nothing(catalog):
    browser = Client(enforce_csrf_checks=True)
    with CaptureQueriesContext(connection) as small:
        assert post({}, browser).status_code == 200
    with CaptureQueriesContext(connection) as large:
        assert post(EXAMPLE, browser).status_code == 200
    assert len(small) == len(large) == 4
    assert all(query["sql"].startswith("SELECT") for query in large)
    assert not browser.cookies
    assert not Session.objects.exists()


# --- Whatever is sent

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8)  # half a letter too
    | st.sampled_from(["wastewater", "metering", "2026-09-30"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
CATEGORY = ["activities", "components", "narrative", "approved_program", "audit", "reduction_percent"]
categories = st.dictionaries(
    st.sampled_from(["biosolids", "energy-management", "beauty"]),
    st.dictionaries(st.sampled_from(CATEGORY), anything) | anything,
)
bodies = anything | st.fixed_dictionaries(
    {},
    optional={name: anything for name in EXAMPLE if name != "categories"} | {"categories": categories | anything},
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bodies)
def test_whatever_is_sent_is_answered(catalog, body):
    answer = post(json.dumps(body))
    if answer.status_code == 200:
        assert answer.json()["complete"] == (not answer.json()["deficiencies"])
    else:
        assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
        assert answer.json()["errors"]


def test_a_form_is_not_what_it_reads(client, catalog):
    assert client.post(CHECK, {"application": "1"}).status_code in (400, 422)

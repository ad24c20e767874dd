"""``/api/v1/readings``: for each role and kind of token, by the rules of the pages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.api import api
from ims.check.readings import ReadingChange
from ims.models import Measure, Reading
from tests.assessments.programs import Program, is_problem, make
from tests.factories import UtilityFactory
from tests.ims.check.conftest import add, fill

pytestmark = pytest.mark.django_db

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former"]
READ = {"manager": 200, "contributor": 200, "advisor": 200, "viewer": 200, "stranger": 404, "former": 404}
WRITE = READ | {"viewer": 403}

# method and address → expected for each role
EXPECTED = {
    "GET readings": dict.fromkeys(ROLES, 200),
    "POST readings": {role: 201 if status == 200 else status for role, status in WRITE.items()},
    "GET readings/{id}": READ,
    "PATCH readings/{id}": WRITE,
}
WRITES = [name for name in EXPECTED if not name.startswith("GET")]


def everything() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Measure, Reading, ReadingChange)]


@pytest.fixture
def program(request):
    """``program(role)``: a program with a token of that person; with ``scope``, of that scope."""
    cache.clear()  # the limits of requests
    return lambda role="manager", **more: Program(make(request.getfixturevalue(role), **more))


@pytest.fixture
def march(read) -> Reading:
    return Reading.objects.get(measure=read, period="2026-03-01")


@pytest.fixture
def ask(read, march):
    """``ask(program, name)`` sends what the address needs, so that who may gets what was asked for."""

    def send(asking: Program, name: str):
        method, path = name.split(" ")
        sent = {
            "POST readings": {"measure": read.pk, "period": "May 2026", "value": 1.25},
            "PATCH readings/{id}": {"version": 1, "value": "2.5", "why": "The lab corrected it."},
        }.get(name)
        return asking(method, path.format(id=march.pk), sent)

    return send


def test_every_address_is_looked_at():
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}": operation
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/v1/readings")
    }
    assert found.keys() == EXPECTED.keys()
    assert all("security" in operation for operation in found.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", EXPECTED)
def test_each_role(ask, program, name, role):
    asking, expected, before = program(role), EXPECTED[name][role], everything()
    answer = ask(asking, name)
    assert (everything() != before) == (name in WRITES and expected < 300)
    assert answer["Cache-Control"] == "no-store"
    if expected >= 400:
        is_problem(answer, expected)
    else:
        assert answer.status_code == expected, answer.content
    if name == "GET readings":
        assert answer.json()["count"] == (0 if role in ("stranger", "former") else 4)


@pytest.mark.parametrize("role", ROLES)
def test_a_token_for_reading_changes_nothing(ask, program, role):
    asking, before = program(role, scope="read"), everything()
    for name in WRITES:
        assert "can only read" in is_problem(ask(asking, name), 403)["detail"]
    assert everything() == before
    for name in EXPECTED.keys() - set(WRITES):
        assert ask(asking, name).status_code == EXPECTED[name][role]


def test_without_a_token(ask):
    before = everything()
    for name in EXPECTED:
        is_problem(ask(Program(), name), 401)
        is_problem(ask(Program("headworks_" + "x" * 43), name), 401)
    assert everything() == before


# --- reading


def test_one_reading(program, read, march):
    asking = program("viewer")
    found = asking("GET", f"readings/{march.pk}").json()
    entered = found.pop("entered_at")
    assert timezone.datetime.fromisoformat(entered) == march.entered_at
    assert found == {
        "id": march.pk,
        "utility": {"id": read.utility_id, "name": "Riverbend Water and Sewer"},
        "measure": {
            "id": read.pk,
            "number": read.number,
            "title": "Overflows",
            "unit": "per 100 miles",
            "every": "month",
        },
        "period": "2026-03-01",
        "name": "March 2026",
        "value": "2.4",
        "note": "",
        "why": "",
        "version": 1,
        "role": "viewer",
        "page": march.get_absolute_url(),
        "changed_at": None,
    }
    is_problem(asking("GET", "readings/0"), 404)


@pytest.fixture
def several(read, utility, manager):
    """Another measure with two quarters, one in another utility of the manager, and one that nobody here sees."""
    quarterly = add(utility, manager, title="Training", every="quarter")
    fill(quarterly, "10", "20", first=timezone.datetime(2025, 10, 1).date())
    other = UtilityFactory(name="Another")
    other.memberships.create(user=manager, role="viewer")
    fill(add(other, manager, title="Elsewhere"), "7")
    fill(Measure.open_in(UtilityFactory(), by=manager, title="Unseen"), "8")
    return quarterly


def test_the_list_its_filters_and_its_parts(several, program, read):
    asking = program()

    def values(**asked) -> list[str]:
        return [each["value"] for each in asking("GET", "readings", **asked).json()["items"]]

    assert values() == ["7", "3.3", "2.9", "2.4", "1.4", "10", "20"]
    assert values(measure=several.pk) == ["10", "20"]
    assert values(utility=read.utility_id) == ["3.3", "2.9", "2.4", "1.4", "10", "20"]
    assert values(measure=read.pk, period_from="2026-02-01", period_to="2026-03-01") == ["2.9", "2.4"]
    assert values(period_to="2025-12-31") == ["10"]
    assert values(limit=2, offset=1) == ["3.3", "2.9"]
    assert asking("GET", "readings", limit=2).json()["count"] == 7
    soon = timezone.now() + timedelta(hours=1)
    assert values(changed_since=soon.isoformat()) == []
    Reading.objects.filter(value=20).update(changed_at=soon)
    assert values(changed_since=soon.isoformat()) == ["20"]
    assert len(values(changed_since=(soon - timedelta(hours=2)).isoformat())) == 7


@pytest.mark.parametrize(
    "asked",
    [
        *({"limit": 0}, {"offset": -1}, {"utility": 10**30}, {"measure": "MEA-2026-001"}, {"period_from": "spring"}),
        *({"period_to": "2026-02-30"}, {"changed_since": "yesterday"}, {"meazure": 1}),
    ],
)
def test_what_the_list_refuses(read, program, asked):
    problem = is_problem(program()("GET", "readings", **asked), 422)
    assert problem["errors"][0]["loc"][-1] == next(iter(asked))


def test_a_list_takes_as_many_queries_for_many_readings(program, read, utility, manager):
    asking = program()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert asking("GET", "readings", limit=100).status_code == 200
        return len([each for each in captured if "django_cache" not in each["sql"]])

    queries()  # the first one in a minute also records the use of the token
    before = queries()
    for n in range(5):
        fill(add(utility, manager, title=f"Measure {n}"), *range(12))
    assert queries() == before
    assert before <= 8


# --- adding


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("12345678901234.123456", "12345678901234.123456"),
        ("0.000001", "0.000001"),
        (0.1, "0.1"),
        (0.00001, "0.00001"),
        (-3, "-3"),
        (0, "0"),
        ("1,234.50", "1234.5"),
        (10**13, "10000000000000"),
    ],
)
def test_a_number_loses_no_digit(program, measure, sent, kept):
    asking = program()
    answer = asking("POST", "readings", {"measure": measure.pk, "period": "2026-03-01", "value": sent})
    assert answer.status_code == 201, answer.content
    made = Reading.objects.get()
    assert answer["Location"] == f"/api/v1/readings/{made.pk}"
    assert (answer.json()["value"], made.value) == (kept, Decimal(kept))
    assert answer.json() == asking("GET", f"readings/{made.pk}").json()
    again = {"version": 1, "value": answer.json()["value"], "why": "As it was."}
    assert asking("PATCH", f"readings/{made.pk}", again).json()["value"] == kept


@pytest.mark.parametrize("period", ["2026-03-01", "2026-03", "2026-03-17", "March 2026", "3/2026"])
def test_a_period_is_written_as_on_the_pages(program, measure, contributor, period):
    sent = {"measure": measure.pk, "period": period, "value": 1, "note": "One pump\r\nwas down."}
    answer = program("contributor")("POST", "readings", sent)
    assert answer.status_code == 201, answer.content
    made = Reading.objects.get()
    assert (str(made.period), made.entered_by) == ("2026-03-01", contributor)
    assert answer.json()["note"] == "One pump\nwas down."


def test_a_period_without_a_value_needs_a_reason(program, measure):
    asking, sent = program(), {"measure": measure.pk, "period": "2026-03"}
    problem = is_problem(asking("POST", "readings", sent), 422)
    assert problem["errors"][0]["loc"][-1] == "why"
    made = asking("POST", "readings", sent | {"why": "The gauge was broken."}).json()
    assert (made["value"], made["why"]) == (None, "The gauge was broken.")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"value": "about 3"}, "value"),
        ({"value": "1e3"}, "value"),
        ({"value": 10**14}, "value"),
        ({"value": 0.0000001}, "value"),
        ({"value": "5 %"}, "value"),
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"value": True}, "value"),
        ({"value": [1]}, "value"),
        ({"value": "9" * 41}, "value"),
        ({"period": "2026"}, "period"),
        ({"period": "Q1 2026"}, "period"),
        ({"period": "FY26"}, "period"),
        ({"period": 2026}, "period"),
        ({"period": ""}, "period"),
        ({"measure": 10**30}, "measure"),
        ({"measure": "1"}, "measure"),
        ({"note": "x" * 301}, "note"),
        ({"note": "a\x00"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"why": "x" * 301}, "why"),
        ({"unit": "mg/l"}, "unit"),
    ],
)
def test_what_adding_refuses(program, measure, more, named):
    problem = is_problem(
        program()("POST", "readings", {"measure": measure.pk, "period": "2026-03", "value": 1} | more), 422
    )
    assert all(named in error["loc"] and error["msg"] for error in problem["errors"])
    assert not Reading.objects.exists()


def test_a_second_reading_of_a_period_gets_the_first(program, read, march):
    asking, before = program(), everything()
    problem = is_problem(asking("POST", "readings", {"measure": read.pk, "period": "2026-03", "value": 9}), 409)
    assert problem["current"] == asking("GET", f"readings/{march.pk}").json()
    assert "has a reading already" in problem["detail"]
    assert everything() == before


def test_what_has_not_begun_and_what_is_retired(program, read, march, manager):
    asking, before = program(), everything()
    problem = is_problem(asking("POST", "readings", {"measure": read.pk, "period": "2026-06", "value": 9}), 409)
    assert "has not begun" in problem["detail"]
    assert everything() == before
    read.move("retired", by=manager, why="Measured otherwise.")
    before = everything()
    for method, path, sent in (
        ("POST", "readings", {"measure": read.pk, "period": "2026-05", "value": 9}),
        ("PATCH", f"readings/{march.pk}", {"version": 1, "value": 9, "why": "Wrong."}),
    ):
        assert "is retired" in is_problem(asking(method, path, sent), 409)["detail"]
    assert everything() == before


# --- correcting


def test_a_correction_keeps_what_is_left_out_and_the_history(program, march):
    Reading.objects.filter(pk=march.pk).update(note="Two pumps.")
    asking, path = program(), f"readings/{march.pk}"
    found = asking("PATCH", path, {"version": 1, "value": 2.5, "why": "The lab corrected it."}).json()
    assert (found["value"], found["note"], found["version"]) == ("2.5", "Two pumps.", 2)
    assert march.history.get().before == {"value": "2.400000", "why": ""}
    found = asking("PATCH", path, {"version": 2, "note": "Three pumps.", "why": "Counted again."}).json()
    assert (found["value"], found["note"]) == ("2.5", "Three pumps.")
    found = asking("PATCH", path, {"version": 3, "value": None, "why": "The gauge was broken."}).json()
    assert (found["value"], found["note"]) == (None, "Three pumps.")


def test_a_correction_needs_a_reason_and_a_version(program, march):
    asking, before = program(), everything()
    for sent in ({"version": 1, "value": 2}, {"version": 1, "value": 2, "why": " "}, {"value": 2, "why": "Wrong."}):
        is_problem(asking("PATCH", f"readings/{march.pk}", sent), 422)
    for sent in ({"value": "two"}, {"period": "2026-02"}, {"measure": 1}, {"version": 2**31}, {"version": "1"}):
        is_problem(asking("PATCH", f"readings/{march.pk}", {"version": 1, "why": "Wrong."} | sent), 422)
    assert everything() == before


def test_a_stale_correction_gets_the_reading_as_it_is(program, march, contributor):
    asking, path = program(), f"readings/{march.pk}"
    on_the_site = Reading.objects.visible_to(contributor).get(pk=march.pk)
    on_the_site.correct(1, by=contributor, value=Decimal("2.5"), note="", why="The lab corrected it.")
    before = everything()
    problem = is_problem(asking("PATCH", path, {"version": 1, "value": 9, "why": "Wrong."}), 409)
    assert problem["current"] == asking("GET", path).json()
    assert (problem["current"]["version"], problem["current"]["value"]) == (2, "2.5")
    same = {"version": 1, "value": "2.50", "why": "The lab corrected it."}
    assert asking("PATCH", path, same).status_code == 200, "what is stored already is no conflict"
    assert everything() == before
    assert asking("PATCH", path, {"version": 2, "value": 9, "why": "Wrong."}).json()["version"] == 3

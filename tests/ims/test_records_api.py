"""``/api/v1/registers`` and ``/api/v1/records``: for each role and kind of token, by the rules of the pages."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.api import api
from ims import registers
from ims.models import Action, Objective, Person, Record, RecordComment, RecordEvent, Unit
from letters.models import Message
from tests.assessments.programs import Program, is_problem, make
from tests.factories import UtilityFactory

pytestmark = pytest.mark.django_db

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former"]
READ = {"manager": 200, "contributor": 200, "advisor": 200, "viewer": 200, "stranger": 404, "former": 404}
WRITE = READ | {"viewer": 403}

# method and address → expected for each role
EXPECTED = {
    "GET registers": dict.fromkeys(ROLES, 200),
    "GET registers/{kind}": READ,
    "GET records/{kind}": dict.fromkeys(ROLES, 200),
    "POST records/{kind}": {role: 201 if status == 200 else status for role, status in WRITE.items()},
    "GET records/{kind}/{id}": READ,
    "PATCH records/{kind}/{id}": WRITE,
    "POST records/{kind}/{id}/moves/{move}": WRITE,
    "GET records/{kind}/{id}/comments": READ,
    "POST records/{kind}/{id}/comments": {role: 201 if status == 200 else status for role, status in READ.items()},
}
WRITES = [name for name in EXPECTED if not name.startswith("GET")]


def everything() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Record, Action, RecordEvent, RecordComment)]


@pytest.fixture
def program(request):
    """``program(role)``: a program with a token of that person; with ``scope``, of that scope."""
    cache.clear()  # the limits of requests
    return lambda role="manager", **more: Program(make(request.getfixturevalue(role), **more))


@pytest.fixture
def ask(action):
    """``ask(program, name)`` sends what the address needs, so that who may gets what was asked for."""

    def send(asking: Program, name: str):
        method, path = name.split(" ")
        sent = {
            "POST records/{kind}": {"utility": action.utility_id, "values": {"title": "Sent"}},
            "PATCH records/{kind}/{id}": {"version": 1, "values": {"title": "Renamed"}},
            "POST records/{kind}/{id}/moves/{move}": {},
            "POST records/{kind}/{id}/comments": {"text": "Seen."},
        }.get(name)
        asked = {"utility": action.utility_id} if name == "GET registers/{kind}" else {}
        return asking(method, path.format(kind="actions", id=action.pk, move="start"), sent, **asked)

    return send


def test_every_address_is_looked_at():
    paths = api.get_openapi_schema()["paths"]
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith(("/api/v1/registers", "/api/v1/records"))
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
    if name == "GET records/{kind}":
        assert answer.json()["count"] == (0 if role in ("stranger", "former") else 1)


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


@pytest.mark.parametrize("path", ["registers/nothing", "records/nothing", "records/nothing/1", "records/actions/0"])
def test_what_is_not_there(program, utility, catalog, path):
    asked = {"utility": utility.pk} if path.startswith("registers") else {}
    is_problem(program()("GET", path, **asked), 404)


def test_a_record_is_found_in_its_register_only(program, action):
    is_problem(program()("GET", f"records/objectives/{action.pk}"), 404)
    is_problem(program()("POST", f"records/actions/{action.pk}/moves/agree", {}), 404)


# --- registers


def test_the_registers_and_what_each_takes(program, utility, catalog):
    asking = program("viewer")
    found = asking("GET", "registers").json()
    assert [each["slug"] for each in found["items"]] == [each.slug for each in registers.known()]
    for each in found["items"]:
        register = registers.get(each["slug"])
        one = asking("GET", f"registers/{register.slug}", utility=utility.pk).json()
        fields = one.pop("fields")
        assert one == each
        assert {field["name"] for field in fields} == {*register.shared, *register.fields}


def test_the_choices_are_those_of_the_utility(program, action, unit, manager):
    Unit.open_in(UtilityFactory(), by=manager, title="Theirs")
    found = program()("GET", "registers/actions", utility=action.utility_id).json()
    fields = {field["name"]: field for field in found["fields"]}
    assert fields["units"]["choices"] == [{"value": unit.pk, "label": "Lift stations"}]
    assert fields["objective"]["choices"] == [{"value": action.objective_id, "label": str(action.objective)}]
    assert [each["label"] for each in fields["owner"]["choices"]] == ["Mara Gerr"]
    assert {name: fields[name]["type"] for name in ("title", "areas", "owner", "due", "cost")} == {
        "title": "text",
        "areas": "list",
        "owner": "id",
        "due": "date",
        "cost": "number",
    }
    assert (fields["title"]["required"], fields["title"]["max_length"]) == (True, 200)


# --- reading


def test_one_record(program, action, objective, unit):
    found = program("viewer")("GET", f"records/actions/{action.pk}").json()
    assert found["values"] == {
        "title": "Clean the sewers of Mill Street",
        "areas": ["E", "S"],
        "initiatives": ["cmom"],
        "units": [unit.pk],
        "owner": None,
        "due": "2030-06-30",
        "objective": objective.pk,
        "lines": "",
        "starts": None,
        "cost": None,
        "hours": None,
    }
    assert found["told"] == dict.fromkeys(registers.get("actions").origins) | {"verified": "", "verified_by": ""}
    assert (found["register"], found["number"], found["status"]) == ("actions", action.number, "planned")
    assert (found["moves"], found["version"], found["role"]) == (["start", "cancel"], 1, "viewer")
    assert found["utility"] == {"id": action.utility_id, "name": "Riverbend Water and Sewer"}
    assert found["page"] == action.get_absolute_url()


@pytest.fixture
def several(action, utility, manager):
    """Three actions of the utility and one of another utility of the manager; one that nobody here sees."""
    Action.open_in(utility, by=manager, title="Late", due=date(2020, 1, 1), owner=Person.objects.of(utility).first())
    canceled = Action.open_in(utility, by=manager, title="Canceled", areas=["F"])
    Record.objects.filter(pk=canceled.pk).update(status="canceled", is_open=False)
    other = UtilityFactory(name="Another")
    other.memberships.create(user=manager, role="viewer")
    Action.open_in(other, by=manager, title="Elsewhere")
    Action.open_in(UtilityFactory(), by=manager, title="Unseen")
    return other


def test_the_list_its_filters_and_its_parts(several, program, utility):
    asking = program()

    def titles(**asked) -> list[str]:
        return [each["values"]["title"] for each in asking("GET", "records/actions", **asked).json()["items"]]

    clean = "Clean the sewers of Mill Street"
    assert titles() == ["Elsewhere", clean, "Late", "Canceled"]
    assert titles(utility=several.pk) == ["Elsewhere"]
    assert titles(late="true") == ["Late"]
    assert titles(late="false") == ["Elsewhere", clean, "Canceled"]
    assert titles(open="false") == titles(status="canceled") == titles(area="F") == ["Canceled"]
    assert titles(owner=Person.objects.get(utility=utility).pk) == ["Late"]
    assert titles(limit=2, offset=1) == [clean, "Late"]
    soon = timezone.now() + timedelta(hours=1)
    assert titles(changed_since=soon.isoformat()) == []
    assert len(titles(changed_since=(soon - timedelta(hours=2)).isoformat())) == 4
    assert asking("GET", "records/actions", limit=2).json()["count"] == 4


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0},
        {"offset": -1},
        {"offset": 10**30},
        {"utility": 10**30},
        {"owner": "x"},
        {"status": "finished"},
        {"area": "EE"},
        {"open": "perhaps"},
        {"changed_since": "yesterday"},
        {"stauts": "planned"},
    ],
)
def test_what_the_list_refuses(action, program, asked):
    problem = is_problem(program()("GET", "records/actions", **asked), 422)
    assert problem["errors"][0]["loc"][-1] == next(iter(asked))


@pytest.mark.parametrize("slug", [each.slug for each in registers.known()])
def test_a_list_takes_as_many_queries_for_many_records(slug, program, utility, manager, catalog):
    asking, model = program(), registers.get(slug).model
    owner = Person.objects.of(utility).first()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert asking("GET", f"records/{slug}", limit=100).status_code == 200
        return len([each for each in captured if "django_cache" not in each["sql"]])

    for title in ("First", "Second"):
        model.open_in(utility, by=manager, title=title, **({"owner": owner} if slug else {}))
    queries()  # the first one in a minute also records the use of the token
    before = queries()
    for number in range(30):
        model.open_in(utility, by=manager, title=f"Record {number}", owner=owner)
    assert queries() == before
    assert before <= 8


# --- adding


def test_adding_with_everything(program, utility, contributor, objective, unit):
    owner = Person.objects.of(utility).get(user=contributor)
    values = {
        "title": "Flush\r\nthe mains",
        "areas": ["S", "E"],
        "initiatives": ["cmom"],
        "units": [unit.pk],
        "owner": owner.pk,
        "due": "2030-01-31",
        "objective": objective.pk,
        "lines": "One.\r\nTwo.",
        "cost": "12500.50",
        "hours": 7.5,
    }
    answer = program("contributor")("POST", "records/actions", {"utility": utility.pk, "values": values})
    assert answer.status_code == 201, answer.content
    made = Action.objects.get()
    assert answer["Location"] == f"/api/v1/records/actions/{made.pk}"
    assert answer.json()["values"] == values | {
        "title": "Flush\nthe mains",
        "lines": "One.\nTwo.",
        "cost": "12500.5",
        "hours": "7.5",
        "starts": None,
    }
    assert made.created_by == contributor


@pytest.mark.parametrize("slug", [each.slug for each in registers.known()])
def test_a_title_alone_is_enough_in_every_register(program, utility, catalog, slug):
    sent = {"utility": utility.pk, "values": {"title": "New"}}
    answer = program()("POST", f"records/{slug}", sent)
    assert answer.status_code == 201, answer.content
    assert answer.json() == program()("GET", f"records/{slug}/{answer.json()['id']}").json()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "title"),
        ({"title": None}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": 7}, "title"),
        ({"title": True}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"title": "x", "due": "06-30-2026"}, "due"),
        ({"title": "x", "due": 20260630}, "due"),
        ({"title": "x", "due": "2026-02-30"}, "due"),
        ({"title": "x", "areas": "E"}, "areas"),
        ({"title": "x", "areas": ["X"]}, "areas"),
        ({"title": "x", "units": [10**30]}, "units"),
        ({"title": "x", "units": ["x"]}, "units"),
        ({"title": "x", "initiatives": ["six-sigma"]}, "initiatives"),
        ({"title": "x", "owner": 10**30}, "owner"),
        ({"title": "x", "owner": "me"}, "owner"),
        ({"title": "x", "owner": True}, "owner"),
        ({"title": "x", "objective": 0}, "objective"),
        ({"title": "x", "cost": -1}, "cost"),
        ({"title": "x", "cost": "1.234"}, "cost"),
        ({"title": "x", "cost": 10**30}, "cost"),
        ({"title": "x", "cost": False}, "cost"),
        ({"title": "x", "status": "closed"}, "status"),
        ({"title": "x", "version": 7}, "version"),
        ({"title": "x", "verified": "Yes."}, "verified"),
        ({"title": "x", "utility": 1}, "utility"),
    ],
)
def test_what_adding_refuses(program, action, values, named):
    before = everything()
    problem = is_problem(program()("POST", "records/actions", {"utility": action.utility_id, "values": values}), 422)
    assert {error["loc"][-1] for error in problem["errors"]} == {named}
    assert all(error["msg"] for error in problem["errors"])
    assert everything() == before


@pytest.mark.parametrize("values", [{"title": "\ud800"}, {"areas": ["\udfff"]}, {"\ud800": "x"}, {"title": {}}, [], 1])
def test_values_of_a_shape_that_nobody_can_store(program, action, values):
    problem = is_problem(program()("POST", "records/actions", {"utility": action.utility_id, "values": values}), 422)
    assert problem["errors"][0]["loc"][:3] == ["body", "asked", "values"]


def test_rows_of_another_utility_are_refused(program, action, manager):
    other = UtilityFactory()
    theirs = {
        "owner": Person.objects.create(utility=other, name="Theirs").pk,
        "objective": Objective.open_in(other, by=manager, title="Theirs").pk,
        "units": [Unit.open_in(other, by=manager, title="Theirs").pk],
    }
    asking = program()
    is_problem(asking("POST", "records/actions", {"utility": other.pk, "values": {"title": "x"}}), 404)
    for name, value in theirs.items():
        problem = is_problem(
            asking("PATCH", f"records/actions/{action.pk}", {"version": 1, "values": {name: value}}), 422
        )
        assert problem["errors"][0]["loc"][-1] == name


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_what_is_no_json_object(program, action, body):
    asking = program()
    path = f"/api/v1/records/actions/{action.pk}"
    answer = asking.client.patch(path, body, content_type="application/json", headers=asking.headers)
    assert answer.status_code in (400, 422)


# --- changing


def test_a_change_keeps_what_is_left_out(program, action, unit):
    unit.my_role = "manager"
    Record.objects.filter(pk=unit.pk).update(is_open=False, status="retired")
    answer = program()(
        "PATCH", f"records/actions/{action.pk}", {"version": 1, "values": {"title": "New", "due": None, "areas": []}}
    )
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["version"], found["values"]["title"], found["values"]["due"]) == (2, "New", None)
    assert (found["values"]["areas"], found["values"]["units"]) == ([], [unit.pk])
    assert found["values"]["objective"] == action.objective_id
    assert Action.objects.get().history.get().after == {"title": "New", "due": None, "areas": []}


def test_a_stale_change_gets_the_record_as_it_is(program, action, contributor):
    asking, path = program(), f"records/actions/{action.pk}"
    Action.objects.visible_to(contributor).get().change(1, by=contributor, title="On the site")
    before = everything()
    problem = is_problem(asking("PATCH", path, {"version": 1, "values": {"title": "Sent"}}), 409)
    assert problem["current"] == asking("GET", path).json()
    assert (problem["current"]["version"], problem["current"]["values"]["title"]) == (2, "On the site")
    assert everything() == before
    assert asking("PATCH", path, {"version": 1, "values": {"title": "On the site"}}).status_code == 200
    assert asking("PATCH", path, {"version": 2, "values": {"title": "Sent"}}).json()["version"] == 3


def test_a_closed_record_is_not_changed(program, action, manager):
    action.move("canceled", by=manager, why="No money.")
    problem = is_problem(
        program()("PATCH", f"records/actions/{action.pk}", {"version": 2, "values": {"title": "x"}}), 409
    )
    assert "It is “Canceled”" in problem["detail"]
    assert problem["current"]["status"] == "canceled"


@pytest.mark.parametrize("version", [0, -1, 2**31, "1", 1.5, None, True])
def test_versions_that_are_none(program, action, version):
    is_problem(program()("PATCH", f"records/actions/{action.pk}", {"version": version, "values": {}}), 422)


# --- moving


def test_the_way_of_an_action_to_its_close(program, action):
    asking, path = program(), f"records/actions/{action.pk}"
    assert asking("POST", f"{path}/moves/start", {}).json()["status"] == "under-way"
    problem = is_problem(asking("POST", f"{path}/moves/start", {}), 409)
    assert problem["current"]["status"] == "under-way"
    assert asking("POST", f"{path}/moves/finish", {}).json()["moves"] == ["close", "redo"]
    missing = is_problem(asking("POST", f"{path}/moves/close", {"values": {"verified": "Seen."}}), 422)
    assert missing["errors"][0]["loc"] == ["body", "asked", "values", "verified_by"]
    sent = {"values": {"verified": "No overflow.", "verified_by": "Dana"}}
    closed = asking("POST", f"{path}/moves/close", sent).json()
    assert (closed["status"], closed["is_open"]) == ("closed", False)
    assert (closed["told"]["verified"], closed["told"]["verified_by"]) == ("No overflow.", "Dana")
    problem = is_problem(asking("POST", f"{path}/moves/reopen", {}), 422)
    assert problem["errors"][0]["loc"] == ["body", "asked", "why"]
    assert asking("POST", f"{path}/moves/reopen", {"why": "It leaks."}).json()["status"] == "under-way"
    assert action.events.last().why == "It leaks."


@pytest.mark.parametrize(
    "sent",
    [{"values": {"title": "x"}}, {"values": {"verified": 7}}, {"why": 7}, {"status": "closed"}, {"why": "\ud800"}],
)
def test_what_a_move_refuses(program, action, manager, sent):
    for step in ("under-way", "done"):
        action.move(step, by=manager)
    before = everything()
    is_problem(program()("POST", f"records/actions/{action.pk}/moves/close", sent), 422)
    assert everything() == before


# --- comments


def test_a_viewer_comments_and_whom_they_mention_is_told(program, action, utility, manager):
    Person.objects.of(utility)
    asking, path = program("viewer"), f"records/actions/{action.pk}/comments"
    made = asking("POST", path, {"text": "@Mara Gerr please look.\r\nNow."}).json()
    assert (made["by"], made["text"]) == ("Vic Weir", "@Mara Gerr please look.\nNow.")
    assert asking("GET", path).json() == {"items": [made], "count": 1}
    assert [message.email.to for message in Message.objects.all()] == [[manager.email]]
    assert asking("GET", path, offset=1).json() == {"items": [], "count": 1}


@pytest.mark.parametrize("text", ["", "  ", "x" * 5001, None, 7, "a\x00"])
def test_what_a_comment_refuses(program, action, text):
    problem = is_problem(program()("POST", f"records/actions/{action.pk}/comments", {"text": text}), 422)
    assert problem["errors"][0]["loc"][-1] == "text"
    assert not RecordComment.objects.exists()

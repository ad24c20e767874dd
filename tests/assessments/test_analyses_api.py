"""``/api/v1/analyses``: for each role and each kind of token, by the rules of the pages and with their errors."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiToken
from assessments.models import Finding, GapAnalysis
from config.api import api
from tests.assessments.programs import PROBLEM, Program, everything, is_problem, make
from tests.factories import GapAnalysisFactory, UtilityFactory

pytestmark = pytest.mark.django_db

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former"]
READ = {"manager": 200, "contributor": 200, "advisor": 200, "viewer": 200, "stranger": 404, "former": 404}
WRITE = READ | {"viewer": 403}
MANAGE = WRITE | {"contributor": 403, "advisor": 403}
START = {"name": "Sent", "as_of": "2026-06-30", "areas": ["E", "S"]}

# method and address → expected for each role
EXPECTED = {
    "GET analyses": READ | {"stranger": 200, "former": 200},
    "POST analyses": {role: 201 if status == 200 else status for role, status in WRITE.items()},
    "GET analyses/{id}": READ,
    "PATCH analyses/{id}": WRITE,
    "POST analyses/{id}/complete": MANAGE,
    "POST analyses/{id}/reopen": MANAGE,
    "GET analyses/{id}/results": READ,
    "GET analyses/{id}/findings": READ,
    "GET analyses/{id}/findings/{element}": READ,
    "PATCH analyses/{id}/findings/{element}": WRITE,
}
WRITES = [name for name in EXPECTED if not name.startswith("GET")]
REOPENING = "POST analyses/{id}/reopen"  # ``ask`` completes the analysis first
WITHOUT_REOPENING = [name for name in WRITES if name != REOPENING]


@pytest.fixture
def ask(answered, manager):
    """``ask(program, name)`` sends what the address needs, so that who may gets what was asked for."""

    def send(program: Program, name: str):
        method, path = name.split(" ")
        if path.endswith("reopen"):
            drafts = GapAnalysis.objects.visible_to(manager).filter(pk=answered.pk, status="draft")
            for draft in drafts:
                draft.complete(by=manager)
        sent = {
            "POST analyses": START | {"utility": answered.utility_id},
            "PATCH analyses/{id}": {"version": 1, "name": "Renamed"},
            "POST analyses/{id}/reopen": {"reason": "A row was wrong."},
            "PATCH analyses/{id}/findings/{element}": {"version": 1, "rating": 0, "areas": []},
        }.get(name)
        return program(method, path.format(id=answered.pk, element="vision"), sent)

    return send


def test_every_address_is_looked_at():
    paths = api.get_openapi_schema()["paths"]
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "security" in operation and "analyses" in path
    }
    assert found == set(EXPECTED)
    assert all("security" in each for path in paths if "analyses" in path for each in paths[path].values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", EXPECTED)
def test_each_role(ask, program, name, role):
    asking = program(role)
    expected = EXPECTED[name][role]
    if name.endswith("reopen"):
        answer = ask(asking, name)
        assert GapAnalysis.objects.get().status == ("draft" if expected == 200 else "complete")
    else:
        before = everything()
        answer = ask(asking, name)
        assert (everything() != before) == (name in WRITES and expected < 300)
    assert answer["Cache-Control"] == "no-store"
    if expected >= 400:
        is_problem(answer, expected)
    else:
        assert answer.status_code == expected, answer.content
    if role == "stranger" and name == "GET analyses":
        assert answer.json() == {"items": [], "count": 0}


@pytest.mark.parametrize("role", ROLES)
def test_a_token_for_reading_changes_nothing(ask, program, role):
    asking, before = program(role, scope="read"), everything()
    for name in WITHOUT_REOPENING:
        problem = is_problem(ask(asking, name), 403)
        assert "can only read" in problem["detail"]
    assert everything() == before
    is_problem(ask(asking, REOPENING), 403)


def test_a_token_for_reading_reads(ask, program):
    asking = program("viewer", scope="read")
    for name in EXPECTED.keys() - set(WRITES):
        assert ask(asking, name).status_code == 200, name


def no_token(manager):
    return Program()


def wrong_token(manager):
    return Program("headworks_" + "x" * 43)


def the_prefix_only(manager):
    return Program(make(manager)[:16])


def another_scheme(manager):
    return Program(Authorization=f"Basic {make(manager)}")


def no_scheme(manager):
    return Program(Authorization=make(manager))


def the_hash(manager):
    make(manager)
    return Program(ApiToken.objects.get().digest)


def in_the_address(manager):
    program, secret = Program(), make(manager)
    return lambda method, path, sent=None: program(method, f"{path}?token={secret}", sent)


def expired(manager):
    program = Program(make(manager))
    now = timezone.now()
    ApiToken.objects.update(created_at=now - timedelta(days=90), expires_at=now)
    return program


def revoked(manager):
    program = Program(make(manager))
    ApiToken.objects.all().revoke()
    return program


def deactivated(manager):
    program = Program(make(manager))
    manager.is_active = False
    manager.save()
    return program


def a_session(manager):
    program = Program()
    program.client.force_login(manager, backend="accounts.second_factor.Backend")
    assert program.client.get("/account/").status_code == 200
    return program


WITHOUT = [no_token, wrong_token, the_prefix_only, another_scheme, no_scheme, the_hash, in_the_address]
WITHOUT += [expired, revoked, deactivated, a_session]


@pytest.mark.parametrize("way", WITHOUT)
def test_without_a_valid_token(ask, manager, way):
    asking = way(manager)
    before = everything()
    for name in [*(name for name in EXPECTED if name != REOPENING), REOPENING]:
        if name == REOPENING:
            assert everything() == before
        answer = ask(asking, name)
        is_problem(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer["Cache-Control"] == "no-store"
        assert "headworks_x" not in answer.text


def test_a_token_opens_no_page(answered, program):
    asking = program("manager")
    for path in (answered.get_absolute_url(), "/account/", "/gap-analyses/", "/account/tokens/new/"):
        page = asking.client.get(path, headers=asking.headers)
        assert page["Location"].startswith("/account/login/")


@pytest.mark.parametrize("debug", [True, False])
def test_no_secret_in_the_logs_and_on_error_pages(analysis, manager, settings, monkeypatch, caplog, debug):
    settings.DEBUG = debug
    secret = make(manager)

    def fail(*args, **more):
        raise ZeroDivisionError

    monkeypatch.setattr(GapAnalysis, "measured", fail)
    asking = Program(secret)
    asking.client.raise_request_exception = False
    page = asking("GET", f"analyses/{analysis.pk}/results")
    assert page.status_code == 500
    missing = Program(Authorization=f"Token {secret}")("GET", "analyses")
    nowhere = Program(secret).client.get("/nowhere/", headers={"Authorization": f"Bearer {secret}"})
    assert secret not in page.text + missing.text + nowhere.text + caplog.text


def test_a_token_ends_with_the_membership(answered, program, contributor):
    asking = program("contributor")
    contributor.memberships.all().delete()
    is_problem(asking("GET", f"analyses/{answered.pk}"), 404)


def test_the_scheme_is_read_in_any_case(manager):
    assert Program(Authorization=f"bearer  {make(manager)} ")("GET", "analyses").status_code == 200


# --- limits


def test_each_token_has_a_limit(program, manager, contributor, monkeypatch, time_machine):
    monkeypatch.setattr("accounts.limits.PER_TOKEN", "3/m")
    first, second = program("manager"), program("contributor")
    start = timezone.now()
    for _ in range(3):
        assert first("GET", "analyses").status_code == 200
    answer = first("GET", "analyses")
    assert "requests a minute" in is_problem(answer, 429)["detail"]
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert second("GET", "analyses").status_code == 200
    time_machine.move_to(start + timedelta(seconds=62))
    assert first("GET", "analyses").status_code == 200


# --- the list


@pytest.fixture
def several(analysis, manager, utility):
    """Three drafts of the utility and one of another utility of the manager; one that nobody here sees."""
    for year in (2024, 2025):
        GapAnalysisFactory(utility=utility, by=manager, as_of=f"{year}-06-30")
    other = UtilityFactory(name="Another")
    other.memberships.create(user=manager, role="viewer")
    GapAnalysisFactory(utility=other, by=manager)
    GapAnalysisFactory()
    return other


def test_the_list_is_that_of_the_page(several, program, analysis):
    found = program("manager")("GET", "analyses").json()
    assert found["count"] == len(found["items"]) == 4
    order = [(each["utility"]["name"], each["as_of"]) for each in found["items"]]
    years = ["2026-06-30", "2025-06-30", "2024-06-30"]
    assert order == [("Another", "2026-06-30"), *(("Riverbend Water and Sewer", day) for day in years)]
    assert [each["role"] for each in found["items"]] == ["viewer", "manager", "manager", "manager"]
    mine = next(each for each in found["items"] if each["id"] == analysis.pk)
    assert mine["initiatives"] == ["cmom", "iso-14001"]
    assert (mine["answered"], mine["elements"], mine["status"], mine["version"]) == (0, 18, "draft", 1)


def test_its_filters(several, program, analysis, answer_all, manager):
    answer_all(analysis)
    analysis.complete(by=manager)
    asking = program("manager")
    assert asking("GET", "analyses", utility=several.pk).json()["count"] == 1
    assert asking("GET", "analyses", utility=UtilityFactory().pk).json() == {"items": [], "count": 0}
    assert [each["id"] for each in asking("GET", "analyses", status="complete").json()["items"]] == [analysis.pk]
    assert asking("GET", "analyses", status="draft", utility=analysis.utility_id).json()["count"] == 2


def test_its_parts(several, program, monkeypatch):
    asking = program("manager")
    whole = [each["id"] for each in asking("GET", "analyses").json()["items"]]
    part = asking("GET", "analyses", limit=2, offset=1).json()
    assert ([each["id"] for each in part["items"]], part["count"]) == (whole[1:3], 4)
    assert asking("GET", "analyses", offset=99).json() == {"items": [], "count": 4}
    monkeypatch.setattr("assessments.analyses_api.MAX_ROWS", 3)
    assert len(asking("GET", "analyses", limit=10**30).json()["items"]) == 3


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"utility": 10**30}, "utility"),
        ({"utility": "x"}, "utility"),
        ({"status": "finished"}, "status"),
        ({"stauts": "draft"}, "stauts"),
    ],
)
def test_what_the_list_refuses(analysis, program, asked, named):
    problem = is_problem(program("manager")("GET", "analyses", **asked), 422)
    assert problem["errors"][0]["loc"][-1] == named


@pytest.mark.parametrize("path", ["analyses", "analyses/{id}", "analyses/{id}/findings", "analyses/{id}/results"])
def test_reading_does_not_ask_more_for_more(analysis, several, program, path, manager, utility, answer_all):
    asking = program("manager")
    path = path.format(id=analysis.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert asking("GET", path).status_code == 200
        return len([each for each in captured if "django_cache" not in each["sql"]])

    queries()  # the first one in a minute also records the use of the token
    before = queries()
    for _ in range(3):
        more = GapAnalysisFactory(utility=utility, by=manager)
        more.initiatives.set(analysis.initiatives.all())
    answer_all(analysis, initiatives=["cmom"], notes="x")
    assert queries() == before
    assert before <= 8


# --- starting


def test_starting_with_everything(program, utility, contributor, catalog):
    sent = START | {
        "utility": utility.pk,
        "areas": ["S", "E"],
        "operations": ["water-treatment"],
        "fence_line": " One\r\ntwo ",
        "initiatives": ["cmom"],
        "other_initiatives": ["State  program", "Second\nname"],
    }
    answer = program("contributor")("POST", "analyses", sent)
    made = GapAnalysis.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"/api/v1/analyses/{made.pk}"
    found = answer.json()
    assert found["utility"] == {"id": utility.pk, "name": utility.name}
    same = ("name", "as_of", "operations", "initiatives")
    assert {name: found[name] for name in same} == {name: sent[name] for name in same}
    assert (found["areas"], found["fence_line"]) == (["E", "S"], "One\ntwo")
    assert found["other_initiatives"] == ["State program", "Second name"]
    assert (found["answered"], found["elements"], found["role"], found["previous"]) == (0, 18, "contributor", None)
    assert made.created_by == contributor


def test_starting_from_an_earlier_one_carries_its_scope(program, answered):
    answered.fence_line = "The plant."
    answered.areas = ["E", "S"]
    answered.save()
    sent = {"utility": answered.utility_id, "previous": answered.pk, "name": "A year later", "as_of": "2027-06-30"}
    found = program("manager")("POST", "analyses", sent).json()
    assert found["previous"] == answered.pk
    assert (found["areas"], found["fence_line"]) == (["E", "S"], "The plant.")
    assert found["initiatives"] == ["cmom", "iso-14001"]
    rows = Finding.objects.filter(analysis=found["id"])
    assert {(each.rating, each.to_confirm) for each in rows} == {(2, True)}
    narrower = sent | {"areas": ["S"], "initiatives": []}
    found = program("manager")("POST", "analyses", narrower).json()
    assert (found["areas"], found["initiatives"]) == (["S"], [])


def test_all_areas_are_in_scope_unless_some_are_named(program, utility, catalog):
    sent = {"utility": utility.pk, "name": "New", "as_of": "2026-06-30"}
    assert program("manager")("POST", "analyses", sent).json()["areas"] == ["E", "S", "Q", "F", "H"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": None}, "name"),
        ({"name": ["x"]}, "name"),
        ({"as_of": "06/30/2026"}, "as_of"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"as_of": "2026-06-30T00:00:00"}, "as_of"),
        ({"areas": []}, "areas"),
        ({"areas": ["X"]}, "areas"),
        ({"areas": "E"}, "areas"),
        ({"operations": ["mining"]}, "operations"),
        ({"fence_line": "x" * 5001}, "fence_line"),
        ({"initiatives": ["six-sigma"]}, "initiatives"),
        ({"other_initiatives": ["CMOM", "x" * 61]}, "other_initiatives"),
        ({"other_initiatives": ["!"]}, "other_initiatives"),
        ({"other_initiatives": ["\udfff"]}, "other_initiatives"),
        ({"areas": ["\udfff"]}, "areas"),
        ({"previous": 10**18}, "previous"),
        ({"previous": -1}, "previous"),
        ({"status": "complete"}, "status"),
    ],
)
def test_what_starting_refuses(program, analysis, change, named):
    sent = START | {"utility": analysis.utility_id} | change
    problem = is_problem(program("manager")("POST", "analyses", sent), 422)
    assert {error["loc"][2] for error in problem["errors"]} == {named}
    assert all(error["msg"] for error in problem["errors"])
    assert GapAnalysis.objects.get() == analysis


def test_the_earlier_one_is_of_the_same_utility(program, utility, catalog):
    sent = START | {"utility": utility.pk, "previous": GapAnalysisFactory().pk}
    problem = is_problem(program("manager")("POST", "analyses", sent), 422)
    assert problem["errors"][0]["loc"] == ["body", "asked", "previous"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_what_is_no_json_object(program, analysis, body):
    asking = program("manager")
    path = f"/api/v1/analyses/{analysis.pk}/findings/vision"
    answer = asking.client.patch(path, body, content_type="application/json", headers=asking.headers)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == PROBLEM


# --- the scope


def test_what_is_left_out_of_the_scope_stays(program, analysis, contributor):
    before = program("contributor")("GET", f"analyses/{analysis.pk}").json()
    answer = program("contributor")("PATCH", f"analyses/{analysis.pk}", {"version": 1, "areas": ["H", "E"]})
    found = answer.json()
    assert found == before | {"version": 2, "areas": ["E", "H"], "changed_at": found["changed_at"]}
    analysis.refresh_from_db()
    assert (analysis.version, analysis.areas, analysis.changed_by) == (2, ["E", "H"], contributor)


def test_what_findings_use_stays_in_the_scope(program, answered):
    answered.findings.filter(element__slug="vision").update(initiatives=["cmom"])
    sent = {"version": 1, "areas": ["S", "Q"], "initiatives": ["iso-14001"]}
    problem = is_problem(program("manager")("PATCH", f"analyses/{answered.pk}", sent), 422)
    assert {error["loc"][2] for error in problem["errors"]} == {"areas", "initiatives"}
    said = [error["msg"] for error in problem["errors"]]
    assert any(each.startswith("“Vision") and each.endswith("Change that row first or keep it here.") for each in said)
    answered.refresh_from_db()
    assert answered.version == 1


def test_a_stale_scope_is_a_conflict(program, analysis):
    asking = program("manager")
    asking("PATCH", f"analyses/{analysis.pk}", {"version": 1, "name": "First"})
    problem = is_problem(asking("PATCH", f"analyses/{analysis.pk}", {"version": 1, "name": "Second"}), 409)
    assert problem["current"] == asking("GET", f"analyses/{analysis.pk}").json()
    assert (problem["current"]["name"], problem["current"]["version"]) == ("First", 2)
    again = asking("PATCH", f"analyses/{analysis.pk}", {"version": 2, "name": "Second"})
    assert again.json()["name"] == "Second"


def test_a_complete_one_keeps_its_scope(program, complete):
    problem = is_problem(program("manager")("PATCH", f"analyses/{complete.pk}", {"version": 1, "name": "x"}), 403)
    assert problem["detail"] == (
        "This gap analysis is complete, so its scope can’t be changed. A manager can reopen it."
    )

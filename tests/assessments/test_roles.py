"""Who may do what: every address of the gap analyses, for every role, read and sent to."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments import urls
from assessments.exchange import FindingExchange
from assessments.models import Answer, Evidence, Finding, GapAnalysis, GapAnalysisEvent, RoadMap, Sharing
from files.models import StoredFile
from tests import workbooks
from tests.uploads import upload
from tests.workbooks import edited
from workflow.exchange.workbook import written

pytestmark = pytest.mark.django_db

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"]
OUTSIDE = {"stranger": 404, "former": 404, "nobody": "sign in"}
READ = {"manager": 200, "contributor": 200, "advisor": 200, "viewer": 200} | OUTSIDE
WRITE = {"manager": 302, "contributor": 302, "advisor": 302, "viewer": 403} | OUTSIDE
FORM = {"manager": 200, "contributor": 200, "advisor": 200, "viewer": 403} | OUTSIDE
MANAGE = WRITE | {"contributor": 403, "advisor": 403}
ONLY_POST = dict.fromkeys(ROLES, 405) | {"nobody": "sign in"}
LED = dict.fromkeys(ROLES, 302) | OUTSIDE  # on to another page; sent to, it changes nothing
NO_POST = READ  # a page that is only read; sent to, it changes nothing

WHERE = {"stranger": 302, "former": 200}  # each is led to their own utility; without one there is nowhere to go

# name of the address → expected of GET, expected of POST
EXPECTED = {
    "list": (READ | {"stranger": 200, "former": 200}, NO_POST | {"stranger": 200, "former": 200}),
    "start": (FORM, WRITE),
    "analysis": (READ, NO_POST),
    "scope": (FORM, WRITE),
    "confirm": (FORM, WRITE),
    "complete": (ONLY_POST, MANAGE),
    "reopen": (ONLY_POST, MANAGE),
    "delete": (FORM | {"contributor": 403, "advisor": 403}, MANAGE),
    "excel": (READ, NO_POST),
    "excel_import": (FORM, FORM),  # a preview changes nothing
    "excel_confirm": (ONLY_POST, WRITE),
    "results": (READ, NO_POST),
    "recommendations": (READ, NO_POST),
    "compare": (READ, NO_POST),
    "integration": (READ, NO_POST),
    "integration_where": (LED | WHERE, LED | WHERE),
    "road_map_latest": (LED, LED),
    "answer": (ONLY_POST, WRITE),
    "answer_history": (READ, NO_POST),
    "road_map_suggested": (READ, WRITE),
    "road_map": (READ, NO_POST),
    "road_map_change": (ONLY_POST, WRITE),
    "sharing": (READ, MANAGE),
    "save": (ONLY_POST, WRITE),
    "details": (READ, NO_POST),
    "guidance": (READ, NO_POST),
    "history": (READ, NO_POST),
    "undo": (ONLY_POST, WRITE),
    "add_link": (ONLY_POST, WRITE),
    "add_file": (ONLY_POST, WRITE),
    "download": (READ, NO_POST),
    "remove_evidence": (ONLY_POST, WRITE),
}
LEADS_ON = {"integration_where", "road_map_latest"}  # with a redirect that changes nothing
FRAME = {"name": "Sent", "as_of": "2026-06-30", "areas": ["E", "S"], "version": 1}


def sent(name: str) -> dict:
    """What a person who may would send."""
    return {
        "start": FRAME,
        "scope": FRAME,
        "confirm": {"rows": ["auditing:1"]},
        "reopen": {"why": "A row was wrong."},
        "save": {"version": 1, "rating": 0},
        "answer": {"version": 1, "choice": "taken-up"},
        "road_map_suggested": {"version": 1},
        "road_map_change": {"version": 1, "do": "remove", "key": "own-1"},
        "sharing": {"size": "small"},
        "undo": {"version": 1},
        "add_link": {"url": "https://example.org"},
        "add_file": {"file": upload()},
    }.get(name, {})


def test_every_address_is_looked_at():
    assert {pattern.name for pattern in urls.urlpatterns} == set(EXPECTED)


@pytest.fixture
def address(answered, row, manager):
    """``address(name)`` within one answered analysis with a kept file and a change; for ``reopen`` a complete one."""
    Answer.objects.create(utility=answered.utility, opportunity_id="one-review-team")
    step = {"key": "own-1", "text": "Ask the board", "when": "now"}
    RoadMap.objects.create(utility=answered.utility, analysis=answered, approach="areas", steps=[step])
    item = row(answered).evidence_items.create(file=StoredFile.keep(upload(), by=manager))
    Finding.objects.filter(pk=row(answered, "auditing").pk).update(to_confirm=True)
    row(answered).history.create(by=manager, before={"notes": "Earlier."}, after={"notes": ""})

    def of(name: str) -> str:
        if name in ("reopen", "complete"):  # every row is answered
            answered.findings.update(to_confirm=False)
        if name == "reopen":
            answered.complete(by=manager)
        arguments = {
            "list": [],
            "start": [answered.utility_id],
            "compare": [answered.utility_id],
            "integration": [answered.utility_id],
            "integration_where": ["one-review-team"],
            "road_map_latest": [answered.utility_id],
            "answer": [answered.utility_id, "one-review-team"],
            "answer_history": [answered.utility_id, "one-review-team"],
            "road_map": [answered.utility_id],
            "road_map_change": [answered.utility_id],
            "sharing": [answered.utility_id],
            "download": [item.pk],
            "remove_evidence": [item.pk],
            "save": [answered.pk, "vision"],
            "details": [answered.pk, "vision"],
            "guidance": [answered.pk, "vision"],
            "history": [answered.pk, "vision"],
            "undo": [answered.pk, "vision"],
            "add_link": [answered.pk, "vision"],
            "add_file": [answered.pk, "vision"],
        }
        return reverse(f"assessments:{name}", args=arguments.get(name, [answered.pk]))

    return of


@pytest.fixture
def browser(request, as_):
    return lambda role: Client() if role == "nobody" else as_(request.getfixturevalue(role))


def edited_file(path: str, manager: User) -> bytes:
    analysis = GapAnalysis.objects.select_related("utility").get(pk=path.split("/")[2])
    return edited(written(FindingExchange(analysis, manager)), {("vision", "Notes"): "From the file."})


def token(browser: Client, path: str, manager: User) -> str:
    """What the preview of an edited file gives to those who may see it."""
    page = browser.post(path.removesuffix("confirm/"), workbooks.sent(edited_file(path, manager)))
    return page.context["plan"].token if page.status_code == 200 else "unknown"


def everything() -> list:
    models = [GapAnalysis, GapAnalysisEvent, Finding, Evidence, StoredFile, GapAnalysis.initiatives.through]
    models += [Answer, RoadMap, Sharing]
    return [list(model.objects.order_by("pk").values()) for model in models]


def check(answer, expected, path: str) -> None:
    if expected == "sign in":
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/login/?next=")
    else:
        assert answer.status_code == expected
        if expected == 302:
            assert not re.match("/account/", answer["Location"])
    if answer.streaming:
        assert b"".join(answer.streaming_content)  # read to its end, the file is closed


@pytest.mark.parametrize("name", EXPECTED)
def test_reading(address, browser, name):
    path = address(name)
    before = everything()
    for role in ROLES:
        check(browser(role).get(path), EXPECTED[name][0][role], path)
    assert everything() == before, "reading changes nothing"


def changes(name: str, role: str) -> bool:
    return EXPECTED[name][1][role] == 302 and name not in LEADS_ON


@pytest.fixture
def send(browser, manager):
    """``send(path, name, role)`` sends what a person who may would send, and checks the answer."""

    def post(path: str, name: str, role: str) -> None:
        by, data = browser(role), sent(name)
        if name == "excel_import":
            data = workbooks.sent(edited_file(path, manager))
        elif name == "excel_confirm":
            data = {"token": token(by, path, manager)}
        check(by.post(path, data), EXPECTED[name][1][role], path)

    return post


@pytest.mark.parametrize("name", EXPECTED)
def test_who_may_not_changes_nothing_by_sending(send, address, name):
    path = address(name)
    before = everything()
    for role in ROLES:
        if not changes(name, role):
            send(path, name, role)
    assert everything() == before


@pytest.mark.parametrize(("name", "role"), [(name, role) for name in EXPECTED for role in ROLES if changes(name, role)])
def test_who_may_changes_something_by_sending(send, address, name, role):
    path = address(name)
    before = everything()
    send(path, name, role)
    assert everything() != before


@pytest.mark.parametrize("role", ["viewer", "stranger", "former"])
def test_forged_json_saves_change_nothing(address, browser, role):
    before = everything()
    answer = browser(role).post(address("save"), sent("save"), headers={"Accept": "application/json"})
    assert answer.status_code == WRITE[role]
    assert everything() == before


def test_a_viewer_sees_nothing_to_change(answered, browser):
    page = browser("viewer").get(answered.get_absolute_url()).content.decode()
    assert "You can read it. Managers, contributors and advisors fill it in." in page
    main = page.partition("<main")[2].partition("</main")[0]
    assert "<form" not in main
    assert "Use as a starting point" not in main


def test_who_left_the_utility_is_a_stranger(address, browser, contributor):
    path = address("analysis")
    contributor.memberships.all().delete()
    assert browser("contributor").get(path).status_code == 404

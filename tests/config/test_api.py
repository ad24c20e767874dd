"""What all of ``/api/v1/`` has in common: its answers may be kept, and what goes wrong is told in one way."""

import html
import re
import sys
from types import SimpleNamespace

import pytest
from django.test import Client
from ninja.errors import HttpError

from accounts.models import ApiToken
from config.api import api
from config.api_docs import in_words
from initiatives.models import Initiative
from pdca.models import Element

PROBLEM = "application/problem+json"


UNKNOWN = ["", "nothing", "nothing/at/all", "elements/", "elements/vision/more"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address"),
    [(method, address) for address in UNKNOWN for method in ("get", "post")]
    + [("get", "elements/no-such-element"), ("get", "initiatives/six-sigma")],
)
def test_an_unknown_address_is_a_problem(client, method, address):
    answer = getattr(client, method)(f"/api/v1/{address}")

    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "Nothing was found at this address.",
    }


@pytest.mark.django_db
def test_an_unknown_address_elsewhere_is_a_page(client):
    answer = client.get("/api/v2/elements")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["elements", "elements/vision", "initiatives", "initiatives/cmom"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_wrong_method_is_a_problem_that_names_the_right_one(client, address, method):
    answer = getattr(client, method)(f"/api/v1/{address}")

    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, PROBLEM, "GET")
    assert answer.json()["detail"] == "This address allows only GET."
    assert (answer.json()["title"], answer.json()["status"]) == ("Method not allowed", 405)


def rename_an_element():
    Element.objects.filter(slug="vision").update(name="Vision and mission")


def move_an_initiative():
    Initiative.objects.get(slug="cmom").areas.set(["E"])


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "change"), [("elements", rename_an_element), ("initiatives", move_an_initiative)])
def test_answers_may_be_kept_and_asked_after(client, catalog, address, change):
    answer = client.get(f"/api/v1/{address}")
    again = client.get(f"/api/v1/{address}", headers={"If-None-Match": answer["ETag"]})
    change()
    changed = client.get(f"/api/v1/{address}", headers={"If-None-Match": answer["ETag"]})

    assert answer["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in answer.get("Vary", "")
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


@pytest.mark.django_db
def test_a_token_changes_nothing_for_public_addresses(client):
    answer = client.get("/api/v1/elements", headers={"Authorization": "Bearer headworks_wrong"})

    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=300")


@pytest.mark.django_db
def test_its_page_explains_tokens_and_marks_what_needs_one(client):
    page = client.get("/api/v1/docs").text
    described = client.get("/api/v1/openapi.json").json()

    assert described["components"]["securitySchemes"]["ApiTokenBearer"]["scheme"] == "bearer"
    assert described["paths"]["/api/v1/analyses"]["get"]["security"] == [{"ApiTokenBearer": []}]
    assert "security" not in described["paths"]["/api/v1/elements"]["get"]
    assert '<code>GET /api/v1/analyses</code> <span class="tag">token</span>' in page
    assert "<code>GET /api/v1/elements</code></th>" in page
    assert 'curl --header "Authorization: Bearer $HEADWORKS_TOKEN" "http://localhost:8000/api/v1/analyses' in page
    assert 'href="/account/tokens/new/"' in page
    assert "More than 120 requests in a minute" in page


@pytest.mark.django_db
def test_the_example_in_python_works(client, analysis, manager, monkeypatch):
    """With the test client in place of the library and the site that the example calls."""
    _, secret = ApiToken.objects.make(manager, name="Example", scope="change", days=30)
    code = html.unescape(re.search(r"Example for Python\">(.*?)</pre>", client.get("/api/v1/docs").text, re.S)[1])
    monkeypatch.setitem(sys.modules, "requests", SimpleNamespace(Session=Session))
    monkeypatch.setenv("HEADWORKS_TOKEN", secret)

    exec(code, {})  # noqa: S102

    row = analysis.findings.get(element__slug="vision")
    assert (row.rating, row.areas, row.version) == (2, ["E", "S"], 2)


class Session:
    """What the example uses of ``requests.Session``."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def get(self, url: str):
        return Client().get(url, headers=self.headers)

    def patch(self, url: str, json: object):
        answer = Client().patch(url, json, content_type="application/json", headers=self.headers)
        answer.raise_for_status = lambda: None
        assert answer.status_code == 200
        return answer


def test_what_the_library_refuses_is_a_problem(rf):
    answer = api.on_exception(rf.post("/api/v1/elements"), HttpError(400, "Cannot parse request body"))

    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
    assert b'"title": "Bad Request"' in answer.content
    assert b'"detail": "Cannot parse request body"' in answer.content


@pytest.mark.django_db
def test_its_page_describes_every_address_and_shape_in_the_sites_look(client):
    page = client.get("/api/v1/docs")
    described = client.get("/api/v1/openapi.json").json()

    assert page.status_code == 200
    assert 'class="top"' in page.text
    assert 'href="/api/v1/openapi.json"' in page.text
    assert "jsdelivr" not in page.text
    for address, methods in described["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {address}</code>" in page.text
    for name in described["components"]["schemas"]:
        assert f"<h3>{name}</h3>" in page.text
    assert "<dt><code>items</code></dt><dd>list of ElementOut</dd>" in page.text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/AreaOut"}, "AreaOut"),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"enum": ["a", "b"], "type": "string"}, "one of a, b"),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(schema, words):
    assert in_words(schema) == words

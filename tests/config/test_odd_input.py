"""What no browser sends, at every address of the site: an answer that blames the sender, never a fault of ours."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from config.input import WORDS
from recognition.models import Application
from tests.addresses import SAMPLES, addresses
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"
NULS = {"int": "1%00", "slug": "vision%00", "str": "x%00", "path": "x%00"}
HUGE = {"int": str(2**63 - 1), "slug": "v" * 300, "str": "x" * 3000, "path": "x" * 300}
HUGER = {"int": "9" * 40, "slug": "-", "str": "%ED%A0%80", "path": "%ED%A0%80"}
# All names that views read from a query.
ASKED = "open page sort export edition year quarter from for by settle area topic q gaps analysis with seen head whose"


@pytest.fixture
def people(as_, catalog):
    """Browsers of everyone who reaches much: of the utility 1 and of the program; and of nobody."""
    return {
        "manager": as_(MembershipFactory(utility__pk=1, role=Role.MANAGER).user),
        "administrator": as_(UserFactory(is_staff=True, is_superuser=True)),
        "nobody": Client(),
    }


@pytest.fixture(params=["manager", "administrator", "nobody"])
def browser(request, people):
    people[request.param].raise_request_exception = False
    return people[request.param]


def faults(browser, samples) -> list[str]:
    """Asks all addresses with these samples. Those without arguments are asked with HUGE only: they stay the same."""
    wrong, asked = [], set(addresses(samples))
    for address in sorted(asked if samples is HUGE else asked - set(addresses(HUGE))):
        for method in ("get", "post"):
            if getattr(browser, method)(address).status_code >= 500:
                wrong.append(f"{method} {address}")
    return wrong


# Whoever sends a NUL is refused before anything asks who that is.


def test_a_nul_in_an_address_is_refused(client):
    assert faults(client, NULS) == []


def test_a_nul_in_a_query_is_refused_at_every_address(client):
    for address in sorted(set(addresses())):
        answer = client.get(f"{address}?open=a%00b")
        assert answer.status_code == 400, address


def test_a_nul_in_a_form_is_refused_at_every_address(client):
    for address in sorted(set(addresses())):
        if not address.startswith("/api/"):
            answer = client.post(address, {"text": "a\0b", "a\0b": "text"})
            assert answer.status_code == 400, address


@pytest.mark.parametrize("samples", [HUGE, HUGER], ids=["huge", "huger"])
def test_what_is_too_long_for_the_database_is_not_found(browser, samples):
    assert faults(browser, samples) == []


def noting(read: list) -> type[QueryDict]:
    """Queries that note in ``read`` when a page reads a value. Middleware looks for NUL, through ``lists``."""

    def noted(method: str):
        def note(query, *given, **named):
            if not query._mutable:  # else it is being made
                read.append(query)
            return getattr(QueryDict, method)(query, *given, **named)

        return note

    methods = ("__contains__", "__deepcopy__", "__getitem__", "__iter__", "getlist", "keys", "urlencode")
    return type("Noting", (QueryDict,), {method: noted(method) for method in methods})


def test_odd_queries(people, monkeypatch):
    """The first value goes to every address, the others to those that read it."""
    read, wrong, readers = [], [], []
    monkeypatch.setattr("django.core.handlers.wsgi.QueryDict", noting(read))
    browser = people["manager"]
    browser.raise_request_exception = False

    def ask(address: str, value: str) -> None:
        query = "&".join(f"{name}={value}" for name in ASKED.split())
        if browser.get(f"{address}?{query}").status_code >= 500:
            wrong.append((address, value))

    for address in sorted(set(addresses(SAMPLES))):
        read.clear()
        ask(address, "%ED%A0%80")
        if read:
            readers.append(address)
    assert {reverse(name) for name in ("pdca:search", "reports:list", "recognition:register")} <= set(readers)
    for address in readers:
        for value in ("9" * 30, "0000-13", "-1"):
            ask(address, value)
    assert wrong == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut off'),
        ("multipart/form-data; boundary=b; charset=no-such", b"--b--"),
        ("multipart/form-data; boundary=" + "b" * 5000, b"--b--"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"a=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(1001))),
        ("application/x-www-form-urlencoded", b"a=%ED%A0%80&b=\xff\xfe"),
        ("application/json", b"{"),
        ("", b"x"),
        ("/", b"x"),
        ("text/plain; charset=\x7f", b"x"),
    ],
)
def test_odd_forms(people, content_type, body):
    for address in (reverse("accounts:create"), reverse("account_login"), "/api/v1/recommendations", "/no/such/"):
        for browser in people.values():
            answer = browser.generic("POST", address, body, content_type)
            assert 200 <= answer.status_code < 500, address
            if address.startswith("/api/"):
                assert answer["Content-Type"] == PROBLEM


def test_it_says_what_is_wrong(client, as_, manager):
    page = client.get("/help/?q=%00")
    assert "has a character that no text has" in page.text
    assert "default-src" in page["Content-Security-Policy"]
    answer = client.get("/api/v1/elements/a%00")
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
    assert client.get("/help/", HTTP_COOKIE='sessionid="a\\000b"').status_code == 400
    address = reverse("accounts:ask", args=[manager.memberships.get().utility_id])
    refused = as_(manager).post(address, {"message": "a\0"}, headers={"accept": "application/json"})
    assert refused.status_code == 422
    assert refused.json() == {"errors": [{"name": "message", "label": "", "message": WORDS}]}


def test_a_checklist_that_nobody_judged_and_a_form_of_another_page(staff, as_, at):
    application = at(Application.Status.COMPLETENESS)
    for name in ("checklist_save", "complete"):
        answer = as_(staff).post(reverse(f"recognition:{name}", args=[application.pk]), {"seen": "yesterday"})
        assert answer.status_code == 422
        assert "Someone just saved this checklist" in answer.text

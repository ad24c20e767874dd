"""The headers that keep a browser from being used against its user."""

import pytest
from django.test import Client

from tests.factories import PASSWORD


@pytest.fixture
def headers(client: Client, db):
    return client.get("/help/").headers


def test_content_security_policy_allows_nothing_inline_and_nothing_foreign(headers):
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";") if part.strip())
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]


def test_no_framing_no_sniffing_no_referrer(headers):
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_foreign_host_name_is_refused(client: Client, db):
    assert client.get("/help/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.django_db
def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client, manager):
    client.post("/account/login/", {"login": manager.email, "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"

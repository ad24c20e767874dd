"""Tasks are sent by name, so each name must be that of a task, and a broker that is away must not break a page."""

import re
from pathlib import Path

import pytest

from config.celery import app
from tests.processes import broker_at
from workflow import queue

ROOT = Path(__file__).parents[2]
ROOMS = [
    "accounts",
    "assessments",
    "config",
    "files",
    "ims",
    "initiatives",
    "letters",
    "pdca",
    "recognition",
    "reports",
]
SENT_BY_NAME = re.compile(r'(?:queue\.send\(\s*|\bTASK = )"([^"]+)"')


def names() -> list[str]:
    sources = (path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sorted({name for source in sources for name in SENT_BY_NAME.findall(source)})


def test_the_names_are_found():
    assert {"reports.tasks.make", "recognition.tasks.screen", "recognition.tasks.ask_echo"} <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_task_of_this_name_is_registered(name):
    app.loader.import_default_modules()
    assert name in app.tasks


def test_every_scheduled_task_is_registered():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_a_broker_that_is_away_is_said_and_breaks_nothing(caplog):
    with broker_at("redis://127.0.0.1:1/0"):
        assert queue.send("reports.tasks.make", 7) is False
    assert "reports.tasks.make(7,) is not sent" in caplog.text

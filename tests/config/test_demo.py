"""What only the demo has: the page with the emails that it sent."""

import os
import socket
import subprocess
import sys

import psutil
import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from config import embedded
from config.management.commands import demo
from letters.models import post
from tests.factories import UserFactory
from tests.processes import wait_until

of_the_demo = pytest.mark.urls("config.demo.urls")


@pytest.mark.django_db
def test_the_real_site_has_no_page_of_emails(client):
    email = post("new@example.org", "Confirm your address", "The link")
    for address in ["/demo/email/", f"/demo/email/{email.pk}/"]:
        assert client.get(address).status_code == 404
        with pytest.raises(Resolver404):
            resolve(address)


@of_the_demo
@pytest.mark.django_db
def test_the_demo_lists_its_emails_the_newest_first_and_shows_one(client):
    post("old@example.org", "First", "Hello")
    email = post("new@example.org", "Confirm <your> address", "Follow http://localhost:8000/confirm/1/\n\n<b>Bye</b>")
    page = client.get("/demo/email/").text
    assert page.index("Confirm &lt;your&gt; address") < page.index("First")
    page = client.get(f"/demo/email/{email.pk}/").text
    assert "To new@example.org" in page
    assert '<a href="http://localhost:8000/confirm/1/"' in page
    assert "&lt;b&gt;Bye&lt;/b&gt;" in page
    assert client.get("/demo/email/0/").status_code == 404


@of_the_demo
@pytest.mark.django_db
def test_without_emails_it_says_so(client):
    assert "No emails yet" in client.get("/demo/email/").text


@pytest.mark.parametrize(
    ("delivery", "backend"),
    [
        ("", "dummy.EmailBackend"),
        ("django.core.mail.backends.console.EmailBackend", "dummy.EmailBackend"),  # as .env.example has it
        ("django.core.mail.backends.smtp.EmailBackend", "smtp.EmailBackend"),
    ],
)
def test_the_settings_of_the_demo(delivery, backend):
    """They keep the terminal free of emails, which would push the password out of sight."""
    code = "from config.demo import settings as s; print(s.ROOT_URLCONF, s.POST_OFFICE['BACKENDS']['default'])"
    given = {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "SECRET_KEY": "x"}
    environment = os.environ | given | ({"EMAIL_DELIVERY": delivery} if delivery else {})
    command = [sys.executable, "-c", code]
    said = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    ).stdout
    assert said.split() == ["config.demo.urls", f"django.core.mail.backends.{backend}"]


@pytest.fixture
def prepared(monkeypatch, settings, tmp_path):
    """What ``manage.py demo`` does before it serves, without migrating and collecting. Returns its settings module."""

    def prepare() -> str:
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
        monkeypatch.setattr(demo, "static_files_changed", lambda: False)
        monkeypatch.setattr(demo.connections, "close_all", lambda: None)
        commands = {"load_demo": demo.call_command}
        monkeypatch.setattr(
            demo, "call_command", lambda name, **options: commands.get(name, lambda *_, **__: None)(name, **options)
        )
        settings.LOCAL_DIR = tmp_path
        demo.Command()._prepare()
        return os.environ["DJANGO_SETTINGS_MODULE"]

    monkeypatch.setenv("HEADWORKS_DEMO", "1")
    return prepare


# What ``manage.py demo`` does once all is set up, with beat and a process that does nothing in place of the others.
SERVES = """
import django; django.setup()
from config.management.commands import demo
demo.Command._prepare = lambda self: "ready"
demo._wait_until_ready = lambda *_: None
sleeps = ("timeit", "-n1", "-r1", "-s", "import time", "time.sleep(600)")
demo.web = demo.worker = lambda port: demo.Child("sleeper", port, *sleeps, patience=1)
demo.Command().handle(port={port})
"""


def test_killed_services_and_a_killed_scheduler_come_back_without_a_traceback(tmp_path):
    given = {"DJANGO_SETTINGS_MODULE": "config.settings", "LOCAL_DIR": str(tmp_path), "SECRET_KEY": "x"}
    environment = os.environ | given | {"DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "WARNING"}
    with (tmp_path / "said").open("w") as said:
        command = [sys.executable, "-c", SERVES.format(port=free_port())]
        running = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=said, stderr=said)
    try:
        whole = psutil.Process(running.pid)

        def scheduler() -> list[psutil.Process]:
            children = [one for one in whole.children() if one.status() != psutil.STATUS_ZOMBIE]
            return [one for one in children if "beat" in one.cmdline()]

        wait_until(scheduler, what="the scheduler")
        before = {name: find(tmp_path) for name, find in FOUND.items()} | {"beat": scheduler()[0]}
        for process in before.values():
            process.kill()
        for name, find in FOUND.items():
            wait_until(lambda find=find, name=name: find(tmp_path) not in (None, before[name]), what=name)
        wait_until(lambda: [one for one in scheduler() if one != before["beat"]], what="the new scheduler")
    finally:
        running.terminate()
        running.wait(60)
    words = (tmp_path / "said").read_text()
    assert "The scheduler stopped; restarting it" in words
    assert "Traceback" not in words
    assert "Stopping." in words


FOUND = {
    "database": lambda folder: embedded._postmaster(folder / "postgres"),
    "broker": lambda folder: embedded._valkey_process(folder / "valkey"),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.django_db
def test_a_database_with_users_of_its_own_is_served_without_the_page_of_emails(prepared):
    UserFactory()
    assert prepared() == "config.settings"


@pytest.mark.django_db
def test_the_demo_data_are_served_with_the_page_of_emails(prepared):
    UserFactory(email="admin@example.org")
    assert prepared() == "config.demo.settings"

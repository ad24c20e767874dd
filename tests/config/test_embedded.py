"""The embedded services survive killed users, stale files and each other."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from django.conf import settings

from config import embedded
from tests.processes import wait_until

USE = """
import os, signal, sys, time
from pathlib import Path
from config import embedded
signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal, also where the tests run in the background
folder = Path(sys.argv[1])
embedded.PROGRAMS = Path(os.environ.get("PROGRAMS") or embedded.PROGRAMS)
embedded.postgres(folder / "postgres")
print(embedded.valkey(folder / "valkey"), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A database that was started once: most of the time of a start goes into making it."""
    folder = tmp_path_factory.mktemp("made")
    process = subprocess.Popen(
        [sys.executable, "-c", USE, str(folder)], cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.communicate(timeout=80)
    assert services(folder) == []
    return folder / "postgres"


@pytest.fixture
def made_before(made, tmp_path):
    """The folder of the test has its database already."""
    subprocess.run(["cp", "-a", made, tmp_path], check=True)


@pytest.fixture
def user(tmp_path):
    """``user()`` is a process that uses both services in ``tmp_path`` or a given folder until its input is closed."""
    started = []

    def start(folder=tmp_path) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", USE, str(folder)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        process.url = process.stdout.readline().strip()
        assert process.url.startswith("redis://127.0.0.1:")
        return process

    yield start
    for process in started:
        process.communicate(timeout=40)


def leave(process):
    process.communicate(timeout=40)


def services(folder):
    found = (embedded._postmaster(folder / "postgres"), embedded._valkey_process(folder / "valkey"))
    return [process for process in found if process]


@pytest.mark.usefixtures("made_before")
def test_the_last_user_stops_both(user, tmp_path):
    first, second = user(), user()
    assert first.url == second.url
    leave(first)
    running = services(tmp_path)
    assert len(running) == 2
    leave(second)
    assert not any(process.is_running() for process in running)


@pytest.mark.usefixtures("made_before")
def test_a_killed_user_does_not_keep_them_running(user, tmp_path):
    killed = user()
    killed.kill()
    killed.wait()
    assert len(services(tmp_path)) == 2
    leave(user())
    assert services(tmp_path) == []


@pytest.mark.usefixtures("made_before")
def test_what_waits_in_the_broker_outlives_everything_being_killed(user, tmp_path):
    first = user()
    redis.Redis.from_url(first.url).rpush("celery", "a task")
    time.sleep(1.2)  # appendfsync is "everysec"
    everything = [psutil.Process(first.pid), *services(tmp_path)]
    for process in everything:
        process.kill()
    psutil.wait_procs(everything, timeout=20)
    second = user()
    assert redis.Redis.from_url(second.url).lrange("celery", 0, -1) == [b"a task"]


@pytest.mark.usefixtures("made_before")
def test_a_killed_database_starts_again_though_a_connection_was_busy(user, tmp_path):
    first = user()
    old = services(tmp_path)[0]
    sockets = embedded._line_of_pid_file(tmp_path / "postgres", embedded.SOCKETS)
    with ThreadPoolExecutor(1) as busy:
        asked = busy.submit(ask_for_long, sockets)
        wait_until(lambda: len(old.children()) > 6, what="the busy connection")
        old.kill()
        second = user()
        assert isinstance(asked.exception(timeout=60), psycopg2.OperationalError)
    assert services(tmp_path)[0].pid != old.pid
    assert first.url == second.url
    with psycopg2.connect(host=sockets, dbname="postgres", user="postgres") as connection:
        connection.cursor().execute("SELECT 1")
    connection.close()


def ask_for_long(sockets: str) -> None:
    connection = psycopg2.connect(host=sockets, dbname="postgres", user="postgres")
    try:
        connection.cursor().execute("SELECT pg_sleep(600)")
    finally:
        connection.close()


@pytest.mark.usefixtures("made_before")
def test_a_number_left_behind_that_is_another_program_by_now_does_not_mislead(user, tmp_path):
    leave(user())
    mine = os.getpid()
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{mine}\n{tmp_path / 'postgres'}\n")
    (tmp_path / "valkey" / "port").write_text(f"1 {mine}")
    user()
    assert len(services(tmp_path)) == 2


def test_a_first_start_that_was_cut_off_is_begun_anew(user, tmp_path):
    half_made = tmp_path / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    user()
    assert len(services(tmp_path)) == 2


@pytest.mark.usefixtures("made_before")
def test_ctrl_c_in_a_terminal_does_not_reach_the_broker(user, tmp_path):
    process = user()
    assert os.getpgid(services(tmp_path)[1].pid) != os.getpgid(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(40) != 0
    assert services(tmp_path) == []


@pytest.mark.parametrize("name", ['set up, [2] (copy) it\'s $5 "é" #1', "/".join(["long" * 20] * 3)])
def test_any_path_works(user, tmp_path, name):
    """A socket's path has at most 107 bytes, and no comma."""
    folder = tmp_path / name
    process = user(folder)
    postgres, _ = services(folder)
    sockets = Path(embedded._line_of_pid_file(folder / "postgres", embedded.SOCKETS))
    with psycopg2.connect(host=str(sockets), dbname="postgres", user="postgres") as connection:
        connection.cursor().execute("SELECT 1")
    connection.close()
    assert sockets.stat().st_mode & 0o777 == 0o700, "everyone who reaches the socket is let in"
    leave(process)
    assert not postgres.is_running()
    assert not sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="about running as root")
def test_as_root_nothing_changes_outside_the_folder(user, tmp_path, monkeypatch):
    """Also where only root may enter the folder that everything is in, such as /root."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = embedded.PROGRAMS.parents[1]
    for part in (embedded.PROGRAMS.parent, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, closed / part.relative_to(wheel.parent), symlinks=True)
    programs = closed / embedded.PROGRAMS.relative_to(wheel.parent)
    monkeypatch.setenv("PROGRAMS", str(programs))
    folders = [closed, *closed.parents, programs, programs.parent]
    before = [folder.stat().st_mode for folder in folders], pwd.getpwall()
    user(closed / "headworks")
    assert services(closed / "headworks")[0].username() == "nobody"
    assert ([folder.stat().st_mode for folder in folders], pwd.getpwall()) == before

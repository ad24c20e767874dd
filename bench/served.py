"""Runs the processes of the site, gunicorn as in production and Celery, on the benchmark's own database and broker."""

import http.client
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from config.management.commands.demo import Child

PATIENCE = 90  # seconds


@contextmanager
def running(child: Child) -> Iterator[psutil.Process]:
    child.start()
    try:
        yield psutil.Process(child.process.pid)  # type: ignore[union-attr]
    finally:
        child.stop()


def web(port: int, *changed: str) -> Child:
    """Returns the web server as in production, but for the options that are ``changed``."""
    options = ["--config", "python:config.gunicorn", "--bind", f"127.0.0.1:{port}", "--access-logfile", os.devnull]
    return Child("web server", port, "gunicorn", "config.wsgi", *options, *changed, patience=10)


def ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, int]:
    """Returns the status and size of the response. Opens a connection each time, so that both workers get requests."""
    connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, len(answer.read())
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/readyz", {})[0] == 200
    except OSError:
        return False


def wait(until: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            raise RuntimeError(f"Waited {patience} s for {what}.")
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

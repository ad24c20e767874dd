"""What the processes of ``make demo`` hold in memory once they have worked.

gunicorn with two workers and Celery with one child are started as the demo starts them, on the benchmark's database,
a broker and a folder of their own; every page is asked for over HTTP, and one report is made.
"""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from django.urls import reverse

from bench.pages import CSRF, Page, pages, session_of
from bench.world import World
from config.management.commands.demo import Child, web, worker
from reports.models import Report

ROUNDS = 20  # times that each page is asked for
PATIENCE = 90  # seconds
MB = 1024 * 1024
AIMS = {"web": 150, "celery": 250}  # MB, for each process


@dataclass(frozen=True)
class Held:
    """In MB. ``rss`` counts what is shared with other processes in full, ``pss`` each one's share of it."""

    process: str
    rss: float
    pss: float | None
    aim: int


def measure(world: World) -> list[Held]:
    """Every process of web server and worker. Raises RuntimeError where one does not come up or the report fails."""
    port = _free_port()
    with _running(web(port)) as server, _running(worker(port)) as celery:
        _wait(lambda: _answers(port), "the web server")
        cookies = f"sessionid={session_of(world.person)}; csrftoken={CSRF}"
        for _ in range(ROUNDS):
            for page in pages(world):
                if page.fields is None and not page.path.startswith("/bench/"):
                    _get(port, page, cookies)
        _make_a_report(port, world, cookies)
        return [*_held("web", server), *_held("celery", celery)]


def _held(name: str, process: psutil.Process) -> Iterator[Held]:
    for part, role in [(process, "parent"), *((child, "child") for child in process.children())]:
        memory = part.memory_full_info()
        shared_out = getattr(memory, "pss", None)  # told by Linux only
        yield Held(f"{name}, {role}", memory.rss / MB, shared_out and shared_out / MB, AIMS[name])


@contextmanager
def _running(child: Child) -> Iterator[psutil.Process]:
    child.start()
    try:
        yield psutil.Process(child.process.pid)  # type: ignore[union-attr]
    finally:
        child.stop()


def _make_a_report(port: int, world: World, cookies: str) -> None:
    Report.objects.all().delete()
    path = reverse("reports:request", args=["gap-analysis", world.complete.pk])
    headers = {"Cookie": cookies, "X-CSRFToken": CSRF}
    if (status := _ask(port, "POST", path, headers)) != 302:
        raise RuntimeError(f"{path} answered {status}")
    _wait(lambda: Report.objects.get().is_finished, "the report")
    if Report.objects.get().status != Report.Status.DONE:
        raise RuntimeError(f"The report was not made: {Report.objects.get().error}")


def _get(port: int, page: Page, cookies: str) -> None:
    if (status := _ask(port, "GET", page.path, {"Cookie": cookies} if page.signed_in else {})) != 200:
        raise RuntimeError(f"{page.name} ({page.path}) answered {status}")


def _ask(port: int, method: str, path: str, headers: dict[str, str]) -> int:
    """The status of the answer; a connection each, so that both workers get their share."""
    connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _answers(port: int) -> bool:
    try:
        return _ask(port, "GET", "/readyz", {}) == 200
    except OSError:
        return False


def _wait(until: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > end:
            raise RuntimeError(f"Waited {PATIENCE} s for {what}.")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

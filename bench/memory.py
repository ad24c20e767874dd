"""Measures the memory of the processes of ``make demo`` after some work.

Starts gunicorn with two workers and Celery with one child as the demo does, on the benchmark's own database, broker and
folder. Requests every page over HTTP and makes one report.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import psutil
from django.urls import reverse

from bench.pages import CSRF, Browser, pages
from bench.served import answers, ask, free_port, running, wait
from bench.world import World
from config.management.commands.demo import web, worker
from reports.models import Report

ROUNDS = 20  # requests for each page
MB = 1024 * 1024
AIMS = {"web": 150, "celery": 250}  # MB, for each process


@dataclass(frozen=True)
class Held:
    """Memory in MB. ``rss`` counts memory shared with other processes in full, ``pss`` only this one's share."""

    process: str
    rss: float
    pss: float | None
    aim: int


def measure(world: World) -> list[Held]:
    """Measures each process of web server and worker. Raises RuntimeError if one does not start or the report fails."""
    port = free_port()
    with running(web(port)) as server, running(worker(port)) as celery:
        wait(lambda: answers(port), "the web server")
        browser = Browser(world, port)
        for _ in range(ROUNDS):
            for page in pages(world):
                if page.fields is None and not page.path.startswith("/bench/"):
                    browser.ask(page)
        _make_a_report(world, browser)
        return [*_held("web", server), *_held("celery", celery)]


def _held(name: str, process: psutil.Process) -> Iterator[Held]:
    for part, role in [(process, "parent"), *((child, "child") for child in process.children())]:
        try:
            memory = part.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        if not memory.rss:  # a child that Celery was just replacing
            continue
        shared_out = getattr(memory, "pss", None)  # only on Linux
        yield Held(f"{name}, {role}", memory.rss / MB, shared_out and shared_out / MB, AIMS[name])


def _make_a_report(world: World, browser: Browser) -> None:
    Report.objects.all().delete()
    path = reverse("reports:request", args=["gap-analysis", world.complete.pk])
    headers = {"Cookie": browser.cookies(), "X-CSRFToken": CSRF}
    status, _ = ask(browser.port, "POST", path, headers)
    if status != 302:
        raise RuntimeError(f"{path} answered {status}")
    wait(lambda: Report.objects.get().is_finished, "the report")
    if Report.objects.get().status != Report.Status.DONE:
        raise RuntimeError(f"The report was not made: {Report.objects.get().error}")

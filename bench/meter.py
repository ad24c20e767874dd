"""What one request of a page costs: work, not time.

Each request goes over HTTP to the site, served as in production, but by one process with one thread, so that a page has
been loaded after its first request. What counts is the CPU of that process and of the PostgreSQL process that it talks
to. On a machine with other work to do that says more than the clock. A page takes turns with a bare view that returns
as many bytes, so that other work on the machine slows both. PostgreSQL reads with one process, since that of helpers
would be missed. Queries are counted in a pass of their own, in this process.
"""

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import served
from bench.cost import Cost, Page

WARM_UP = 2  # requests
TIDYING = 0.004  # seconds: the server is not done when the last byte has come
CSRF = "c" * 32


class Meter:
    """Asks for pages, each signed in as who opens it, and says what they cost."""

    def __init__(self, port: int, server: psutil.Process, people: dict[str, User]) -> None:
        self.port, self.server = port, server
        self.browsers = {"": _browser(), **{name: signed_in(person) for name, person in people.items()}}

    def costs(self, pages: Iterable[Page], requests: int) -> Iterator[Cost]:
        """Yields the cost of each page over ``requests`` requests. Raises RuntimeError if one does not answer 200."""
        for page in pages:
            yield self._cost(page, requests)

    def _cost(self, page: Page, requests: int) -> Cost:
        for _ in range(WARM_UP):
            size = self._ask(page)
        bare = Page("bare", "", f"/bench/bare/{size}/")
        self._ask(bare)
        asked = [(self._took(page), self._took(bare)) for _ in range(requests)]
        web, database, of_bare = (
            statistics.median(figures)
            for figures in zip(*((*of_page, sum(of_bare)) for of_page, of_bare in asked), strict=True)
        )
        return Cost(page.name, page.by, web, database, self._queries(page), size, of_bare, page.most)

    def _took(self, page: Page) -> tuple[float, float]:
        """Returns the milliseconds of CPU that one request takes: of the web server and of the database."""
        fields = page.fields and page.fields()  # these may ask the database, too
        backends = _backends()  # a connection is replaced now and then
        began = self._cpu(backends)
        self._ask(page, fields)
        time.sleep(TIDYING)
        web, database = (now - before for now, before in zip(self._cpu(backends), began, strict=True))
        return web, database

    def _cpu(self, backends: list[int]) -> tuple[float, float]:
        return sum(cpu(child.pid) for child in self.server.children()), sum(map(cpu, backends))

    def _ask(self, page: Page, fields: dict[str, Any] | None = None) -> int:
        """Returns the bytes of the answer."""
        cookies = {name: morsel.value for name, morsel in self.browsers[page.by].cookies.items()}
        headers, body = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}, None
        if page.fields:  # as static/js/save.js sends it
            headers["Cookie"] += f"; csrftoken={CSRF}"
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            sent = {"csrfmiddlewaretoken": CSRF} | (fields or page.fields())
            body = urlencode(sent, doseq=True).encode()
        status, size = served.ask(self.port, "POST" if page.fields else "GET", page.path, headers, body)
        if status != 200:
            raise RuntimeError(f"{page.name} ({page.path}) answered {status}")
        return size

    def _queries(self, page: Page) -> int:
        browser, fields = self.browsers[page.by], page.fields and page.fields()
        if fields is None:
            browser.get(page.path)  # the first page of a utility also writes into the session which one is current
        with CaptureQueriesContext(connection) as captured:
            if fields is None:
                browser.get(page.path)
            else:
                browser.post(page.path, fields, headers={"accept": "application/json"})
        return len(captured)


@contextmanager
def metered(people: dict[str, User]) -> Iterator[Meter]:
    """Serves the site while its pages are measured."""
    port = served.free_port()
    server = served.web(port, "--workers", "1", "--threads", "1", "--worker-class", "gthread")
    server.environment["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"
    with served.running(server) as process:
        served.wait(lambda: served.answers(port), "the web server")
        yield Meter(port, process, people)


def _browser() -> Client:
    return Client(headers={"host": "localhost"})


def signed_in(person: User) -> Client:
    """Returns a browser in which ``person`` is signed in, with the second factor that the staff must have."""
    Authenticator.objects.get_or_create(user=person, type=Authenticator.Type.TOTP, defaults={"data": {}})
    browser = _browser()
    browser.force_login(person, settings.AUTHENTICATION_BACKENDS[0])
    browser.cookies["zone"] = settings.TIME_ZONE  # as static/js/zone.js does
    return browser


def _backends() -> list[int]:
    """Returns the processes of the database that others than this process talk to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def cpu(pid: int) -> float:
    """Returns the milliseconds that the threads of a process have computed; 0 where the system does not say."""
    took = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # a thread that has ended
            took += int(path.read_text().split()[0])
    return took / 1e6

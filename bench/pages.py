"""Measures what pages cost in milliseconds, queries and bytes, and compared with a bare Django view.

Each request goes over HTTP to the site as the demo serves it. The time is what a browser waits for: from connecting to
the last byte of the response (``time.perf_counter``). A page alternates with a bare view that returns as many bytes, so
that other load on the machine slows both. Queries are counted in a separate pass.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from assessments.models import Finding
from bench import served
from bench.world import World
from config.management.commands.demo import web
from ims.models import Action, Measure

WARM_UP = 20  # requests, after which both workers have connected and loaded the page
CSRF = "c" * 32


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    signed_in: bool = True
    by: str = "person"  # who asks for it: "person", "staff" or "advisor"
    fields: Callable[[], dict[str, Any]] | None = None  # what a POST sends; called before each request
    aim_ratio: float | None = None
    aim_queries: int | None = None
    aim_ms: int | None = None


SESSION = Page("session and its user alone", "/bench/user/100/")


@dataclass(frozen=True)
class Cost:
    """Costs of a page: ``median``, ``p95`` and ``bare`` (the bare view's median) in milliseconds.

    ``ratio`` is ``median`` to ``bare``, ``to_session`` is ``median`` to a view that only loads the session and user.
    """

    name: str
    median: float
    p95: float
    queries: int
    bytes: int
    bare: float
    ratio: float
    to_session: float
    aim_ratio: float | None
    aim_queries: int | None
    aim_ms: int | None


def pages(world: World) -> list[Page]:
    row = reverse("assessments:save", args=[world.draft.pk, "communication"])
    own = world.complete.utility_id
    results = reverse("assessments:results", args=[world.draft.pk])
    return [
        SESSION,
        Page("home, anonymous", "/", signed_in=False),
        Page("home, 300 records and what others changed", "/", aim_queries=15),
        Page("utility", reverse("accounts:utility", args=[world.complete.utility_id]), aim_queries=15),
        Page("initiatives", reverse("initiatives:list"), signed_in=False),
        Page("element", reverse("pdca:element", args=["communication"]), signed_in=False),
        Page("integration opportunities", reverse("pdca:opportunities"), signed_in=False),
        Page("integration opportunity", reverse("pdca:opportunity", args=["one-message"]), signed_in=False),
        Page("gap analyses, list", reverse("assessments:list")),
        Page("gap analysis, open", world.draft.get_absolute_url(), aim_ratio=8, aim_queries=10),
        Page("save a row, rating", row, fields=_rating(world), aim_ratio=5, aim_queries=9),
        Page("save a row, all of it", row, fields=_everything(world), aim_ratio=5, aim_queries=9),
        Page("gap analysis as an Excel file", reverse("assessments:excel", args=[world.complete.pk])),
        Page("results, under way", results, aim_queries=15),
        Page("results, complete", reverse("assessments:results", args=[world.complete.pk]), aim_queries=15),
        Page("recommendations", reverse("assessments:recommendations", args=[world.complete.pk]), aim_queries=15),
        Page("road map suggested", reverse("assessments:road_map_suggested", args=[world.complete.pk])),
        Page("integration", reverse("assessments:integration", args=[world.complete.utility_id]), aim_queries=15),
        Page("analyses compared", reverse("assessments:compare", args=[world.complete.utility_id])),
        Page("300 actions, 25 rows", reverse("ims:list", args=[world.complete.utility_id, "actions"]), aim_queries=15),
        Page("an action", Action.objects.filter(utility=world.complete.utility_id)[0].get_absolute_url()),
        Page("300 measures, 25 rows", reverse("ims:list", args=[own, "measures"]), aim_queries=15),
        Page("a measure, 36 readings", Measure.objects.filter(utility=own)[0].get_absolute_url()),
        Page("performance, 300 measures", reverse("ims:performance", args=[own]), aim_queries=15),
        *_managed(world),
        *_large(world),
        Page("reports, list", reverse("reports:list")),
        Page("queue of 1,500, 25 rows", reverse("recognition:queue", args=["panel"]), by="staff"),
    ]


def _managed(world: World) -> list[Page]:
    """Pages of a large management system, and the home page and overview of the advisor of five."""
    managed = world.managed
    own = managed.utility.pk
    steps = [
        ("workshop of 30 × 12, scoring", "workshop_score", managed.scoring),
        ("workshop of 30 × 12, shown", "workshop_score", managed.settling),
        ("workshop of 30 × 12, matrix", "workshop_settle", managed.settling),
        ("workshop of 30 × 12, budget", "workshop_package", managed.settling),
    ]
    pages = [
        ("home, advisor of 5 utilities", "/"),
        ("overview of 5 utilities", reverse("accounts:list")),
        ("system of a utility", reverse("ims:system", args=[own])),
        ("team, every function", reverse("ims:team", args=[own])),
        ("300 findings ranked, 25 rows", reverse("ims:ranked", args=[own])),
        ("programs, 300 actions, 40 people", reverse("ims:programs", args=[own])),
        ("300 documents, 25 rows", reverse("ims:list", args=[own, "documents"])),
        ("trainings of 40 people × 40", reverse("ims:training_matrix", args=[own])),
        ("agenda of a management review", reverse("ims:agenda", args=[own, managed.review.number])),
        *((name, reverse(f"ims:{url}", args=[own, workshop.number])) for name, url, workshop in steps),
    ]
    found = [Page(name, path, by="advisor", aim_queries=15) for name, path in pages]
    whole = [
        ("our system today, 1,300 records", "today"),
        ("system manual, 1,300 records", "manual"),
        ("round of the year, 1,300 records", "year"),
    ]
    return [*found, *(Page(name, reverse(f"ims:{url}", args=[own]), by="advisor") for name, url in whole)]


def _large(world: World) -> Iterator[Page]:
    lists, system = world.large.lists.pk, world.large.system.pk
    for slug in ("actions", "corrective", "requirements"):
        address = reverse("ims:list", args=[lists, slug])
        yield Page(f"10,000 {slug}, 25 rows", address, by="staff", aim_ratio=20, aim_queries=15)
        yield Page(f"10,000 {slug}, last page", f"{address}?page=400", by="staff", aim_ratio=20, aim_queries=15)
    everything = reverse("ims:everything", args=[lists])
    yield Page("30,000 records, 25 rows", everything, by="staff", aim_ratio=20, aim_queries=15)
    today = reverse("ims:today", args=[system])
    yield Page("our system today, 5,000 records", today, by="staff", aim_ms=1000)


def people(world: World) -> dict[str, User]:
    return {"person": world.person, "staff": world.staff, "advisor": world.managed.advisor}


def _rating(world: World) -> Callable[[], dict[str, Any]]:
    """Returns a function for the fields that the page sends for a closed row: version, rating, areas."""
    row = Finding.objects.filter(analysis=world.draft, element__slug="communication")
    return lambda: {"version": row.values_list("version", flat=True).get(), "rating": 2, "areas": ["E", "S", "Q"]}


def _everything(world: World) -> Callable[[], dict[str, Any]]:
    """Like ``_rating``, for an open row, which also has texts and initiatives."""
    row, rating = Finding.objects.get(analysis=world.draft, element__slug="communication"), _rating(world)
    texts = {"evidence": row.evidence, "changes": row.changes, "notes": row.notes}
    return lambda: rating() | {"details": "1", "initiatives": row.initiatives} | texts


class Browser:
    """A client of the site on ``port`` that is signed in as whoever asks for a page."""

    def __init__(self, world: World, port: int) -> None:
        self.port = port
        self.sessions = {name: session_of(user) for name, user in people(world).items()}

    def cookies(self, by: str = "person") -> str:
        return f"sessionid={self.sessions[by]}; csrftoken={CSRF}; zone=America/New_York"  # as static/js/zone.js says it

    def ask(self, page: Page) -> tuple[float, int]:
        """Returns the milliseconds that ``page`` took and its bytes. Raises RuntimeError unless the status is 200."""
        headers = {"Accept": "application/json" if page.fields else "text/html"}
        body = None
        if page.signed_in:
            headers["Cookie"] = self.cookies(page.by)
        if page.fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"  # as static/js/save.js sends it
            body = urlencode({"csrfmiddlewaretoken": CSRF} | page.fields(), doseq=True).encode()
        start = time.perf_counter()
        status, size = served.ask(self.port, "POST" if page.fields else "GET", page.path, headers, body)
        taken = (time.perf_counter() - start) * 1000
        if status != 200:
            raise RuntimeError(f"{page.name} ({page.path}) answered {status}")
        return taken, size


def session_of(person: User) -> str:
    """Returns the session cookie of a browser in which ``person`` is signed in."""
    browser = Client()
    browser.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def measure(world: World, requests: int) -> list[Cost]:
    """Returns the cost of every page over ``requests`` requests each."""
    port = served.free_port()
    with served.running(web(port)):
        served.wait(lambda: served.answers(port), "the web server")
        browser = Browser(world, port)
        return [_cost(browser, world, page, requests) for page in pages(world)]


def _cost(browser: Browser, world: World, page: Page, requests: int) -> Cost:
    for _ in range(WARM_UP):
        _, size = browser.ask(page)
    bare = Page("bare", f"/bench/bare/{size}/", signed_in=False)
    for _ in range(WARM_UP):
        browser.ask(bare)
    times, bare_times, session_times = [], [], []
    for _ in range(requests):
        times.append(browser.ask(page)[0])
        bare_times.append(browser.ask(bare)[0])
        session_times.append(browser.ask(SESSION)[0])
    median, bare_median = statistics.median(times), statistics.median(bare_times)
    return Cost(
        name=page.name,
        median=median,
        p95=statistics.quantiles(times, n=20)[-1],
        queries=_queries(people(world)[page.by], page),
        bytes=size,
        bare=bare_median,
        ratio=median / bare_median,
        to_session=median / statistics.median(session_times),
        aim_ratio=page.aim_ratio,
        aim_queries=page.aim_queries,
        aim_ms=page.aim_ms,
    )


def _queries(person: User, page: Page) -> int:
    """Returns the number of queries of one request, without those that fetch a POST's fields."""
    client = Client(headers={"accept": "application/json" if page.fields else "text/html", "host": "localhost"})
    if page.signed_in:
        client.cookies[settings.SESSION_COOKIE_NAME] = session_of(person)
    fields = page.fields() if page.fields else None
    if fields is None:
        client.get(page.path)  # the first page of a utility also writes into the session which one is current
    with CaptureQueriesContext(connection) as captured:
        client.get(page.path) if fields is None else client.post(page.path, fields)
    return len(captured)

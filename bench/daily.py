"""Measures the pages of every day, of each role, on the rows of ``make_load_data``: ``python -m bench --scale 100``.

What is measured is work, not time: the CPU of this process, which answers the requests without a server between, and
that of the PostgreSQL process that it talks to. On a machine with other work to do that says more than the clock, and
one scale can be compared with another. PostgreSQL reads with one process, since that of helpers would be missed.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User, Utility
from config.load.utilities import address
from recognition.models import Application, Cycle, Recognition

WARM_UP = 2  # requests
AIM = 1.3  # times the CPU on the rows of a hundredth of the country


@dataclass(frozen=True)
class Page:
    name: str
    by: str  # whose first account opens it; nobody's if empty
    path: str


@dataclass(frozen=True)
class Cost:
    """``web`` and ``database`` are medians in milliseconds of CPU."""

    name: str
    by: str
    web: float
    database: float
    queries: int
    bytes: int

    @property
    def cpu(self) -> float:
        return self.web + self.database

    def grew(self, other: "Cost") -> bool:
        """Whether the page costs more than ``other``, the same page on fewer rows: queries, or more than the aim."""
        return self.queries != other.queries or self.cpu > AIM * other.cpu


def pages() -> Iterator[Page]:
    manager = User.objects.get(email=address("manager", 0))
    utility = Utility.objects.get(memberships__user=manager)
    draft = utility.gap_analyses.get(status="draft")
    waiting = Application.objects.filter(status=Application.Status.PANEL, seats__member__email=address("panelist", 0))
    application = waiting.order_by("pk")[0]
    decided = utility.applications.get(cycle__status=Cycle.Status.DECIDED).cycle_id
    own = [utility.pk]
    yield Page("home of a manager", "manager", "/")
    yield Page("utility", "manager", reverse("accounts:utility", args=own))
    yield Page("utilities of a manager", "manager", reverse("accounts:list"))
    yield Page("list of gap analyses", "manager", reverse("assessments:list"))
    yield Page("a gap analysis", "manager", draft.get_absolute_url())
    yield Page("results", "manager", reverse("assessments:results", args=[draft.pk]))
    yield Page("a register", "manager", reverse("ims:list", args=[*own, "actions"]))
    yield Page("our system today", "manager", reverse("ims:today", args=own))
    yield Page("applications of a utility", "manager", reverse("recognition:list"))
    yield Page("search", "manager", reverse("pdca:search") + "?q=drought")
    yield Page("search for a number", "manager", reverse("pdca:search") + "?q=action+1")
    yield Page("utility to join, by name", "manager", reverse("accounts:search") + "?q=alder+bend")
    yield Page("home of the staff", "staff", "/")
    for name in ("completeness", "region", "panel", "decisions", "all"):
        yield Page(f"queue: {name}", "staff", reverse("recognition:queue", args=[name]))
    yield Page("queue: all, of one cycle", "staff", reverse("recognition:queue", args=["all"]) + f"?cycle={decided}")
    yield Page("queue: all, by a name", "staff", reverse("recognition:queue", args=["all"]) + "?words=alder+bend")
    yield Page("queue: all, by utility", "staff", reverse("recognition:queue", args=["all"]) + "?sort=utility")
    yield Page("an application", "staff", application.get_absolute_url())
    yield Page("panel of an application", "staff", reverse("recognition:panel", args=[application.pk]))
    yield Page("cycles", "staff", reverse("recognition:cycles"))
    yield Page("a cycle", "staff", reverse("recognition:cycle", args=[application.cycle_id]))
    yield Page("reviewers of a cycle", "staff", reverse("recognition:reviewers", args=[application.cycle_id]))
    yield Page("panels of a cycle", "staff", reverse("recognition:panels", args=[application.cycle_id]))
    yield Page("notices of a cycle", "staff", reverse("recognition:notices", args=[decided]))
    yield Page("outbox", "staff", reverse("recognition:outbox", args=[decided]))
    yield Page("statistics of a cycle", "staff", reverse("recognition:statistics", args=[decided]))
    yield Page("utilities, for the staff", "staff", reverse("accounts:list"))
    yield Page("list of gap analyses, for the staff", "staff", reverse("assessments:list"))
    yield Page("new utilities", "staff", reverse("accounts:new_utilities"))
    yield Page("claims", "staff", reverse("accounts:claims"))
    yield Page("emails", "staff", reverse("accounts:emails"))
    yield Page("search, for the staff", "staff", reverse("pdca:search") + "?q=alder+bend")
    yield Page("register, for the staff", "staff", reverse("recognition:register"))
    yield Page("home of a panel member", "panelist", "/")
    yield Page("my reviews", "panelist", reverse("recognition:queue", args=["my-reviews"]))
    yield Page("a review", "panelist", reverse("recognition:review", args=[application.pk]))
    yield Page("home of the official", "official", "/")
    yield Page("decisions", "official", reverse("recognition:decisions", args=[decided]))
    yield Page("home of compliance", "compliance", "/")
    yield Page("queue: compliance", "compliance", reverse("recognition:queue", args=["compliance"]))
    yield Page("public register", "", reverse("recognition:register"))
    yield Page("public register, one state", "", reverse("recognition:register") + "?state=OR")
    yield Page("public register, by a name", "", reverse("recognition:register") + "?words=alder")
    entry = Recognition.objects.valid().order_by("pk")[0]
    yield Page("entry of the register", "", reverse("recognition:register_entry", args=[entry.pk]))
    yield Page("verification", "", reverse("recognition:verify", args=[entry.number]))
    yield Page("home of an administrator", "admin", "/")
    yield Page("administration", "admin", reverse("admin:index"))
    for name in ("accounts_user", "accounts_utility", "recognition_application", "config_auditentry"):
        yield Page(f"administration: {name}", "admin", reverse(f"admin:{name}_changelist"))


def measure(requests: int) -> Iterator[Cost]:
    """Yields the cost of each page over ``requests`` requests. Raises RuntimeError if one does not answer 200."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # whose time would be missed
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    browsers = {"": Client(headers={"host": "localhost"})}
    for page in pages():
        if page.by not in browsers:
            browsers[page.by] = browser = Client(headers={"host": "localhost"})
            browser.force_login(signed_up(page.by), settings.AUTHENTICATION_BACKENDS[0])
        yield _cost(browsers[page.by], page, requests, server)


def signed_up(role: str) -> User:
    """Returns the first person of a role, with the second factor that the staff must have."""
    person = User.objects.get(email=address(role, 0))
    Authenticator.objects.get_or_create(user=person, type=Authenticator.Type.TOTP, defaults={"data": {}})
    return person


def _cost(browser: Client, page: Page, requests: int, server: int) -> Cost:
    for _ in range(WARM_UP):
        answer = browser.get(page.path)
        if answer.status_code != 200:
            raise RuntimeError(f"{page.name} ({page.path}) answered {answer.status_code}")
    with CaptureQueriesContext(connection) as captured:
        browser.get(page.path)
    queries = len(captured)  # the next request forgets them
    web, database = [], []
    for _ in range(requests):
        began, began_there = time.process_time(), _cpu(server)
        browser.get(page.path)
        web.append((time.process_time() - began) * 1000)
        database.append(_cpu(server) - began_there)
    size = len(answer.content)
    return Cost(page.name, page.by, statistics.median(web), statistics.median(database), queries, size)


def _cpu(pid: int) -> float:
    """Returns the milliseconds that a process of this machine has computed; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6
    except OSError:
        return 0.0


def as_json(scale: int, loading: float, costs: list[Cost]) -> dict[str, object]:
    return {"scale": scale, "loading": round(loading), "pages": [asdict(cost) for cost in costs]}


def told(found: dict[str, Any], earlier: dict[str, Any] | None) -> Iterator[str]:
    """Yields the figures as text; beside those of an ``earlier`` result of ``as_json`` if there is one."""
    yield f"Pages of every day at scale {found['scale']}, CPU in milliseconds; rows made in {found['loading']} s"
    known = {each["name"]: Cost(**each) for each in earlier["pages"]} if earlier else {}
    heads = f"{'web':>8}{'database':>10}{'queries':>9}{'bytes':>9}"
    yield f"{'page':<40}{heads}" + (f"   at scale {earlier['scale']}: CPU, queries, times" if earlier else "")
    for each in found["pages"]:
        cost = Cost(**each)
        line = f"{cost.name:<40}{cost.web:>8.1f}{cost.database:>10.1f}{cost.queries:>9}{cost.bytes:>9}"
        if before := known.get(cost.name):
            times = f"{before.cpu:>10.1f}{before.queries:>5}{cost.cpu / before.cpu:>7.2f}"
            line += times + ("  GREW" if cost.grew(before) else "")
        yield line

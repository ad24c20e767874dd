"""Measures the pages that each role opens every day on the rows of ``make_load_data``: ``python -m bench.daily``.

Prints one JSON object. ``web`` is the CPU time of this process in milliseconds, ``database`` that of the PostgreSQL process
that answers it, both medians of a request: on a machine that does other work too they say more than the clock.
"""

import os
import sys
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Page:
    name: str
    by: str  # whose first account opens it; nobody's if empty
    path: str


@dataclass(frozen=True)
class Cost:
    """``web`` and ``database`` in milliseconds of CPU."""

    name: str
    by: str
    web: float
    database: float
    queries: int
    bytes: int

    @property
    def cpu(self) -> float:
        return self.web + self.database


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
    yield Page("queue: all, by a name", "staff", reverse("recognition:queue", args=["all"]) + "?search=alder+bend")
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
    yield Page("public register, by a name", "", reverse("recognition:register") + "?search=alder")
    entry = Recognition.objects.valid().order_by("pk")[0]
    yield Page("entry of the register", "", reverse("recognition:register_entry", args=[entry.pk]))
    yield Page("verification", "", reverse("recognition:verify", args=[entry.number]))
    yield Page("home of an administrator", "admin", "/")
    yield Page("administration", "admin", reverse("admin:index"))
    for name in ("accounts_user", "accounts_utility", "recognition_application", "config_auditentry"):
        yield Page(f"administration: {name}", "admin", reverse(f"admin:{name}_changelist"))


def measure(requests: int, only: str = "") -> Iterator[Cost]:
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # whose time would be missed
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    browsers = {"": Client(headers={"host": "localhost"})}
    for page in pages():
        if only not in page.name:
            continue
        if page.by not in browsers:
            browsers[page.by] = browser = Client(headers={"host": "localhost"})
            browser.force_login(signed_up(page.by), settings.AUTHENTICATION_BACKENDS[0])
        try:
            yield _cost(browsers[page.by], page, requests, server)
        except RuntimeError as e:
            print(e, file=sys.stderr)


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


if __name__ == "__main__":
    import dataclasses
    import json
    print(json.dumps([dataclasses.asdict(each) for each in measure(int(os.environ.get("N", "5")), *sys.argv[1:2])], indent=1))

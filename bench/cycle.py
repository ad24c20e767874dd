"""``python -m bench --cycle``: 1,500 applications and 40 reviewers, led by their pages to the release of the decisions.

Staff, reviewers and the official are clients that sign in; a worker of the demo does the long work, is killed in the
middle of the release and in the middle of the emails, and the one that follows takes up what it left. The panels of
half of the applications rate every criterion, submit and recommend.

A page load is a page that the person sees: one that they open, that a button leads to, or that loads itself again when
work is finished. Progress is a fragment and not counted. Queries are the most that any of the pages made.
"""

import io
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import StaffGroup, User
from bench import cycle_rows as rows
from bench import served
from bench.cost import Cost, Page
from bench.meter import metered, signed_in
from config.management.commands.demo import Child, beat, web, worker
from letters.models import Delivery, Message
from recognition.models import Application, Cycle, Decision, PlannedPanel, Recommendation, Release, Seat

PATIENCE = 600  # seconds for one piece of long work
KILLED_AT = 250  # decisions released, and emails sent, when the worker is killed
REQUESTS = 11  # of each page beside a bare view
MAX_RATIO, MAX_QUERIES = 25, 15
DISSENT = 50  # every so many recommendations have one
TEXT = "Shown in the text; the measures are from the last five years. "
SOON = date.today() + timedelta(days=30)


@dataclass(frozen=True)
class Step:
    """What a step took. ``before`` are the page loads that it needed in the first version of Headworks."""

    name: str
    loads: int
    seconds: float
    queries: int
    most_loads: int | None = None
    most_seconds: float | None = None
    before: int | None = None

    @property
    def is_met(self) -> bool:
        in_time = self.most_seconds is None or self.seconds <= self.most_seconds
        return in_time and (self.most_loads is None or self.loads <= self.most_loads)


@dataclass
class Walked:
    """``found`` says what came of it: numbers that must be zero are named “not …” or “twice …”."""

    steps: list[Step] = field(default_factory=list)
    pages: list[Cost] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)


class Person:
    """Somebody's browser, which counts the pages that they see."""

    def __init__(self, user: User) -> None:
        self.become(user)
        self.loads, self.queries = 0, 0

    def become(self, user: User) -> None:
        self.user, self.browser = user, signed_in(user)

    def see(self, address: str) -> Any:
        with CaptureQueriesContext(connection) as asked:
            answer = self.browser.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        self.loads, self.queries = self.loads + 1, max(self.queries, len(asked))
        return answer

    def press(self, address: str, **sent: Any) -> Any:
        """Presses a button and sees the page that it leads to."""
        answer = self.browser.post(address, sent)
        if answer.status_code != 302:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return self.see(answer["Location"])

    def save(self, address: str, **sent: Any) -> None:
        """Saves a block of the page that they see, as static/js/save.js does: no page is loaded."""
        answer = self.browser.post(address, sent, headers={"accept": "application/json"})
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")

    def wait(self, address: str) -> Any:
        """Sees the progress until the page loads itself again."""
        served.wait(lambda: self.is_over(address), f"{address} to be finished", patience=PATIENCE)
        return self.see(address)

    def is_over(self, address: str) -> bool:
        return self.browser.get(address, headers={"HX-Request": "true"}).headers.get("HX-Refresh") == "true"


def measure(requests: int = REQUESTS) -> Walked:
    """Leads the cycle from its panels to its letters. Raises RuntimeError if a page or the worker does not answer."""
    settings.LOCAL_DIR.joinpath("mail").mkdir(exist_ok=True)
    os.environ["EMAIL_DELIVERY"] = "django.core.mail.backends.filebased.EmailBackend"  # in bench/settings.py: where
    call_command("load_catalog", stdout=io.StringIO())
    staff = Person(rows.one_of(StaffGroup.PROGRAM, "staff@example.org", "Sam Prather"))
    official = Person(rows.one_of(StaffGroup.OFFICIAL, "official@example.org", "Olive Deane"))
    cycle, walked, port = rows.cycle_in_review(), Walked(), served.free_port()
    with served.running(web(port)), served.running(beat(port)):
        served.wait(lambda: served.answers(port), "the web server")
        with served.running(worker(port)):
            _panels(walked, cycle, staff)
            _declare(walked, cycle, staff)
            _review(walked, cycle, staff)
            people = {"staff": staff.user, "official": official.user}
            people["reviewer"] = User.objects.get(email="reviewer1@example.org")
            walked.pages += _costs(_queues(cycle), people, requests)
            _decide(walked, cycle, official)
        walked.pages += _costs([_page("outbox", "official", _of("outbox", cycle))], people, requests)
        _release(walked, cycle, official, port)
        _send(walked, port, staff)
    return walked


@contextmanager
def _step(walked: Walked, name: str, person: Person, **aims: Any) -> Iterator[None]:
    person.loads, person.queries, began = 0, 0, time.monotonic()
    yield
    seconds = time.monotonic() - began
    walked.steps.append(Step(name, person.loads, seconds, person.queries, **aims))


def _of(name: str, cycle: Cycle) -> str:
    return reverse(f"recognition:{name}", args=[cycle.pk])


# The steps.


def _panels(walked: Walked, cycle: Cycle, staff: Person) -> None:
    queue = reverse("recognition:queue", args=["panel"])
    with _step(walked, "take up all applications", staff):
        staff.see(queue)
        staff.press(reverse("recognition:share_several", args=["panel"]), do="take", everything="on")
    panels = _of("panels", cycle)
    with _step(walked, "propose panels for all", staff, most_loads=30, most_seconds=30, before=6510):
        staff.see(panels)
        staff.press(_of("panels_propose", cycle))
        staff.wait(panels)
    with _step(walked, "change one by hand", staff):
        planned = PlannedPanel.objects.order_by("pk")[0]
        members = list(planned.seats.values_list("member", flat=True))
        staff.see(planned.get_absolute_url())
        sent = {"version": planned.version, "members": members, "lead": members[-1]}
        staff.press(planned.get_absolute_url(), **sent)
    with _step(walked, "assign all", staff):
        staff.press(_of("panels_assign", cycle), due=SOON.isoformat())
    walked.found["seats assigned"] = Seat.objects.count()
    walked.found["not assigned"] = PlannedPanel.objects.exclude(left_out="").count()
    rows.analyze()


def _declare(walked: Walked, cycle: Cycle, staff: Person) -> None:
    """Everyone declares on one page; every tenth reviewer steps down once, and a second proposal fills these seats."""
    declare, someone = reverse("recognition:declare_all"), Person(staff.user)
    reviewers = list(User.objects.filter(panel_member__isnull=False).order_by("pk"))
    with _step(walked, "40 reviewers declare", someone):
        for n, reviewer in enumerate(reviewers):
            someone.become(reviewer)
            someone.see(declare)
            first = Seat.objects.filter(member=reviewer)[0]
            sent = {f"conflict-{first.pk}": "personal", f"reason-{first.pk}": "A cousin."} if n % 10 == 0 else {}
            someone.press(declare, clear="on", **sent)
    panels = _of("panels", cycle)
    with _step(walked, "replace who stepped down", staff):
        staff.see(panels)
        staff.press(_of("panels_propose", cycle))
        staff.wait(panels)
        staff.press(_of("panels_assign", cycle), due=SOON.isoformat())
    new = list(User.objects.filter(seats__in=Seat.objects.filter(declared_at=None, recused_at=None)).distinct())
    with _step(walked, "the new members declare", someone):
        for reviewer in new:
            someone.become(reviewer)
            someone.see(declare)
            someone.press(declare, clear="on")
    walked.found["conflicts declared"] = Seat.objects.exclude(recused_at=None).count()
    walked.found["not declared"] = Seat.objects.filter(declared_at=None, recused_at=None).count()


def _review(walked: Walked, cycle: Cycle, staff: Person) -> None:
    """The members of half of the panels rate each criterion, sum up and submit; then each lead recommends."""
    someone = Person(staff.user)
    half = cycle.applications.filter(status=Application.Status.PANEL).order_by("pk")[: rows.APPLICATIONS // 2]
    keys = list(half.values_list("pk", flat=True))
    seats = Seat.objects.active().filter(application__in=keys).order_by("member", "application")
    with _step(walked, "half of the reviews", someone):
        for seat in seats.select_related("member").prefetch_related("ratings"):
            if someone.user != seat.member:
                someone.become(seat.member)
            page = seat.get_absolute_url()
            someone.see(page)
            for rating in seat.ratings.all():
                sent = {"value": "met" if rating.pk % 7 else "partly", "comment": TEXT}
                someone.save(f"{page}{rating.criterion}/", version=rating.version, **sent)
            someone.save(f"{page}summary/", version=seat.version, summary=TEXT)
            someone.press(f"{page}submit/")
    with _step(walked, "half of the recommendations", someone):
        for n, seat in enumerate(seats.filter(lead=True).order_by("application").select_related("member")):
            someone.become(seat.member)
            page = seat.get_absolute_url()
            someone.see(page)
            sent = {"recommends": "yes" if n % 10 else "no", "dissent": "" if n % DISSENT else TEXT}
            someone.press(f"{page}recommend/", reasons=TEXT * 3, **sent)
    walked.found["reviews submitted"] = Seat.objects.exclude(submitted_at=None).count()
    walked.found["recommended"] = Recommendation.objects.count()
    walked.found["not recommended on"] = len(keys) - Recommendation.objects.filter(application__in=keys).count()
    rows.analyze()


def _decide(walked: Walked, cycle: Cycle, official: Person) -> None:
    listed, several = _of("decisions", cycle), _of("decide_several", cycle)
    with _step(walked, "decide as the panels recommend", official, most_loads=3, before=44):
        official.see(listed)
        official.press(several, everything="on", recognize="panel")
        official.wait(listed)
    with _step(walked, "decide those with a dissent", official):
        official.press(f"{several}?look=refused", everything="on", recognize="yes", reason="The dissent was read.")
    walked.found["decided"] = Decision.objects.count()
    walked.found["not decided"] = Recommendation.objects.filter(application__decision=None).count()
    rows.analyze()


def _release(walked: Walked, cycle: Cycle, official: Person, port: int) -> None:
    """The worker is killed while it releases. Beat finds out after two minutes, and the next worker continues."""
    outbox = _of("outbox", cycle)
    with _step(walked, "release, with a worker that is killed", official):
        with _killed(port):
            official.see(outbox)
            upto = Decision.objects.latest("pk").pk
            official.press(_of("release", cycle), upto=upto)
            served.wait(lambda: Release.objects.get().done >= KILLED_AT, "some releases", patience=PATIENCE)
        walked.found["released when the worker was killed"] = Release.objects.get().done
        with served.running(worker(port)):
            official.wait(outbox)
    letters = Counter(_letters().values_list("about_id", flat=True))
    walked.found |= {
        "released": Decision.objects.exclude(released_at=None).count(),
        "not released": Decision.objects.filter(released_at=None).count(),
        "letters written": sum(letters.values()),
        "twice written to": sum(n > 1 for n in letters.values()),
        "not written to": Application.objects.filter(pk__in=Decision.objects.values("application"))
        .exclude(pk__in=letters)
        .count(),
    }


def _letters() -> Any:
    return Message.objects.filter(key__startswith="decided:")


def _send(walked: Walked, port: int, staff: Person) -> None:
    """The next worker is killed while it sends the emails. What it had in hand is in doubt: staff see it on a page."""
    mine = Delivery.objects.all()
    with _step(walked, "emails sent, with a worker that is killed", staff):
        before = mine.filter(status="sent").count()
        with _killed(port):
            some = min(before + KILLED_AT, Delivery.objects.count() - 1)
            served.wait(lambda: mine.filter(status="sent").count() >= some, "some emails", patience=PATIENCE)
        with served.running(worker(port)):
            served.wait(lambda: not mine.filter(status="waiting").exists(), "all emails", patience=PATIENCE)
            served.wait(lambda: not mine.filter(status="sending").exists(), "doubts to be told", patience=PATIENCE * 2)
        staff.see(reverse("accounts:emails"))
    sent = Counter(_message_ids(settings.LOCAL_DIR / "mail"))
    walked.found |= {
        "emails written": mine.count(),
        "emails sent": mine.filter(status="sent").count(),
        "in doubt, shown to staff": mine.filter(status="doubtful").count(),
        "not sent and not shown": mine.exclude(status__in=["sent", "doubtful", "failed"]).count(),
        "twice sent": sum(n > 1 for n in sent.values()),
    }


@contextmanager
def _killed(port: int) -> Iterator[Child]:
    """A worker that is killed at the end, with everything that it was doing."""
    child = worker(port)
    child.start()
    try:
        yield child
    finally:
        os.killpg(child.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
        child.stop()


def _message_ids(folder: Path) -> Iterator[str]:
    for file in folder.iterdir():
        yield from re.findall(r"^Message-ID: (\S+)", file.read_text(), re.MULTILINE)


# What the pages cost.


def _queues(cycle: Cycle) -> list[Page]:
    names = ("completeness", "region", "panel", "decisions", "all")
    found = [_page(f"queue: {name}", "staff", reverse("recognition:queue", args=[name])) for name in names]
    of_cycle = ("cycle", "progress", "statistics", "reviewers", "panels", "notices", "documents", "letters")
    found += [_page(f"{name} of the cycle", "staff", _of(name, cycle)) for name in of_cycle]
    found += [_page(f"home of the {name}", name, "/") for name in ("staff", "official", "reviewer")]
    found += [_page("my reviews", "reviewer", reverse("recognition:queue", args=["my-reviews"]))]
    return [*found, _page("decisions", "official", _of("decisions", cycle))]


def _page(name: str, by: str, path: str) -> Page:
    return Page(name, by, path, most=MAX_RATIO)


def _costs(pages: list[Page], people: dict[str, User], requests: int) -> list[Cost]:
    with metered(people) as meter:
        return list(meter.costs(pages, requests))


def _is_met(page: Cost) -> bool:
    return page.queries <= MAX_QUERIES and not page.is_too_much


# The figures.


def as_json(walked: Walked) -> dict[str, Any]:
    return {
        "applications": rows.APPLICATIONS,
        "reviewers": rows.REVIEWERS,
        "load": os.getloadavg(),
        "steps": [asdict(step) | {"met": step.is_met} for step in walked.steps],
        "pages": [asdict(page) | {"ratio": page.ratio, "met": _is_met(page)} for page in walked.pages],
        "found": walked.found,
    }


def lines(walked: Walked) -> Iterator[str]:
    """Yields the figures as text."""
    yield f"A cycle of {rows.APPLICATIONS:,} applications and {rows.REVIEWERS} reviewers, by its pages."
    yield ""
    yield f"{'step':<44}{'pages':>7}{'before':>8}{'seconds':>9}{'queries':>9}"
    for step in walked.steps:
        before = "" if step.before is None else f"{step.before:,}"
        line = f"{step.name:<44}{step.loads:>7}{before:>8}{step.seconds:>9.1f}{step.queries:>9}"
        yield line + ("" if step.is_met else "  MISSED")
    yield ""
    yield f"{'page (≤ 25 × bare, ≤ 15 queries)':<44}{'CPU ms':>7}{'bare':>8}{'ratio':>9}{'queries':>9}{'bytes':>9}"
    for page in walked.pages:
        line = f"{page.name:<44}{page.cpu:>7.1f}{page.bare:>8.1f}{page.ratio:>9.1f}{page.queries:>9}{page.bytes:>9}"
        yield line + ("" if _is_met(page) else "  MISSED")
    yield ""
    for name, n in walked.found.items():
        wrong = n and name.startswith(("not ", "twice "))
        yield f"{name:<44}{n:>7,}" + ("  MISSED" if wrong else "")

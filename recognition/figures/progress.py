"""How far the reviews of a cycle are, against its dates: by stage, day by day, and by member of staff.

Staff see no application of their own utilities in it. Recommended or not is one stage here: “Awaiting decision”.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Min, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from recognition.models import Application, ApplicationEvent, Cycle
from recognition.models.handling import NOBODYS, STAFF
from recognition.reviewing import queues
from recognition.reviewing.lists import QUEUES

Status = Application.Status
WEEK = timedelta(days=7)
# Title → the stages in it, and the queue that lists them.
STAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "Submitted": ((Status.SUBMITTED,), "completeness"),
    "Completeness review": ((Status.COMPLETENESS,), "completeness"),
    "Returned for completion": ((Status.RETURNED,), "completeness"),
    "Resubmitted": ((Status.RESUBMITTED,), "completeness"),
    "Compliance review": ((Status.COMPLIANCE,), "compliance"),
    "With the EPA Region": ((Status.REGION,), "region"),
    "Panel review": ((Status.PANEL,), "panel"),
    "Awaiting decision": (Application.PENDING, "decisions"),
}


@dataclass(frozen=True)
class Stage:
    """``late`` are past ``due``; ``free`` have nobody. The links are empty for who does not have the queue."""

    title: str
    n: int
    late: int
    free: int
    days: int  # that the first of them has waited
    due: date | None
    url: str = ""

    def link(self, **more: str) -> str:
        return f"{self.url}&{urlencode(more)}" if self.url else ""

    @property
    def late_url(self) -> str:
        return self.link(late="yes")

    @property
    def free_url(self) -> str:
        return self.link(who="nobody")


@dataclass(frozen=True)
class Hands:
    """What one of the staff has taken up, of that late, and how many steps they made within a week."""

    name: str
    n: int
    late: int
    steps: int


@dataclass(frozen=True)
class Progress:
    """``left`` are the days with the applications without an outcome at their end, from the first event to today."""

    stages: list[Stage]
    left: list[tuple[date, int]]
    hands: list[Hands]

    @property
    def n(self) -> int:
        return sum(stage.n for stage in self.stages)

    @property
    def late(self) -> int:
        return sum(stage.late for stage in self.stages)

    @property
    def weeks(self) -> list[tuple[date, int]]:
        """The last of the days, and every seventh before it: at most fifteen, the latest first."""
        return self.left[::-7][:15]


def of_cycle(cycle: Cycle, user: User) -> Progress:
    """Returns the figures. Four queries, however many applications there are."""
    rows = Application.objects.of_others(user).filter(cycle=cycle, status__in=Application.UNDER_REVIEW)
    return Progress(list(_stages(rows, cycle, user)), _left(cycle, user), list(_hands(rows, cycle)))


def _stages(rows: Any, cycle: Cycle, user: User) -> Iterator[Stage]:
    counted = (
        rows.order_by()
        .values("status")
        .annotate(
            n=Count("pk"),
            late=Count("pk", filter=queues.late()),
            free=Count("pk", filter=NOBODYS),
            since=Min("status_since"),
        )
    )
    found = {each["status"]: each for each in counted.values("status", "n", "late", "free", "since")}
    for title, (statuses, queue) in STAGES.items():
        there = [found[status] for status in statuses if status in found]
        since = min((each["since"] for each in there), default=timezone.now())
        sums = {name: sum(each[name] for each in there) for name in ("n", "late", "free")}
        yield Stage(
            title,
            **sums,
            days=(timezone.now() - since).days,
            due=_due(cycle, queue),
            url=_url(cycle, queue, statuses, user),
        )


def _due(cycle: Cycle, queue: str) -> date | None:
    """The day by which a stage should be over, as ``queues.due`` has it; returned ones have a day each."""
    return {"panel": cycle.panel_until, "decisions": cycle.letters_from}.get(queue, cycle.panel_from)


def _url(cycle: Cycle, queue: str, statuses: Iterable[str], user: User) -> str:
    if not QUEUES[queue].exists_for(user):
        return ""
    asked = {"cycle": str(cycle.pk)}
    if len(list(statuses)) == 1:
        asked["status"] = next(iter(statuses))
    return f"{reverse('recognition:queue', args=[queue])}?{urlencode(asked)}"


def _left(cycle: Cycle, user: User) -> list[tuple[date, int]]:
    """Counts day by day, in the cycle's time zone, what came under review and what left it."""
    zone = ZoneInfo(cycle.time_zone)
    events = ApplicationEvent.objects.filter(
        application__cycle=cycle, application__in=Application.objects.of_others(user).values("pk")
    )
    came, was = Q(to_status__in=Application.UNDER_REVIEW), Q(from_status__in=Application.UNDER_REVIEW)
    counted = (
        events.exclude(from_status=F("to_status"))
        .order_by()
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values("day")
        .annotate(more=Count("pk", filter=came & ~was), less=Count("pk", filter=was & ~came))
        .order_by("day")
    )
    change = {each["day"]: each["more"] - each["less"] for each in counted}
    if not change:
        return []
    today = max(timezone.localdate(timezone=zone), max(change))
    first = min(change)
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return list(zip(days, accumulate(change.get(day, 0) for day in days), strict=True))


def _hands(rows: Any, cycle: Cycle) -> Iterator[Hands]:
    """Yields who has most first. Two queries."""
    has = rows.filter(handler__is_active=True).order_by().values("handler", "handler__name")
    having = {
        each["handler"]: each
        for each in has.annotate(n=Count("pk"), late=Count("pk", filter=queues.late())).values(
            "handler", "handler__name", "n", "late"
        )
    }
    lately = ApplicationEvent.objects.filter(
        application__cycle=cycle, at__gte=timezone.now() - WEEK, by__is_active=True, by__groups__name__in=STAFF
    ).exclude(from_status=F("to_status"))
    made = {
        each["by"]: each
        for each in lately.order_by().values("by", "by__name").annotate(steps=Count("pk", distinct=True))
    }
    people = [
        Hands(
            having[key]["handler__name"] if key in having else made[key]["by__name"],
            having[key]["n"] if key in having else 0,
            having[key]["late"] if key in having else 0,
            made[key]["steps"] if key in made else 0,
        )
        for key in having.keys() | made.keys()
    ]
    yield from sorted(people, key=lambda each: (-each.n, each.name))

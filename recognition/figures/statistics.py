"""The statistics of a cycle: pure functions on plain values, and at the end the queries that fetch the values.

All figures leave out applications that the user has a part in, because small numbers could give them away: those of
the user's own utility, and those on whose panel the user's review is still due.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median, quantiles
from typing import Any, NamedTuple

from django.db.models import CharField, Count, F, OuterRef, Q, Subquery, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from accounts.models import System, User
from accounts.regions import REGIONS, states
from recognition.application.shown import criterion_names
from recognition.models import Application, ApplicationEvent, Cycle, Rating, Seat, Submission
from recognition.reviewing import queues
from recognition.reviewing.agreement import Agreement

Status = Application.Status
MIN_APPLICATIONS = 3  # with fewer applications no mean is shown: it could reveal the finding on one of them
DECISION = "Awaiting decision"
NOT_KNOWN = "Unknown"


class ApplicationRow(NamedTuple):
    """One application. ``reached`` has every status it ever had; ``over`` marks a draft that missed its deadline."""

    pk: int
    status: str
    created_at: datetime
    over: bool = False
    reached: frozenset[str] = frozenset()
    systems: tuple[str, ...] = ()
    size: str = ""
    region: int | None = None
    state: str = ""

    @property
    def left(self) -> str:
        """Why it goes no further, for example "withdrawn"; empty if it still may or was recognized."""
        return LATE if self.over else ENDS.get(self.status, "")


class Move(NamedTuple):
    """A change of an application's status."""

    application: int
    at: datetime
    to: str


class SeatTaken(NamedTuple):
    member: int
    name: str
    assigned_at: datetime
    declared_at: datetime | None
    recused_at: datetime | None
    submitted_at: datetime | None


# --- From start to recognition --------------------------------------------------------------------

LATE = "not submitted in time"
ENDS: dict[str, str] = {
    Status.WITHDRAWN: "withdrawn",
    Status.INCOMPLETE: "incomplete",
    Status.NOT_ELIGIBLE: "not eligible",
    Status.NOT_RECOGNIZED: "not recognized",
}
RECOMMENDED = "Recommended"
# Each step, and the statuses any one of which shows that an application reached it.
STEPS: list[tuple[str, frozenset[str]]] = [
    ("Started", frozenset()),
    ("Submitted", frozenset({Status.SUBMITTED})),
    ("Complete", frozenset({Status.COMPLIANCE})),
    ("Eligible", frozenset({Status.REGION, Status.PANEL})),
    ("Reviewed by the panel", frozenset(Application.PENDING)),
    (RECOMMENDED, frozenset({Status.RECOMMENDED})),
    ("Recognized", frozenset({Status.RECOGNIZED})),
]


@dataclass(frozen=True)
class Step:
    """How many reached this step; of those that got no further, how many still may and how many left, by reason."""

    title: str
    reached: int
    waiting: int
    left: Mapping[str, int]

    @property
    def why(self) -> str:
        return ", ".join(f"{n} {reason}" for reason, n in self.left.items())


def funnel(entries: Iterable[ApplicationRow]) -> list[Step]:
    """Counts each application in ``left`` or ``waiting`` of the last step it reached, unless it was recognized."""
    last = [(_furthest(entry), entry) for entry in entries]
    steps = []
    for place, (title, _) in enumerate(STEPS):
        here = [entry for furthest, entry in last if furthest == place and entry.status != Status.RECOGNIZED]
        left = Counter(entry.left for entry in here if entry.left)
        steps.append(Step(title, _reached(place, last), len(here) - left.total(), dict(sorted(left.items()))))
    return steps


def _furthest(entry: ApplicationRow) -> int:
    return max(place for place, (_, marks) in enumerate(STEPS) if not place or marks & entry.reached)


def _reached(place: int, last: Iterable[tuple[int, ApplicationRow]]) -> int:
    """Counts applications that reached a step. Each step includes all later ones, except that ``RECOMMENDED`` leaves
    out those that were recognized against the recommendation."""
    title, marks = STEPS[place]
    return sum(1 for far, entry in last if far >= place and (title != RECOMMENDED or marks & entry.reached))


# --- Days in each stage ------------------------------------------------------------------------------

STAGES: dict[str, str] = {
    status: DECISION if status in Application.PENDING else Status(status).label
    for status in (Status.DRAFT, *Application.UNDER_REVIEW)
}


@dataclass(frozen=True)
class StageTime:
    """The days that ``n`` applications spent in a stage. ``running`` are in it now; their days count until now."""

    title: str
    n: int
    running: int
    first: float
    median: float
    third: float
    longest: float


def stage_times(entries: Iterable[ApplicationRow], moves: Iterable[Move], now: datetime) -> list[StageTime]:
    """Returns the stages that any application was in. One that was in a stage twice counts once, with the sum."""
    of_each: dict[int, list[Move]] = defaultdict(list)
    for move in moves:
        of_each[move.application].append(move)
    days: dict[str, list[float]] = defaultdict(list)
    running: Counter[str] = Counter()
    for entry in entries:
        for title, spent in _stays(entry, of_each[entry.pk], now).items():
            days[title].append(spent / timedelta(days=1))
        if entry.status in STAGES and not entry.over:
            running[STAGES[entry.status]] += 1
    in_order = [title for title in dict.fromkeys(STAGES.values()) if days[title]]
    return [StageTime(title, len(days[title]), running[title], *_spread(days[title])) for title in in_order]


def _stays(entry: ApplicationRow, moves: Iterable[Move], now: datetime) -> dict[str, timedelta]:
    """Returns the time spent in each stage. A draft that missed its deadline does not count."""
    spent: dict[str, timedelta] = defaultdict(timedelta)
    stage, since = str(Status.DRAFT), entry.created_at
    for move in moves:
        if stage in STAGES:
            spent[STAGES[stage]] += move.at - since
        stage, since = move.to, move.at
    if stage in STAGES and not entry.over:
        spent[STAGES[stage]] += now - since
    return spent


def _spread(days: list[float]) -> tuple[float, float, float, float]:
    """Returns first quartile, median, third quartile and maximum."""
    first, middle, third = quantiles(days, n=4, method="inclusive") if len(days) > 1 else days * 3
    return first, middle, third, max(days)


# --- Reviewers -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """One reviewer's seats. ``gave_up``: stepped down or taken off by staff. ``days``: median, assignment to review."""

    name: str
    assigned: int
    declared: int
    reviewed: int
    gave_up: int
    days: float | None


def load(seats: Iterable[SeatTaken]) -> list[Load]:
    of_each: dict[int, list[SeatTaken]] = defaultdict(list)
    for seat in seats:
        of_each[seat.member].append(seat)
    return sorted(map(_load, of_each.values()), key=lambda each: each.name.lower())


def _load(seats: list[SeatTaken]) -> Load:
    days = [(seat.submitted_at - seat.assigned_at) / timedelta(days=1) for seat in seats if seat.submitted_at]
    return Load(
        name=seats[0].name,
        assigned=len(seats),
        declared=sum(1 for seat in seats if seat.declared_at),
        reviewed=len(days),
        gave_up=sum(1 for seat in seats if seat.recused_at),
        days=median(days) if days else None,
    )


@dataclass(frozen=True)
class Accord:
    """How the panels agreed on one criterion. ``spread`` is the mean difference of the highest and lowest rating, 0 to
    2 (not met, partly met, met); None for fewer than ``MIN_APPLICATIONS`` applications."""

    title: str
    applications: int
    agree: int
    mostly: int
    differ: int
    spread: float | None


def accord(names: Mapping[str, str], lines: Iterable[Agreement]) -> list[Accord]:
    """Returns the accord on each criterion that has one, in the order of ``names`` (criterion → title).

    ``lines`` has one line for each application and criterion.
    """
    of_each: dict[str, list[Agreement]] = defaultdict(list)
    for line in lines:
        if line.word:
            of_each[line.criterion].append(line)
    return [_accord(title, of_each[name]) for name, title in names.items() if of_each[name]]


def _accord(title: str, lines: list[Agreement]) -> Accord:
    words = Counter(line.word for line in lines)
    spreads = [_apart(line) for line in lines]
    mean = sum(spreads) / len(spreads) if len(spreads) >= MIN_APPLICATIONS else None
    return Accord(title, len(lines), words["agree"], words["mostly agree"], words["differ"], mean)


def _apart(line: Agreement) -> int:
    given = [value for value, n in enumerate((line.not_met, line.partly, line.met)) if n]
    return max(given) - min(given)


# --- By system, size, region, state ----------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """The applications under one label. ``share`` is how many of those that applied are recognized, in percent."""

    label: str
    applied: int
    recognized: int

    @property
    def share(self) -> float:
        return 100 * self.recognized / self.applied


def groups(
    entries: Iterable[ApplicationRow], labels: Mapping[Any, str], of: Callable[[ApplicationRow], Sequence[Any]]
) -> list[Group]:
    """Counts submitted applications by label; labels without any are left out. Two systems count under both."""
    applied: Counter[str] = Counter()
    recognized: Counter[str] = Counter()
    for entry in entries:
        under = {labels.get(value, NOT_KNOWN) for value in of(entry) or [None]}
        if Status.SUBMITTED in entry.reached:
            applied.update(under)
            recognized.update(under if entry.status == Status.RECOGNIZED else ())
    titles = dict.fromkeys((*labels.values(), NOT_KNOWN))
    return [Group(title, applied[title], recognized[title]) for title in titles if applied[title]]


BY: dict[str, tuple[Mapping[Any, str], Callable[[ApplicationRow], Sequence[Any]]]] = {
    "By system": (dict(System.choices), lambda entry: entry.systems),
    "By size": ({"large": "Large", "small": "Small"}, lambda entry: [entry.size]),
    "By EPA region": ({number: f"Region {number}" for number in REGIONS}, lambda entry: [entry.region]),
    "By state": (dict(states()), lambda entry: [entry.state]),
}


# --- All statistics ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statistics:
    """All statistics of a cycle for one user. ``left_out`` is how many applications the user has a part in."""

    entries: list[ApplicationRow]
    steps: list[Step]
    times: list[StageTime]
    load: list[Load]
    accord: list[Accord]
    left_out: int

    @property
    def against(self) -> int:
        """How many were recognized although the panel did not recommend it."""
        return sum(1 for each in self.entries if {Status.RECOGNIZED, Status.NOT_RECOMMENDED} <= each.reached)

    def by(self, title: str) -> list[Group]:
        """Returns the groups for a title of ``BY``."""
        labels, of = BY[title]
        return groups(self.entries, labels, of)


# --- Queries: always the same number of them ----------------------------------------------------------------


def of_cycle(cycle: Cycle, user: User) -> Statistics:
    """Returns the statistics that ``user`` may see."""
    rows, now = Application.objects.filter(cycle=cycle), timezone.now()
    known = rows.without_part_of(user)
    moves = _moves(known)
    entries = _entries(known, moves)
    return Statistics(
        entries=entries,
        steps=funnel(entries),
        times=stage_times(entries, moves, now),
        load=load(_seats(known)),
        accord=accord(criterion_names(cycle.edition.criteria), _agreements(known)),
        left_out=rows.count() - len(entries),
    )


def _moves(rows: Any) -> list[Move]:
    """Returns the changes of status, oldest first; events that left the status unchanged are not included."""
    events = ApplicationEvent.objects.filter(application__in=rows.values("pk")).exclude(from_status=F("to_status"))
    return [Move(*each) for each in events.order_by("at", "pk").values_list("application", "at", "to_status")]


def _entries(rows: Any, moves: Iterable[Move]) -> list[ApplicationRow]:
    reached: dict[int, set[str]] = defaultdict(set)
    for move in moves:
        reached[move.application].add(move.to)
    last = Submission.objects.filter(application=OuterRef("pk")).order_by("-number")
    closes, now = F("cycle__closes"), timezone.now()
    known = rows.annotate(
        over=Q(status=Status.DRAFT, on_paper=False) & Q(LessThanOrEqual(Greatest("extended_until", closes), now)),
        kinds=Subquery(last.values_list(KINDS)[:1]),
        size=Subquery(last.values("size")[:1]),
        region=queues.region(),
    ).values_list("pk", "status", "created_at", "over", "kinds", "size", "region", "utility__state")
    return [
        ApplicationRow(
            pk=pk,
            status=status,
            created_at=created_at,
            over=over,
            reached=frozenset({status} | reached[pk]),
            systems=_systems(kinds or "[]"),
            size=size or "",
            region=region,
            state=state,
        )
        for pk, status, created_at, over, kinds, size, region, state in known
    ]


# The kinds of a facility as text: there are a few different ones, so that each need be read only once.
KINDS = KeyTextTransform("facility_types", KeyTransform("eligibility", "content"))


@lru_cache(maxsize=256)
def _systems(kinds: str) -> tuple[str, ...]:
    return tuple(json.loads(kinds))


def _seats(rows: Any) -> list[SeatTaken]:
    seats = Seat.objects.filter(application__in=rows.values("pk")).order_by()
    name = Coalesce(NullIf("member__name", Value("")), "member__email", output_field=CharField())
    times = ("assigned_at", "declared_at", "recused_at", "submitted_at")
    return [SeatTaken(*each) for each in seats.values_list("member", name, *times)]


def _agreements(rows: Any) -> list[Agreement]:
    """Returns the agreement of panels that have recommended. Before that, reviewers may not see others' ratings."""
    read = rows.filter(status__in=Application.PAST_PANEL)
    ratings = Rating.objects.filter(
        seat__application__in=read.values("pk"),
        seat__recused_at=None,
        seat__submitted_at__isnull=False,
    )
    lines = (
        ratings.order_by()
        .values("seat__application", "criterion")
        .annotate(
            met=Count("pk", filter=Q(value=Rating.Value.MET)),
            partly=Count("pk", filter=Q(value=Rating.Value.PARTLY)),
            not_met=Count("pk", filter=Q(value=Rating.Value.NOT_MET)),
        )
    )
    # Most panels agree in the same few ways: each is looked at once.
    ways = Counter(lines.values_list("criterion", "met", "partly", "not_met"))
    return [line for way, n in ways.items() for line in [Agreement(*way)] * n]

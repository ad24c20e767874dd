"""The figures of a cycle: plain functions over plain values, and at the end the queries that fetch these.

What a person has a part in is left out of all figures that this person gets, so that nothing can be told from a small
number: the applications of an own utility, and those on whose panel the own review is still due.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any, NamedTuple

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import System, User
from accounts.regions import REGIONS, states
from recognition.application.shown import criterion_names
from recognition.models import Application, ApplicationEvent, Cycle, Rating, Seat, Submission
from recognition.reviewing.agreement import Agreement

Status = Application.Status
MIN_APPLICATIONS = 3  # of fewer applications no mean is shown: it would be the finding on one of them
DECISION = "Awaiting the decision"
NOT_KNOWN = "Not known"


@dataclass(frozen=True)
class ApplicationRow:
    """One application: ``reached`` is every status it ever had, ``over`` a draft that missed its deadline."""

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
        """Why it goes no further, as a status names it; empty where it may, or was recognized."""
        return LATE if self.over else ENDS.get(self.status, "")


class Move(NamedTuple):
    """From one status to another, at a moment."""

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


# --- The way from start to recognition ------------------------------------------------------------

LATE = "not submitted in time"
ENDS: dict[str, str] = {
    Status.WITHDRAWN: "withdrawn",
    Status.INCOMPLETE: "incomplete",
    Status.NOT_ELIGIBLE: "not eligible",
    Status.NOT_RECOGNIZED: "not recognized",
}
RECOMMENDED = "Recommended"
# Each step, and the statuses of which one says that an application has got so far.
STEPS: list[tuple[str, frozenset[str]]] = [
    ("Started", frozenset()),
    ("Submitted", frozenset({Status.SUBMITTED})),
    ("Complete", frozenset({Status.COMPLIANCE})),
    ("Eligible", frozenset({Status.REGION, Status.PANEL})),
    ("Read by the panel", frozenset(Application.PENDING)),
    (RECOMMENDED, frozenset({Status.RECOMMENDED})),
    ("Recognized", frozenset({Status.RECOGNIZED})),
]


@dataclass(frozen=True)
class Step:
    """How many got so far; of those that got no further, how many still may and how many left, by reason."""

    title: str
    reached: int
    waiting: int
    left: Mapping[str, int]

    @property
    def why(self) -> str:
        return ", ".join(f"{n} {reason}" for reason, n in self.left.items())


def funnel(entries: Iterable[ApplicationRow]) -> list[Step]:
    """An application stands in ``left`` or ``waiting`` of the last step it reached, unless it was recognized."""
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
    """Who is recognized against the recommendation was not recommended; every other step includes all later ones."""
    title, marks = STEPS[place]
    return sum(1 for far, entry in last if far >= place and (title != RECOMMENDED or marks & entry.reached))


# --- Days in each stage ------------------------------------------------------------------------------

STAGES: dict[str, str] = {
    status: DECISION if status in Application.PENDING else Status(status).label
    for status in (Status.DRAFT, *Application.UNDER_REVIEW)
}


@dataclass(frozen=True)
class StageTime:
    """Days of ``n`` applications, of which ``running`` are in the stage now: these count until now."""

    title: str
    n: int
    running: int
    first: float
    median: float
    third: float
    longest: float


def stage_times(entries: Iterable[ApplicationRow], moves: Iterable[Move], now: datetime) -> list[StageTime]:
    """Stages in which some application was. Who was in one twice counts once, with both times together."""
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
    """How long it was in each stage. A draft that missed its deadline was not written until now."""
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
    """First quartile, median, third quartile, longest."""
    first, middle, third = quantiles(days, n=4, method="inclusive") if len(days) > 1 else days * 3
    return first, middle, third, max(days)


# --- Reviewers -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """One reviewer's seats. ``gave_up``: stepped down, or taken off by staff. ``days``: median from seat to review."""

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
    """How the panels agreed on one criterion. ``spread``: how far the highest and the lowest rating lie apart, 0 to 2
    (not met, partly met, met), on the mean; None of fewer than ``MIN_APPLICATIONS`` applications."""

    title: str
    applications: int
    agree: int
    mostly: int
    differ: int
    spread: float | None


def accord(names: Mapping[str, str], lines: Iterable[Agreement]) -> list[Accord]:
    """``lines`` has one for each application and criterion; ``names`` is criterion → title, in the order wanted."""
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
    """``share``: of those that applied, so many are recognized, in percent."""

    label: str
    applied: int
    recognized: int

    @property
    def share(self) -> float:
        return 100 * self.recognized / self.applied


def groups(
    entries: Iterable[ApplicationRow], labels: Mapping[Any, str], of: Callable[[ApplicationRow], Sequence[Any]]
) -> list[Group]:
    """Of submitted ones, those under each label that has any. One of two systems counts under both."""
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


# --- All of it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statistics:
    """``left_out``: how many applications the person has a part in. recognition.figures.tables shows it all."""

    entries: list[ApplicationRow]
    steps: list[Step]
    times: list[StageTime]
    load: list[Load]
    accord: list[Accord]
    left_out: int

    @property
    def against(self) -> int:
        """How many were recognized though the panel did not recommend it."""
        return sum(1 for each in self.entries if {Status.RECOGNIZED, Status.NOT_RECOMMENDED} <= each.reached)

    def by(self, title: str) -> list[Group]:
        """One of ``BY``."""
        labels, of = BY[title]
        return groups(self.entries, labels, of)


# --- What it is fetched with, whatever the number of applications in as many queries ------------------------


def of_cycle(cycle: Cycle, user: User) -> Statistics:
    """As ``user`` may know it."""
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
    """Oldest first; without the events that left the status as it was."""
    events = ApplicationEvent.objects.filter(application__in=rows.values("pk")).exclude(from_status=F("to_status"))
    return [Move(*each) for each in events.order_by("at", "pk").values_list("application", "at", "to_status")]


def _entries(rows: Any, moves: Iterable[Move]) -> list[ApplicationRow]:
    reached: dict[int, set[str]] = defaultdict(set)
    for move in moves:
        reached[move.application].add(move.to)
    last = Submission.objects.filter(application=OuterRef("pk")).order_by("-number")
    rows = rows.annotate(
        size=Subquery(last.values("size")[:1]),
        kinds=Subquery(last.values("content__eligibility__facility_types")[:1]),
    ).select_related("utility", "cycle")
    rows = rows.prefetch_related("utility__identifiers").defer("cycle__certification", "cycle__comments_address")
    return [_entry(row, frozenset({row.status} | reached[row.pk])) for row in rows]


def _entry(row: Any, reached: frozenset[str]) -> ApplicationRow:
    is_draft = row.status == Status.DRAFT and not row.on_paper
    return ApplicationRow(
        pk=row.pk,
        status=row.status,
        created_at=row.created_at,
        over=is_draft and row.deadline <= timezone.now(),
        reached=reached,
        systems=tuple(row.kinds or ()),
        size=row.size or "",
        region=row.utility.epa_region,
        state=row.utility.state,
    )


def _seats(rows: Any) -> list[SeatTaken]:
    seats = Seat.objects.filter(application__in=rows.values("pk")).select_related("member")
    return [
        SeatTaken(
            each.member_id, str(each.member), each.assigned_at, each.declared_at, each.recused_at, each.submitted_at
        )
        for each in seats.defer("summary", "conflict_reason")
    ]


def _agreements(rows: Any) -> list[Agreement]:
    """Of panels that have recommended: before that, who reviews an application may not know how others see it."""
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
    return [Agreement(line["criterion"], line["met"], line["partly"], line["not_met"]) for line in lines]

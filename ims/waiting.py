"""Home page items: records that a person owns and that are late or due soon, readings that are due, trainings that a
person needs, success factors to rate, workshops to score in, and documents to approve and to read."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, Value, Window
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from ims.check.measures import Measure
from ims.check.readings import due_period, with_last_period
from ims.do.signatures import to_approve, to_read
from ims.do.training import TrainingTopic
from ims.do.training_matrix import facts_for, standing_of
from ims.do.training_states import State
from ims.plan.harmonize.models import Participant, to_do
from ims.records import Record
from ims.team.readiness.models import ReadinessRound
from workflow import composed
from workflow.addresses import remembered
from workflow.waiting import Waiting, source

SOON = timedelta(days=14)
MAX_SHOWN = 10
MAX_TRAININGS = 3


@source(order=10)
def mine(user: User) -> Iterator[Waiting]:
    """Yields the ten that are due first, and how many others there are."""
    if not user.memberships.all():
        return
    found = composed.rows(_due_first, user)
    several = len(user.memberships.all()) > 1
    for record in found:
        why = f"{_when(record)} · you own it" + (f" · {record.utility}" if several else "")
        what = f"{record.number} · {record.title}"
        yield Waiting(what, why, "Open", record.get_absolute_url(), by=record.due, is_late=record.is_late)
    if found:
        late = found[0].n_late - sum(record.is_late for record in found)
        soon = found[0].n - len(found) - late
        yield from _others(late, "late", found[-1].due, is_late=True)
        yield from _others(soon, "due in the next 14 days", found[-1].due, is_late=False)


def _due_first(user: User) -> Any:
    today = timezone.localdate()
    rows = Record.objects.visible_to(user).open().filter(owner__user=user, due__lte=today + SOON)
    counted = rows.annotate(n=Window(Count("pk")), n_late=Window(Count("pk", filter=Q(due__lt=today))))
    return counted.order_by("due", "pk")[:MAX_SHOWN]


def _others(n: int, why: str, by: date, *, is_late: bool) -> Iterator[Waiting]:
    if n:
        what = f"{n} more {'record' if n == 1 else 'records'} of yours"
        yield Waiting(what, why, "View", reverse("ims:mine"), by=by, is_late=is_late, n=n)


@source(order=11)
def readings(user: User) -> Iterator[Waiting]:
    """The measures that a person owns and whose last period ended without a reading. A viewer enters none."""
    if not user.edits:
        return
    due = [(measure, period) for measure in composed.rows(_measures, user) if (period := due_period(measure))]
    due.sort(key=lambda each: each[1])
    several = len(user.memberships.all()) > 1
    for measure, period in due[:MAX_SHOWN]:
        why = f"{measure.period_name(period)} has no reading · you own it"
        why += f" · {measure.utility}" if several else ""
        url = reverse("ims:readings", args=[measure.utility_id, measure.number])
        yield Waiting(f"{measure.number} · {measure.title}", why, "Enter it", url)
    if others := due[MAX_SHOWN:]:
        what = f"{len(others)} more {'measure' if len(others) == 1 else 'measures'} of yours"
        yield Waiting(what, "a reading is due", "View", reverse("ims:mine"), n=len(others))


def _measures(user: User) -> Any:
    rows: Any = Measure.objects.visible_to(user).open().filter(owner__user=user)
    return with_last_period(rows)


@source(order=20)
def to_take_part_in(user: User) -> Iterator[Waiting]:
    """What others ask of a person: to rate readiness, to score in a workshop, to approve or read a document, to be
    trained. One query.

    Of documents to read, the first ten and how many others there are; of trainings, the first three.
    """
    found = composed.rows(_asked, user)
    several = len(user.memberships.all()) > 1
    unread = [facts for kind, facts in found if kind == "read"]
    for kind, facts in found:
        if kind == "train" or (kind == "read" and facts in unread[MAX_SHOWN:]):
            continue
        by = date.fromisoformat(facts["by"]) if facts.get("by") else None
        what, why, do, url = WORDS_BY_KIND[kind](facts)
        why += f", by {date_format(by, 'F j, Y')}" if by else ""
        why += f" · {facts['utility']}" if several else ""
        yield Waiting(what, why, do, url, by=by, is_late=bool(by and by < timezone.localdate()))
    if others := unread[MAX_SHOWN:]:
        what = f"{len(others)} more {'document' if len(others) == 1 else 'documents'} to read"
        url = reverse("ims:list", args=[others[0]["utility_id"], "documents"])
        yield Waiting(what, "confirm that you read them", "View", url, n=len(others))
    yield from _to_learn([facts for kind, facts in found if kind == "train"], several=several)


def _asked(user: User) -> Any:
    """Returns the kind and the facts of each thing that a person is asked for."""
    utilities = [membership.utility_id for membership in user.memberships.all()]
    rounds, scores = ReadinessRound.objects.visible_to(user).to_rate(user), Participant.objects.to_score(user)
    rated = _facts(rounds, "rate", "", name="name", by="rate_by", round="pk")
    counts = {name: name for name in ("n_given", "n_asked")}
    names = {name: f"workshop__{name}" for name in ("number", "method", "round")}
    scored = _facts(scores, "score", "workshop__", name="workshop__title", by="workshop__due", **names, **counts)
    person = {"number": "document__number", "person": "person_id"}
    approved = _facts(to_approve(user), "approve", "document__", name="document__title", by="document__due", **person)
    read = _facts(to_read(user), "read", "document__", name="document__title", **person)
    needed = facts_for(user, utilities).values_list(Value("train"), "facts")
    return rated.union(scored, approved, read, needed, all=True)


def _to_learn(topics: list[Any], *, several: bool) -> Iterator[Waiting]:
    """Yields the trainings that expired or expire first, and how many others there are."""
    found = [(facts, cell) for facts in topics if (cell := standing_of(facts)).state.is_open]
    found.sort(key=lambda each: (each[1].expires or date.max, each[0]["title"]))
    for facts, cell in found[:MAX_TRAININGS]:
        why = f"{cell} · you need it" + (f" · {facts['utility']}" if several else "")
        url = remembered("ims:record", facts["utility_id"], TrainingTopic.REGISTER, facts["number"])
        is_late = cell.state is State.EXPIRED
        yield Waiting(f"Training: {facts['title']}", why, "View", url, by=cell.expires, is_late=is_late)
    if others := found[MAX_TRAININGS:]:
        what = f"{len(others)} more {'training' if len(others) == 1 else 'trainings'} of yours"
        utility, person = (others[0][0][name] for name in ("utility_id", "person"))
        url = f"{reverse('ims:training_matrix', args=[utility])}#person-{person}"
        yield Waiting(what, "expired, expires soon or not done yet", "View", url, n=len(others))


def _facts(rows: Any, kind: str, path: str, **names: str) -> Any:
    utility = {"utility": f"{path}utility__name", "utility_id": f"{path}utility_id"}
    facts = JSONObject(**{name: F(each) for name, each in (names | utility).items()})
    return rows.order_by().annotate(kind=Value(kind), facts=facts).values_list("kind", "facts")


def _to_rate(facts: Mapping[str, Any]) -> tuple[str, str, str, str]:
    url = reverse("ims:round", args=[facts["utility_id"], facts["round"]])
    return facts["name"], "rate the success factors", "Rate", url


def _to_score(facts: Mapping[str, Any]) -> tuple[str, str, str, str]:
    url = reverse("ims:workshop_score", args=[facts["utility_id"], facts["number"]])
    why = to_do(facts["method"], facts["round"], facts["n_given"], facts["n_asked"])
    return f"Score in this workshop: {facts['name']}", why, "Score", url


def _to_approve(facts: Mapping[str, Any]) -> tuple[str, str, str, str]:
    url = reverse("ims:approve_document", args=[facts["utility_id"], facts["number"], facts["person"]])
    return f"Approve this document: {facts['name']}", "your approval is asked for", "Review", url


def _to_read(facts: Mapping[str, Any]) -> tuple[str, str, str, str]:
    url = reverse("ims:read_document", args=[facts["utility_id"], facts["number"]])
    return f"Read this document: {facts['name']}", "confirm that you read it", "Read", url


WORDS_BY_KIND = {"rate": _to_rate, "score": _to_score, "approve": _to_approve, "read": _to_read}


def _when(record: Record) -> str:
    if record.is_late:
        return f"{record.days_late} {'day' if record.days_late == 1 else 'days'} late"
    if record.due == timezone.localdate():
        return "due today"
    return f"due {date_format(record.due, 'F j, Y')}" if record.due else ""
